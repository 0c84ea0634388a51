"""HL7 v2 messages of made-up patients for the tests of processing: diagnoses, results, corrections."""

from datetime import UTC, datetime

from adapter.store import Arrival, Store

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
NET = "DG1|1||C7A.012^Malignant carcinoid tumor of the ileum^I10C|||F"
LIVER = "DG1|2||C7B.02^Secondary carcinoid tumors of liver^I10C|||F"


def own(name: str, value: str, number: int = 1, kind: str = "CWE", status: str = "F") -> str:
    """An OBX with a project code."""
    sent = value if kind == "NM" else f"{value}^^99LDT"
    return f"OBX|{number}|{kind}|{name}^^99LDT||{sent}||||||{status}|||20260110"


def oru(*segments: str, control_id: str, patient: str = "P1", person: str = "DOE^JANE||19610405|F") -> bytes:
    """One ORU^R01."""
    head = (
        f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260110093000+0000||ORU^R01^ORU_R01|{control_id}|P|2.5.1",
        f"PID|1||{patient}^^^HOSP^MR||{person}",
        f"OBR|1||{control_id}-R^LAB|PANEL^^L|||20260110080000+0000|||||||||||||||20260110090000+0000|||F",
    )
    return "\r".join([*head, *segments, ""]).encode()


def adt(*segments: str, control_id: str, patient: str = "P1", person: str = "DOE^JANE||19610405|F") -> bytes:
    """One ADT^A08 with diagnoses."""
    head = (
        f"MSH|^~\\&|ADT|HOSP|NELM|HOSP|20260110090000+0000||ADT^A08^ADT_A01|{control_id}|P|2.5.1",
        "EVN|A08|20260110090000+0000",
        f"PID|1||{patient}^^^HOSP^MR||{person}",
        "PV1|1|O",
    )
    return "\r".join([*head, *segments, ""]).encode()


def stored(store: Store, raw: bytes, *patients: str) -> int:
    """Put a message into the store as the intake does; our number for it."""
    sender, control_id = raw.split(b"|")[2].decode() + "|HOSP", raw.split(b"|")[9].decode()
    kind = raw.split(b"|")[8].decode().rsplit("^", 1)[0]
    keys = patients or ("HOSP/MR/P1",)
    return store.append(Arrival(raw, NOW, sender, control_id, kind, patient_keys=keys)).message
