"""`ldt send` against our own listener and against peers that misbehave: what it prints, and its exit status."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.mapping.site import AckPolicy, Profile, Site, plain_site
from adapter.server.intake import Intake
from adapter.server.tls import server_context
from adapter.store import Store, init_store, open_store
from tests.cli.running import Ran, ldt, message, result, write
from tests.server.authorities import Authority
from tests.server.listening import Listening
from tests.server.peers import Peer, ack

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
RESULT = result(1, "777-3", "210", "10*3/uL")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    init_store(url)
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def listener(store: Store) -> Iterator[Listening]:
    with capture_logs(), Listening(Intake(store)) as found:
        yield found


def send(path: Path, port: int, *options: str | Path) -> Ran:
    return ldt("send", path, "--to", f"127.0.0.1:{port}", *options)


def batch(*control_ids: str, end: str = "\r") -> bytes:
    return b"".join(message(RESULT, control_id=control_id, end=end) for control_id in control_ids)


def test_every_message_is_sent_and_each_acknowledgement_is_a_line(
    listener: Listening, store: Store, tmp_path: Path
) -> None:
    path = write(tmp_path, "m.hl7", batch("M1", "M2", "M3"))
    ran = send(path, listener.port)
    assert (ran.status, ran.out) == (0, "AA M1\nAA M2\nAA M3\n")
    assert ran.err.endswith("3 of 3 messages accepted\n")
    assert [store.raw(found.id) for found in store.messages()] == [batch(name) for name in ("M1", "M2", "M3")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_lines_is_sent_with_the_segment_ends_of_the_standard(
    listener: Listening, store: Store, tmp_path: Path, end: str
) -> None:
    assert send(write(tmp_path, "m.hl7", batch("M1", "M2", end=end)), listener.port).status == 0
    assert [store.raw(found.id) for found in store.messages()] == [batch("M1"), batch("M2")]


def test_the_messages_of_a_batch_and_of_a_file_of_frames(listener: Listening, store: Store, tmp_path: Path) -> None:
    in_batch = b"FHS|^~\\&\rBHS|^~\\&\r" + batch("M1", "M2") + b"BTS|2\rFTS|1\r"
    framed = b"".join(b"\x0b" + batch(name) + b"\x1c\r" for name in ("M3", "M4"))
    assert send(write(tmp_path, "b.hl7", in_batch), listener.port).out == "AA M1\nAA M2\n"
    assert send(write(tmp_path, "f.hl7", framed), listener.port).out == "AA M3\nAA M4\n"
    assert [found.control_id for found in store.messages()] == ["M1", "M2", "M3", "M4"]


TOLD = (
    "AA M1\n"
    "AR M2 200 at MSH[1]-9.1: This is no HL7 message type., "
    "202 at MSH[1]-11.1: The processing id is not accepted here.\n"
    "AA M3\n"
)


def test_errors_are_told_with_code_place_and_words_and_the_rest_is_sent(listener: Listening, tmp_path: Path) -> None:
    wrong = batch("M2").replace(b"ORU^R01^ORU_R01", b"XYZ^X01").replace(b"|P|", b"|T|")
    ran = send(write(tmp_path, "m.hl7", batch("M1") + wrong + batch("M3")), listener.port)
    assert (ran.status, ran.out) == (1, TOLD)
    assert ran.err.endswith("2 of 3 messages accepted\n")


def test_a_fault_of_content_that_the_profile_wants_told(store: Store, tmp_path: Path) -> None:
    site = Site(plain_site().tables, (), Profile(acknowledge=AckPolicy(on_content_error="AE")))
    nobody = batch("M1").replace(b"77^^^HOSP^MR", b"")
    with capture_logs(), Listening(Intake(store, site)) as listener:
        ran = send(write(tmp_path, "m.hl7", nobody), listener.port)
    assert (ran.status, ran.out) == (1, "AE M1 101 at PID[1]-3: There is no patient identifier that can be used.\n")


def test_it_stops_where_no_answer_comes(tmp_path: Path) -> None:
    path = write(tmp_path, "m.hl7", batch("M1", "M2", "M3"))
    with Peer(lambda number, raw: [ack("M1")] if number == 0 else []) as peer:
        ran = send(path, peer.port, "--wait", "0.3")
        assert len(peer.taken) == 2
    assert (ran.status, ran.out) == (1, "AA M1\n-- M2 no acknowledgement: time-out; stopped here\n")
    assert ran.err.endswith("1 of 3 messages accepted\n")
    ran = send(path, peer.port)
    assert ran.status == 1
    assert ran.out.startswith("-- M1 no connection: ")
    assert ran.out.count("\n") == 1


def test_application_acknowledgements_on_the_connection_are_lines_too(store: Store, tmp_path: Path) -> None:
    site = Site(plain_site().tables, (), Profile(acknowledge=AckPolicy(application_to="same connection")))
    enhanced = b"".join(batch(name).replace(b"|P|2.5.1", b"|P|2.5.1|||AL|AL") for name in ("M1", "M2"))
    with Listening(Intake(store, site)) as listener:
        ran = send(write(tmp_path, "m.hl7", enhanced), listener.port)
    assert (ran.status, ran.out) == (0, "CA M1\nAA M1 (application acknowledgement)\nCA M2\n")


@pytest.mark.parametrize("asked", [b"NE|NE", b"ER|NE", b"ER", b"NE|ER"])
def test_the_silence_that_a_message_asks_for_is_success(
    listener: Listening, store: Store, tmp_path: Path, asked: bytes
) -> None:
    silent = batch("M1").replace(b"|P|2.5.1", b"|P|2.5.1|||" + asked) + batch("M2")
    ran = send(write(tmp_path, "m.hl7", silent), listener.port, "--wait", "0.5")
    assert (ran.status, ran.out) == (0, "-- M1 no answer wanted\nAA M2\n")
    assert [found.control_id for found in store.messages()] == ["M1", "M2"]


def test_errors_are_told_to_who_wants_them_alone_and_success_to_who_wants_that(
    listener: Listening, tmp_path: Path
) -> None:
    wrong = batch("M1").replace(b"|P|2.5.1", b"|T|2.5.1|||ER|NE")
    assert send(write(tmp_path, "e.hl7", wrong), listener.port).out.startswith("CR M1 202")
    refused = batch("M1").replace(b"|P|2.5.1", b"|T|2.5.1|||SU|NE")
    ran = send(write(tmp_path, "s.hl7", refused), listener.port, "--wait", "0.5")
    assert (ran.status, ran.out) == (1, "-- M1 no acknowledgement: time-out; stopped here\n")
    with Peer(lambda number, raw: None) as peer:
        silent = batch("M1").replace(b"|P|2.5.1", b"|P|2.5.1|||NE|NE")
        ran = send(write(tmp_path, "n.hl7", silent), peer.port)
    assert (ran.status, ran.out) == (1, "-- M1 no acknowledgement: closed; stopped here\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "noise, not sent"),
        (b"", "there is no message in it"),
        (b"\x0b" + batch("M9"), "truncated, not sent"),
    ],
)
def test_what_is_no_message_is_named_and_fails(listener: Listening, tmp_path: Path, content: bytes, said: str) -> None:
    ran = send(write(tmp_path, "m.hl7", content), listener.port)
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err


def test_bytes_that_no_frame_can_hold_are_named(listener: Listening, tmp_path: Path) -> None:
    ran = send(write(tmp_path, "m.hl7", batch("M1").replace(b"DOE", b"D\x1cE")), listener.port)
    assert (ran.status, ran.out) == (
        1,
        "-- M1 holds bytes of an MLLP block, so that no frame can hold it; stopped here\n",
    )


def test_over_tls_with_a_certificate(store: Store, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    own = authority.issue("sender.example.org")
    assert own.cert is not None
    path = write(tmp_path, "m.hl7", batch("M1"))
    context = server_context(authority.issue("127.0.0.1"), "required")
    with capture_logs(), Listening(Intake(store), tls=context) as listener:
        ran = send(path, listener.port, "--tls", "--ca", authority.file, "--cert", own.cert)
        assert (ran.status, ran.out) == (0, "AA M1\n")
        assert send(path, listener.port, "--tls", "--ca", authority.file).status == 1
        assert "no connection: TLS failed (" in send(path, listener.port, "--tls").out
        alone = write(tmp_path, "alone.pem", b"".join(CERTIFICATE.findall(own.cert.read_bytes())))
        keyless = send(path, listener.port, "--tls", "--ca", authority.file, "--cert", alone)
        assert (keyless.status, "alone.pem: its key is missing" in keyless.err) == (1, True)
    assert send(path, 1, "--tls", "--ca", tmp_path / "none.pem").err.startswith("ldt send: certificate authority")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", "nowhere"), "host:port"),
        (("--to", "127.0.0.1:1", "--ca", "x.pem"), "need --tls"),
        (("--to", "127.0.0.1:1", "--wait", "0"), "--wait"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    ran = ldt("send", write(tmp_path, "m.hl7", batch("M1")), *options)
    assert (ran.status, said in ran.err) == (2, True)
    assert ldt("send", tmp_path / "none.hl7", "--to", "127.0.0.1:1").status == 2


def test_many_messages_and_control_ids_that_could_drive_the_terminal(listener: Listening, tmp_path: Path) -> None:
    names = [f"M{number}" for number in range(60)]
    ran = send(write(tmp_path, "m.hl7", batch(*names) + batch("E\x1b[31m")), listener.port)
    assert ran.out.splitlines() == [*(f"AA {name}" for name in names), "AA E[31m"]
    assert ran.err.endswith("61 of 61 messages accepted\n")
