"""Advice to an MLLP receiver: what each acknowledgement means, and that a late one is never taken for another."""

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import read_acknowledgement
from adapter.server.addresses import MllpEndpoint
from adapter.server.destination import Attempt, Delivered, Rejected, Retry
from adapter.server.to_mllp import MllpReceiver, judged
from adapter.store import Evaluated, Evaluation
from tests.server.receivers import Mllp, mllp_receiver

TLS = Path(__file__).with_name("tls")
MESSAGE = (
    b"MSH|^~\\&|LDT||EHR|HOSP|20260112120000+0000||ORU^R01^ORU_R01|0123456789abcdef0123|P|2.5.1\rPID|1||P1^^^HOSP^MR\r"
)


@pytest.fixture
def receiver() -> Iterator[Mllp]:
    with mllp_receiver() as running:
        yield running


def evaluation(message: bytes = MESSAGE) -> Evaluation:
    made = Evaluated("f", "r", "info", b"{}", hl7v2=message)
    return Evaluation(1, "HOSP/MR/P1", 1, datetime(2026, 1, 12, tzinfo=UTC), made)


def send(
    port: int, *, context: ssl.SSLContext | None = None, timeout: float = 5.0, message: bytes = MESSAGE
) -> Attempt:
    return asyncio.run(MllpReceiver(MllpEndpoint("127.0.0.1", port, context), timeout).send(evaluation(message)))


@pytest.mark.parametrize(
    ("answer", "attempt"),
    [
        ("AA", Delivered()),
        ("CA", Delivered()),
        ("AR", Retry("AR")),
        ("AE", Rejected("AE")),
        ("CE", Rejected("CE")),
        ("CR", Rejected("CR")),
        ("ZZ", Retry("unreadable")),
        ("AA:another", Retry("of-another-message")),
        ("AE:another", Retry("of-another-message")),
        ("", Retry("closed")),
        (b"\x0bno message\x1c\r", Retry("unreadable")),
        (b"\x0bMSH|^~\\&|A|B|C|D|1||ADT^A08|1|P|2.5\r\x1c\r", Retry("unreadable")),
        (b"\x0bMSA|AA|0123456789abcdef0123\r\x1c", Retry("closed")),
        (b"\x0b" + b"x" * 1_100_000, Retry("unreadable")),
    ],
)
def test_what_an_acknowledgement_means(receiver: Mllp, answer: str | bytes, attempt: Attempt) -> None:
    receiver.answers.append(answer)
    assert send(receiver.port) == attempt
    assert receiver.messages == [MESSAGE]


def test_noise_before_the_answer_is_no_answer(receiver: Mllp) -> None:
    ack = b"MSH|^~\\&|A|B|C|D|1||ACK|7|P|2.5.1\rMSA|AA|0123456789abcdef0123\r"
    receiver.answers.append(b"\r\n\r\n\x0b" + ack + b"\x1c\r")
    assert send(receiver.port) == Delivered()


def test_silence_is_given_up_in_time(receiver: Mllp) -> None:
    receiver.answers.append(None)
    assert send(receiver.port, timeout=0.2) == Retry("time-out")


@pytest.mark.hazard("HZ-M07")
def test_a_message_whose_answer_never_came_is_unsent_and_sent_again_with_the_same_bytes(receiver: Mllp) -> None:
    second = MESSAGE.replace(b"0123456789abcdef0123", b"second")
    receiver.answers += [None, "AA:0123456789abcdef0123"]  # the first is answered when the second is waited for
    assert send(receiver.port, timeout=0.2) == Retry("time-out")
    assert send(receiver.port, message=second) == Retry("of-another-message")
    assert send(receiver.port) == Delivered()
    assert send(receiver.port, message=second) == Delivered()
    assert receiver.messages == [MESSAGE, second, MESSAGE, second]


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with mllp_receiver() as gone:
        port = gone.port
    assert send(port) == Retry("network ConnectionRefusedError")


def test_without_a_message_nothing_is_sent(receiver: Mllp) -> None:
    assert send(receiver.port, message=b"") == Rejected("no-message")
    assert receiver.messages == []


def server_context(*, client: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=TLS / "client.pem" if client else None)
    context.load_cert_chain(TLS / "server.pem", TLS / "server-key.pem")
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_tls_with_a_certificate_that_is_known() -> None:
    with mllp_receiver(server_context()) as receiver:
        assert send(receiver.port, context=ssl.create_default_context(cafile=TLS / "server.pem")) == Delivered()


def test_a_certificate_that_is_not_known_gets_nothing() -> None:
    with mllp_receiver(server_context()) as receiver:
        attempt = send(receiver.port, context=ssl.create_default_context())
        assert attempt == Retry("network SSLCertVerificationError")
        assert receiver.messages == []


def test_our_own_certificate_is_shown_where_it_is_asked_for() -> None:
    context = ssl.create_default_context(cafile=TLS / "server.pem")
    with mllp_receiver(server_context(client=True)) as receiver:
        assert isinstance(send(receiver.port, context=context), Retry)
        context.load_cert_chain(TLS / "client.pem", TLS / "client-key.pem")
        assert send(receiver.port, context=context) == Delivered()
        assert receiver.messages == [MESSAGE]


@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda rest: b"MSH|^~\\&|A|B\rMSA|" + rest))
def test_any_answer_has_a_meaning_and_only_acceptance_is_a_success(answer: bytes) -> None:
    read = read_acknowledgement(answer)
    assert isinstance(judged(read), Delivered) == (read is not None and read.accepted)
