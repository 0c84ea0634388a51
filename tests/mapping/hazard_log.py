"""The messages and resources of the hazard log as its rows write them: one laboratory, one patient, no zone on the times.

Not for other tests: senders.py has messages that name their zone.
"""

from datetime import timedelta, timezone, tzinfo

from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

NEW_YORK = timezone(timedelta(hours=-5))
"""The zone of the sender profile in January."""

PID = "PID|1||P1^^^HOSP^MR||DOE^JANE||19610405|F"
OBR = "OBR|1||R1^LAB|58410-2^CBC^LN|||20260110080000|||||||||||||||20260110090000|||F"


def log_message(
    *segments: str, control: str = "A1", sent: str = "20260110093000", message: str = "ORU^R01^ORU_R01"
) -> str:
    """One message of the log."""
    head = rf"MSH|^~\&|LAB|HOSP|NELM|HOSP|{sent}||{message}|{control}|P|2.5.1"
    return "".join(f"{segment}\r" for segment in (head, *segments))


def log_report(*results: str, control: str = "A1", order: str = OBR, pid: str = PID) -> str:
    """One ORU of the log."""
    return log_message(pid, order, *results, control=control)


def log_mapping(*messages: str, table: Tables | None = None, zone: tzinfo = NEW_YORK) -> Mapping:
    """What the messages come to; "A and B" of the log are two calls."""
    return map_hl7v2_bytes("".join(messages).encode(), "log", table=table, sender_of=lambda _: Sender(zone=zone))


def log_obx(
    code: str, value: str, unit: str, *, kind: str = "NM", status: str = "F", when: str = "20260110080000"
) -> str:
    """One OBX of the log."""
    return f"OBX|1|{kind}|{code}||{value}|{unit}|||||{status}|||{when}"


def log_platelets(
    value: str, unit: str = "10*3/uL", *, kind: str = "NM", status: str = "F", when: str = "20260110080000"
) -> str:
    """A platelet count of the log."""
    return log_obx("777-3^Platelets^LN", value, unit, kind=kind, status=status, when=when)
