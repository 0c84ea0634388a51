"""What a partly known value answers to a question, and how values are written for files and for people.

Not for where values come from.
"""

from decimal import Decimal

import pytest

from adapter.case.casefile import Json, case_of
from adapter.case.truth import Truth
from adapter.case.value import Coded, Comparison, Day, Flag, Members, Quantity, Value, to_plain, to_text
from tests.case.statements import CLOCK, amount, between, code, event, on, one_of, these_only

BELOW_02 = Quantity(None, Decimal("0.2"), high_open=True)
AT_MOST_90 = Quantity(None, Decimal(90))
ABOVE_90 = Quantity(Decimal(90), None, low_open=True)


@pytest.mark.hazard("HZ-V08")
@pytest.mark.parametrize(
    ("value", "comparison", "limit", "answer"),
    [
        (BELOW_02, ">=", "2", Truth.FALSE),
        (BELOW_02, ">=", "0.1", Truth.UNKNOWN),
        (BELOW_02, ">=", "0.2", Truth.FALSE),
        (BELOW_02, "<", "0.2", Truth.TRUE),
        (BELOW_02, "<=", "0.2", Truth.TRUE),
        (BELOW_02, "==", "0.2", Truth.FALSE),
        (AT_MOST_90, "<=", "90", Truth.TRUE),
        (AT_MOST_90, "<", "90", Truth.UNKNOWN),
        (AT_MOST_90, ">", "90", Truth.FALSE),
        (AT_MOST_90, "==", "90", Truth.UNKNOWN),
        (ABOVE_90, ">", "90", Truth.TRUE),
        (ABOVE_90, ">=", "90", Truth.TRUE),
        (ABOVE_90, "<=", "90", Truth.FALSE),
        (ABOVE_90, "!=", "90", Truth.TRUE),
        (ABOVE_90, ">", "91", Truth.UNKNOWN),
    ],
)
def test_a_comparator_is_a_bound(value: Quantity, comparison: Comparison, limit: str, answer: Truth) -> None:
    assert value.compare(comparison, amount(limit)) is answer


@pytest.mark.hazard("HZ-V15")
@pytest.mark.parametrize(
    ("comparison", "limit", "answer"),
    [
        ("<", "3", Truth.UNKNOWN),
        ("<=", "3", Truth.TRUE),
        (">", "3", Truth.FALSE),
        (">=", "3", Truth.UNKNOWN),
        ("==", "3", Truth.UNKNOWN),
        (">", "2", Truth.UNKNOWN),
        (">=", "2", Truth.TRUE),
        ("==", "4", Truth.FALSE),
    ],
)
def test_an_interval_with_the_cut_inside_is_unknown(comparison: Comparison, limit: str, answer: Truth) -> None:
    assert between("2", "3").compare(comparison, amount(limit)) is answer


@pytest.mark.hazard("HZ-V23")
@pytest.mark.parametrize("sent", ["1.50", "1.5", "1.500"])
def test_equal_decimals_meet_a_threshold_however_written(sent: str) -> None:
    assert amount(sent).compare(">=", amount("1.5")) is Truth.TRUE
    assert amount(sent).compare("==", amount("1.5")) is Truth.TRUE


@pytest.mark.hazard("HZ-V23")
def test_a_decimal_just_below_a_threshold_stays_below() -> None:
    assert amount("1.49999999999999999999").compare(">=", amount("1.5")) is Truth.FALSE


def test_a_coded_answer_known_in_part() -> None:
    assert code("a", "b").within(frozenset("ab")) is Truth.TRUE
    assert code("a", "b").within(frozenset("bc")) is Truth.UNKNOWN
    assert code("a", "b").within(frozenset("c")) is Truth.FALSE
    assert (code("a").exact, code("a", "b").exact) == ("a", None)


def test_an_exact_quantity_is_a_point() -> None:
    assert amount("2").exact == Decimal(2)
    assert between("2", "3").exact is None
    assert AT_MOST_90.exact is None
    assert ABOVE_90.exact is None


# How a case file writes the value, and how people read it. `fact` is one of the catalogue that can hold it.
WRITTEN: list[tuple[str, Value, object, str]] = [
    ("ascites", Flag(True), True, "yes"),
    ("ascites", Flag(False), False, "no"),
    ("who_grade", code("G2"), "G2", "G2"),
    ("who_grade", code("G2", "G1"), {"one_of": ["G1", "G2"]}, "G1 or G2"),
    ("primary_site", code("other_gi"), "other_gi", "other gi"),
    ("ki67_percent", amount("2.50"), Decimal("2.50"), "2.5"),
    ("ki67_percent", between("2", "3"), {"low": Decimal(2), "high": Decimal(3)}, "2 to 3"),
    ("ki67_percent", BELOW_02, {"below": Decimal("0.2")}, "<0.2"),
    ("ki67_percent", AT_MOST_90, {"high": Decimal(90)}, "<=90"),
    ("ki67_percent", ABOVE_90, {"above": Decimal(90)}, ">90"),
    ("ki67_percent", Quantity(Decimal(90), None), {"low": Decimal(90)}, ">=90"),
    ("biliary_instrumentation", these_only(), [], "none"),
    (
        "biliary_instrumentation",
        these_only("whipple", "biliary_stent"),
        ["biliary_stent", "whipple"],
        "biliary stent, whipple",
    ),
    (
        "biliary_instrumentation",
        event("whipple"),
        {"has": ["whipple"], "one_of": [], "complete": False},
        "whipple (others not excluded)",
    ),
    (
        "biliary_instrumentation",
        Members(frozenset()),
        {"has": [], "one_of": [], "complete": False},
        "none recorded (others not excluded)",
    ),
    (
        "prior_liver_directed",
        one_of("ctace", "tae"),
        {"has": [], "one_of": [["ctace", "tae"]], "complete": False},
        "one of ctace/tae (others not excluded)",
    ),
    ("birth_date", Day(on("1961-04-05")), "1961-04-05", "1961-04-05"),
]


@pytest.mark.parametrize(("name", "value", "plain", "text"), WRITTEN)
def test_values_as_written(name: str, value: Value, plain: Json, text: str) -> None:
    assert to_plain(value) == plain
    assert to_text(value) == text
    assert case_of("c1", {name: plain}, CLOCK).known(name) == value


def test_codes_that_do_not_read_as_words_have_words() -> None:
    words = {"ctace": "conventional TACE", "G1": "grade 1"}
    assert to_text(code("G1", "G2"), words) == "grade 1 or G2"
    assert to_text(event("ctace", "tare_lobar"), words) == "conventional TACE, tare lobar (others not excluded)"
    assert to_text(one_of("ctace", "tae"), words) == "one of conventional TACE/tae (others not excluded)"


def test_a_complete_list_with_a_member_of_unknown_kind_says_both() -> None:
    value = Members(frozenset({"a"}), frozenset({frozenset({"b", "c"})}), complete=True)
    assert to_plain(value) == {"has": ["a"], "one_of": [["b", "c"]], "complete": True}
    assert to_text(value) == "a, one of b/c"


def test_the_decimal_of_a_file_keeps_the_digits_that_were_sent() -> None:
    assert str(to_plain(amount("1.50"))) == "1.50"


def test_an_open_answer_is_no_exact_code() -> None:
    assert isinstance(to_plain(Coded(frozenset({"a", "b"}))), dict)
