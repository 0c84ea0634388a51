"""FHIR numbers from their raw JSON text, kept as the decimals that were sent."""

from decimal import Decimal

from msgspec import UNSET, Raw, UnsetType

from adapter.case.number import read_decimal


def sent_number(raw: Raw | UnsetType) -> str | None:
    """The number exactly as written, None when it is absent, JSON null, or not a JSON number (a string, say)."""
    if raw is UNSET:
        return None
    text = bytes(raw).decode("ascii", errors="ignore").strip()
    return text if read_decimal(text) is not None else None


def is_given(raw: Raw | UnsetType) -> bool:
    """Whether the member is there at all and not null."""
    return raw is not UNSET and bytes(raw).strip() != b"null"


def number(raw: Raw | UnsetType) -> Decimal | None:
    """The number as Decimal, None as for `sent_number`."""
    text = sent_number(raw)
    return None if text is None else read_decimal(text)
