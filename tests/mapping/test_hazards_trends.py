"""Hazards of trends (HZ-V09, V17, V18): two results are compared only where both are exact and measured alike.

No rule reads chromogranin A, the marker of the rows: for it the tests show that nothing is computed. The one comparison
over time that the rule set makes is that of two neutrophil-to-lymphocyte ratios (R-227), with the same inputs.
"""

import pytest

from adapter.ldt import evaluate, rule_set
from adapter.mapping.ledger import Level
from adapter.mapping.patient import Mapping
from adapter.mapping.tables import tables
from tests.mapping.hazard_log import PID, log_mapping, log_message
from tests.mapping.senders import SNOMED, Resource, by_fhir, case, condition, fact, laboratory, only, procedure

RAISED = "R-227"
"""The rule that reads nlr_6_months > nlr_baseline."""

BEFORE, AFTER = "20250605080000", "20251210080000"
PATIENT = (
    "DG1|1||1288045008^^SCT||20240310|F",
    "DG1|2||C7B.02^^I10C||20240310|F",
    "PR1|1||314617008^^SCT||20250610",
)


def obr(number: str, when: str) -> str:
    return f"OBR|1||{number}^LAB|58410-2^CBC^LN|||{when}|||||||||||||||{when}|||F"


def obx(
    code: str, value: str, unit: str, when: str, *, kind: str = "NM", method: str = "", laboratory: str = ""
) -> str:
    return f"OBX|1|{kind}|{code}||{value}|{unit}|||||F|||{when}|||{method}||||||{laboratory}"


def counts(neutrophils: str, when: str, *, kind: str = "NM", method: str = "", laboratory: str = "") -> tuple[str, ...]:
    """Neutrophils, with 2 lymphocytes, of one sample."""
    how = {"method": method, "laboratory": laboratory}
    return (
        obr(f"R{when}", when),
        obx("751-8^^LN", neutrophils, "10*3/uL", when, kind=kind, **how),
        obx("731-0^^LN", "2", "10*3/uL", when, **how),
    )


def series(first: tuple[str, ...], second: tuple[str, ...]) -> Mapping:
    return log_mapping(log_message(PID, *PATIENT, *first, *second))


def raised(mapping: Mapping) -> bool:
    return RAISED in evaluate(case(mapping), rule_set()).fired


def test_a_ratio_that_rose_between_two_exact_counts_is_said() -> None:
    mapping = series(counts("4", BEFORE), counts("8", AFTER))
    assert raised(mapping)
    assert not raised(series(counts("8", BEFORE), counts("4", AFTER)))


# HZ-V09 -----------------------------------------------------------------------------------------------------------------
@pytest.mark.hazard("HZ-V09")
def test_a_censored_marker_has_no_change() -> None:
    results = [
        (obr(number, when), obx("9811-1^Chromogranin A^LN", ">^1000", "ng/mL", when, kind="SN"))
        for number, when in (("R0", "20251001080000"), ("R2", "20260110080000"))
    ]
    mapping = log_mapping(*(log_message(PID, *found, control=f"A{n}") for n, found in enumerate(results)))
    assert [statement.fact for statement in only(mapping).statements] == ["birth_date", "birth_date"]
    entries = [entry.reason for entry in mapping.whole_ledger.entries if entry.level is Level.CODED]
    assert entries == ["no rule reads it"] * 2


@pytest.mark.hazard("HZ-V09")
@pytest.mark.parametrize(("first", "second"), [(">^4", "^8"), ("^4", ">^8"), (">^4", ">^8"), ("^3^-^4", "^8")])
def test_a_censored_count_makes_no_trend_and_is_shown_as_sent(first: str, second: str) -> None:
    mapping = series(counts(first, BEFORE, kind="SN"), counts(second, AFTER, kind="SN"))
    assert not raised(mapping)
    sent = [s.origin.sent for s in only(mapping).statements if s.fact == "neutrophils"]
    words = [text.replace("^", "").removeprefix("-") for text in (first, second)]
    assert sent == [f"{word} 10*3/uL" for word in words]


# HZ-V17 -----------------------------------------------------------------------------------------------------------------
@pytest.mark.hazard("HZ-V17")
def test_only_ng_per_ml_and_ug_per_l_are_one_unit_of_chromogranin_a() -> None:
    units = tables().units
    converted = {unit for unit, made in units.table["chromogranin_a"].items() if not made.ambiguous}
    assert converted == {"ng/mL", "ng/ml", "ug/L", "µg/L", "mcg/L"}
    for unit in converted:
        assert units.table["chromogranin_a"][unit].identity
    for unit in ("nmol/L", "pmol/L", "U/L"):
        assert units.table["chromogranin_a"][unit].ambiguous


@pytest.mark.hazard("HZ-V17")
def test_counts_without_a_common_unit_make_no_trend() -> None:
    other = tuple(segment.replace("10*3/uL", "g/L") for segment in counts("8", AFTER))
    mapping = series(counts("4", BEFORE), other)
    assert not raised(mapping)
    assert fact(mapping, "nlr_6_months").known is None


# HZ-V18 -----------------------------------------------------------------------------------------------------------------
@pytest.mark.hazard("HZ-V18")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"method": "M1"}, {"method": "M2"}),
        ({"method": "M1^^99LAB"}, {"method": "M2^^99LAB"}),
        ({"method": "^by hand"}, {"method": "^by machine"}),
        ({"laboratory": "North Lab"}, {"laboratory": "South Lab"}),
        ({"method": "M1", "laboratory": "North Lab"}, {"method": "M1", "laboratory": "South Lab"}),
    ],
)
def test_another_method_or_laboratory_makes_no_trend(first: dict[str, str], second: dict[str, str]) -> None:
    mapping = series(counts("4", BEFORE, **first), counts("8", AFTER, **second))
    later = fact(mapping, "nlr_6_months")
    assert (later.state.value, later.reason, later.known) == ("excluded", "different-method", None)
    assert later.on_record is not None
    assert not raised(mapping)


@pytest.mark.hazard("HZ-V18")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"method": "M1"}, {"method": "M1"}),
        ({"method": "M1"}, {}),
        ({"laboratory": "North Lab"}, {"method": "M1"}),
        ({"method": "M1", "laboratory": "North Lab"}, {"method": "M1", "laboratory": "North Lab"}),
    ],
)
def test_what_is_not_said_or_is_the_same_is_compared(first: dict[str, str], second: dict[str, str]) -> None:
    assert raised(series(counts("4", BEFORE, **first), counts("8", AFTER, **second)))


@pytest.mark.hazard("HZ-V18")
def test_fhir_names_method_and_laboratory_too() -> None:
    def sample(value: int, when: str, **how: object) -> list[Resource]:
        found: list[Resource] = []
        for code, number in (("751-8", value), ("731-0", 2)):
            result = laboratory(code, number, "10*3/uL", id=f"{code}-{when}", effectiveDateTime=when)
            found.append({**result, **how})  # type: ignore[dict-item]
        return found

    history = (condition("1288045008", id="c1", system=SNOMED), condition("C7B.02", id="c2"))
    tace = procedure("314617008", performedDateTime="2025-06-10")
    manual = {"coding": [{"system": "http://snomed.info/sct", "code": "702657006"}]}
    machine = {"text": "flow cytometry"}
    north, south = ([{"reference": f"Organization/{name}"}] for name in ("north", "south"))
    doctor = [{"reference": "Practitioner/p1"}]
    cases: list[tuple[dict[str, object], dict[str, object], bool]] = [
        ({"method": manual}, {"method": machine}, False),
        ({"performer": north}, {"performer": south}, False),
        ({"performer": north}, {"performer": doctor}, True),
        ({"method": manual}, {"method": manual}, True),
    ]
    for first, second, compared in cases:
        earlier, later = sample(4, "2025-06-05T08:00:00Z", **first), sample(8, "2025-12-10T08:00:00Z", **second)
        assert raised(by_fhir(*history, tace, *earlier, *later)) is compared
