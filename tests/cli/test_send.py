"""`ldt send` against our own listener and against peers that misbehave: what it prints, and its exit status."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLError, TLSVersion

import pytest
from structlog.testing import capture_logs

from adapter.cli.send_failure import Attempt, unconnected
from adapter.mapping.site import AckPolicy, Profile, Site, plain_site
from adapter.server.intake import Intake
from adapter.server.tls import server_context
from adapter.store import Store, init_store, open_store
from tests.cli.running import Ran, ldt, message, result, write
from tests.server.authorities import Authority
from tests.server.listening import Listening
from tests.server.peers import Peer, ack

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)
LATE = "no acknowledgement came in time (--wait); the message may have been taken all the same"
CLOSED = "no acknowledgement: the server closed the connection"
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
    assert (ran.status, ran.out) == (1, f"AA M1\n-- M2 {LATE}; stopped here\n")
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
    assert (ran.status, ran.out) == (1, f"-- M1 {LATE}, or what listens there does not speak MLLP; stopped here\n")
    with Peer(lambda number, raw: None) as peer:
        silent = batch("M1").replace(b"|P|2.5.1", b"|P|2.5.1|||NE|NE")
        ran = send(write(tmp_path, "n.hl7", silent), peer.port)
    assert (ran.status, ran.out) == (1, f"-- M1 {CLOSED}; it may want TLS (--tls), or not speak MLLP; stopped here\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", ""),
        (b"", ""),
        (b'{"resourceType": "Patient"}', ""),
        (b"BHS|^~\\&|LAB\r", ""),
        (b"\x0b" + batch("M9"), "ldt send: m.hl7 byte 1: the MLLP frame has no end, not sent\n"),
    ],
)
def test_a_file_without_a_message_is_named_before_anything_is_sent(tmp_path: Path, content: bytes, said: str) -> None:
    path = write(tmp_path, "m.hl7", content)
    with Peer() as peer:
        ran = send(path, peer.port)
    nothing = "ldt send: m.hl7: there is no whole HL7 v2 message in it (which begins with MSH); nothing is sent\n"
    assert (ran.status, ran.out, ran.err) == (1, "", said + nothing)
    assert peer.connections == 0


def test_what_stands_beside_the_messages_is_named_and_fails(listener: Listening, tmp_path: Path) -> None:
    ran = send(write(tmp_path, "m.hl7", batch("M1") + b"\x0b" + batch("M2")), listener.port)
    assert (ran.status, ran.out) == (1, "AA M1\n")
    assert "the MLLP frame has no end, not sent\n" in ran.err
    ran = send(write(tmp_path, "n.hl7", b"hello\r\r\x0b" + batch("M1") + b"\x1c\r"), listener.port)
    assert (ran.status, ran.out) == (1, "AA M1\n")
    assert "n.hl7 byte 0: no HL7 v2 message begins here (with MSH), not sent\n" in ran.err


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
        alone = write(tmp_path, "alone.pem", b"".join(CERTIFICATE.findall(own.cert.read_bytes())))
        keyless = send(path, listener.port, "--tls", "--ca", authority.file, "--cert", alone)
        assert (keyless.status, "alone.pem: its key is missing" in keyless.err) == (1, True)
    assert send(path, 1, "--tls", "--ca", tmp_path / "none.pem").err.startswith("ldt send: certificate authority")


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that answers whatever comes with these bytes; its port."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def named(reason: str) -> SSLError:
    """An alert of the other side, as OpenSSL tells of it."""
    error = SSLError(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


EXPIRED = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("names", "end", "other", "said"),
    [
        (("127.0.0.1",), None, True, "server's certificate is not in the file of --ca (self-signed certificate in"),
        (("lab.example.org",), None, False, "is not for 127.0.0.1; say in --to a name that it is for"),
        (("127.0.0.1",), EXPIRED, False, "has ended and has to be renewed there (certificate has expired)"),
    ],
)
def test_a_certificate_of_the_server_that_cannot_be_trusted_is_told_of_with_the_remedy(
    store: Store, tmp_path: Path, names: tuple[str, ...], end: datetime | None, other: bool, said: str
) -> None:
    issuing, trusted = Authority(tmp_path, "ca"), Authority(tmp_path, "other" if other else "same")
    context = server_context(issuing.issue(*names, end=end), "none")
    path, ca = write(tmp_path, "m.hl7", batch("M1")), (trusted if other else issuing).file
    with capture_logs(), Listening(Intake(store), tls=context) as listener:
        ran = send(path, listener.port, "--tls", "--ca", ca)
        unnamed = send(path, listener.port, "--tls")
    assert (ran.status, said in ran.out) == (1, True), ran.out
    assert "this machine does not trust; name its file with --ca" in unnamed.out


@pytest.mark.parametrize("version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("shown", "said"), [(False, "wants a client certificate; show one with --cert"), (True, "--cert; have")]
)
def test_a_server_that_wants_another_certificate_of_ours_is_told_of(
    store: Store, tmp_path: Path, version: TLSVersion, shown: bool, said: str
) -> None:
    authority, stranger = Authority(tmp_path, "ca"), Authority(tmp_path, "stranger").issue("x.example.org")
    context = server_context(authority.issue("127.0.0.1"), "required")
    context.maximum_version = version
    own = ("--cert", stranger.cert) if shown and stranger.cert else ()
    with capture_logs(), Listening(Intake(store), tls=context) as listener:
        ran = send(write(tmp_path, "m.hl7", batch("M1")), listener.port, "--tls", "--ca", authority.file, *own)
    assert (ran.status, said in ran.out) == (1, True), ran.out


def test_a_server_without_tls_and_one_with_it_are_told_apart(store: Store, tmp_path: Path) -> None:
    authority, path = Authority(tmp_path, "ca"), write(tmp_path, "m.hl7", batch("M1"))
    with answering(b"\x0bMSH|^~\\&|\x1c\r") as port:
        ran = send(path, port, "--tls", "--ca", authority.file)
    assert "speaks no TLS on this port; leave out --tls" in ran.out
    context = server_context(authority.issue("127.0.0.1"), "none")
    with capture_logs(), Listening(Intake(store), tls=context) as listener:
        assert "closed the connection; it may want TLS (--tls)" in send(path, listener.port).out


@pytest.mark.parametrize(
    ("error", "attempt", "said"),
    [
        (named("DECODE_ERROR"), Attempt("h", tls=True), "the handshake came to no end"),
        (named("TLSV1_ALERT_PROTOCOL_VERSION"), Attempt("h", tls=True), "no TLS version that both sides speak"),
        (named("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Attempt("h", tls=True), "wants a client certificate"),
        (named("TLSV1_ALERT_UNKNOWN_CA"), Attempt("h", tls=True, cert=True), "does not accept the certificate of"),
        (ConnectionError("no connection in time"), Attempt("h", tls=True), "leave out --tls"),
        (ConnectionResetError(104, "Connection reset by peer"), Attempt("h", tls=True), "wants a client certificate"),
        (ConnectionError("no connection in time"), Attempt("h"), "no connection: no connection in time"),
        (ConnectionRefusedError(111, "x"), Attempt("h", tls=True), "nothing listens on that port"),
        (
            socket.gaierror(-2, "Name or service not known"),
            Attempt("h", tls=True),
            "no connection: Name or service not known",
        ),
    ],
)
def test_what_other_servers_say(error: OSError, attempt: Attempt, said: str) -> None:
    assert said in unconnected(error, attempt)


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


def test_a_file_that_is_not_there_ends_as_with_other_commands(tmp_path: Path) -> None:
    ran = ldt("send", tmp_path / "none.hl7", "--to", "127.0.0.1:1")
    assert (ran.status, ran.err) == (1, "ldt send: none.hl7: No such file or directory\n")


def test_what_answers_and_does_not_speak_mllp_is_told_of(tmp_path: Path) -> None:
    path = write(tmp_path, "m.hl7", batch("M1", "M2"))
    with answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n") as port:
        ran = send(path, port)
    said = "no acknowledgement: something answers there that does not speak MLLP; is it a port of HTTP?"
    assert (ran.status, ran.out) == (1, f"-- M1 {said}; stopped here\n")


def test_many_messages_and_control_ids_that_could_drive_the_terminal(listener: Listening, tmp_path: Path) -> None:
    names = [f"M{number}" for number in range(60)]
    ran = send(write(tmp_path, "m.hl7", batch(*names) + batch("E\x1b[31m")), listener.port)
    assert ran.out.splitlines() == [*(f"AA {name}" for name in names), "AA E[31m"]
    assert ran.err.endswith("61 of 61 messages accepted\n")
