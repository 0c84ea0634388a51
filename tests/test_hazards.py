"""Every row of the hazard log about patients, values, status, time and messages has a test that is marked with its id.

What of a row is not tested yet stands here, with the package whose tests will cover it: a row that gets its test must leave
the list. Groups A, C and X of the log are held elsewhere.
"""

import ast
from collections import defaultdict
from pathlib import Path

from tests.repository import ROOT

HAZARDS = {
    "HZ-P01": "Advice computed from another patient's record",
    "HZ-P02": "One foreign result among right ones",
    "HZ-P03": "Result with no subject used",
    "HZ-P04": "Same patient not recognised, or another taken for the same",
    "HZ-P05": "Two hospitals' equal numbers joined",
    "HZ-P06": "Identifier without authority linked by luck",
    "HZ-P07": "Wrong identifier picked from repetitions",
    "HZ-P08": "Data split after a merge",
    "HZ-P09": "Merge loop or self-merge",
    "HZ-P10": "Late result for a merged number lost or reviving the old case",
    "HZ-P11": "Number reused for another person",
    "HZ-P12": "Leading zeros or case folded away",
    "HZ-P13": "Results given to the wrong group",
    "HZ-P14": "Answers crossed between parallel requests",
    "HZ-P15": "Advice for a superseded or closed record",
    "HZ-P16": "Result posted for the wrong patient stays",
    "HZ-V01": "Unit read as another",
    "HZ-V02": "Unit contradicts the code",
    "HZ-V03": "One unit, many spellings",
    "HZ-V04": "Missing unit guessed",
    "HZ-V05": "Unknown unit passed through",
    "HZ-V06": "Letter case changes the unit",
    "HZ-V07": "Caret inside a unit splits the field",
    "HZ-V08": "Comparator dropped",
    "HZ-V09": "Trend computed from a censored value",
    "HZ-V10": "Decimal comma read as thousands, or the reverse",
    "HZ-V11": "Language-level number forms accepted",
    "HZ-V12": "Impossible value used",
    "HZ-V13": "Zero taken for missing",
    "HZ-V14": "Missing taken for zero or normal",
    "HZ-V15": "Interval taken as its first number",
    "HZ-V16": "Fraction and percent confused",
    "HZ-V17": "Marker converted between units that have no fixed factor",
    "HZ-V18": "Trend across assays or laboratories",
    "HZ-V19": "Specimen or timing variants mixed",
    "HZ-V20": "Part taken for the whole",
    "HZ-V21": "Several values in one field",
    "HZ-V22": "Flag and value disagree",
    "HZ-V23": "Binary rounding at a threshold",
    "HZ-V24": "Data-absent reason ignored",
    "HZ-V25": "Titre or ratio read as number",
    "HZ-S01": "Preliminary result decides treatment",
    "HZ-S02": "Old value kept after a correction",
    "HZ-S03": "Deleted result kept",
    "HZ-S04": "'Cannot be obtained' read as a value",
    "HZ-S05": "Entered-in-error data used",
    "HZ-S06": "Unknown status taken as final",
    "HZ-S07": "Status change to final missed",
    "HZ-S08": "Cancelled order's results used",
    "HZ-S09": "Refuted diagnosis counted",
    "HZ-S10": "Resolved condition treated as active",
    "HZ-S11": "Suspicion treated as diagnosis",
    "HZ-S12": "Relative's disease given to the patient",
    "HZ-S13": "Personal history treated as present disease",
    "HZ-S14": "Therapy not given counted as given",
    "HZ-S15": "Procedure not done counted as done",
    "HZ-S16": "Unknown modifier extension ignored",
    "HZ-S17": "Negated text read as finding",
    "HZ-T01": "Result from the future used as latest",
    "HZ-T02": "Old result used as current",
    "HZ-T03": "Partial date compared as a full one",
    "HZ-T04": "Order wrong across time zones",
    "HZ-T05": "Ambiguous or missing local hour",
    "HZ-T06": "Invalid date stops the whole message",
    "HZ-T07": "Contradicting values of one moment",
    "HZ-T08": "Late old result becomes the latest",
    "HZ-T09": "Message time taken for observation time",
    "HZ-T10": "Undated value used as current",
    "HZ-T11": "Ambiguous day and month",
    "HZ-T12": "Server clock wrong",
    "HZ-T13": "Impossible age",
    "HZ-T14": "Advice outlives its data",
    "HZ-M01": "Acknowledged message lost",
    "HZ-M02": "Resent message takes effect twice",
    "HZ-M03": "Different message dropped as a duplicate",
    "HZ-M04": "Same result under a new id counted twice",
    "HZ-M05": "Stream cut at the wrong place",
    "HZ-M06": "ACK cannot be matched",
    "HZ-M07": "Late ACK taken for the next message (as sender)",
    "HZ-M08": "One bad message blocks all behind it",
    "HZ-M09": "Oversized or endless frame",
    "HZ-M10": "Disk full acknowledged",
    "HZ-M11": "Locked database acknowledged or hangs",
    "HZ-M12": "Store silently replaced by an empty one",
    "HZ-M13": "Two replicas apply one message",
    "HZ-M14": "Test message enters a production case",
    "HZ-M15": "Message meant for another system accepted",
    "HZ-M16": "Half a message processed",
    "HZ-M17": "Batch partly lost",
    "HZ-M18": "Store damaged and used on",
    "HZ-M19": "Feed stopped by a permanent refusal",
}
"""The rows of groups P, V, S, T and M, as the log names them."""

REMAINING = {
    "HZ-M13": ("server", "two replicas on one PostgreSQL; with SQLite a second process is refused"),
}
"""Rows whose reading is tested, and whose effect in that package is not yet."""


def marks() -> dict[str, set[str]]:
    """The hazard ids that tests are marked with, and the packages of those tests."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hazard":
                [argument] = node.args
                assert isinstance(argument, ast.Constant), path
                found[str(argument.value)].add(_package(path))
    return found


def _package(path: Path) -> str:
    return path.relative_to(ROOT / "tests").parts[0]


def test_every_row_is_tested() -> None:
    assert HAZARDS.keys() - marks().keys() == set()


def test_no_test_is_marked_with_a_row_that_is_not_in_the_log() -> None:
    assert {row for row in marks() if row[:4] in {row[:4] for row in HAZARDS}} <= HAZARDS.keys()


def test_what_remains_of_a_row_is_not_tested_already() -> None:
    tested = marks()
    assert [row for row, (package, _) in REMAINING.items() if package in tested[row]] == []


def test_the_list_names_packages_and_rows_that_exist() -> None:
    for row, (package, _) in REMAINING.items():
        assert row in HAZARDS
        assert (ROOT / "adapter" / package).is_dir()
