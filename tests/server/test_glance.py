"""A glance at a message says what its mapping alone says, or nothing at all."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.hl7v2 import Message, UnusableMessage, parse_message, split_messages
from adapter.mapping.hl7v2_glance import glance
from adapter.mapping.hl7v2_plain import Plain, is_plain_event
from adapter.mapping.sender import ANY_SENDER
from adapter.mapping.statuses import StatusEffect, Statuses
from adapter.mapping.tables import tables
from adapter.server.content import Content, by_mapping, read_content
from benchmarks.feed import feed
from tests.repository import ROOT
from tests.server.feeds import LIVER, NET, NOW, adt, oru, own

FILES = sorted((*(ROOT / "fixtures" / "hl7v2").glob("**/*.hl7"), *(ROOT / "fixtures" / "patients").glob("*/*.hl7")))
FEED = [*feed(30, 5)]
PLAIN = oru("OBX|1|NM|777-3^Platelets^LN||210|10*3/uL|150-400|N|||F|||20260110", control_id="A1")

SPOILED = {
    "no-control-id": PLAIN.replace(b"|A1|P|", b"||P|"),
    "sent-ahead": PLAIN.replace(b"|20260110093000+0000||ORU", b"|20270110093000+0000||ORU"),
    "released-ahead": PLAIN.replace(b"|20260110090000+0000|||F", b"|20270110090000+0000|||F"),
    "bad-time": PLAIN.replace(b"|F|||20260110", b"|F|||20261310"),
    "bad-birth": PLAIN.replace(b"19610405", b"19611305"),
    "dead": PLAIN.replace(b"19610405|F", b"19610405|F" + b"|" * 22 + b"Y"),
    "no-authority": PLAIN.replace(b"P1^^^HOSP^MR", b"P1^^^^MR"),
    "no-number": PLAIN.replace(b"P1^^^HOSP^MR", b""),
    "long-number": PLAIN.replace(b"P1^^^HOSP^MR", b"P" + b"1" * 300 + b"^^^HOSP^MR"),
    "two-patients": PLAIN + PLAIN.split(b"\r", 1)[1],
    "two-headers": PLAIN + PLAIN,
    "no-patient": b"\r".join(line for line in PLAIN.split(b"\r") if not line.startswith(b"PID")),
    "bytes": PLAIN.replace(b"JANE", b"J\xe4NE"),
    "escape": PLAIN.replace(b"JANE", b"J\\Q\\NE"),
    "unit": PLAIN.replace(b"10*3/uL", b"furlong"),
    "value": PLAIN.replace(b"|210|", b"|many|"),
    "implausible": PLAIN.replace(b"|210|", b"|99999|"),
    "flag": PLAIN.replace(b"|N|||F", b"|H|||F"),
    "wrong-name": PLAIN.replace(b"^Platelets", b"^Creatinine"),
    "withdrawn": PLAIN.replace(b"|||F|||2026", b"|||W|||2026"),
    "local-event": PLAIN.replace(b"ORU^R01", b"ORU^Z01"),
    "merge": PLAIN + b"MRG|P2^^^HOSP^MR\r",
    "merge-event": adt("MRG|P2^^^HOSP^MR", control_id="A1").replace(b"ADT^A08^ADT_A01", b"ADT^A40^ADT_A39"),
    "link": adt(control_id="A1").replace(b"ADT^A08^ADT_A01", b"ADT^A24^ADT_A24"),
    "cancelled": adt(control_id="A1").replace(b"ADT^A08^ADT_A01", b"ADT^A11^ADT_A09"),
    "document": oru(LIVER, control_id="A1").replace(b"ORU^R01^ORU_R01", b"MDM^T02^MDM_T02"),
    "several-codes": adt("FT1|1|||20260110||CG|1^A^L" + "|" * 12 + "I10^A^I10C~C7B.02^B^I10C", control_id="A1").replace(
        b"ADT^A08^ADT_A01", b"DFT^P03^DFT_P03"
    ),
    "segment-ends": PLAIN.replace(b"\rOBX", b"\nOBX"),
    "byte-order-mark": b"\xef\xbb\xbf" + PLAIN,
    "beside": adt("PR1|1||79445^^C4||20260110", control_id="A1"),
}


def messages() -> list[Message]:
    files = [path.read_bytes() for path in FILES]
    found: list[Message] = []
    for raw in (*(chunk.raw for file in files for chunk in split_messages(file) if chunk.kind == "message"), *FEED):
        try:
            found.append(parse_message(raw))
        except UnusableMessage:
            continue
    return found


def agree(message: Message, received: datetime | None = NOW) -> bool:
    """Whether there was a glance; it says no less and no more than the mapping."""
    whole = by_mapping(message, ANY_SENDER, tables(), received)
    said = read_content(message, ANY_SENDER, received=received)
    assert (said, said.plain) == (whole, whole.plain)
    return said.reading is None and said.state == "received"


def test_a_glance_says_what_the_mapping_says_of_every_example() -> None:
    seen = [agree(message) for message in messages()]
    assert len(seen) > 100
    assert seen[-len(FEED) :] == [True] * len(FEED)
    assert not all(seen)


def test_a_plain_message_is_told_at_a_glance() -> None:
    content = read_content(parse_message(PLAIN), ANY_SENDER, received=NOW)
    assert content == Content("received", patient_keys=("HOSP/MR/P1",))
    assert content.reading is None
    assert content.plain is not None
    assert content.plain.facts == {"platelets_10e9_l"}
    assert content.plain.person.birth == "19610405"


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_remarkable_is_read(name: str) -> None:
    message = parse_message(SPOILED[name])
    assert SPOILED[name] != PLAIN
    assert not agree(message)


def test_diagnoses_are_told_at_a_glance() -> None:
    message = parse_message(adt(NET, LIVER, control_id="A1"))
    assert agree(message)
    content = read_content(message, ANY_SENDER, received=NOW)
    assert content.plain is not None
    assert content.plain.facts >= {"diagnosis", "liver_metastases"}


def test_what_others_may_withdraw_is_not_plain() -> None:
    """Were there a row in `reversed` that makes a withdrawal of content, its messages would have to be mapped together."""
    shipped = tables()
    reversed_rows = {**shipped.statuses.tables["reversed"], "list": StatusEffect("withdrawn")}
    statuses = Statuses({**shipped.statuses.tables, "reversed": reversed_rows})
    assert is_plain_event("ADT^A08", shipped, states=True)
    assert not is_plain_event("ADT^A08", replace(shipped, statuses=statuses), states=True)
    assert is_plain_event("ORU^R01", replace(shipped, statuses=statuses), states=True)


def test_what_is_remembered_of_one_message_holds_for_no_other() -> None:
    """The same code with another value, unit, flag or status, one after another and back."""
    for _ in range(2):
        for name in ("unit", "value", "implausible", "flag", "withdrawn", "wrong-name"):
            assert agree(parse_message(PLAIN))
            assert not agree(parse_message(SPOILED[name]))


segments = st.one_of(
    st.builds(
        "OBX|1|{}|{}||{}|{}|{}|{}|||{}|||{}".format,
        st.sampled_from(("NM", "ST", "SN", "CWE", "")),
        st.sampled_from(
            ("777-3^Platelets^LN", "2345-7^Glucose^LN", "ki67_percent^^99LDT", "X^Platelets^L", "", "2160-0^^LN")
        ),
        st.sampled_from(("210", "<5", "", '""', "9999999", "0.9~1.1", "high", ">^5")),
        st.sampled_from(("10*3/uL", "mg/dL", "%", "", "umol/L", "x")),
        st.sampled_from(("150-400", "", "0-1")),
        st.sampled_from(("N", "H", "", "L~A")),
        st.sampled_from(("F", "P", "C", "W", "D", "X", "", "Z")),
        st.sampled_from(("20260110", "2026", "", "20261410", "20260110080000+0100")),
    ),
    st.builds(own, st.sampled_from(("differentiation", "diagnosis")), st.sampled_from(("well", "nen", "?"))),
    st.sampled_from(("SPM|1|||SER^Serum^HL70487", "SPM|1|||UR^Urine^HL70487", "NTE|1||text", "ZZZ|1", "PV1|1|I")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(segments, max_size=5), st.sampled_from((NOW, None, datetime(2026, 1, 1, tzinfo=UTC))))
def test_a_glance_says_what_the_mapping_says_of_any_result(rows: list[str], received: datetime | None) -> None:
    agree(parse_message(oru(*rows, control_id="A1")), received)
    agree(parse_message(adt(*rows, control_id="A1")), received)


def test_a_glance_needs_nothing_of_other_messages() -> None:
    first = glance(parse_message(PLAIN), ANY_SENDER, tables(), NOW)
    assert isinstance(first, Plain)
    assert glance(parse_message(PLAIN), ANY_SENDER, tables(), NOW) == first
