"""Every row of the acknowledgement table of docs/hl7v2.md, provoked in both modes against the real server.

What the rows mean inside is in test_intake.py and test_mllp.py.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import parse_message
from adapter.server.intake import Intake
from adapter.store import Store, open_store
from docs.pages.acknowledgements import Acknowledgement, acknowledgements
from tests.durability.serving import Serving
from tests.server.casework import judge_all
from tests.server.listening import Client, framed

ROWS = {row.id: row for row in acknowledgements()}
MODES = {"original": "", "enhanced": "|||AL"}

PID = "PID|1||{patient}^^^HOSP^MR||DOE^JANE||19610405|F"
OBR = "OBR|1||R1^LAB|58410-2^CBC^LN|||20260110080000+0000"
OBX = "OBX|1|NM|777-3^Platelets^LN||{value}|10*3/uL|||||F|||20260110080000+0000"


def wire(mode: str, control_id: str, *segments: str, **fields: str) -> bytes:
    """A message in a mode, its segments (a good ORU where none are given), fields of MSH set by number (`f9`)."""
    header = rf"MSH|^~\&|LAB|HOSP|NELM|HOSP|20260110093000+0000||ORU^R01^ORU_R01|{control_id}|P|2.5.1{MODES[mode]}"
    parts = header.split("|")
    for name, value in fields.items():
        number = int(name[1:])
        parts += [""] * (number - len(parts))
        parts[number - 1] = value
    patient = PID.format(patient=f"P-{control_id}")
    lines = ["|".join(parts), *(segments or (patient, OBR, OBX.format(value=210)))]
    return "".join(f"{line}\r" for line in lines).encode()


def identity_conflict(mode: str, control_id: str) -> bytes:
    other = "PID|2||P-x^^^HOSP^MR||ROE^JANE||19500101|F"
    return wire(mode, control_id, PID.format(patient="P-x"), OBR, OBX.format(value=1), other)


def lines(count: int) -> tuple[str, ...]:
    return (PID.format(patient="P-l"), *["NTE"] * count)


# By row: the messages to send in a mode, the last of which is judged.
PROVOKED: Mapping[str, Callable[[str, str], list[bytes]]] = {
    "accepted": lambda mode, name: [wire(mode, name)],
    "again": lambda mode, name: [wire(mode, name)] * 2,
    "reused": lambda mode, name: [wire(mode, name), wire(mode, name, PID.format(patient="P-r"), OBR)],
    "unused-type": lambda mode, name: [wire(mode, name, f9="VXU^V04^VXU_V04")],
    "local-event": lambda mode, name: [wire(mode, name, f9="ORU^Z01")],
    "no-patient": lambda mode, name: [wire(mode, name, OBR, OBX.format(value=1))],
    "no-identifier": lambda mode, name: [wire(mode, name, "PID|1||||DOE^JANE", OBR)],
    "no-authority": lambda mode, name: [wire(mode, name, "PID|1||P1||DOE^JANE", OBR)],
    "identity-conflict": lambda mode, name: [identity_conflict(mode, name)],
    "second-header": lambda mode, name: [wire(mode, name) + wire(mode, f"{name}-2")],
    "charset": lambda mode, name: [wire(mode, name).replace(b"JANE", b"J\xe4NE")],
    "charset-unsupported": lambda mode, name: [wire(mode, name, f18="GB 18030-2000")],
    "too-many-parts": lambda mode, name: [wire(mode, name, *lines(200_001))],
    "unknown-type": lambda mode, name: [wire(mode, name, f9="XYZ^X01")],
    "unknown-event": lambda mode, name: [wire(mode, name, f9="ORU^X01")],
    "version": lambda mode, name: [wire(mode, name, f12="3.0")],
    "processing-id": lambda mode, name: [wire(mode, name, f11="T")],
    "receiver": lambda mode, name: [wire(mode, name, f5="OTHER", f6="ELSEWHERE")],
    "no-type": lambda mode, name: [wire(mode, name, f9="")],
    "no-control-id": lambda mode, name: [wire(mode, name, f10="")],
    "delimiters": lambda mode, name: [wire(mode, name).replace(rb"|^~\&|", rb"|^^\&|")],
    "wide": lambda mode, name: [wire(mode, name).decode().encode("utf-16")],
    "not-hl7": lambda _mode, name: [b"hello " + name.encode()],
    "empty": lambda _mode, _name: [b""],
    "acknowledgement": lambda mode, name: [wire(mode, name, "MSA|AA|X", f9="ACK^R01^ACK")],
}
# Provoked otherwise than by the content of a whole frame: see the tests that have their names.
OTHERWISE = {"store-unavailable", "mapping-failed", "cut", "partial", "oversized"}


@dataclass(frozen=True, slots=True)
class Told:
    """What came back for a message, and the message."""

    raw: bytes
    answer: bytes

    @property
    def code(self) -> str:
        if not self.answer:
            return "none"
        (msa,) = parse_message(self.answer).named("MSA")
        return msa.field(1).text

    @property
    def error(self) -> str:
        """ERR-3 and the place, as the table writes them."""
        errors = parse_message(self.answer).named("ERR") if self.answer else ()
        if not errors:
            return ""
        code, (segment, _, *place) = errors[0].field(3).first.component(1), [*errors[0].field(2).first.components, ""]
        numbers = [number for number in place if number]
        address = (
            "-".join([segment, numbers[0] + (f".{numbers[2]}" if len(numbers) > 2 else "")]) if numbers else segment
        )
        return f"{code} at {address}" if address else code


@dataclass(slots=True)
class Provoked:
    """All answers by row and mode, and what the store holds afterwards: state and reason of each message by its bytes."""

    told: dict[tuple[str, str], Told]
    kept: dict[bytes, list[str]]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture(scope="module")
def provoked(tmp_path_factory: pytest.TempPathFactory) -> Provoked:
    folder = tmp_path_factory.mktemp("table")
    with Serving(folder, "env", 'LDT_RECEIVING=["NELM/HOSP"]') as serving:
        serving.init()
        serving.start()
        serving.wait()
        told = {(row, mode): send(serving.port, row, mode) for row in PROVOKED for mode in modes(row)}
        with locked(serving.path):
            for mode in modes("store-unavailable"):
                raw = wire(mode, f"store-unavailable-{mode}")
                told["store-unavailable", mode] = Told(raw, exchange(serving.port, framed(raw)))
        told |= frames(serving.port)
        serving.finish()
        serving.stop()
    with open_store(serving.url) as store:
        return Provoked(told, kept_in(store))


def modes(row: str) -> list[str]:
    return [mode for mode in MODES if ROWS[row].told(mode)]


def send(port: int, row: str, mode: str) -> Told:
    *before, last = PROVOKED[row](mode, f"{row}-{mode}")
    for raw in before:
        exchange(port, framed(raw))
    return Told(last, exchange(port, framed(last)))


def exchange(port: int, sent: bytes) -> bytes:
    """The answer on a connection of its own; empty where the server only closes it."""
    with Client(port) as client:
        client.send(sent)
        client.half_close()
        return client.answer()


def frames(port: int) -> dict[tuple[str, str], Told]:
    """The rows about frames that are not whole."""
    found: dict[tuple[str, str], Told] = {}
    for mode in MODES:
        whole = wire(mode, f"frame-{mode}")
        found["partial", mode] = Told(whole, exchange(port, framed(whole)[:-40]))
        with Client(port) as client:
            client.send(framed(whole)[:-40] + framed(wire(mode, f"after-cut-{mode}")))
            client.half_close()
            answers = [client.answer(), client.answer()]
        assert b"|after-cut-" in answers[0]
        found["cut", mode] = Told(whole, answers[1])
    found["oversized", "original"] = Told(b"x", oversized(port))
    found["oversized", "enhanced"] = found["oversized", "original"]
    return found


def oversized(port: int) -> bytes:
    with Client(port) as client:
        try:
            client.send(b"\x0bMSH|^~\\&|" + b"x" * (16 * 1024 * 1024 + 10))
        except OSError:
            return b""
        return client.answer()


def kept_in(store: Store) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for message in store.messages():
        state = f"{message.state} ({message.reason})" if message.reason else message.state
        found.setdefault(store.raw(message.id), []).append(state)
    return found


EACH = [(row, mode) for row in ROWS for mode in MODES if ROWS[row].told(mode) and row != "mapping-failed"]


@pytest.mark.parametrize(("row", "mode"), EACH, ids=lambda value: value)
def test_the_sender_is_told_what_the_row_says(provoked: Provoked, row: str, mode: str) -> None:
    told, expected = provoked.told[row, mode], ROWS[row]
    assert (told.code, told.error) == (expected.told(mode), expected.error)


@pytest.mark.parametrize(("row", "mode"), EACH, ids=lambda value: value)
def test_the_store_keeps_what_the_row_says(provoked: Provoked, row: str, mode: str) -> None:
    states = provoked.kept.get(provoked.told[row, mode].raw, [])
    assert states == ([] if ROWS[row].kept == "no" else [ROWS[row].kept.split(",")[0]])


def test_a_fault_of_ours_is_answered_and_kept_as_the_row_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise LookupError("DOE^JANE")

    monkeypatch.setattr("adapter.server.judge.read_content", faulty)
    row = ROWS["mapping-failed"]
    for mode in MODES:
        raw = wire(mode, f"mapping-failed-{mode}")
        with capture_logs():
            told = Told(raw, asyncio.run(Intake(store).receive(raw)).ack)
            judge_all(store)
        assert (told.code, told.error) == (row.told(mode), row.error)
        assert kept_in(store)[raw] == [row.kept]


def test_every_row_is_provoked() -> None:
    assert PROVOKED.keys() | OTHERWISE == ROWS.keys()
    assert not PROVOKED.keys() & OTHERWISE


def test_rows_are_whole() -> None:
    for row in ROWS.values():
        assert isinstance(row, Acknowledgement)
        assert (row.original, row.enhanced) in {
            ("AA", "CA"),
            ("AE", "CE"),
            ("AR", "CR"),
            ("AR", "CE"),
            ("none", "none"),
            ("AE", ""),
            ("AR", ""),
        }
        assert bool(row.error) == (row.original in ("AE", "AR"))
