"""Hand-made messages: each reader reads what its trap says, and where a peer differs a reviewed row says why."""

from itertools import chain

import pytest

from adapter.hl7v2 import UnusableMessage, parse_message
from tests.hl7v2.differential.differences import DIFFERENCES, Peer
from tests.hl7v2.differential.readers import (
    Placed,
    Refused,
    grouped_names,
    hl7apy_reading,
    our_reading,
    python_hl7_reading,
)
from tests.hl7v2.differential.trapped import Address, Outcome, PeerOutcome, Trap, traps

TRAPS = traps()
each_trap = pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())


def outcome_of(addresses: list[str], reading: object) -> Outcome:
    """A reading in the words of a trap: the names of the segments, and the texts at the addresses."""
    if isinstance(reading, Refused):
        return Outcome(refused=reading.reason)
    assert isinstance(reading, tuple)
    if reading and isinstance(reading[0], Placed):
        names = tuple(segment.name for segment in reading)
        texts = {address: Address.parse(address).placed(reading) or "" for address in addresses}
    else:
        names = tuple(segment[0] for segment in reading)
        texts = {address: Address.parse(address).text(reading) or "" for address in addresses}
    return Outcome(segments=names, reads=texts)


def meant(trap: Trap | PeerOutcome) -> Outcome:
    return Outcome(segments=trap.segments, reads=trap.reads, refused=trap.refused)


@each_trap
def test_we_read_what_the_trap_says(trap: Trap) -> None:
    if trap.charset_fault:
        message = parse_message(trap.raw)
        assert message.charset_fault() is not None
        assert tuple(segment.name for segment in message.segments) == trap.segments
    else:
        assert outcome_of(list(trap.reads), our_reading(trap.raw)) == meant(trap)


@each_trap
def test_our_findings_are_those_of_the_trap(trap: Trap) -> None:
    if trap.refused:
        with pytest.raises(UnusableMessage, match=trap.refused):
            parse_message(trap.raw)
        return
    message = parse_message(trap.raw)
    assert tuple(finding.code for finding in message.findings) == trap.findings
    fields = list(chain.from_iterable(segment.fields() for segment in message.segments))
    of_escapes = {field.address: tuple(f.code for f in field.escape_findings()) for field in fields}
    assert {address: codes for address, codes in of_escapes.items() if codes and "MSH" not in address} == dict(
        trap.escape_findings
    )
    assert [field.address for field in fields if field.is_truncated and field.number != 2] == list(trap.truncated)
    texts = {field.address: field for field in fields}
    assert {address: texts[address].formatted_text for address in trap.formatted} == dict(trap.formatted)


@each_trap
def test_python_hl7_reads_the_same_or_a_row_says_why(trap: Trap) -> None:
    reading = python_hl7_reading(trap.raw, trap.told or None)
    judge("python-hl7", trap, trap.python_hl7, outcome_of(list(trap.reads), reading))


# hl7apy takes text: whether bytes can be decoded at all is its caller's affair.
AS_TEXT = {
    name: trap for name, trap in TRAPS.items() if not trap.charset_fault and trap.refused != "charset-unsupported"
}


@pytest.mark.parametrize("trap", AS_TEXT.values(), ids=AS_TEXT.keys())
def test_hl7apy_reads_the_same_or_a_row_says_why(trap: Trap) -> None:
    reading = hl7apy_reading(trap.raw.decode(trap.charset))
    judge("hl7apy", trap, trap.hl7apy, outcome_of(list(trap.reads), reading))


def judge(peer: Peer, trap: Trap, expected: PeerOutcome | None, found: Outcome) -> None:
    """The peer agrees, or it differs exactly as the trap says, for a reason that is in the table."""
    if expected is None:
        assert found == meant(trap)
        return
    assert (peer, expected.row) in DIFFERENCES
    assert found == meant(expected)
    assert found != meant(trap)


GROUPED = {name: trap for name, trap in TRAPS.items() if trap.hl7apy_groups is not None}


@pytest.mark.parametrize("trap", GROUPED.values(), ids=GROUPED.keys())
def test_with_its_grouping_hl7apy_drops_segments(trap: Trap) -> None:
    assert trap.hl7apy_groups is not None
    assert ("hl7apy", trap.hl7apy_groups.row) in DIFFERENCES
    assert grouped_names(trap.raw.decode(trap.charset)) == list(trap.hl7apy_groups.segments)
    assert len(trap.hl7apy_groups.segments) < len(trap.segments)


def test_every_row_on_messages_has_a_trap() -> None:
    used = {("python-hl7", trap.python_hl7.row) for trap in TRAPS.values() if trap.python_hl7}
    used |= {("hl7apy", trap.hl7apy.row) for trap in TRAPS.values() if trap.hl7apy}
    used |= {("hl7apy", trap.hl7apy_groups.row) for trap in TRAPS.values() if trap.hl7apy_groups}
    assert {key for key, row in DIFFERENCES.items() if row.where != "frame"} == used
