"""Clients that others have written, against our listener: python-hl7's command, hl7apy's messages, Medplum's client."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import hl7
import pytest
from hl7apy.core import Message
from hl7apy.parser import parse_message

from adapter.store import Store
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.node_packages import NODE, node_packages
from tests.server.listening import PATIENCE, Listening


def message(control_id: str) -> bytes:
    return wire(MSH.replace("|A1|", f"|{control_id}|"), PID, OBR, obx("210"))


def control_ids(store: Store) -> list[str]:
    return [found.control_id for found in store.messages()]


@pytest.mark.parametrize("loose", [False, True])
def test_the_command_of_python_hl7(listener: Listening, store: Store, tmp_path: Path, loose: bool) -> None:
    """`mllp_send` reads frames from a file, or, with --loose, messages whose segments are lines."""
    sent = [message(control_id) for control_id in ("A1", "A2", "A3")]
    content = b"".join(raw.replace(b"\r", b"\r\n") if loose else b"\x0b" + raw + b"\x1c" for raw in sent)
    (tmp_path / "m.hl7").write_bytes(content)
    options = ["--loose"] if loose else []
    program = str(Path(sys.executable).with_name("mllp_send"))
    command = [program, *options, "-f", str(tmp_path / "m.hl7"), "-p", str(listener.port)]
    run = subprocess.run([*command, "127.0.0.1"], capture_output=True, check=False, timeout=30)
    assert run.returncode == 0, run.stderr.decode()
    acks = [hl7.parse(ack.strip(b"\x0b\n").decode()) for ack in run.stdout.split(b"\x1c\r\n")[:-1]]
    assert [(str(ack.segment("MSA")[1]), str(ack.segment("MSA")[2])) for ack in acks] == [
        ("AA", "A1"),
        ("AA", "A2"),
        ("AA", "A3"),
    ]
    assert control_ids(store) == ["A1", "A2", "A3"]


def test_hl7apy_as_a_client(listener: Listening, store: Store) -> None:
    """hl7apy has no client class: its messages write themselves as frames (`to_mllp`), for a socket of one's own."""
    order = Message("ORU_R01", version="2.5.1")
    order.msh.msh_3, order.msh.msh_4, order.msh.msh_5 = "LAB", "HOSP", "NELM"
    order.msh.msh_9, order.msh.msh_10, order.msh.msh_11 = "ORU^R01^ORU_R01", "APY1", "P"
    patient = order.add_group("ORU_R01_PATIENT_RESULT").add_group("ORU_R01_PATIENT").add_segment("PID")
    patient.pid_3, patient.pid_5 = "P1^^^HOSP^MR", "DOE^JANE"
    with socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE) as connection:
        connection.sendall(order.to_mllp().encode())
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            answer += connection.recv(4096)
    ack = parse_message(answer[1:-2].decode())
    assert (ack.msa.msa_1.value, ack.msa.msa_2.value, ack.msh.msh_9.msh_9_1.value) == ("AA", "APY1", "ACK")
    assert ack.validate()
    assert control_ids(store) == ["APY1"]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    return node_packages(tmp_path_factory, pytestconfig)


@pytest.mark.node
@pytest.mark.xdist_group("node")
def test_the_client_of_medplum(listener: Listening, store: Store, packages: Path) -> None:
    """Hl7Client sends one message after another on one connection, and takes each answer by its MSA-2."""
    sent = [message(f"A{number}") for number in range(20)]
    run = subprocess.run(
        ["node", str(NODE / "send.mjs"), str(packages), str(listener.port)],
        input="\n".join(json.dumps(raw.decode()) for raw in sent).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    answers = [json.loads(line).split("\r") for line in run.stdout.splitlines()]
    assert [answer[1] for answer in answers] == [f"MSA|AA|A{number}" for number in range(20)]
    assert control_ids(store) == [f"A{number}" for number in range(20)]
    assert listener.count("connections") == 1
