"""Coded fields and units as read, remembered by their bytes: a sender repeats few codes thousands of times.

Only codes and units are remembered, never values; what they mean is decided later (interpret.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from adapter.hl7v2 import Delimiters, Message, Repetition, Segment
from adapter.mapping.hl7v2_values import coded, names, unit_spellings
from adapter.mapping.item import Codings
from adapter.mapping.sender import Sender

Read = TypeVar("Read")

_MOST = 4096
_LONGEST = 200


class _Remembered(Generic[Read]):
    """What the first repetition of a field reads as, by its bytes; forgets all when it is full."""

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[Repetition], Read]) -> None:
        self._read = read
        self._known: dict[bytes, Read] = {}

    def of(self, segment: Segment, number: int) -> Read:
        raw = segment.raw_field(number)
        known = self._known.get(raw)
        return self._keep(raw, segment.field(number).first) if known is None else known

    def read(self, repetition: Repetition) -> Read:
        known = self._known.get(repetition.raw)
        return self._keep(repetition.raw, repetition) if known is None else known

    def _keep(self, raw: bytes, repetition: Repetition) -> Read:
        found = self._read(repetition)
        if len(raw) <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[raw] = found
        return found


@dataclass(frozen=True, slots=True)
class CodedField:
    """A coded element: its codings, and the displays and texts that came with them."""

    codings: Codings
    names: tuple[str, ...]


class CodedFields:
    """The coded fields of messages that are written in the same way, with the same names of code systems."""

    __slots__ = ("_coded", "_units")

    def __init__(self, sender: Sender) -> None:
        self._coded = _Remembered(lambda repetition: CodedField(coded(repetition, sender), names(repetition)))
        self._units: _Remembered[tuple[str, ...]] = _Remembered(unit_spellings)

    def first(self, segment: Segment, number: int) -> CodedField:
        """The first repetition of a field."""
        return self._coded.of(segment, number)

    def read(self, repetition: Repetition) -> CodedField:
        """One repetition of a field."""
        return self._coded.read(repetition)

    def units(self, segment: Segment, number: int) -> tuple[str, ...]:
        """The spellings of the unit in a field."""
        return self._units.of(segment, number)


def coded_fields(message: Message, sender: Sender) -> CodedFields:
    """The memory for messages that are written as this one is."""
    return _coded_fields(message.delimiters, message.charset, tuple(sender.systems.items()))


@lru_cache(maxsize=64)
def _coded_fields(_: Delimiters, __: str, systems: tuple[tuple[str, str], ...]) -> CodedFields:
    return CodedFields(Sender(systems=dict(systems)))
