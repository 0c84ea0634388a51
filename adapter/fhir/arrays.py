"""Resources whose sender wrote an object where FHIR has an array of one: the object is put into an array.

Not for any other wrong type: what a member then means is not known, and its resource stays unreadable.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

Shape = TypeVar("Shape", bound=msgspec.Struct)

MOST_MENDED = 32
"""After so many places in one resource its sender is not believed any more."""

_OBJECT_FOR_ARRAY = re.compile(r"Expected `array`, got `object` - at `\$\.(?P<path>[A-Za-z_.0-9\[\]]+)`")
_INDEX = re.compile(r"\[\d+\]")
_TREE = msgspec.json.Decoder(float_hook=Decimal)
_WRITER = msgspec.json.Encoder(decimal_format="number")


def decode_with_arrays(decoder: msgspec.json.Decoder[Shape], raw: bytes) -> Shape:
    """What the decoder reads of the bytes, objects put into arrays where it wants those. Raises what it raises."""
    for _ in range(MOST_MENDED):
        try:
            return decoder.decode(raw)
        except msgspec.ValidationError as error:
            found = _OBJECT_FOR_ARRAY.fullmatch(str(error))
            if found is None:
                raise
            raw = _mended(raw, found["path"])
    return decoder.decode(raw)


def _mended(raw: bytes, path: str) -> bytes:
    """The resource with every object at the path in an array; numbers keep their digits."""
    tree: object = _TREE.decode(raw)
    *above, last = _INDEX.sub("", path).split(".")
    for parent in _below(tree, above):
        if isinstance(parent.get(last), dict):
            parent[last] = [parent[last]]
    return _WRITER.encode(tree)


def _below(tree: object, names: Sequence[str]) -> list[dict[str, object]]:
    """All objects at a path of members, through every element of the arrays on the way."""
    found = [tree]
    for name in names:
        found = [value.get(name) for value in _objects(found)]
    return _objects(found)


def _objects(values: Sequence[object]) -> list[dict[str, object]]:
    flat = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return [one for one in flat if isinstance(one, dict)]
