"""What no value of a response may be: empty, a number that JSON cannot carry, a text with hidden characters.

Not for which members an object has (`response_shape.py`).
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from cds_hooks.fault import Fault
from cds_hooks.json_values import is_empty
from cds_hooks.shape import elements_of, is_array

# Controls but for tab and line ends, marks that turn the direction of text, halves of surrogate pairs.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def value_faults(value: object, place: str, *, in_resource: bool = False) -> Iterator[Fault]:
    """Check a value and everything in it against G3 and for hidden characters.

    In a FHIR resource an array may hold null, where a sibling array carries the extension of that element.
    """
    if not _is_plain(value):
        yield from _faults(value, place, in_resource=in_resource)


def _is_plain(value: object) -> bool:
    """Whether a value holds texts without hidden characters, integers, objects and arrays, none of them empty.

    Nearly every value does, and has no fault then; where to look for one is asked only of the others.
    """
    texts: list[str] = []
    parts = [value]
    for one in parts:  # it grows on the way
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict) and one:
            texts += one
            parts += one.values()
        elif isinstance(one, list | tuple) and one:
            parts += one
        elif not isinstance(one, int):
            return False
    return "" not in texts and {*map(type, texts)} <= {str} and not _HIDDEN.search("".join(texts))


def _faults(value: object, place: str, *, in_resource: bool) -> Iterator[Fault]:
    if is_empty(value):
        yield Fault("empty-value", place, "Leave the member out: null, empty text, array and object are not sent.")
    elif isinstance(value, Mapping):
        yield from _member_faults(value, place, in_resource=in_resource)
    elif is_array(value):
        for index, element in enumerate(elements_of(value)):
            if not (in_resource and element is None):
                yield from _faults(element, f"{place}[{index}]", in_resource=in_resource)
    else:
        yield from _scalar_faults(value, place)


def _member_faults(value: Mapping[object, object], place: str, *, in_resource: bool) -> Iterator[Fault]:
    for name, member in value.items():
        if not isinstance(name, str) or not name or _HIDDEN.search(name):
            yield Fault("member-name", place, "A member name is a text without hidden characters.")
            continue
        yield from _faults(member, f"{place}.{name}", in_resource=in_resource or name == "resource")


def _scalar_faults(value: object, place: str) -> Iterator[Fault]:
    match value:
        case str() if _HIDDEN.search(value):
            yield Fault("control-character", place, "No control, direction or surrogate characters.")
        case Decimal() if not value.is_finite():
            yield Fault("not-a-number", place, "JSON knows neither NaN nor Infinity.")
        case float():
            yield Fault("float", place, "Numbers are int or Decimal, so that they keep the digits that were sent.")
        case str() | bool() | int() | Decimal():
            return
        case _:
            yield Fault("wrong-type", place, "This is no JSON value.")
