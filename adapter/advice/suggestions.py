"""Suggestions of a card: ask the tumour board, order a laboratory test that is missing, keep the advice as a CarePlan.

Each has one action, which creates a draft; nothing is dosed, scheduled or done without a person who decides it.
"""

from collections.abc import Iterator, Mapping
from typing import cast
from uuid import UUID, uuid5

from adapter.advice.assessment import Assessment
from adapter.advice.careplan import care_plan
from adapter.advice.names import in_sentence, label
from adapter.advice.wording import plain
from adapter.case.fact import State
from adapter.ldt import Scope
from adapter.mapping.tables import Tables
from adapter.terminology.codes import Code
from adapter.terminology.systems import DEFAULT_BASE, LDT_FACT
from cds_hooks import Action, Json, Suggestion

DISCUSSION = "mdt_review"
"""The step of the rule set that asks for a multidisciplinary discussion; no standard code means it everywhere."""


def suggestions(
    assessment: Assessment, tables: Tables, card: UUID, *, base: str = DEFAULT_BASE, results_whole: bool = True
) -> tuple[Suggestion, ...]:
    """What a card on the assessment offers, most useful first; nothing where there is no advice and nothing is missing,
    as on a closed record.

    `card` is the uuid of the card, from which those of its suggestions are made. `results_whole`: all results could be
    had; otherwise no test is offered, since it may have been done.
    """
    tests = _missing_tests(assessment, tables, card) if results_whole else ()
    return (*_discussion(assessment, card, base), *tests, *_plan(assessment, card, base))


def _discussion(assessment: Assessment, card: UUID, base: str) -> Iterator[Suggestion]:
    """Only where there is something to discuss: options, or a danger."""
    if assessment.advice.scope is not Scope.APPLIES and not assessment.advice.dangers:
        return
    rules = assessment.rules
    text = rules.codes[DISCUSSION].text
    coding = {"system": f"{base}/CodeSystem/{LDT_FACT}", "code": DISCUSSION, "display": text}
    reason = f"Liver metastases of a neuroendocrine neoplasm: options by rule set {rules.id} {rules.edition}"
    request = _request(assessment, {"coding": [coding], "text": plain(text)}, reason)
    yield _suggestion(card, DISCUSSION, "Request a discussion in the tumour board", request)


def _missing_tests(assessment: Assessment, tables: Tables, card: UUID) -> Iterator[Suggestion]:
    """A test for each missing laboratory value, unless a result is on its way."""
    for missing in assessment.advice.missing:
        code = laboratory_code(missing.name, tables)
        if code is None or assessment.case.facts[missing.name].state is State.PRELIMINARY:
            continue
        coding = {"system": code.system, "code": code.code, "display": code.display}
        reason = f"{label(missing.name)} is missing or too old for advice on liver-directed therapy"
        request = _request(assessment, {"coding": [coding], "text": label(missing.name)}, reason)
        yield _suggestion(card, missing.name, f"Order {in_sentence(missing.name)}", request)


def laboratory_code(fact: str, tables: Tables) -> Code | None:
    """The first code of the test that gives a laboratory value; None for every other fact.

    Laboratory values are those whose maximum age is shorter when a procedure is signed.
    """
    if not tables.catalogue[fact].max_age_procedure:
        return None
    rows = (row for row in tables.rows if row.fact == fact and row.kind == "result" and row.number)
    return next((code for row in rows for code in tables.codes.concepts[row.concepts[0]]), None)


def _plan(assessment: Assessment, card: UUID, base: str) -> Iterator[Suggestion]:
    if assessment.advice.scope is Scope.APPLIES:
        whole = care_plan(assessment, base=base)
        # The server that creates it gives it an id of its own.
        plan = {name: value for name, value in whole.items() if name != "id"}
        yield _suggestion(card, "care-plan", "Keep these options as a draft CarePlan", plan)


def _request(assessment: Assessment, code: Json, reason: str) -> dict[str, object]:
    """A draft that asks for something; who does it and when is left to those who sign it."""
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": code,
        "subject": assessment.patient.to_json(),
        "reasonCode": [{"text": plain(reason)}],
    }


def _suggestion(card: UUID, name: str, label: str, resource: Mapping[str, object]) -> Suggestion:
    """One suggestion with one action; the label is also what the user reads of the action."""
    action = Action("create", label, resource=cast("Mapping[str, Json]", resource))
    return Suggestion(label, (action,), uuid5(card, name))
