"""FHIR JSON that leaves, with its decimals as they are: 1.50 stays 1.50."""

from collections.abc import Mapping, Sequence

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_json(value: Mapping[str, object] | Sequence[object], *, indent: int = 0) -> bytes:
    """The value as UTF-8 JSON. `indent` spaces make it readable, 0 makes it one line."""
    raw = _ENCODER.encode(value)
    return msgspec.json.format(raw, indent=indent) if indent else raw
