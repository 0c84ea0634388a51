"""A prefetch template filled in from the context of a call: the query that the EHR was asked to make.

Not for making it (exchange.py); what a template may be is checked in `cds_hooks`.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from adapter.server.ehr.scopes import Access
from cds_hooks import HookContext, OrderDispatch
from cds_hooks.prefetch import has_count

_TOKEN: Final = re.compile(r"\{\{([^{}]+)\}\}")
_USER_TYPES: Final = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}


@dataclass(frozen=True, slots=True)
class Query:
    """One FHIR read or search; `text` is relative to the server's base, or an absolute reference of the context.

    `counted` says that the template itself limits the number of matches, so that further pages are not wanted.
    """

    text: str = field(repr=False)
    type: str
    access: Access
    counted: bool


def fill_in(template: str, context: HookContext) -> Query | None:
    """The query of a template; None where the context lacks what one of its tokens stands for."""
    values = _values(context)
    missing = [token for token in _TOKEN.findall(template) if values.get(token) is None]
    if missing:
        return None
    text = _TOKEN.sub(lambda token: values[token[1]] or "", template)
    path, question, _ = text.partition("?")
    if question:
        return Query(text, path, "search", has_count(template))
    return Query(text, path.rstrip("/").split("/")[-2] if "/" in path else path, "read", counted=False)


def type_of(template: str) -> str:
    """The type of resource that a template asks for; empty where a token stands for it."""
    named = template.partition("?")[0].partition("/")[0]
    return "" if "{{" in named else named


def _values(context: HookContext) -> dict[str, str | None]:
    """What each token stands for; order-dispatch names neither user nor encounter."""
    if isinstance(context, OrderDispatch):
        return {"context.patientId": context.patient_id}
    user = context.user_id
    kind, _, number = user.rpartition("/")
    named = {token: number for token, wanted in _USER_TYPES.items() if kind.rpartition("/")[2] == wanted}
    return {
        "context.patientId": context.patient_id,
        "context.userId": user,
        "context.encounterId": context.encounter_id,
        **named,
    }
