"""When a hook speaks: a neuroendocrine neoplasm is on record or suspected, and liver metastases or a liver-directed draft."""

from dataclasses import replace
from typing import Any

import pytest

from adapter.advice.assessment import LIVER_DIRECTED, concerns
from adapter.case.case import Case
from adapter.case.catalogue import catalogue
from adapter.case.fact import Fact, State
from adapter.case.value import Coded, Flag, Members, Value
from tests.ldt.patients import patient

NOTHING = dict.fromkeys(fact.name for fact in catalogue().inputs)
NEN = Coded(frozenset({"nen"}))
ON_RECORD = {State.PRESENT, State.PRELIMINARY, State.STALE, State.UNDATED, State.CONFLICTING}


def case(**facts: tuple[State, Value | None]) -> Case:
    """A case in which nothing is known but these facts, in these states."""
    empty = patient(NOTHING)
    stated = {name: Fact(name, state, "", value) for name, (state, value) in facts.items()}
    return replace(empty, facts={**empty.facts, **stated})


def known(**facts: Any) -> Case:
    return patient({**NOTHING, **facts})


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("fact", ["diagnosis", "liver_metastases"])
def test_a_state_that_has_something_on_record_speaks_and_no_other(fact: str, state: State) -> None:
    facts: dict[str, tuple[State, Value | None]] = {
        "diagnosis": (State.PRESENT, NEN),
        "liver_metastases": (State.PRESENT, Flag(True)),
    }
    value = None if state in (State.ABSENT, State.EXCLUDED, State.CONFLICTING) else facts[fact][1]
    facts[fact] = (state, value)
    assert concerns(case(**facts)) is (state in ON_RECORD)


def test_nobody_else_is_spoken_of() -> None:
    assert not concerns(known())
    assert not concerns(known(liver_metastases=True))
    assert not concerns(known(diagnosis="nen"))
    assert not concerns(known(diagnosis="nen", liver_metastases=False))
    assert not concerns(known(diagnosis="other_malignancy", liver_metastases=True))
    assert not concerns(known(diagnosis="hcc", planned_therapies=["ctace"]))
    assert concerns(known(diagnosis="nen", liver_metastases=True))


def test_a_neoplasm_that_is_only_possible_speaks() -> None:
    assert concerns(known(diagnosis={"one_of": ["nen", "hcc"]}, liver_metastases=True))
    assert not concerns(known(diagnosis={"one_of": ["no_malignancy", "hcc"]}, liver_metastases=True))


@pytest.mark.parametrize("code", sorted(LIVER_DIRECTED))
def test_a_drafted_liver_directed_therapy_speaks_before_metastases_are_on_record(code: str) -> None:
    assert concerns(known(diagnosis="nen", planned_therapies=[code]))
    assert not concerns(known(planned_therapies=[code]))


@pytest.mark.parametrize("codes", [[], ["ssa"], ["prrt_iv"], ["captem", "everolimus"], ["octreotide_perioperative"]])
def test_any_other_draft_stays_silent(codes: list[str]) -> None:
    assert not concerns(known(diagnosis="nen", planned_therapies=codes))


def test_a_draft_of_one_of_several_liver_directed_forms_speaks() -> None:
    tace = Members(frozenset(), frozenset({frozenset({"ctace", "deb_tace"})}))
    mixed = Members(frozenset(), frozenset({frozenset({"ctace", "ssa"})}))
    facts = {"diagnosis": (State.PRESENT, NEN)}
    assert concerns(case(**facts, planned_therapies=(State.PRESENT, tace)))
    assert not concerns(case(**facts, planned_therapies=(State.PRESENT, mixed)))


# P11: a planned combination counts as its parts.
@pytest.mark.parametrize(
    "code",
    [
        "captem_plus_tare",
        "tare_plus_prrt",
        "tare_everolimus_ssa",
        "serial_tae",
        "ablation_plus_resection",
        "ici_plus_ldt",
        "staged_lobar",
    ],
)
def test_a_drafted_combination_with_a_liver_directed_part_speaks(code: str) -> None:
    assert concerns(known(diagnosis="nen", planned_therapies=[code]))


def test_a_draft_without_a_date_speaks() -> None:
    draft = (State.UNDATED, Members(frozenset({"ctace"})))
    assert concerns(case(diagnosis=(State.PRESENT, NEN), planned_therapies=draft))
