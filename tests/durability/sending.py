"""Senders as interface engines are: each keeps a connection, waits for answers, and sends again what got none.

They know what they sent of whom, so that a store can be held against it (counting.py).
"""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.server.listening import END, framed

ANSWER: Final = 30.0
"""Seconds to wait for an answer before the connection is given up."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: its control id, whom it is about (the key that the store has to give it) and its bytes."""

    control_id: str
    patient_key: str
    raw: bytes = field(repr=False)
    is_concerned: bool = False
    """Whether the patient has what the advice is about; each message then changes what is advised."""


NET = "DG1|1||C7A.012^Malignant carcinoid tumor of the ileum^I10C|||F\r"
LIVER = "DG1|2||C7B.02^Secondary carcinoid tumors of liver^I10C|||F\r"


def message(control_id: str, patient: str, value: int, *, concerned: bool = False) -> Sent:
    """An ORU^R01 with one result of one patient, and the diagnoses where the advice concerns them."""
    raw = (
        f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260110093000+0000||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r"
        f"PID|1||{patient}^^^HOSP^MR||DOE^{patient}||19610405|F\r"
        f"{NET + LIVER if concerned else ''}"
        f"OBR|1||{control_id}^LAB|58410-2^CBC^LN|||20260110080000+0000|||||||||||||||20260110090000+0000|||F\r"
        f"OBX|1|NM|777-3^Platelets^LN||{value}|10*3/uL|||||F|||20260110080000+0000\r"
    )
    return Sent(control_id, f"HOSP/MR/{patient}", raw.encode(), concerned)


class Sender:
    """Sends its messages in order, up to `window` of them ahead of their answers, until each is accepted.

    `accepted` are the control ids that got AA. `faults` is what no sender should see: a refusal, or an answer that is
    not the next one due.
    """

    def __init__(self, port: int, messages: Sequence[Sent], *, window: int = 1) -> None:
        self._port = port
        self._messages = messages
        self._window = window
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.accepted: list[str] = []
        self.attempts = 0
        self.told_to_retry = 0
        self.faults: list[str] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until all is accepted; whether it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive() and len(self.accepted) == len(self._messages)

    def stop(self) -> None:
        """Give up what is left."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while len(self.accepted) < len(self._messages) and not self._stopping.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=ANSWER) as connection:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._converse(connection)
            except OSError:
                time.sleep(0.05)  # nobody listens, or the connection broke: what has no answer is sent again

    def _converse(self, connection: socket.socket) -> None:
        sent = len(self.accepted)
        buffer = b""
        while len(self.accepted) < len(self._messages) and not self._stopping.is_set():
            ahead = self._messages[sent : len(self.accepted) + self._window]
            connection.sendall(b"".join(framed(message.raw) for message in ahead))
            sent += len(ahead)
            self.attempts += len(ahead)
            chunk = connection.recv(65536)
            if not chunk:
                return
            *answers, buffer = (buffer + chunk).split(END)
            for answer in answers:
                if not self._take(answer):
                    return

    def _take(self, answer: bytes) -> bool:
        """Note an answer; whether the connection goes on."""
        due = self._messages[len(self.accepted)].control_id
        code, control_id = _msa(answer)
        if control_id != due:
            self.faults.append(f"{control_id} answered where {due} was due")
            return False
        if code == "AR" and b"207" in answer:
            self.told_to_retry += 1
            time.sleep(0.05)
            return False
        if code != "AA":
            self.faults.append(f"{code} for {control_id}")
        self.accepted.append(control_id)
        return True


def _msa(answer: bytes) -> tuple[str, str]:
    for segment in answer.split(b"\r"):
        if segment.startswith(b"MSA|"):
            fields = segment.decode().split("|")
            return fields[1], fields[2]
    return "", ""
