"""Whether a prefetch template stays in the part of FHIR that every client can resolve (checklist P1 to P4).

Not for what a client answers to it (`prefetch.py`).
"""

import re
from collections.abc import Iterator

from cds_hooks.fault import Fault
from cds_hooks.hooks import PREFETCH_TOKENS, HookName

_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_USER_TOKENS = frozenset({"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"})
_REFERENCE_TOKENS = frozenset({"context.userId"})
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_READ = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}")
_PARAMETER = re.compile(r"(?:_id|_lastUpdated|_count|_sort|[a-z][A-Za-z\-]{0,63}(?::in)?)")
_ORDERED_VALUE = re.compile(r"(?:ne|sa|eb|ap)\d")
_COMPARED_QUANTITY = re.compile(r"(?:eq|lt|gt|ge|le)(?!\d{4}(?:-\d\d(?:-\d\d(?:T[0-9:.Z+\-]*)?)?)?$)[\d.]")
_STAND_IN = "token"


def template_faults(template: str, hook: HookName, place: str) -> Iterator[Fault]:
    """The ways in which the template is not a plain read or type-level search with tokens of this hook."""
    yield from _token_faults(template, hook, place)
    plain = _TOKEN.sub(_STAND_IN, template)
    if "{" in plain or "}" in plain:
        yield Fault("template-token", place, "Tokens are written {{context.FIELD}}, with both pairs of braces.")
    if re.search(r"[^!-~]", plain):
        yield Fault("template-form", place, "A template holds printable ASCII without blanks.")
    resource_type, question, query = plain.partition("?")
    if question:
        yield from _search_faults(resource_type, query, place)
    elif template not in {f"{{{{{token}}}}}" for token in _REFERENCE_TOKENS} and not _READ.fullmatch(plain):
        yield Fault("template-form", place, "A template is a relative FHIR read (Type/id) or search (Type?...).")


def _token_faults(template: str, hook: HookName, place: str) -> Iterator[Fault]:
    allowed = {f"context.{name}" for name in PREFETCH_TOKENS[hook]} | _USER_TOKENS
    for token in _TOKEN.findall(template):
        if token not in allowed:
            hint = f"For {hook} the tokens are {', '.join(sorted(allowed))}."
            yield Fault("template-token", place, hint)


def _search_faults(resource_type: str, query: str, place: str) -> Iterator[Fault]:
    if not _TYPE.fullmatch(resource_type):
        yield Fault("template-form", place, "A search names one resource type and is relative.")
    parts = [part.partition("=") for part in query.split("&")]
    for name, _, value in parts:
        yield from _parameter_faults(name, value, place)
    names = [name for name, _, _ in parts]
    if len(set(names)) < len(names):
        yield Fault("template-repeated", place, "A repeated parameter is merged by some clients; use it once.")


def _parameter_faults(name: str, value: str, place: str) -> Iterator[Fault]:
    if not _PARAMETER.fullmatch(name):
        yield Fault("template-parameter", place, "Only plain parameters, :in, _id, _lastUpdated, _count and _sort.")
    if not value:
        yield Fault("template-parameter", place, "Each parameter has a value.")
    if _ORDERED_VALUE.match(value):
        yield Fault("template-prefix", place, "Dates are compared with eq, lt, gt, ge or le only.")
    if _COMPARED_QUANTITY.match(value):
        yield Fault("template-prefix", place, "Only dates are compared; numbers and quantities are not portable.")
