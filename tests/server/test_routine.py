"""Messages whose header is like that of earlier ones are dealt with as if each were the first."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.mapping.site import Accepted, AckPolicy, Connection, Profile, SentBy, Site, plain_site
from adapter.server import intake as intake_module
from adapter.server.answer import Answer
from adapter.server.header import MessageLimits
from adapter.server.intake import Intake
from adapter.server.judge import Judged
from adapter.server.judge_stored import MOST as MOST_STORED
from adapter.server.judge_stored import KnownHeaders, judge_stored
from adapter.server.routine import MOST, Routines, marked
from adapter.store import Store, StoredMessage, init_store, open_store
from tests.hl7v2.messages import PID

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
BODY = (PID + "\r").encode()
PROFILES = (
    Profile("lab", SentBy(("LAB",)), acknowledge=AckPolicy(commit_blocks=True)),
    Profile("strict", SentBy(("STRICT",)), accepted=Accepted(refuse_others=True, processing_ids=frozenset({"T"}))),
    Profile("told", SentBy(("TOLD",)), acknowledge=AckPolicy(on_content_error="AE")),
    Profile("counted", SentBy(("COUNTED",)), acknowledge=AckPolicy(sequence_numbers=True)),
    Profile("later", SentBy(("LATER",)), acknowledge=AckPolicy(application_to="same connection")),
)
SITE = Site(plain_site().tables, PROFILES)
PEERS = (Connection("192.0.2.1"), Connection("192.0.2.2", charset="iso-8859-1"))


def message(fields: dict[int, bytes], opening: bytes = b"MSH|^~\\&", end: bytes = b"\r", body: bytes = BODY) -> bytes:
    """A message from fields of MSH by number."""
    usual = {3: b"LAB", 4: b"HOSP", 7: b"20260112092900", 9: b"ORU^R01", 10: b"A1", 11: b"P", 12: b"2.5.1"}
    sent = {**usual, **fields}
    return b"|".join([opening, *(sent.get(number, b"") for number in range(3, max(sent) + 1))]) + end + body


times = st.sampled_from([b"20260112092900", b"20260112092901+0100", b"20260112100000", b""]) | st.sampled_from(
    [b"x", b"2026^S", b'""']
)
control_ids = st.integers(1, 10**9).map(lambda number: b"A%d" % number) | st.sampled_from(
    [b"A1", b"a-3.4_5", b"", b'""', b"A^1", b"\\F\\", b"A~1", b"\xff", b"x" * 300, b"A 1"]
)
OTHERS = {
    9: (b"ADT^A08", b"ORU^R99", b"QRY^A19", b"ACK", b"", b"XYZ"),
    11: (b"T", b"X"),
    12: (b"2.3", b"3", b""),
    13: (b"1", b"2", b"x"),
    15: (b"AL", b"NE", b"ER", b"SU"),
    16: (b"AL", b"NE", b"ER"),
    18: (b"UNICODE UTF-8", b"8859/1", b"nonsense"),
}
others = st.fixed_dictionaries({}, optional={number: st.sampled_from(sent) for number, sent in OTHERS.items()})
senders = st.sampled_from([b"LAB", b"STRICT", b"TOLD", b"COUNTED", b"LATER", b"OTHER", b"\xe4"])
kinds = st.builds(lambda sender, more: {3: sender, **more}, senders, st.just({}) | others)
openings = st.just(b"MSH|^~\\&") | st.sampled_from([b"MSH|^~\\&#", b"MSH|^-\\&", b"MSH|^~\\", b"\nMSH|^~\\&"])
ends = st.just(b"\r") | st.sampled_from([b"\n", b"\r\n", b"\n\r"])
single = st.tuples(
    times, control_ids, st.sampled_from(PEERS), st.sampled_from([BODY, BODY.replace(b"P1^", b"^"), b"\xe4"])
)


class Pair(NamedTuple):
    """Two intakes of one site."""

    remembering: Intake
    forgetful: Intake

    def __repr__(self) -> str:
        return "pair"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two intakes of one site, the second of which forgets what it saw."""
    with ExitStack() as stores:
        made = []
        for name in ("one", "other"):
            url = f"sqlite:///{tmp_path}/{name}/messages.db"
            init_store(url, exist_ok=True)
            store = stores.enter_context(open_store(url))
            made.append(Intake(store, SITE, MessageLimits(most_bytes=2000), now=lambda: NOW))
        yield Pair(*made)


def receive(intake: Intake, raw: bytes, connection: Connection) -> Answer:
    return asyncio.run(intake.receive(raw, connection))


def said(answer: Answer) -> tuple[object, ...]:
    """An answer but for control ids of our own."""
    blocks = [_without_own(block) for block in (answer.ack, *answer.more) if block]
    return answer.code, answer.retry, answer.commit_block, blocks, len(answer.elsewhere)


def _without_own(ack: bytes) -> bytes:
    header, end, rest = ack.partition(b"\r")
    fields = header.split(ack[3:4])
    assert len(fields[9]) == 20
    assert fields[9].isalnum()
    fields[9] = b""
    return ack[3:4].join(fields) + end + rest


def row(stored: StoredMessage) -> tuple[object, ...]:
    return (
        stored.sender, stored.control_id, stored.type, stored.state, stored.reason, stored.findings, stored.profile,
        stored.sha256, stored.received_at,
    )  # fmt: skip


@given(kinds, openings, ends, st.lists(single, min_size=2, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_what_was_seen_before_changes_no_answer_and_no_row(
    pair: Pair, kind: dict[int, bytes], opening: bytes, end: bytes, sent: list[tuple[bytes, bytes, Connection, bytes]]
) -> None:
    remembering, forgetful = pair
    for time, control_id, connection, body in sent:
        raw = message({**kind, 7: time, 10: control_id}, opening, end, body)
        object.__setattr__(forgetful, "_routines", Routines())
        assert said(receive(remembering, raw, connection)) == said(receive(forgetful, raw, connection))
    assert [row(one) for one in remembering.store.messages()] == [row(one) for one in forgetful.store.messages()]
    assert remembering.outcomes == forgetful.outcomes
    assert remembering.clock.warning == forgetful.clock.warning


def test_a_message_of_a_kind_that_was_seen_is_not_judged_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    intake = Intake(store, SITE)
    receive(intake, message({10: b"A1"}), PEERS[0])
    monkeypatch.setattr("adapter.server.intake.judge", None)
    assert receive(intake, message({7: b"20260112093000", 10: b"A2"}), PEERS[0]).code == "AA"
    assert receive(intake, message({10: b"A3"}), Connection("192.0.2.9")).code == "AR"  # of another peer: judged


def test_so_many_kinds_are_remembered(store: Store) -> None:
    routines = Routines()
    intake = Intake(store, SITE, _routines=routines)
    for number in range(3):
        receive(intake, message({5: b"R%d" % number}), PEERS[0])
    assert len(routines) == 3
    raw = message({5: b"R0"})
    mark = marked(raw)
    assert mark
    known = routines.find(mark, PEERS[0])
    assert known
    for number in range(MOST):
        routines.keep(mark._replace(kind=b"%d" % number), PEERS[0], known)
    assert len(routines) == MOST
    assert routines.find(mark, PEERS[0]) is None


def test_a_message_that_cannot_be_stored_is_answered_in_the_mode_of_its_sender(store: Store) -> None:
    intake = Intake(store, SITE)
    enhanced = {15: b"AL", 16: b"NE"}
    assert receive(intake, message({10: b"A1", **enhanced}), PEERS[0]).code == "CA"
    store.close()
    answer = receive(intake, message({10: b"A2", **enhanced}), PEERS[0])
    assert (answer.code, answer.retry) == ("CE", True)


def test_a_fault_of_our_own_on_top_of_a_store_that_is_gone_has_an_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Judged:
        raise LookupError

    intake = Intake(store, SITE)
    assert receive(intake, message({10: b"A1"}), PEERS[0]).code == "AA"
    store.close()
    monkeypatch.setattr(intake_module, "judge", fail)
    answer = asyncio.run(asyncio.wait_for(intake.receive(message({10: b"A2"}), PEERS[0]), 5))
    assert (answer.code, answer.retry) == ("AR", True)


changes = st.sampled_from([{number: one} for number, sent in OTHERS.items() for one in sent])
alike = st.builds(lambda kind, change: [kind, {**kind, **change}], kinds, changes)
stored = st.tuples(st.integers(0, 1), single, st.sampled_from(("", "lab", "gone")))


@given(alike, openings, ends, st.lists(stored, min_size=2, max_size=8))
@settings(deadline=None, max_examples=200)
def test_what_was_seen_before_changes_nothing_behind_the_acknowledgement(
    alike: list[dict[int, bytes]],
    opening: bytes,
    end: bytes,
    sent: list[tuple[int, tuple[bytes, bytes, Connection, bytes], str]],
) -> None:
    remembering, limits = KnownHeaders(), MessageLimits(most_bytes=300)
    for number, (time, control_id, _, body), name in sent:
        raw = message({**alike[number], 7: time, 10: control_id}, opening, end, body)
        once = judge_stored(raw, name, NOW, SITE, limits, KnownHeaders())
        assert judge_stored(raw, name, NOW, SITE, limits, remembering) == once


def test_a_header_of_a_kind_that_was_seen_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    known, limits = KnownHeaders(), MessageLimits()
    for number in range(MOST_STORED + 1):
        judge_stored(message({5: b"R%d" % number}), "lab", NOW, SITE, limits, known)
    monkeypatch.setattr("adapter.server.judge_stored.open_header", None)
    late = message({5: b"R1", 7: b"20260112093000", 10: b"A2"})
    assert judge_stored(late, "lab", NOW, SITE, limits, known).patient_keys == ("HOSP/MR/P1",)
    with pytest.raises(TypeError):  # the oldest is forgotten
        judge_stored(message({5: b"R0"}), "lab", NOW, SITE, limits, known)
    with pytest.raises(TypeError):  # taken by another profile
        judge_stored(late, "", NOW, SITE, limits, known)
    with pytest.raises(TypeError):  # beyond the limits
        judge_stored(late, "lab", NOW, SITE, MessageLimits(most_bytes=10), known)
