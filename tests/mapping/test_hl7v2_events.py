"""What HL7 v2 messages say of one another: whole lists, documents, cancelled visits, and which message is the newer one."""

from itertools import permutations

import pytest

from adapter.hl7v2 import parse_message
from adapter.mapping.hl7v2_events import event_of
from adapter.mapping.patient import Mapping
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_platelets, log_report
from tests.mapping.senders import known, standing

METASTASES, ASCITES, KI67 = "liver_metastases", "ascites", "ki67_percent"
LIVER = "C7B.02^^I10C||20240310|F"
FLUID = "R18.8^^I10C||20240310|F"
ADDED = "|||||||||||||20240310|{}|{}"


def adt(
    event: str,
    *diagnoses: str,
    control: str,
    sent: str,
    visit: str = "V1",
    sender: str = "ADT|HOSP",
    account: str = "",
    code: str = "ADT",
) -> str:
    """A message with the diagnoses of a visit."""
    segments = [
        rf"MSH|^~\&|{sender}|NELM|HOSP|{sent}||{code}^{event}|{control}|P|2.5.1",
        f"{PID}||||||||||{account}",
        f"PV1|1|I|{'|' * 15}|{visit}^^^HOSP^VN",
        *(f"DG1|{number}||{diagnosis}" for number, diagnosis in enumerate(diagnoses, 1)),
    ]
    return "".join(f"{segment}\r" for segment in segments)


def states(mapping: Mapping, *names: str) -> list[str]:
    assert mapping.whole_ledger.balanced
    return [" ".join(filter(None, standing(mapping, name))) for name in names]


# Which message is the newer one -----------------------------------------------------------------------------------------
def test_an_older_message_that_comes_late_replaces_nothing() -> None:
    """The same result without OBR-22: only MSH-7 tells which version is the newer one."""
    order = OBR.replace("|20260110090000|", "||")
    versions = [
        log_report(log_platelets(value), control=control, order=order).replace("20260110093000", sent)
        for value, control, sent in (("35", "A1", "20260110093000"), ("135", "A2", "20260110120000"))
    ]
    assert [known(log_mapping(*order), "platelets_10e9_l") for order in permutations(versions)] == [135, 135]


def test_without_a_time_the_message_that_came_last_is_the_newer_one() -> None:
    order = OBR.replace("|20260110090000|", "||")
    first, second = (
        log_report(log_platelets(value), control=control, order=order).replace("|20260110093000|", "||")
        for value, control in (("35", "A1"), ("135", "A2"))
    )
    assert known(log_mapping(first, second), "platelets_10e9_l") == 135
    assert known(log_mapping(second, first), "platelets_10e9_l") == 35


def test_a_message_without_a_time_stands_where_it_came() -> None:
    order = OBR.replace("|20260110090000|", "||")
    first, second = (
        log_report(log_platelets(value), control=c, order=order) for value, c in (("35", "A1"), ("135", "A2"))
    )
    assert known(log_mapping(first, second.replace("|20260110093000|", "||")), "platelets_10e9_l") == 135


def test_the_clocks_of_two_senders_are_not_compared() -> None:
    """A sender without times keeps its order among messages of another one that has them."""
    order = OBR.replace("|20260110090000|", "||")
    other = log_report(log_platelets("1", when="20260109080000"), control="B1").replace("|LAB|", "|OTHER|")
    first, second = (
        log_report(log_platelets(value), control=control, order=order).replace("|20260110093000|", "||")
        for value, control in (("35", "A1"), ("135", "A2"))
    )
    assert known(log_mapping(first, other, second), "platelets_10e9_l") == 135


# Whole lists ------------------------------------------------------------------------------------------------------------
FIRST = adt("A01", LIVER, FLUID, control="A1", sent="20260105080000")


def test_the_list_of_a_visit_is_the_last_one_sent() -> None:
    second = adt("A08", LIVER, control="A2", sent="20260106080000")
    for messages in permutations((FIRST, second)):
        assert states(log_mapping(*messages), METASTASES, ASCITES) == ["present", "excluded list-replaced"]


def test_an_update_without_diagnoses_leaves_the_list() -> None:
    assert states(log_mapping(FIRST, adt("A08", control="A2", sent="20260106080000")), ASCITES) == ["present"]


@pytest.mark.parametrize(
    "more",
    [{"visit": "V2"}, {"sender": "ADT|CLINIC"}, {"visit": ""}, {"code": "BAR", "event": "P05"}],
    ids=["another visit", "another sender", "no visit", "another kind of message"],
)
def test_a_list_replaces_only_that_of_its_own_visit(more: dict[str, str]) -> None:
    event = more.pop("event", "A08")
    second = adt(event, LIVER, control="A2", sent="20260106080000", **more)
    assert states(log_mapping(FIRST, second), ASCITES) == ["present"]


def test_two_lists_without_a_visit_number_both_stand() -> None:
    """A list without its number could be of any visit: an old admission must not vanish for a broken bone."""
    first, second = (
        adt("A01", one, control=control, sent=sent, visit="")
        for one, control, sent in ((LIVER, "A1", "20240105080000"), (FLUID, "A2", "20260105080000"))
    )
    assert states(log_mapping(first, second), METASTASES, ASCITES) == ["present", "present"]


def test_an_action_code_touches_one_diagnosis() -> None:
    added = adt("A08", LIVER + ADDED.format("D1", "A"), control="A2", sent="20260106080000")
    assert states(log_mapping(FIRST, added), METASTASES, ASCITES) == ["present", "present"]
    deleted = adt("A08", FLUID + ADDED.format("D9", "D"), control="A3", sent="20260107080000")
    assert states(log_mapping(FIRST, deleted), METASTASES) == ["present"]


def test_an_empty_list_deletes_the_one_before() -> None:
    """Snapshot mode deletes with one segment whose fields are the null value (HL7 v2.9.1 section 2.10.4)."""
    deleting = adt("A08", '""||""|""', control="A2", sent="20260106080000")
    assert states(log_mapping(FIRST, deleting), METASTASES) == ["excluded list-replaced"]


def test_an_account_is_updated_by_its_own_number() -> None:
    first, second = (
        adt("P05", one, control=c, sent=f"2026010{n}", visit=f"V{n}", account="ACC1", code="BAR")
        for n, (one, c) in enumerate(((LIVER, "A1"), (FLUID, "A2")), 5)
    )
    assert states(log_mapping(first, second), METASTASES, ASCITES) == ["excluded list-replaced", "present"]


# Cancelled visits -------------------------------------------------------------------------------------------------------
CANCEL = adt("A11", control="A9", sent="20260105120000")


def test_a_cancelled_admission_leaves_its_diagnoses_in_sight() -> None:
    for messages in permutations((FIRST, CANCEL)):
        assert states(log_mapping(*messages), METASTASES) == ["preliminary visit-cancelled"]


def test_what_the_cancellation_itself_sends_does_not_count_either() -> None:
    cancel = adt("A11", FLUID, control="A9", sent="20260105120000")
    assert states(log_mapping(cancel), ASCITES) == ["preliminary visit-cancelled"]


@pytest.mark.parametrize(
    "cancel",
    [
        adt("A11", control="A9", sent="20260105120000", visit="V2"),
        adt("A11", control="A9", sent="20260105120000", sender="ADT|CLINIC"),
        adt("A11", control="A9", sent="20260105120000", visit=""),
        adt("A11", control="A9", sent="20260104120000"),
        adt("A12", control="A9", sent="20260105120000"),
    ],
    ids=["another visit", "another sender", "no visit", "before it", "of a transfer"],
)
def test_a_cancellation_of_something_else_changes_nothing(cancel: str) -> None:
    assert states(log_mapping(FIRST, cancel), METASTASES) == ["present"]


def test_an_admission_after_the_cancellation_counts() -> None:
    again = adt("A01", LIVER, control="A3", sent="20260106080000")
    assert states(log_mapping(FIRST, CANCEL, again), METASTASES) == ["present"]


# Documents --------------------------------------------------------------------------------------------------------------
def mdm(
    event: str, value: str = "", *, control: str, sent: str, status: str = "LA", number: str = "D1", parent: str = ""
) -> str:
    segments = [
        rf"MSH|^~\&|PATH|HOSP|NELM|HOSP|{sent}||MDM^{event}|{control}|P|2.5.1",
        PID,
        f"TXA|1|SP|FT|20251120||||||||{number}|{parent}||||{status}||AV",
        *([f"OBX|1|NM|29593-1^^LN||{value}|%|||||F"] if value else []),
    ]
    return "".join(f"{segment}\r" for segment in segments)


SIGNED = mdm("T02", "8", control="A1", sent="20251206080000")


def test_the_last_status_of_a_document_is_that_of_its_content() -> None:
    unsigned = mdm("T02", "8", control="A1", sent="20251206080000", status="DO")
    signed = mdm("T03", control="A2", sent="20251207080000")
    edited = mdm("T07", control="A3", sent="20251208080000", status="IP")
    for messages in permutations((unsigned, signed)):
        assert states(log_mapping(*messages), KI67) == ["present"]
    for messages in permutations((unsigned, signed, edited)):
        assert states(log_mapping(*messages), KI67) == ["preliminary incomplete"]


def test_a_status_that_is_not_sent_again_stays() -> None:
    unsigned = mdm("T02", "8", control="A1", sent="20251206080000", status="DO")
    silent = mdm("T05", control="A2", sent="20251207080000", status="")
    assert states(log_mapping(unsigned, silent), KI67) == ["preliminary not-authenticated"]


@pytest.mark.parametrize("event", ["T04", "T08"])
def test_content_that_comes_again_replaces_all_of_it(event: str) -> None:
    again = mdm(event, "2.5", control="A2", sent="20251207080000")
    for messages in permutations((SIGNED, again)):
        mapping = log_mapping(*messages)
        assert states(mapping, KI67) == ["present"]
        assert str(known(mapping, KI67)) == "2.5"


def test_another_document_replaces_nothing() -> None:
    """Two reports of one day that disagree are a conflict, not a correction."""
    other = mdm("T02", "2.5", control="A2", sent="20251207080000", number="D2")
    assert states(log_mapping(SIGNED, other), KI67) == ["conflicting conflicting-values"]


@pytest.mark.parametrize(("event", "reason"), [("T09", "document-replaced"), ("T10", "document-replaced")])
def test_a_replacement_takes_its_parent_back(event: str, reason: str) -> None:
    replacing = mdm(event, control="A2", sent="20251207080000", number="D2", parent="D1")
    for messages in permutations((SIGNED, replacing)):
        assert states(log_mapping(*messages), KI67) == [f"excluded {reason}"]


def test_an_addendum_takes_nothing_back() -> None:
    addendum = mdm("T06", control="A2", sent="20251207080000", number="D2", parent="D1")
    assert states(log_mapping(SIGNED, addendum), KI67) == ["present"]


def test_a_cancelled_document_says_nothing() -> None:
    cancelled = mdm("T11", control="A2", sent="20251207080000")
    for messages in permutations((SIGNED, cancelled)):
        assert states(log_mapping(*messages), KI67) == ["excluded document-cancelled"]
    other = mdm("T11", control="A2", sent="20251207080000", number="D2")
    assert states(log_mapping(SIGNED, other), KI67) == ["present"]


# The event of a message -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("msh_9", "evn", "event"),
    [("ADT^A01^ADT_A01", "A08", "ADT^A01"), ("ADT", "A08", "ADT^A08"), ("ADT", "", "ADT^"), ("ORU", None, "ORU^")],
)
def test_the_event_is_that_of_msh_9_else_of_evn_1(msh_9: str, evn: str | None, event: str) -> None:
    segments = [rf"MSH|^~\&|A|B|C|D|2026||{msh_9}|1|P|2.1", *([] if evn is None else [f"EVN|{evn}"])]
    assert event_of(parse_message("\r".join(segments).encode())) == event
