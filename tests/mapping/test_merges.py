"""Merges, changes and links of patient numbers in HL7 v2 messages: whose results are whose afterwards."""

from itertools import permutations

import pytest

from adapter.hl7v2 import parse_message
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import ANY_SENDER
from adapter.server.content import read_content
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_platelets, log_report
from tests.mapping.senders import CLOCK, finding_codes

EVN = "EVN||20260111"


def result(number: str, value: str, control: str, *, when: str = "20260110080000", order: str = "") -> str:
    """The platelet count of the hazard log under a number and an order of its own."""
    pid = PID.replace("P1^", f"{number}^")
    obr = OBR.replace("R1^", f"{order or control}^").replace("|20260110080000|", f"|{when}|")
    return log_report(log_platelets(value, when=when), control=control, order=obr, pid=pid)


def merge(
    survivor: str = "P1",
    retired: str = "P2",
    *,
    control: str = "A2",
    event: str = "A40",
    pid: str = PID,
    more: str = "",
) -> str:
    head = pid.replace("P1^", f"{survivor}^")
    return log_message(EVN, head, f"MRG|{retired}^^^HOSP^MR{more}", control=control, message=f"ADT^{event}^ADT_A39")


def counts(mapping: Mapping) -> dict[str, list[str]]:
    """The platelet counts of each patient as they were sent, the newest first, which is the one that counts."""
    assert mapping.whole_ledger.balanced
    found: dict[str, list[str]] = {}
    for patient in mapping.patients:
        own = [one for one in patient.statements if one.fact == "platelets_10e9_l" and one.when is not None]
        ordered = sorted(own, key=lambda one: str(one.when and one.when.earliest), reverse=True)
        found[patient.subject] = [one.origin.sent for one in ordered]
        fact = patient.case(CLOCK).facts["platelets_10e9_l"]
        assert [origin.sent for origin in fact.origins] == found[patient.subject][:1]
    return found


@pytest.mark.hazard("HZ-P08")
@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A36", "A40", "A47"])
def test_what_came_under_the_prior_number_is_the_survivor_s(event: str) -> None:
    mapping = log_mapping(result("P2", "35", "A1"), merge(event=event))
    assert counts(mapping) == {"HOSP/MR/P1": ["35 10*3/uL"]}
    [change] = mapping.changes
    assert (change.survivor.text, change.retired.text, change.document) == ("HOSP/MR/P1", "HOSP/MR/P2", "A2")
    assert change.kind == ("change" if event == "A47" else "merge")
    assert finding_codes(mapping) == ["patients-merged"]
    [origin] = mapping.patients[0].case(CLOCK).facts["platelets_10e9_l"].origins
    assert origin.document == "A1"


@pytest.mark.hazard("HZ-P08")
def test_the_same_merge_again_changes_nothing() -> None:
    once, twice = [log_mapping(result("P2", "35", "A1"), *[merge()] * times) for times in (1, 2)]
    assert counts(once) == counts(twice)
    assert finding_codes(once) == finding_codes(twice) == ["patients-merged"]


@pytest.mark.hazard("HZ-P10")
def test_a_late_result_under_the_prior_number_is_the_survivor_s_with_a_note() -> None:
    late = result("P2", "60", "A4", when="20260111080000")
    mapping = log_mapping(result("P2", "35", "A1"), merge(), late)
    assert counts(mapping) == {"HOSP/MR/P1": ["60 10*3/uL", "35 10*3/uL"]}
    assert finding_codes(mapping) == ["patients-merged", "merged-number"]


@pytest.mark.hazard("HZ-P10")
def test_the_order_of_arrival_does_not_matter() -> None:
    messages = [
        result("P1", "210", "A0", when="20260108080000"),
        result("P2", "35", "A1"),
        merge(),
        result("P2", "60", "A4", when="20260111080000"),
    ]
    expected = {"HOSP/MR/P1": ["60 10*3/uL", "35 10*3/uL", "210 10*3/uL"]}
    assert all(counts(log_mapping(*order)) == expected for order in permutations(messages))


@pytest.mark.hazard("HZ-P09")
@pytest.mark.parametrize("before", [(), ("P1", "P2"), ("P1", "P2", "P2", "P3")], ids=["itself", "two", "three"])
def test_a_merge_that_leads_back_to_itself_is_refused(before: tuple[str, ...]) -> None:
    """P2 into P1, then P3 into P2: P1 into P3 would be a circle."""
    chain = [merge(before[n], before[n + 1], control=f"M{n}") for n in range(0, len(before), 2)]
    last = before[-1] if before else "P1"
    mapping = log_mapping(result("P1", "210", "A1"), *chain, merge(last, "P1", control="A3"))
    assert counts(mapping) == {"HOSP/MR/P1": ["210 10*3/uL"]}
    assert finding_codes(mapping).count("merge-cycle") == 1
    assert len(mapping.changes) == len(chain)


@pytest.mark.hazard("HZ-P11")
def test_two_persons_are_not_merged() -> None:
    other = result("P2", "35", "A1").replace("DOE^JANE||19610405|F", "ROE^MAX||19990101|M")
    mapping = log_mapping(other, merge())
    assert counts(mapping) == {"HOSP/MR/P1": [], "HOSP/MR/P2": ["35 10*3/uL"]}
    assert finding_codes(mapping) == ["identity-conflict"]
    assert mapping.changes == ()


@pytest.mark.hazard("HZ-P11")
def test_what_was_known_of_the_retired_number_guards_the_survivor() -> None:
    nameless = merge().replace("||DOE^JANE||19610405|F", "")
    other = result("P1", "60", "A4").replace("DOE^JANE||19610405|F", "ROE^MAX||19990101|M")
    mapping = log_mapping(result("P2", "35", "A1"), nameless, other)
    assert counts(mapping) == {"HOSP/MR/P1": ["35 10*3/uL"]}
    assert finding_codes(mapping) == ["identity-conflict", "patients-merged"]


@pytest.mark.hazard("HZ-P05")
def test_each_prior_number_goes_to_that_of_its_authority() -> None:
    pid = PID.replace("P1^^^HOSP^MR", "P1^^^HOSP^MR~77^^^CLINIC^MR")
    mapping = log_mapping(merge(more="~88^^^CLINIC^MR~V1^^^HOSP^VN~66^^^OTHER^PI", pid=pid))
    pairs = [(change.retired.text, change.survivor.text) for change in mapping.changes]
    assert pairs == [
        ("HOSP/MR/P2", "HOSP/MR/P1"),
        ("CLINIC/MR/88", "CLINIC/MR/77"),
        ("OTHER/PI/66", "HOSP/MR/P1"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        merge(event="A08"),
        merge(event="A43"),
        merge(retired="").replace("MRG|^^^HOSP^MR", "MRG|"),
        merge().replace("P2^^^HOSP^MR", "V2^^^HOSP^VN"),
        merge().replace("MRG|P2^^^HOSP^MR", "MRG||P2^^^HOSP^MR||P2^^^HOSP^MR"),
        merge().replace("MRG|P2^^^HOSP^MR\r", ""),
        merge(event="A44").replace("MRG|P2^^^HOSP^MR\r", ""),
        merge().replace("P2^^^HOSP^MR", "P2^^^&1.2.3&ISO^MR"),
        merge().replace("P2^^^HOSP^MR", "P2^^^HOSP^PI"),
        merge().replace("P2^^^HOSP^MR", "P2^^^^PI"),
        *(merge(event=event) for event in ("A23", "A29", "A39", "A44", "A45", "A50")),
    ],
    ids=[
        "an update",
        "a move",
        "no number",
        "a visit number",
        "other fields",
        "no segment",
        "a move without segment",
        "another authority",
        "another type",
        "another type without authority",
        *("A23", "A29", "A39", "A44", "A45", "A50"),
    ],
)
@pytest.mark.hazard("HZ-P08")
def test_a_merge_that_is_not_applied_is_said_and_quarantined(text: str) -> None:
    mapping = log_mapping(result("P2", "35", "A1"), text)
    assert counts(mapping) == {"HOSP/MR/P1": [], "HOSP/MR/P2": ["35 10*3/uL"]}
    assert finding_codes(mapping)[0] == "merge-not-applied"
    assert mapping.changes == ()
    content = read_content(parse_message(text.encode()), ANY_SENDER)
    assert (content.state, content.reason) == ("quarantined", "merge-not-applied")


@pytest.mark.hazard("HZ-P08")
def test_a_prior_number_without_authority_is_one_of_that_of_the_survivor() -> None:
    bare = merge().replace("P2^^^HOSP^MR", "P2")
    assert counts(log_mapping(result("P2", "35", "A1"), bare)) == {"HOSP/MR/P1": ["35 10*3/uL"]}


@pytest.mark.hazard("HZ-P08")
@pytest.mark.hazard("HZ-P09")
@pytest.mark.parametrize("enterprise", ["E1^^^ENT^PI", "E1^^^HOSP^PI"])
def test_a_number_that_both_sides_have_stays(enterprise: str) -> None:
    """The registration keeps one enterprise number of the person through the merge."""
    pid = PID.replace("P1^^^HOSP^MR", f"P1^^^HOSP^MR~{enterprise}")
    mapping = log_mapping(result("P2", "35", "A1"), merge(more=f"~{enterprise}", pid=pid))
    assert counts(mapping) == {"HOSP/MR/P1": ["35 10*3/uL"]}
    assert [(change.retired.text, change.survivor.text) for change in mapping.changes] == [("HOSP/MR/P2", "HOSP/MR/P1")]
    assert finding_codes(mapping) == ["patients-merged"]


@pytest.mark.parametrize("event", ["A23", "A29"])
def test_a_deleted_record_waits_for_somebody_to_look(event: str) -> None:
    deletion = log_message(EVN, PID, control="A9", message=f"ADT^{event}")
    mapping = log_mapping(result("P1", "210", "A0"), deletion)
    assert counts(mapping) == {"HOSP/MR/P1": ["210 10*3/uL"]}
    [finding] = mapping.findings
    assert (finding.code, finding.place) == ("record-deleted", "A9 PID[1]")
    content = read_content(parse_message(deletion.encode()), ANY_SENDER)
    assert (content.state, content.reason) == ("quarantined", "record-deleted")


def test_a_merge_of_a_patient_who_was_not_taken_is_not_applied() -> None:
    other = merge().replace("DOE^JANE||19610405|F", "ROE^MAX||19990101|M")
    mapping = log_mapping(result("P1", "210", "A0"), result("P2", "35", "A1"), other)
    assert counts(mapping) == {"HOSP/MR/P1": ["210 10*3/uL"], "HOSP/MR/P2": ["35 10*3/uL"]}
    assert finding_codes(mapping) == ["identity-conflict"]


def test_several_merges_in_one_message() -> None:
    second = PID.replace("P1^", "P3^")
    text = merge() + f"{second}\rMRG|P4^^^HOSP^MR\r"
    mapping = log_mapping(result("P2", "35", "A1"), result("P4", "60", "A4"), text)
    assert counts(mapping) == {"HOSP/MR/P1": ["35 10*3/uL"], "HOSP/MR/P3": ["60 10*3/uL"]}


@pytest.mark.parametrize(("event", "kind"), [("A24", "link"), ("A37", "unlink")])
def test_a_link_joins_nothing(event: str, kind: str) -> None:
    second = PID.replace("P1^^^HOSP", "P2^^^CLINIC")
    text = log_message(EVN, PID, second, control="A9", message=f"ADT^{event}")
    mapping = log_mapping(result("P1", "210", "A0"), text)
    assert counts(mapping) == {"HOSP/MR/P1": ["210 10*3/uL"], "CLINIC/MR/P2": []}
    assert [(change.kind, change.retired.text) for change in mapping.changes] == [(kind, "CLINIC/MR/P2")]
    assert finding_codes(mapping) == ["patients-linked"]


def test_a_link_of_one_patient_is_said() -> None:
    mapping = log_mapping(log_message(EVN, PID, message="ADT^A24"))
    assert (finding_codes(mapping), mapping.changes) == (["link-incomplete"], ())


def test_a_change_shows_no_number_of_a_patient() -> None:
    [change] = log_mapping(merge(survivor="P77123", retired="P88123")).changes
    assert "77123" not in repr(change)
    assert "88123" not in repr(change)
