"""Z segments: kept in the ledger, and read where a table names one of their fields as a source, with its code or without."""

from pathlib import Path

import pytest

from adapter.case.tables import TableError
from adapter.mapping.ledger import Level, Outcome
from adapter.mapping.patient import Mapping
from adapter.mapping.tables import Tables
from tests.mapping.senders import by_hl7, case, known, message, obr, only, platelets, standing
from tests.mapping.small_tables import small_tables

FIRST = "hl7v2:\n"
KI67 = """  - kind: "result"
    segment: "ZNE"
    code: "ZNE-3"
    means: "LN|29593-1"
    optional: "yes"
    value: "ZNE-3"
    data_type: "NM"
    units: "ZNE-4"
    statuses: [["always", "ZNE-3"]]
    when: ["ZNE-2"]
    order: ["ZNE-1"]
"""
CODED = """  - kind: "result"
    segment: "ZLB"
    code: "ZLB-1"
    value: "ZLB-3"
    data_type: "ZLB-2"
    units: "ZLB-4"
    statuses: [["hl7-0085", "ZLB-5"]]
    when: ["ZLB-6", "OBR-7"]
"""
LISTED = """  - kind: "procedure"
    segment: "ZPR"
    code: "ZPR-2"
    statuses: [["always", "ZPR-2"]]
    when: ["ZPR-1"]
"""


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return small_tables(tmp_path, ("sources.yaml", FIRST, FIRST + KI67 + CODED + LISTED))


def outcomes(mapping: Mapping, level: Level) -> list[Outcome]:
    entries = mapping.whole_ledger.entries
    return [entry.outcome for entry in entries if entry.level is level and entry.place.startswith("Z")]


def test_a_z_segment_that_no_table_names_is_in_the_ledger() -> None:
    mapping = by_hl7(message(obr(), platelets("210"), "ZNE|1|20260110|8|%", "ZZZ"))
    assert only(mapping)
    assert outcomes(mapping, Level.CONTAINER) == [Outcome.SKIPPED, Outcome.SKIPPED]
    assert outcomes(mapping, Level.CODED) == []


def test_a_z_field_without_a_code_says_what_its_table_says(tables: Tables) -> None:
    mapping = by_hl7(message("ZNE|N1|20260110|8|%"), table=tables)
    assert known(mapping, "ki67_percent") == 8
    [origin] = case(mapping).facts["ki67_percent"].origins
    assert (origin.place, origin.sent, origin.row) == ("ZNE[1]-3", "8 %", "ki67")
    assert outcomes(mapping, Level.CONTAINER) == outcomes(mapping, Level.CODED) == [Outcome.USED]


def test_an_optional_field_that_was_not_sent_is_no_element(tables: Tables) -> None:
    mapping = by_hl7(message("ZNE|N1|20260110||%"), table=tables)
    assert standing(mapping, "ki67_percent") == ("absent", "not-recorded")
    assert (outcomes(mapping, Level.CODED), outcomes(mapping, Level.CONTAINER)) == ([], [Outcome.SKIPPED])


def test_a_later_z_segment_of_the_same_order_replaces(tables: Tables) -> None:
    first, second = (message(f"ZNE|N1|20260110|{value}|%") for value in ("8", "12"))
    assert known(by_hl7(first, second.replace("|A1|", "|A2|"), table=tables), "ki67_percent") == 12


@pytest.mark.parametrize(
    ("segment", "state"),
    [
        ("ZLB|777-3^Platelets^LN|NM|210|10*3/uL|F|20260110080000+0000", ("present", "")),
        ("ZLB|777-3^Platelets^LN|NM|210|10*3/uL|F", ("present", "")),
        ("ZLB|777-3^Platelets^LN|NM|210|10*3/uL|P", ("preliminary", "preliminary")),
        ("ZLB|777-3^Platelets^LN|TX|210|10*3/uL|F", ("absent", "text-result")),
        ("ZLB|777-3^Platelets^LN|NM|210||F", ("excluded", "unit-missing")),
    ],
)
def test_a_z_segment_with_codes_is_read_like_an_obx(tables: Tables, segment: str, state: tuple[str, str]) -> None:
    assert standing(by_hl7(message(obr(), segment), table=tables), "platelets_10e9_l") == state


def test_each_repetition_of_a_list_of_codes_is_an_element(tables: Tables) -> None:
    mapping = by_hl7(message("ZPR|20260101|609232008^^SCT~71273005^^SCT~x^^SCT"), table=tables)
    assert known(mapping, "prior_liver_directed") == {
        "has": ["resection", "thermal_ablation"],
        "one_of": [],
        "complete": False,
    }
    places = [entry.place for entry in mapping.whole_ledger.entries if entry.level is Level.CODED]
    assert places == ["ZPR[1]-2[1]", "ZPR[1]-2[2]", "ZPR[1]-2[3]"]
    assert outcomes(mapping, Level.CODED) == [Outcome.USED, Outcome.USED, Outcome.UNMAPPED]
    assert mapping.whole_ledger.balanced


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('code: "ZNE-3"', 'code: "OBX-3"', "OBX-3 is not in ZNE"),
        ('value: "ZNE-3"', 'value: "ZLB-3"', "ZLB-3 is not in ZNE"),
        ('when: ["ZNE-2"]', 'when: ["ZZZ-2"]', "ZZZ-2 is neither in ZNE nor in"),
        ('means: "LN|29593-1"', 'means: "LN"', "LN is not of the form system|code"),
        ('data_type: "NM"', 'data_type: "NUM"', "NUM is no data type"),
        ('means: "LN|29593-1"', 'means: "NOBODY|29593-1"', "NOBODY is no code system"),
    ],
)
def test_a_wrong_source_stops_the_start(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in KI67
    with pytest.raises(TableError, match=fault.replace("|", r"\|")):
        small_tables(tmp_path, ("sources.yaml", FIRST, FIRST + KI67.replace(old, new)))
