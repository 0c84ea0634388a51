"""Enhanced mode: commit and application acknowledgements, where each of them goes, and what MLLP release 2 adds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import Acknowledgement, parse_message
from adapter.mapping.site import AckPolicy, Profile, Site, plain_site
from adapter.server.answer import Answer
from adapter.server.exchanges import Exchanges
from adapter.server.intake import Intake
from adapter.server.listeners import exchanges_of
from adapter.server.mllp_sender import MllpClient
from adapter.server.settings import SettingsError, load_settings
from adapter.store import AckQueue, Store, StoreUnavailable
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.listening import Client, Listening, framed
from tests.server.peers import Peer

GOOD = (PID, OBR, obx("210"))
BAD = (OBR, obx("210"))


def answering(store: Store, **policy: Any) -> Intake:
    return Intake(store, Site(plain_site().tables, (), Profile(acknowledge=AckPolicy(**policy))))


def message(asked: str, *segments: str, control_id: str = "A1") -> bytes:
    return wire(MSH.replace("|A1|", f"|{control_id}|") + asked, *segments)


def codes(*acks: bytes) -> list[str]:
    return [parse_message(ack).named("MSA")[0].field(1).text for ack in acks if ack]


def receive(intake: Intake, raw: bytes) -> Answer:
    return asyncio.run(intake.receive(raw))


@pytest.mark.parametrize(
    ("asked", "on_good", "on_bad"),
    [
        ("|||AL|AL", ["CA", "AA"], ["CA", "AE"]),
        ("|||AL|ER", ["CA"], ["CA", "AE"]),
        ("|||AL|SU", ["CA", "AA"], ["CE"]),
        ("|||AL|NE", ["CA"], ["CE"]),
        ("|||AL|", ["CA"], ["CE"]),
        ("||||AL", ["CA", "AA"], ["CA", "AE"]),
        ("|||ER|AL", ["AA"], ["AE"]),
        ("|||SU|AL", ["CA", "AA"], ["CA", "AE"]),
        ("|||NE|AL", ["AA"], ["AE"]),
        ("|||NE|NE", [], []),
        ("", ["AA"], ["AE"]),
    ],
)
def test_application_acknowledgements_by_msh_16(
    store: Store, asked: str, on_good: list[str], on_bad: list[str]
) -> None:
    intake = answering(store, application_to="same connection", on_content_error="AE")
    for number, (segments, expected) in enumerate(((GOOD, on_good), (BAD, on_bad))):
        answer = receive(intake, message(asked, *segments, control_id=f"A{number}"))
        assert codes(answer.ack, *answer.more) == expected
    assert [found.state for found in store.messages()] == ["received", "quarantined"]


def test_an_application_acknowledgement_is_a_message_of_its_own_that_wants_no_answer(store: Store) -> None:
    answer = receive(
        answering(store, application_to="same connection", on_content_error="AE"), message("|||AL|AL", *BAD)
    )
    commit, application = (parse_message(raw) for raw in (answer.ack, *answer.more))
    assert (application.header.accept_ack, application.header.application_ack) == ("NE", "NE")
    assert commit.header.control_id != application.header.control_id
    assert application.named("MSA")[0].field(2).text == "A1"
    assert [err.field(3).first.component(1) for err in application.named("ERR")] == ["100"]
    assert commit.named("ERR") == ()


def test_without_an_address_there_is_the_commit_alone(store: Store) -> None:
    answer = receive(Intake(store), message("|||AL|AL", *GOOD))
    assert (codes(answer.ack), answer.more, answer.elsewhere) == (["CA"], (), ())


@pytest.mark.parametrize(
    "raw", [message("|||AL|AL", *GOOD).replace(b"|P|", b"|T|"), message("|||AL|AL", control_id="")]
)
def test_what_is_not_committed_has_no_application_acknowledgement(store: Store, raw: bytes) -> None:
    answer = receive(answering(store, application_to="same connection"), raw)
    assert (answer.more, codes(answer.ack)[0][0]) == ((), "C")


def test_commit_and_application_acknowledgement_on_one_connection(store: Store) -> None:
    intake = answering(store, application_to="same connection")
    with Listening(intake) as listener, Client(listener.port) as client:
        client.send(framed(message("|||AL|AL", *GOOD)), framed(message("", *GOOD, control_id="A2")))
        assert [client.msa() for _ in range(3)] == [("CA", "A1"), ("AA", "A1"), ("AA", "A2")]


def test_commit_blocks_of_mllp_release_2(store: Store) -> None:
    intake = answering(store, commit_blocks=True)
    with Listening(intake) as listener, Client(listener.port) as client:
        client.send(framed(message("", *GOOD)))
        assert client.answer() == b"\x06"
        assert client.msa() == ("AA", "A1")
        client.send(framed(b"\x06"), framed(message("|||NE|NE", *GOOD, control_id="A2")))
        assert client.answer() == b"\x06"
        store.close()
        with capture_logs():
            client.send(framed(message("", *GOOD, control_id="A3")))
            assert client.answer() == b"\x15"
            assert client.msa() == ("AR", "A3")
        assert listener.count("commit-blocks") == 1


@pytest.mark.parametrize("block", [b"\x06", b"\x15"])
def test_a_commit_block_is_never_answered(listener: Listening, block: bytes) -> None:
    with Client(listener.port) as client:
        client.send(framed(block), framed(message("", *GOOD)))
        assert client.msa() == ("AA", "A1")


def address(peer: Peer) -> str:
    return f"127.0.0.1:{peer.port}"


def waiting(store: Store) -> int:
    return sum(store.acks.waiting().values())


async def queue(store: Store, to: str, *control_ids: str) -> None:
    for control_id in control_ids:
        await store.acks.put(to, control_id.encode(), message("|||NE|NE", control_id=control_id))


def gone() -> str:
    """An address where nobody listens."""
    with Peer() as peer:
        pass
    return address(peer)


@contextlib.asynccontextmanager
async def exchanging(store: Store, *to: str, pause: float = 0.05) -> AsyncIterator[Exchanges]:
    exchanges = Exchanges(store.acks, to, first_pause=pause)
    exchanges.start()
    try:
        yield exchanges
    finally:
        await exchanges.close(patience=10.0 if pause < 1 else 0.1)


def test_application_acknowledgements_have_an_exchange_of_their_own(store: Store) -> None:
    async def scenario(to: str) -> Exchanges:
        intake = answering(store, application_to=to)
        async with exchanging(store, to) as exchanges:
            intake.deliver = exchanges.wake
            for number in range(3):
                answer = await intake.receive(message("|||AL|AL", *GOOD, control_id=f"A{number}"))
                assert codes(answer.ack, *answer.more) == ["CA"]
        return exchanges

    with Peer(lambda number, raw: []) as peer:
        exchanges = asyncio.run(scenario(address(peer)))
        peer.took(3)
    assert codes(*peer.taken) == ["AA"] * 3
    assert [parse_message(raw).named("MSA")[0].field(2).text for raw in peer.taken] == ["A0", "A1", "A2"]
    assert (peer.connections, exchanges.events["delivered"], waiting(store)) == (1, 3, 0)


@pytest.mark.hazard("HZ-M01")
def test_an_acknowledgement_that_is_promised_is_on_disk_before(store: Store) -> None:
    to = gone()
    receive(answering(store, application_to=to), message("|||AL|AL", *GOOD))
    assert store.acks.waiting() == {to: 1}
    found = store.acks.first(to)
    assert found is not None
    assert (codes(found.ack), b"A1" in found.ack) == (["AA"], True)


@pytest.mark.hazard("HZ-M02")
def test_a_message_that_is_sent_again_has_one_acknowledgement_that_waits(store: Store) -> None:
    to = gone()
    intake = answering(store, application_to=to)
    for control_id in ("A1", "A1", "A2", "A1"):
        assert codes(receive(intake, message("|||AL|AL", *GOOD, control_id=control_id)).ack) == ["CA"]
    assert store.acks.waiting() == {to: 2}


@pytest.mark.hazard("HZ-M01")
def test_what_cannot_be_promised_is_not_accepted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(*_: object) -> None:
        raise StoreUnavailable("SQLITE_FULL")

    monkeypatch.setattr(AckQueue, "put", unavailable)
    intake = answering(store, application_to="127.0.0.1:1")
    with capture_logs():
        answer = receive(intake, message("|||AL|AL", *GOOD))
    assert (codes(answer.ack), answer.retry, answer.elsewhere) == (["CE"], True, ())
    assert intake.outcomes["store-unavailable"] == 1


@pytest.mark.hazard("HZ-M01")
def test_what_waited_when_the_server_ended_is_delivered_after_the_next_start_in_order(store: Store) -> None:
    async def ended(to: str) -> None:
        async with exchanging(store, to, pause=60.0):
            await queue(store, to, "1", "2", "3")

    async def started(to: str) -> None:
        async with exchanging(store, to):
            pass

    to = gone()
    with capture_logs():
        asyncio.run(ended(to))
    assert waiting(store) == 3
    with Peer(lambda number, raw: [], port=int(to.split(":")[1])) as peer:
        asyncio.run(started(to))
        assert [raw.split(b"|")[9] for raw in peer.took(3)] == [b"1", b"2", b"3"]
    assert waiting(store) == 0


def test_a_destination_that_cannot_be_reached_is_tried_again_in_order(store: Store) -> None:
    async def scenario() -> list[bytes]:
        to = gone()
        await queue(store, to, "1", "2")
        async with exchanging(store, to) as exchanges:
            while exchanges.events["retried"] < 2:
                await asyncio.sleep(0.01)
            peer = Peer(lambda number, raw: [], port=int(to.split(":")[1]))
            with peer:
                await exchanges.close(patience=10.0)
                assert exchanges.events["delivered"] == 2
                return await asyncio.to_thread(peer.took, 2)

    with capture_logs() as logs:
        taken = asyncio.run(scenario())
    assert [raw.split(b"|")[9] for raw in taken] == [b"1", b"2"]
    assert {log["event"] for log in logs} == {"application_ack_postponed"}


def test_one_destination_does_not_wait_for_another_nor_is_served_without_a_profile(store: Store) -> None:
    async def scenario(to: str, *others: str) -> None:
        for one in (*others, to):
            await queue(store, one, "1")
        async with exchanging(store, others[0], to, pause=60.0):
            await asyncio.to_thread(peer.took, 1)

    with Peer(lambda number, raw: []) as peer, Peer(lambda number, raw: []) as unnamed:
        others = (gone(), address(unnamed))
        with capture_logs():
            asyncio.run(scenario(address(peer), *others))
        assert (len(peer.taken), unnamed.taken) == (1, [])
    assert store.acks.waiting() == dict.fromkeys(others, 1)


def test_what_has_left_is_not_sent_again_where_the_store_cannot_note_it_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, faults = AckQueue.remove, [StoreUnavailable("SQLITE_BUSY"), StoreUnavailable("SQLITE_BUSY")]

    def failing(acks: AckQueue, number: int) -> None:
        if faults:
            raise faults.pop()
        remove(acks, number)

    async def scenario(to: str) -> None:
        await queue(store, to, "1", "2")
        async with exchanging(store, to):
            pass

    monkeypatch.setattr(AckQueue, "remove", failing)
    with Peer(lambda number, raw: []) as peer, capture_logs() as logs:
        asyncio.run(scenario(address(peer)))
        peer.took(2)
    assert [raw.split(b"|")[9] for raw in peer.taken] == [b"1", b"2"]
    assert ([log["event"] for log in logs], waiting(store)) == (["application_ack_postponed"] * 2, 0)


def test_an_acknowledgement_that_no_frame_can_hold_stops_no_other(store: Store) -> None:
    async def scenario(to: str) -> Exchanges:
        await store.acks.put(to, b"0", b"MSH|\x1c\r")
        await queue(store, to, "1")
        async with exchanging(store, to) as exchanges:
            return exchanges

    with Peer(lambda number, raw: []) as peer, capture_logs() as logs:
        exchanges = asyncio.run(scenario(address(peer)))
        assert len(peer.took(1)) == 1
    assert (exchanges.events, waiting(store)) == ({"dropped": 1, "delivered": 1}, 0)
    assert [log["event"] for log in logs] == ["application_ack_dropped"]


def test_a_fault_of_ours_costs_a_pause_and_no_acknowledgement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send, faults = MllpClient.send, [LookupError("a fault of ours")]

    async def failing(client: MllpClient, raw: bytes) -> Acknowledgement | None:
        if faults:
            raise faults.pop()
        return await send(client, raw)

    async def scenario(to: str) -> None:
        await queue(store, to, "1")
        async with exchanging(store, to):
            pass

    monkeypatch.setattr(MllpClient, "send", failing)
    with Peer(lambda number, raw: []) as peer, capture_logs():
        asyncio.run(scenario(address(peer)))
        assert len(peer.took(1)) == 1


def test_closing_does_not_wait_for_ever_and_loses_nothing(store: Store) -> None:
    async def scenario(to: str) -> None:
        await queue(store, to, "1")
        async with exchanging(store, to, pause=60.0):
            pass

    with capture_logs() as logs:
        asyncio.run(scenario(gone()))
    assert [log["event"] for log in logs][-1] == "application_acks_undelivered"
    assert waiting(store) == 1


@pytest.mark.hazard("HZ-X15")
def test_plain_exchanges_beyond_this_machine_have_to_be_allowed(store: Store) -> None:
    site = answering(store, application_to="192.0.2.1:2575").site
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1:2575 need TLS"):
        exchanges_of(load_settings(None, {}), store, site)
    exchanges_of(load_settings(None, {"insecure": True}), store, site)
    exchanges_of(load_settings(None, {}), store, answering(store, application_to="localhost:2575").site)
