"""A card that its user has dealt with stays away while data and rules are unchanged, if the site wants that at all."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment, PatientName, assess_case
from adapter.advice.card import detail, full
from adapter.advice.indicator import indicator
from adapter.advice.repeats import NEVER_QUIET, PASSING, Answered, Quiet, advice_key
from adapter.advice.summary import summary
from adapter.case.catalogue import catalogue
from adapter.case.fact import Fact, State, Unused
from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Quantity
from adapter.ldt import rule_set
from adapter.mapping.interpret import MEMBER_LISTS
from adapter.mapping.ledger import Entry, Ledger, Level, Outcome
from adapter.mapping.unread_diagnoses import UnreadDiagnosis
from tests.ldt.patients import ROW_1, patient
from tests.ldt.sites import site_rules

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
USER = "Practitioner/u1"
WEEK = Quiet(timedelta(days=7))


def advised(**facts: object) -> Assessment:
    return replace(assess_case(patient(ROW_1, **facts), rule_set()), patient=PatientName("Patient/p1"))


BEFORE = advised()


def answered(
    assessment: Assessment = BEFORE, *, user: str = USER, ago: timedelta = timedelta(days=1)
) -> list[Answered]:
    return [Answered(user, advice_key(assessment), NOW - ago)]


@pytest.mark.hazard("HZ-A13")
def test_an_answered_card_rests_until_data_or_rules_change() -> None:
    assert WEEK.holds(BEFORE, USER, answered(), NOW)
    changed = advised(largest_lesion_cm=7)
    assert not WEEK.holds(changed, USER, answered(), NOW)
    assert WEEK.holds(changed, USER, answered(changed), NOW)


def test_nothing_rests_unless_the_site_says_so() -> None:
    assert not NEVER_QUIET.holds(BEFORE, USER, answered(), NOW)


def test_only_feedback_of_the_same_user_on_the_same_patient_counts() -> None:
    assert not WEEK.holds(BEFORE, USER, (), NOW)
    assert not WEEK.holds(BEFORE, "Practitioner/u2", answered(), NOW)
    assert not WEEK.holds(BEFORE, "", answered(user=""), NOW)
    assert not WEEK.holds(replace(BEFORE, patient=PatientName("Patient/p2")), USER, answered(), NOW)


@pytest.mark.parametrize(("ago", "rests"), [(0, True), (6.99, True), (7, False), (30, False), (-0.01, False)])
def test_the_rest_has_an_end_and_no_feedback_comes_from_the_future(ago: float, rests: bool) -> None:
    assert WEEK.holds(BEFORE, USER, answered(ago=timedelta(days=ago)), NOW) is rests


def test_a_critical_card_never_rests() -> None:
    danger = advised(portal_vein_status="occluded", planned_therapies=["tae"])
    assert indicator(danger) == "critical"
    assert not WEEK.holds(danger, USER, answered(danger), NOW)


@pytest.mark.parametrize("name", sorted(set(BEFORE.case.facts) - PASSING))
def test_every_fact_belongs_to_the_advice(name: str) -> None:
    """That a fact is not known any more is another case, whether or not a rule reads it."""
    fact = BEFORE.case.facts[name]
    other = replace(fact, state=State.CONFLICTING, reason="conflicting-values", on_record=None)
    case = replace(BEFORE.case, facts={**BEFORE.case.facts, name: other})
    assert advice_key(replace(BEFORE, case=case)) != advice_key(BEFORE)


def on_day(days: int, *facts: Fact) -> Assessment:
    """The same call so many days later, with these facts instead: its drafts are of that day."""
    today = NOW + timedelta(days=days)
    drafts = (replace(BEFORE.case.facts[name], when=Moment.day_of(today)) for name in MEMBER_LISTS["order"])
    changed = {fact.name: fact for fact in (*drafts, *facts)}
    return replace(BEFORE, case=replace(BEFORE.case, facts={**BEFORE.case.facts, **changed}, as_of=today))


@given(st.decimals(18, 100, places=2), st.integers(0, 400))
def test_what_passes_with_the_days_alone_changes_nothing(age: Decimal, days: int) -> None:
    """The day of drafts, and an age that no card of this patient names."""
    known = BEFORE.case.facts["age_years"]
    older = replace(known, state=State.PRESENT, on_record=Quantity.of(age))
    assert advice_key(on_day(days, older)) == advice_key(BEFORE)


def test_a_stale_value_rests_although_it_is_older_every_day() -> None:
    old = Moment.day_of(NOW - timedelta(days=200))
    vein = replace(BEFORE.case.facts["portal_vein_status"], state=State.STALE, reason="stale", when=old)
    today, later = on_day(0, vein), on_day(3, vein)
    assert ("200 days ago" in full(today), "203 days ago" in full(later)) == (True, True)
    assert advice_key(today) == advice_key(later)


def test_gaps_and_the_call_belong_to_the_advice() -> None:
    keys = {
        advice_key(one)
        for one in (BEFORE, replace(BEFORE, gaps=("observations: not provided",)), replace(BEFORE, call=("signed",)))
    }
    assert len(keys) == 3


PLACES = st.sampled_from(["Observation/a#value", "Observation/b#value"])
DATES = st.none() | st.integers(0, 400).map(lambda days: Moment.day_of(NOW - timedelta(days=days)))
UNUSED = st.builds(
    Unused,
    st.sampled_from([State.PRELIMINARY, State.EXCLUDED]),
    st.sampled_from(["preliminary", "unit-unknown"]),
    DATES,
    st.builds(Origin, st.just("fhir"), st.just("call"), PLACES, st.just("row")),
    st.none() | st.integers(1, 9).map(Decimal).map(Quantity.of),
)
ENTRIES = st.builds(
    Entry,
    st.just(Level.CODED),
    st.sampled_from(["procedure", "order", "diagnosis"]),
    PLACES,
    st.sampled_from([Outcome.UNMAPPED, Outcome.IGNORED]),
    st.sampled_from(["code-unmapped", "no rule reads it"]),
    st.sampled_from(["http://snomed.info/sct|1", "urn:local|2"]),
)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(["newer-result-unmapped", "unit-unknown", "no-subject"]),
    st.sampled_from(["warning", "info"]),
    PLACES,
    st.sampled_from(["the name is that of Ki-67", "the name is that of Total bilirubin"]),
)
DIAGNOSES = st.builds(UnreadDiagnosis, st.sampled_from(["", "urn:local|2", "urn:local|3"]), DATES, st.booleans())
WORDS = st.lists(st.sampled_from(["observations: not provided", "procedures: in part"]), max_size=2).map(tuple)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(one, max_size=2).map(tuple)


@dataclass(frozen=True)
class Sent:
    """What else may have come with the data, and been used or not."""

    name: str
    when: Moment | None
    origins: tuple[Origin, ...]
    unused: tuple[Unused, ...]
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...]
    diagnoses: tuple[UnreadDiagnosis, ...]
    gaps: tuple[str, ...]
    unsought: tuple[str, ...]
    sources: tuple[str, ...]
    call: tuple[str, ...]

    def __call__(self) -> Assessment:
        """The patient with it."""
        fact = BEFORE.case.facts[self.name]
        fact = replace(fact, unused=self.unused, origins=self.origins, when=self.when)
        return replace(
            BEFORE,
            case=replace(BEFORE.case, facts={**BEFORE.case.facts, fact.name: fact}),
            findings=self.findings,
            ledger=Ledger(self.entries),
            diagnoses=self.diagnoses,
            gaps=self.gaps,
            unsought=self.unsought,
            sources=self.sources,
            call=self.call,
        )


SENT = st.builds(
    Sent,
    st.sampled_from(["bilirubin_mg_dl", "portal_vein_status", "ki67_percent"]),
    DATES,
    several(st.builds(Origin, st.just("fhir"), st.just("call"), PLACES, st.just("row"))),
    several(UNUSED),
    several(FINDINGS),
    several(ENTRIES),
    several(DIAGNOSES),
    WORDS,
    WORDS,
    WORDS,
    WORDS,
)


def said(assessment: Assessment) -> tuple[str, ...]:
    """What a card can say, with and without a link, and its colour."""
    return summary(assessment), *(detail(assessment, linked=linked) for linked in (True, False)), indicator(assessment)


@pytest.mark.hazard("HZ-A13")
@settings(deadline=None)
@given(SENT, SENT, st.sampled_from([field.name for field in fields(Sent)]))
def test_cards_that_do_not_say_the_same_share_no_key(sent: Sent, later: Sent, changed: str) -> None:
    """The second call differs from the first in one respect alone."""
    one, other = sent(), replace(sent, **{changed: getattr(later, changed)})()
    assert said(one) == said(other) or advice_key(one) != advice_key(other)


@pytest.mark.hazard("HZ-A13")
@settings(deadline=None)
@given(SENT)
def test_what_was_added_to_the_card_wakes_it(more: Sent) -> None:
    one = more()
    assert said(one) == said(BEFORE) or not WEEK.holds(one, USER, answered(), NOW)


def test_what_the_card_says_of_data_that_were_not_used_belongs_to_the_advice() -> None:
    """The results, diagnoses and orders of an answered card that came since."""
    fact = BEFORE.case.facts["bilirubin_mg_dl"]
    origin, today = Origin("fhir", "call", "Observation/a#value", "row"), Moment.day_of(NOW)
    newer = [Unused(State.PRELIMINARY, "preliminary", today, origin, Quantity.of(Decimal(value))) for value in (1, 9)]
    facts = [{**BEFORE.case.facts, fact.name: replace(fact, unused=(one,))} for one in newer]
    hints = ("that of Ki-67", "that of Total bilirubin")
    changed = [
        *(replace(BEFORE, case=replace(BEFORE.case, facts=own)) for own in facts),
        *(replace(BEFORE, findings=(Finding("newer-result-unmapped", "warning", "OBX[1]-3", hint),)) for hint in hints),
        *(replace(BEFORE, diagnoses=(UnreadDiagnosis(code, None, opaque=True),)) for code in ("", "urn:local|3")),
        replace(BEFORE, sources=("sent with the call: patient",)),
    ]
    assert len({advice_key(one) for one in (BEFORE, *changed)}) == len(changed) + 1


def test_the_rules_of_a_site_are_other_rules(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-121", "mode": "shadow"}])
    assert advice_key(replace(BEFORE, rules=rules)) != advice_key(BEFORE)


def test_nothing_of_the_patient_can_be_read_from_the_key() -> None:
    key = advice_key(BEFORE)
    assert (len(key), key.isalnum()) == (64, True)
    assert "p1" not in repr(answered())
    assert USER not in repr(answered())


def test_the_facts_that_pass_are_those_that_are_counted_from_today() -> None:
    assert {catalogue()[name].kind.value for name in PASSING} == {"quantity"}
