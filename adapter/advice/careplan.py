"""CarePlans: an assessment as a FHIR R4 CarePlan, a draft proposal with reasons, sources and what is missing.

Built as plain JSON from small parts and checked before it leaves (adapter.fhir.check); it orders and doses nothing.
"""

from collections.abc import Iterator
from uuid import uuid5

from adapter.advice.assessment import Assessment, once
from adapter.advice.basis import silenced_lines, site_lines
from adapter.advice.card import NAMESPACE
from adapter.advice.dangers import danger_lines
from adapter.advice.disagreements import also_touched, disagreements, flag_lines, printed_positions
from adapter.advice.facts import also_on_record, deciding_facts, missing_lines, set_aside_lines
from adapter.advice.narrative import division, narrative
from adapter.advice.options import Option, options, outranked
from adapter.advice.order_verdict import call_lines
from adapter.advice.parts import INTENDED, SILENCED, TITLE, unsigned_lines
from adapter.advice.problems import data_problems, unread_lines
from adapter.advice.remarks import given_cautions, open_marks, remark_line
from adapter.advice.scope import SCOPE_UNKNOWN, closed_lines, closing_lines, scope_lines
from adapter.advice.sources import cited
from adapter.advice.summary import summary
from adapter.advice.supporting import Supporting, supporting
from adapter.advice.wording import markdown, plain, xhtml
from adapter.case.truth import Truth
from adapter.ldt import Scope, Strength
from adapter.terminology.systems import DEFAULT_BASE, LDT_FACT

Resource = dict[str, object]

REVIEW_DAYS = 14
"""After how many days at the latest a plan must be looked at again (the shortest age of a laboratory value)."""


class ClosedRecord(ValueError):
    """The record of the patient is closed (died, out of use, replaced): nobody may plan on it."""


def closed_plan(assessment: Assessment) -> Resource:
    """The CarePlan of a closed record: revoked, without activities; it says why nothing is advised any more."""
    reasons = [f"No advice is given on this record: {line}" for line in closing_lines(assessment)]
    return {
        "resourceType": "CarePlan",
        **_of_the_moment(assessment),
        "text": {"status": "generated", "div": division(*(f"<p>{xhtml(reason)}</p>" for reason in reasons))},
        "status": "revoked",
        "intent": "proposal",
        "title": TITLE,
        "description": plain(summary(assessment)),
        "subject": assessment.patient.to_json(),
        "note": [{"text": markdown(reason)} for reason in reasons],
    }


def care_plan(assessment: Assessment, *, base: str = DEFAULT_BASE) -> Resource:
    """The CarePlan of an assessment. `base` is the canonical base of the PlanDefinition and the fact CodeSystem.

    Every offered therapy, every contraindicated one (doNotPerform), every step to take and every missing fact is one
    activity with its reasons; facts from HL7 v2 are contained Observations, facts from FHIR are referred to.
    Raises ClosedRecord where there is no advice to plan on (Assessment.closed).
    """
    if assessment.closed:
        raise ClosedRecord("; ".join(closed_lines(assessment)))
    return {**_plan(assessment, base)[0], **_of_the_moment(assessment)}


def _of_the_moment(assessment: Assessment) -> Resource:
    """What is another one in each plan, whatever it says."""
    created = assessment.case.as_of.isoformat().replace("+00:00", "Z")
    plan_id = uuid5(NAMESPACE, f"{assessment.case.subject}|{created}|{assessment.rules.edition}")
    return {"id": str(plan_id), "created": created}


@once
def _plan(assessment: Assessment, base: str) -> Iterator[Resource]:
    """The plan, with places for what is of the moment."""
    facts = supporting(assessment, base)
    rules = assessment.rules
    plan: Resource = {
        "resourceType": "CarePlan",
        "id": "",
        "text": {"status": "generated", "div": narrative(assessment)},
        "contained": [*facts.contained],
        "instantiatesCanonical": [f"{base}/PlanDefinition/{rules.id}|{rules.version}"],
        "status": "draft",
        "intent": "proposal",
        "title": TITLE,
        "description": plain(summary(assessment)),
        "subject": assessment.patient.to_json(),
        "created": "",
        "supportingInfo": [{"reference": reference} for reference in facts.references],
        "activity": [*_activities(assessment, facts, base)],
        "note": [{"text": markdown(text)} for text in _notes(assessment)],
    }
    yield {name: value for name, value in plan.items() if value != []}


def _activities(assessment: Assessment, facts: Supporting, base: str) -> Iterator[object]:
    for option in options(assessment):
        if option.therapy.strength is not Strength.NOT_RECOMMENDED:
            yield _therapy(assessment, option, facts, base)
    for remark in assessment.advice.actions:
        if remark.code in assessment.rules.codes:
            yield _step(remark_line(assessment, remark), remark.code, remark.rules, base)
    lines = missing_lines(assessment)
    for missing, line in zip(assessment.advice.missing, lines, strict=True):
        yield _step(f"Obtain: {line}", missing.name, missing.rules, base)


def _therapy(assessment: Assessment, option: Option, facts: Supporting, base: str) -> object:
    therapy = option.therapy
    rules = [assessment.rules.rules[rating.rule] for rating in therapy.because]
    references = [facts.of_fact[name] for name in therapy.facts if name in facts.of_fact]
    planned = "; planned" if therapy.planned is Truth.TRUE else ""
    wording = f"{option.name}: {option.strength}{planned}"
    detail: dict[str, object] = {
        "code": _code(therapy.code, option.name, base),
        "reasonCode": [{"text": plain(f"{rule.id} {rule.row.title}: {rule.row.statement}")} for rule in rules],
        "reasonReference": [{"reference": reference} for reference in dict.fromkeys(references)],
        "status": "not-started",
        "doNotPerform": therapy.strength is Strength.CONTRAINDICATED,
        "description": plain(wording),
    }
    return {"detail": {name: value for name, value in detail.items() if value != []}}


def _step(text: str, code: str, rules: tuple[str, ...], base: str) -> object:
    detail: dict[str, object] = {
        "code": _code(code, text, base),
        "status": "not-started",
        "doNotPerform": False,
        "description": plain(text),
    }
    if rules:
        detail["reasonCode"] = [{"text": ", ".join(rules)}]
    return {"detail": detail}


def _code(code: str, text: str, base: str) -> object:
    return {"coding": [{"system": f"{base}/CodeSystem/{LDT_FACT}", "code": code}], "text": plain(text)}


def _notes(assessment: Assessment) -> Iterator[str]:
    """Everything a reader needs beside the activities, one note each; nothing that the card says is left out."""
    advice = assessment.advice
    yield INTENDED
    for line in call_lines(assessment):
        yield f"About the call: {line}"
    if advice.scope is Scope.NOT_APPLICABLE:
        for line in scope_lines(assessment):
            yield f"The guideline does not apply: {line}"
    if advice.scope is Scope.UNKNOWN:
        yield SCOPE_UNKNOWN
    for option in options(assessment):
        if option.therapy.strength is Strength.NOT_RECOMMENDED:
            planned = "; planned" if option.therapy.planned is Truth.TRUE else ""
            yield f"Not recommended: {option.name} ({'; '.join(option.because)}{planned})"
    for line in danger_lines(assessment):
        yield f"Danger: {line}"
    for line in silenced_lines(advice, assessment.rules):
        yield f"{SILENCED}: {line}"
    for remark in given_cautions(assessment):
        yield f"Caution: {remark_line(assessment, remark)}"
    for remark in open_marks(assessment):
        yield f"Still open: {remark_line(assessment, remark)}"
    for remark in advice.notes:
        yield f"Note: {remark_line(assessment, remark)}"
    for line in set_aside_lines(assessment):
        yield f"On record but not used: {line}"
    for line in outranked(assessment):
        yield f"Outranked: {line}"
    for gap in assessment.gaps:
        yield f"Data that could not be had: {gap}"
    for line in assessment.sources:
        yield f"Where the data came from: {line}"
    for line in data_problems(assessment):
        yield f"Data problem: {line}"
    for line in also_on_record(assessment):
        yield f"Also on record, read by no rule: {line}"
    yield from unread_lines(assessment)
    for line in disagreements(assessment):
        yield f"The documents disagree: {line}"
    for line in printed_positions(assessment):
        yield f"Both positions as printed, and the project's policy: {line}"
    for line in flag_lines(assessment):
        yield f"Not in the documents, waits for a clinician: {line}"
    touched = also_touched(assessment)
    if touched:
        yield f"The documents also disagree on, without bearing on a verdict here: {touched}"
    yield f"Sources: {'; '.join(cited(assessment)) or 'none'}"
    for line in site_lines(assessment.rules):
        yield f"Changed by the site: {line}"
    for document in assessment.rules.documents:
        yield f"{document.code}: {document.citation}"
    yield _basis(assessment)


def _basis(assessment: Assessment) -> str:
    rules = assessment.rules
    facts = len(deciding_facts(assessment))
    return (
        f"Data as of {assessment.case.as_of:%Y-%m-%d}; review within {REVIEW_DAYS} days or when a fact changes. "
        f"Rule set {rules.id} {rules.edition}, drawn from two narrative reviews without formal grading of evidence; "
        f"{facts} facts decided. {''.join(unsigned_lines(assessment))}"
    )
