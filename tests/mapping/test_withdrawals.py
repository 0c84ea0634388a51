"""Withdrawals of results and diagnoses: those that find nothing are said, and none is too late or too early by its clock.

What a withdrawal does to the result that it names is in test_statuses.py and test_hazards_status.py.
"""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from adapter.hl7v2 import parse_message
from adapter.mapping.hl7v2 import map_readings
from adapter.mapping.hl7v2_reading import read_one
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import ANY_SENDER
from adapter.mapping.tables import tables
from adapter.server.content import read_content
from tests.mapping.senders import (
    PID,
    WHEN_HL7,
    by_hl7,
    finding_codes,
    header,
    known,
    message,
    obr,
    obx,
    platelets,
    report,
    standing,
)

VEIN, PLATELETS, METASTASES = "portal_vein_status", "platelets_10e9_l", "liver_metastases"
UNMATCHED = ("conflicting", "withdrawal-unmatched")
FINDING = "withdrawal-unmatched"
BARE = "OBR|1|||58410-2^CBC^LN|||20260110080000+0000"
RECEIVED = datetime(2026, 1, 11, tzinfo=UTC)
AHEAD = "20360110093000+0000"


def occluded(status: str = "F", *, sub: str = "", when: str = WHEN_HL7) -> str:
    return obx(f"{VEIN}^^99LDT", "occluded^^99LDT", kind="CWE", status=status, sub=sub, when=when)


def sent(text: str, when: str) -> str:
    """The message with another MSH-7."""
    return text.replace("20260110093000+0000", when)


ORIGINAL = report(occluded())


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize("status", ["W", "D"])
@pytest.mark.parametrize(
    "case", ["another sender", "the placer's number", "a longer number", "a sub-id", "only the date", "another order"]
)
def test_a_withdrawal_that_does_not_name_its_result_makes_it_conflicting(status: str, case: str) -> None:
    taken = occluded(status)
    withdrawal = {
        "another sender": report(taken, control="A2").replace("|LAB|HOSP|", "|LAB2|HOSP|"),
        "the placer's number": report(taken, control="A2").replace("OBR|1||R1^LAB|", "OBR|1|P1^ADT||"),
        "a longer number": report(taken, control="A2", order=obr("R1^LAB^1.2^ISO")),
        "a sub-id": report(occluded(status, sub="2"), control="A2"),
        "only the date": report(occluded(status, when="20260110"), control="A2", order=obr("R2^LAB")),
        "another order": report(taken, control="A2", order=obr("R2^LAB")),
    }[case]
    mapping = by_hl7(ORIGINAL, withdrawal)
    assert standing(mapping, VEIN) == UNMATCHED
    assert finding_codes(mapping).count(FINDING) == 1
    [finding] = [one for one in mapping.patients[0].findings if one.code == FINDING]
    assert (finding.severity, finding.place) == ("warning", "A2 OBX[1]-5")
    assert mapping.unmatched == (2,)


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize(
    "taken",
    [occluded("W", when="20260109080000+0000"), obx("ecog^^99LDT", "1", status="W")],
    ids=["another date", "another code"],
)
@pytest.mark.parametrize("order", [BARE, obr("R2^LAB")], ids=["without order", "of another order"])
def test_a_withdrawal_of_what_never_came_is_only_said(taken: str, order: str) -> None:
    mapping = by_hl7(ORIGINAL, report(taken, control="A2", order=order))
    assert known(mapping, VEIN) == "occluded"
    assert finding_codes(mapping) == [FINDING]
    assert mapping.unmatched == (2,)


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize("order", [obr(), BARE], ids=["by its order", "by its time"])
def test_a_withdrawal_that_finds_its_result_is_not_remarked_upon(order: str) -> None:
    first, second = report(occluded(), order=order), report(occluded("W"), order=order, control="A2")
    mapping = by_hl7(first, second, second.replace("|A2|", "|A3|"))
    assert standing(mapping, VEIN) == ("absent", "wrong-patient-or-sample")
    assert (finding_codes(mapping), mapping.unmatched) == ([], ())


@pytest.mark.hazard("HZ-P16")
def test_a_withdrawal_before_its_result_takes_it_back_when_it_comes() -> None:
    withdrawal = sent(report(occluded("W"), control="A2"), "20260110120000+0000")
    mapping = by_hl7(withdrawal, ORIGINAL)
    assert standing(mapping, VEIN) == ("absent", "wrong-patient-or-sample")
    assert mapping.unmatched == ()
    assert by_hl7(withdrawal).unmatched == (1,)


@pytest.mark.hazard("HZ-P16")
def test_alone_a_message_is_not_said_to_take_back_nothing() -> None:
    """Its acknowledgement and its row come before anybody knows what else there is."""
    content = read_content(parse_message(report(occluded("W")).encode()), ANY_SENDER)
    assert (content.state, content.findings) == ("received", ())


def test_one_withdrawal_of_a_flag_and_a_range_is_one() -> None:
    """What a value above its range says stands in two statements, of which the withdrawal may find only one."""
    urine = ("1695-6^5-HIAA^LN", "60", "mg/(24.h)")
    first = report(obx(*urine, flag="H"))
    for value in ("60", '""'):
        second = report(obx(urine[0], value, urine[2], range="0-6", status="W"), control="A2")
        mapping = by_hl7(first, second)
        assert (known(mapping, "hiaa_high"), mapping.unmatched) == (None, ())


# Whatever the clocks say ------------------------------------------------------------------------------------------------
@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (sent(ORIGINAL, AHEAD), report(occluded("W"), control="A2")),
        (
            sent(report(occluded(), order=obr(released=AHEAD)), AHEAD),
            report(occluded("W"), control="A2"),
        ),
        (ORIGINAL, report(occluded("W"), order=obr(released="20260110080000+0000"), control="A2")),
        (ORIGINAL, sent(report(occluded("W"), control="A2"), "20260110093000")),
        (sent(report(occluded(), order=BARE), AHEAD), report(occluded("W"), order=BARE, control="A2")),
    ],
    ids=["sent in 2036", "released in 2036", "released earlier", "without zone", "without order"],
)
def test_a_withdrawal_that_came_later_counts(first: str, second: str) -> None:
    mapping = by_hl7(first, second)
    assert standing(mapping, VEIN) == ("absent", "wrong-patient-or-sample")
    assert (finding_codes(mapping), mapping.unmatched) == ([], ())


def test_a_clock_of_another_sender_does_not_put_a_withdrawal_after_its_correction() -> None:
    other = sent(report(platelets("210")), AHEAD).replace("|LAB|HOSP|", "|LAB2|HOSP|")
    withdrawal = report(occluded("W"), control="A2")
    again = sent(report(occluded(), control="A3", order=obr(released="20260110120000+0000")), "20260110120000+0000")
    assert known(by_hl7(other, ORIGINAL, withdrawal, again), VEIN) == "occluded"


def read(*texts: str, received: datetime | None = RECEIVED) -> Mapping:
    """The messages as the server reads them, which knows when they came."""
    parsed = (parse_message(text.encode()) for text in texts)
    return map_readings([read_one(one, "m", ANY_SENDER, tables(), received) for one in parsed], tables())


def diagnoses(*codes: str, control: str, when: str, event: str = "A08", visit: str = "V1") -> str:
    head = header(control=control, message=f"ADT^{event}", sent=when)
    listed = (f"DG1|{number}||{code}" for number, code in enumerate(codes, 1))
    return message(f"PV1|1|I|{'|' * 15}|{visit}", *listed, head=head)


LIVER, FLUID = "C7B.02^^I10C||20240310|F", "R18.8^^I10C||20240310|F"


@pytest.mark.hazard("HZ-T01")
def test_a_list_of_2036_does_not_outdate_every_later_list() -> None:
    lists = (
        diagnoses(LIVER, FLUID, control="A1", when=AHEAD),
        diagnoses(LIVER, control="A2", when="20260110"),
    )
    mapping = read(*lists)
    assert standing(mapping, "ascites") == ("excluded", "list-replaced")
    assert [(one.code, one.place) for one in mapping.findings] == [("sent-ahead", "A1 MSH-7")]
    assert finding_codes(read(*lists, received=None)) == []
    assert standing(read(*lists, received=None), METASTASES) == ("present", "")


@pytest.mark.hazard("HZ-T01")
def test_a_result_released_in_2036_does_not_outdate_every_later_correction() -> None:
    first = report(platelets("35"), platelets("36", sub="2"), order=obr(released=AHEAD))
    second = report(platelets("135", status="C"), platelets("136", sub="2", status="C"), control="A2")
    mapping = read(first, second)
    counts = [one.origin.sent for one in mapping.patients[0].statements if one.fact == PLATELETS and one.issued is None]
    assert counts == ["35 10*3/uL", "36 10*3/uL"]
    assert [(one.code, one.place) for one in mapping.patients[0].findings] == [("sent-ahead", "A1 OBR[1]-22")]
    assert (
        known(read(report(platelets("35"), order=obr(released=AHEAD)), report(platelets("135", status="C"))), PLATELETS)
        == 135
    )


def test_a_clock_a_few_hours_ahead_is_believed() -> None:
    assert finding_codes(read(sent(ORIGINAL, "20260111200000+0000"))) == []


# Diagnoses and visits -----------------------------------------------------------------------------------------------------
WITH_ID = LIVER + "|||||||||||||20240310|{}|{}"


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize(
    ("first", "second", "sender"),
    [
        (LIVER, WITH_ID.format("D1", "D"), "LAB"),
        (WITH_ID.format("D1", "A"), WITH_ID.format("D2", "D"), "LAB"),
        (WITH_ID.format("D1", "A"), WITH_ID.format("D1", "D"), "LAB2"),
        (WITH_ID.format("D1", "A"), WITH_ID.format("", "D").replace("20240310", "20250310"), "LAB"),
    ],
    ids=["the first without its number", "another number", "another sender", "the second without its number"],
)
def test_a_deletion_that_does_not_name_its_diagnosis_makes_it_conflicting(first: str, second: str, sender: str) -> None:
    deleting = diagnoses(second, control="A2", when="20260110").replace("|LAB|", f"|{sender}|")
    mapping = by_hl7(diagnoses(first, control="A1", when="20260110"), deleting)
    assert standing(mapping, METASTASES) == UNMATCHED
    assert mapping.unmatched == (2,)


@pytest.mark.hazard("HZ-P16")
def test_a_deleted_problem_of_another_number_makes_the_diagnosis_conflicting() -> None:
    listed, deleted = (
        message(
            f"PRB|{action}|20260110080000+0000|C7B.02^^I10C|{number}|||20260101||||||confirmed|active",
            head=header(control=control, message="PPR^PC1"),
        )
        for action, number, control in (("AD", "I1", "A1"), ("DE", "I2", "A2"))
    )
    mapping = by_hl7(listed, deleted)
    assert standing(mapping, METASTASES) == UNMATCHED
    assert standing(by_hl7(listed, deleted.replace("|I2|", "|I1|")), METASTASES) == ("absent", "deleted")


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize(
    ("event", "visit", "unmatched"),
    [("A11", "", (2,)), ("A11", "V2", (2,)), ("A11", "V1", ()), ("A13", "V2", ())],
    ids=["no visit", "another visit", "the visit", "of a discharge"],
)
def test_a_cancelled_admission_that_nobody_told_of_is_said(event: str, visit: str, unmatched: tuple[int, ...]) -> None:
    admitted = diagnoses(LIVER, control="A1", when="20260105", event="A01")
    cancelled = diagnoses(control="A2", when="20260106", event=event, visit=visit)
    for texts in permutations((admitted, cancelled)):
        mapping = by_hl7(*texts)
        assert finding_codes(mapping) == [FINDING] * len(unmatched)
        assert known(mapping, METASTASES) is (None if visit == "V1" and event == "A11" else True)
    assert by_hl7(admitted, cancelled).unmatched == unmatched


def test_the_cancellation_of_an_order_concerns_no_other_order() -> None:
    """Two orders of one procedure are told apart by their numbers."""
    drafts = [
        message(f"ORC|{control}|{number}|||||||{WHEN_HL7}", f"OBR|1|{number}||71273005^^SCT", head=header(n, "OMG^O19"))
        for n, control, number in (("A1", "NW", "O1"), ("A2", "CA", "O2"))
    ]
    mapping = by_hl7(*drafts)
    assert known(mapping, "planned_therapies") is not None
    assert finding_codes(mapping) == []


def test_a_withdrawal_of_another_patient_touches_nobody_else() -> None:
    mapping = by_hl7(ORIGINAL, report(occluded("W"), control="A2", pid=PID.replace("P1^", "P2^")))
    first, second = mapping.patients
    assert [one.disputed or one.unmatched for one in first.statements] == [False, False]
    assert mapping.unmatched == (2,)
    assert [one.code for one in second.findings] == [FINDING]
