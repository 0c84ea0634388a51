"""JSON that this side sends: its types, the rule against empty members, the writer that keeps decimals.

Not for JSON from outside (`json_limits.py`, `json_members.py`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

Json: TypeAlias = "str | int | bool | Decimal | Sequence[Json] | Mapping[str, Json] | None"
"""A JSON value to be sent. Numbers are int or Decimal, never float: 1.50 stays 1.50."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_json(value: Mapping[str, Json]) -> bytes:
    """The value as UTF-8 JSON, decimals with the digits they have."""
    return _ENCODER.encode(value)


def without_empty(members: Mapping[str, Json]) -> dict[str, Json]:
    """The members that have a value: no null, no empty string, array or object (checklist G3)."""
    return {name: value for name, value in members.items() if not is_empty(value)}


def is_empty(value: object) -> bool:
    """Whether the value is one that G3 forbids to send; false and 0 are values."""
    return value is None or (isinstance(value, str | list | tuple | Mapping) and len(value) == 0)
