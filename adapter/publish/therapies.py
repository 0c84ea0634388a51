"""ActivityDefinitions: one for each therapy, strategy and drug, with its role, evidence figures and standing.

They propose an activity by its code and say nothing of dose, device or time; whether a therapy is offered is decided by
the rules.
"""

from collections.abc import Iterator
from typing import Literal

from adapter.ldt import RuleSet
from adapter.ldt.schema import Therapy, TherapyKind
from adapter.mapping.row_words import display_of
from adapter.mapping.tables import Tables
from adapter.publish.canonical import Canonicals, therapy_id
from adapter.publish.equivalence import EQUIVALENT, Equivalences
from adapter.publish.metadata import Resource, coding, head, markdown
from adapter.publish.vocabulary import Vocabulary
from adapter.terminology.codes import Code

_REQUESTS: dict[TherapyKind, Literal["ServiceRequest", "MedicationRequest"]] = {
    "embolotherapy": "ServiceRequest",
    "ablation": "ServiceRequest",
    "surgery": "ServiceRequest",
    "combination": "ServiceRequest",
    "strategy": "ServiceRequest",
    "systemic": "MedicationRequest",
    "adjunct": "MedicationRequest",
    "drug": "MedicationRequest",
}
"""What a therapy of each kind would be requested by; a combination is one option, never its drugs one by one."""

_PLANNED = ("planned_therapies", "planned_vasopressors")
"""The facts whose answers are therapies: a standard code that means such an answer is a code of the therapy."""


def activity_definitions(
    places: Canonicals, rules: RuleSet, tables: Tables, known: Equivalences, terms: Vocabulary
) -> Iterator[Resource]:
    """The ActivityDefinition of every therapy, in the order of the table."""
    for therapy in rules.therapies.values():
        yield _activity(places, therapy, list(_standard(therapy, tables, known)), rules, terms)


def _activity(
    places: Canonicals, therapy: Therapy, standard: list[Code], rules: RuleSet, terms: Vocabulary
) -> Resource:
    systems = {code.system for code in standard}
    resource = head(
        places, "ActivityDefinition", therapy_id(therapy.code), therapy.name, f"{therapy.role}.", systems=systems
    )
    request = _REQUESTS[therapy.kind]
    own = coding(places.facts, therapy.code, terms[therapy.code].display)
    code = {"coding": [own, *(coding(one.system, one.code, display_of(one)) for one in standard)], "text": therapy.name}
    citations = [
        {"type": "citation", "label": document.code, "citation": document.citation} for document in rules.documents
    ]
    medication = {"productCodeableConcept": code} if request == "MedicationRequest" else {}
    return (
        resource
        | {"usage": markdown(_usage(therapy)), "topic": [{"text": therapy.kind}], "relatedArtifact": citations}
        | {"kind": request, "code": code, "intent": "proposal", "doNotPerform": False}
        | medication
    )


def _usage(therapy: Therapy) -> str:
    parts = [
        f"Standing in the two papers: {therapy.status}.",
        f"Evidence as printed there: {therapy.evidence}.",
        f"What speaks for it: {therapy.positive}.",
        f"Limits: {therapy.limits}.",
    ]
    if therapy.parts:
        parts.append(f"Planned, it counts as {' and '.join(therapy.parts)} too.")
    return " ".join([*parts, "No dose is given and none is calculated."])


def _standard(therapy: Therapy, tables: Tables, known: Equivalences) -> Iterator[Code]:
    """The standard codes that mean exactly this therapy."""
    for row in tables.rows:
        if row.fact not in _PLANNED or row.says != therapy.code:
            continue
        for code in (code for concept in row.concepts for code in tables.codes.concepts[concept]):
            entry = known.get((code.system, code.code, row.fact))
            if entry and entry.equivalence == EQUIVALENT:
                yield code
