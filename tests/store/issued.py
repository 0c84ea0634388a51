"""Made-up cards that left and reports on them, for tests.

Not a test itself.
"""

from datetime import UTC, datetime, timedelta

from adapter.store import CardId, CardOutcome, CardReport, IssuedCard, Reason

NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
RULES = ("LDT-001", "LDT-002")


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def card(
    uuid: str = "c1",
    *,
    service: str = "view",
    issuer: str = "ehr",
    tenant: str = "",
    rules: tuple[str, ...] = RULES,
    reader: str = "reader",
    advice: str = "advice",
    at: datetime = NOON,
) -> IssuedCard:
    name = CardId(service, uuid, issuer, tenant)
    return IssuedCard(name, at, "ldt-nelm|1", "info", rules, reader, advice)


def report(
    outcome: CardOutcome = "overridden",
    at: datetime = NOON,
    *,
    on: IssuedCard | None = None,
    key: str = "",
    reasons: tuple[Reason, ...] = (),
    received: datetime = NOON,
) -> CardReport:
    name = (on or card()).id
    return CardReport(
        key or f"{name}{outcome}{at}", name, received, outcome, at, ("s1",) * (outcome == "accepted"), reasons
    )
