"""Made-up arrivals for the tests of the store."""

from datetime import UTC, datetime

from adapter.store import Arrival, ArrivalState, Noted

RECEIVED = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)


def arrival(
    control_id: str = "A1",
    raw: bytes | None = None,
    *,
    sender: str = "LAB|HOSP",
    state: ArrivalState = "received",
    reason: str = "",
    findings: tuple[Noted, ...] = (),
    patients: tuple[str, ...] = ("HOSP/MR/P1",),
) -> Arrival:
    """An ORU^R01 with that control id; its bytes follow from the id unless they are given."""
    content = b"MSH|" + control_id.encode() if raw is None else raw
    return Arrival(content, RECEIVED, sender, control_id, "ORU^R01", state, reason, findings, patients)
