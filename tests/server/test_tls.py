"""MLLP over TLS: versions, client certificates, who may send as whom, and handshakes that fail."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.mapping.site import Profile, SentBy, Site, plain_site
from adapter.server import mllp_connection
from adapter.server.intake import Intake
from adapter.server.mllp_limits import MllpLimits
from adapter.server.tls import (
    ClientCertificate,
    TlsFiles,
    TlsFilesError,
    certificate_names,
    client_context,
    server_context,
)
from adapter.store import Store
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.authorities import Authority
from tests.server.listening import Client, Listening, framed

LAB = wire(MSH, PID, OBR, obx("210"))
RIS = LAB.replace(b"|LAB|", b"|RIS|")


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "trusted")


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "foreign")


@contextmanager
def listening(intake: Intake, trusted: Authority, client: ClientCertificate) -> Iterator[Listening]:
    context = server_context(trusted.issue("localhost", "127.0.0.1"), client)
    with Listening(intake, tls=context, limits=MllpLimits(handshake=5.0)) as found:
        yield found


@contextmanager
def connected(port: int, files: TlsFiles) -> Iterator[Client]:
    with Client(port) as client:
        client.socket = client_context(files).wrap_socket(client.socket, server_hostname="localhost")
        yield client


def told(port: int, files: TlsFiles, *messages: bytes) -> list[tuple[str, str]]:
    """MSA-1 and MSA-2 of the answers; `refused` where the server ends the connection instead."""
    try:
        with connected(port, files) as client:
            client.send(*map(framed, messages))
            found = [client.msa() for _ in messages]
    except (ssl.SSLError, ConnectionError):
        return [("refused", "")]
    return found if any(code for code, _ in found) else [("refused", "")]


def anybody(trusted: Authority) -> TlsFiles:
    return TlsFiles(ca=trusted.file)


def test_messages_over_tls(intake: Intake, store: Store, trusted: Authority) -> None:
    with listening(intake, trusted, "none") as listener:
        large = LAB + b"NTE|1||" + b"x" * 300_000 + b"\r"
        assert told(listener.port, anybody(trusted), LAB, large) == [("AA", "A1")] * 2
    assert [store.raw(found.id) for found in store.messages()] == [LAB, large]


@pytest.mark.parametrize(
    ("version", "agreed"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_is_1_2_or_later(intake: Intake, trusted: Authority, version: ssl.TLSVersion, agreed: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # as old as they come
    context.load_verify_locations(trusted.file)
    with listening(intake, trusted, "none") as listener, Client(listener.port) as client, capture_logs():
        try:
            client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
        except ssl.SSLError:
            assert not agreed
        else:
            assert agreed


@pytest.mark.hazard("HZ-X15")
@pytest.mark.parametrize(
    ("client", "own", "others", "nobody"),
    [("required", "AA", "refused", "refused"), ("optional", "AA", "refused", "AA"), ("none", "AA", "AA", "AA")],
)
def test_client_certificates(
    intake: Intake,
    store: Store,
    trusted: Authority,
    foreign: Authority,
    client: ClientCertificate,
    own: str,
    others: str,
    nobody: str,
) -> None:
    of_others = TlsFiles(foreign.issue("lab.example.org").cert, None, trusted.file)
    with listening(intake, trusted, client) as listener, capture_logs() as logs:
        found = [
            told(listener.port, files, LAB)[0][0]
            for files in (trusted.issue("lab.example.org"), of_others, anybody(trusted))
        ]
        assert found == [own, others, nobody]
        refused = found.count("refused")
        assert listener.reaches("handshakes-refused", refused)
    assert [log["event"] for log in logs] == ["mllp_handshake_refused"] * refused
    assert all(log["address"] == "127.0.0.1" and log["code"] for log in logs)
    assert len(list(store.messages())) == 1


def profiles(*profiles: Profile) -> Site:
    return Site(plain_site().tables, profiles)


@pytest.mark.hazard("HZ-X15")
@pytest.mark.parametrize(
    ("common", "names", "wanted"),
    [
        ("lab", ("lab.example.org",), "lab.example.org"),
        ("lab", ("other.example.org",), "lab"),
        ("lab", ("other.example.org",), "CN=lab,OU=Lab,O=Hospital"),
        (None, ("lab@example.org",), "lab@example.org"),
        (None, ("192.0.2.9",), "192.0.2.9"),
    ],
)
def test_nobody_sends_as_a_sender_without_its_certificate(
    store: Store, trusted: Authority, common: str | None, names: tuple[str, ...], wanted: str
) -> None:
    intake = Intake(store, profiles(Profile("lab", SentBy(("LAB",), certificates=frozenset({wanted})))))
    files, spoofer = trusted.issue(*names, common=common), trusted.issue("spoofer.example.org", common="spoofer")
    with listening(intake, trusted, "required") as listener, capture_logs() as logs:
        assert told(listener.port, files, LAB) == [("AA", "A1")]
        assert told(listener.port, spoofer, LAB.replace(b"|A1|", b"|A2|")) == [("AR", "A2")]
        assert told(listener.port, files, RIS.replace(b"|A1|", b"|A3|")) == [("AR", "A3")]
    assert [found.control_id for found in store.messages()] == ["A1"]
    assert intake.outcomes["sender-mismatch"] == 2
    refused = [(log["event"], log["code"], log["status"]) for log in logs if log["log_level"] == "warning"]
    assert refused == [("message_refused", "103", "sender-mismatch")] * 2


def test_who_does_not_speak_tls_is_refused_and_counted(intake: Intake, store: Store, trusted: Authority) -> None:
    with listening(intake, trusted, "none") as listener, Client(listener.port) as client, capture_logs() as logs:
        client.send(framed(LAB))
        assert client.answer() == b""
        assert listener.reaches("handshakes-refused", 1)
    assert listener.events == {"connections": 1, "handshakes-refused": 1}
    assert "DOE" not in str(logs)
    assert list(store.messages()) == []


@pytest.mark.hazard("HZ-X19")
def test_a_handshake_has_its_time_and_counts_as_a_connection(intake: Intake, trusted: Authority) -> None:
    context = server_context(trusted.issue("localhost"), "none")
    limits = MllpLimits(handshake=1.0, connections=1)
    with Listening(intake, tls=context, limits=limits) as listener, capture_logs():
        with Client(listener.port) as silent:
            with Client(listener.port) as second:
                assert second.answer() == b""
            assert listener.count("connections-refused") == 1
            assert silent.answer() == b""
        assert listener.reaches("handshakes-refused", 1)
        answers = (told(listener.port, anybody(trusted), LAB) for _ in range(100))
        assert [("AA", "A1")] in answers  # as soon as its place is free


def test_closing_ends_a_handshake_that_is_under_way(intake: Intake, trusted: Authority) -> None:
    listener = Listening(intake, tls=server_context(trusted.issue("localhost"), "none"))
    with Client(listener.port) as silent:
        assert listener.reaches("connections", 1)
        listener.close()
        assert silent.answer() == b""


def test_an_address_binds_a_sender_without_certificates_too(store: Store) -> None:
    here, elsewhere = (
        SentBy((name,), peers=(ip_network(net),)) for name, net in (("LAB", "127.0.0.0/8"), ("RIS", "192.0.2.0/24"))
    )
    intake = Intake(store, profiles(Profile("lab", here), Profile("ris", elsewhere)))
    with Listening(intake) as listener, Client(listener.port) as client, capture_logs():
        client.send(framed(LAB), framed(RIS))
        assert [client.msa()[0] for _ in range(2)] == ["AA", "AR"]


@pytest.mark.parametrize(
    ("files", "word"),
    [
        (lambda folder, good: TlsFiles(folder / "none.pem"), "No such file"),
        (lambda folder, good: TlsFiles(folder / "text.pem"), "not usable"),
        (lambda folder, good: TlsFiles(folder / "other.pem", good.cert), "not usable"),
        (lambda folder, good: TlsFiles(good.cert, None, folder / "none.pem"), "No such file"),
        (lambda folder, good: TlsFiles(good.cert, None, folder / "text.pem"), "not usable"),
    ],
)
def test_files_that_cannot_be_used_are_named(tmp_path: Path, trusted: Authority, files: object, word: str) -> None:
    good = trusted.issue("localhost")
    (tmp_path / "text.pem").write_text("no PEM", encoding="ascii")
    (tmp_path / "other.pem").write_bytes(trusted.file.read_bytes())
    with pytest.raises(TlsFilesError, match=word) as refusal:
        server_context(files(tmp_path, good), "none")  # type: ignore[operator]
    assert str(tmp_path) in str(refusal.value)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(tmp_path: Path, trusted: Authority) -> None:
    from cryptography.hazmat.primitives import serialization

    good = trusted.issue("localhost")
    assert good.cert is not None
    key = serialization.load_pem_private_key(good.cert.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"secret")
    encrypted = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    (tmp_path / "key.pem").write_bytes(encrypted)
    with pytest.raises(TlsFilesError, match="encrypted"):
        server_context(TlsFiles(good.cert, tmp_path / "key.pem"), "none")


def test_a_name_cannot_pass_for_a_subject() -> None:
    certificate = {
        "subject": ((("organizationName", "Evil, CN=lab"),), (("commonName", "CN=lab,O=Hospital"),)),
        "subjectAltName": (("URI", "urn:lab"), ("DNS", "a=b")),
    }
    assert certificate_names(certificate) == {r"CN=CN\=lab\,O\=Hospital,O=Evil\, CN\=lab", "urn:lab"}
    assert certificate_names(None) == certificate_names({}) == frozenset()


def test_a_sender_checks_the_certificate_and_the_name_of_the_listener(
    intake: Intake, trusted: Authority, foreign: Authority
) -> None:
    with listening(intake, trusted, "none") as listener, capture_logs():
        for context, host in (
            (client_context(TlsFiles(ca=foreign.file)), "localhost"),
            (client_context(anybody(trusted)), "example.org"),
            (client_context(TlsFiles()), "localhost"),
        ):
            with socket.create_connection(("127.0.0.1", listener.port)) as plain, pytest.raises(ssl.SSLError):
                context.wrap_socket(plain, server_hostname=host)


def test_tls_over_asyncio_with_the_message_right_behind_the_handshake(intake: Intake, trusted: Authority) -> None:
    async def several(port: int) -> list[bytes]:
        context = client_context(anybody(trusted))

        async def one(number: int) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
            writer.write(framed(LAB.replace(b"|A1|", b"|B%d|" % number)))
            answer = await reader.readuntil(b"\x1c\r")
            writer.close()
            await writer.wait_closed()
            return answer

        return await asyncio.gather(*(one(number) for number in range(12)))

    with listening(intake, trusted, "none") as listener:
        answers = asyncio.run(several(listener.port))
    assert [b"MSA|AA|B%d\r" % number in answer for number, answer in enumerate(answers)] == [True] * 12


def test_much_in_one_piece_with_the_end_of_the_handshake(intake: Intake, trusted: Authority) -> None:
    with listening(intake, trusted, "none") as listener, Client(listener.port) as plain:
        come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context(anybody(trusted)).wrap_bio(come, go, server_hostname="localhost")
        while not agreed(client):
            plain.send(go.read())
            come.write(plain.socket.recv(65536))
        answers = b""
        for sent, count in ((framed(b"x") * 1500, 1500), (framed(LAB), 1501)):
            client.write(sent)
            plain.send(go.read())
            while answers.count(b"\x1c\r") < count:
                come.write(plain.socket.recv(65536))
                answers += decrypted(client)
    assert b"MSA|AA|A1\r" in answers


@pytest.mark.parametrize("limits", [MllpLimits(connections=2), MllpLimits(connections=2, handshake=0)])
def test_a_fault_of_our_own_at_the_handshake_gives_the_place_back(
    intake: Intake, trusted: Authority, limits: MllpLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_certificate: object) -> frozenset[str]:
        raise LookupError

    monkeypatch.setattr(mllp_connection, "certificate_names", fail)
    context = server_context(trusted.issue("localhost"), "none")
    with Listening(intake, tls=context, limits=limits) as listener, capture_logs() as logs:
        for faults in range(1, 6):
            assert told(listener.port, anybody(trusted), LAB) == [("refused", "")]
            assert listener.reaches("internal-errors", faults)
    assert listener.events["connections-refused"] == 0
    assert [log["event"] for log in logs] == ["mllp_failed"] * 5


def agreed(client: ssl.SSLObject) -> bool:
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def decrypted(client: ssl.SSLObject) -> bytes:
    found = b""
    while True:
        try:
            found += client.read(65536)
        except ssl.SSLWantReadError:
            return found
