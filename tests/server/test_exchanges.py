"""Enhanced mode: commit and application acknowledgements, where each of them goes, and what MLLP release 2 adds."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import parse_message
from adapter.mapping.site import AckPolicy, Profile, Site, plain_site
from adapter.server.answer import Answer, ApplicationAck
from adapter.server.exchanges import Exchanges
from adapter.server.intake import Intake
from adapter.server.listeners import exchanges_of
from adapter.server.settings import SettingsError, load_settings
from adapter.store import Store
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


def test_application_acknowledgements_have_an_exchange_of_their_own(store: Store) -> None:
    async def scenario(port: int) -> Exchanges:
        intake, exchanges = answering(store, application_to=f"127.0.0.1:{port}"), Exchanges()
        intake.deliver = exchanges.deliver
        for number in range(3):
            answer = await intake.receive(message("|||AL|AL", *GOOD, control_id=f"A{number}"))
            assert codes(answer.ack, *answer.more) == ["CA"]
        await exchanges.close()
        return exchanges

    with Peer(lambda number, raw: []) as peer:
        exchanges = asyncio.run(scenario(peer.port))
        peer.took(3)
    assert codes(*peer.taken) == ["AA"] * 3
    assert [parse_message(raw).named("MSA")[0].field(2).text for raw in peer.taken] == ["A0", "A1", "A2"]
    assert (peer.connections, exchanges.events["delivered"]) == (1, 3)


def test_a_destination_that_cannot_be_reached_is_tried_again_in_order() -> None:
    async def scenario() -> list[bytes]:
        with Peer() as gone:
            pass
        exchanges = Exchanges(first_pause=0.05)
        for raw in (message("|||NE|NE", control_id=control_id) for control_id in "12"):
            exchanges.deliver(ApplicationAck(f"127.0.0.1:{gone.port}", raw))
        while exchanges.events["retried"] < 2:
            await asyncio.sleep(0.01)
        peer = Peer(lambda number, raw: [], port=gone.port)
        with peer:
            await exchanges.close()
            assert exchanges.events["delivered"] == 2
            return await asyncio.to_thread(peer.took, 2)

    with capture_logs() as logs:
        taken = asyncio.run(scenario())
    assert [raw.split(b"|")[9] for raw in taken] == [b"1", b"2"]
    assert {log["event"] for log in logs} == {"application_ack_waits"}


def test_closing_does_not_wait_for_ever_and_says_what_is_lost() -> None:
    async def scenario() -> None:
        with Peer() as gone:
            pass
        exchanges = Exchanges(first_pause=60.0)
        exchanges.deliver(ApplicationAck(f"127.0.0.1:{gone.port}", b"MSH|"))
        await exchanges.close(patience=0.1)

    with capture_logs() as logs:
        asyncio.run(scenario())
    assert [(log["event"], log.get("count")) for log in logs][-1] == ("application_acks_undelivered", 1)


def test_a_queue_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.server.exchanges.MOST_WAITING", 2)

    async def scenario() -> Exchanges:
        exchanges = Exchanges(first_pause=60.0)
        for _ in range(3):
            exchanges.deliver(ApplicationAck("127.0.0.1:1", b"MSH|"))
        await exchanges.close(patience=0.01)
        return exchanges

    with capture_logs():
        assert asyncio.run(scenario()).events["dropped"] == 1


@pytest.mark.hazard("HZ-X15")
def test_plain_exchanges_beyond_this_machine_have_to_be_allowed(store: Store) -> None:
    site = answering(store, application_to="192.0.2.1:2575").site
    with pytest.raises(SettingsError, match=r"192\.0\.2\.1:2575 need TLS"):
        exchanges_of(load_settings(None, {}), site)
    exchanges_of(load_settings(None, {"insecure": True}), site)
    exchanges_of(load_settings(None, {}), answering(store, application_to="localhost:2575").site)
