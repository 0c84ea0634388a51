"""Coded fields, units and flags as read, remembered by their bytes: a sender repeats few codes thousands of times.

Only codes, units and flags are remembered, never values; what they mean is decided later (interpret.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from adapter.hl7v2 import Delimiters, Field, Message, Repetition, Segment
from adapter.mapping.hl7v2_values import coded, flags, names, unit_spellings
from adapter.mapping.item import Codings
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

Sent = TypeVar("Sent")
Read = TypeVar("Read")

_MOST = 4096
_LONGEST = 200


class _Remembered(Generic[Sent, Read]):
    """What a field or a repetition reads as, by its bytes; forgets all when it is full."""

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[Sent], Read]) -> None:
        self._read = read
        self._known: dict[bytes, Read] = {}

    def get(self, raw: bytes) -> Read | None:
        return self._known.get(raw)

    def keep(self, raw: bytes, sent: Sent) -> Read:
        found = self._read(sent)
        if len(raw) <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[raw] = found
        return found


@dataclass(frozen=True, slots=True)
class CodedField:
    """A coded element: its codings, the displays and texts that came with them, and whether a code is our own."""

    codings: Codings
    names: tuple[str, ...]
    own: bool


class CodedFields:
    """The coded fields of messages that are written in the same way, with the same names of code systems."""

    __slots__ = ("_coded", "_flags", "_tables", "_units")

    def __init__(self, sender: Sender, tables: Tables) -> None:
        self._tables = tables
        self._coded: _Remembered[Repetition, CodedField] = _Remembered(
            lambda repetition: self.given(coded(repetition, sender), names(repetition))
        )
        self._units: _Remembered[Repetition, tuple[str, ...]] = _Remembered(unit_spellings)
        self._flags: _Remembered[Field, tuple[str, ...]] = _Remembered(flags)

    def given(self, codings: Codings, names: tuple[str, ...] = ()) -> CodedField:
        """A coded element by its codings."""
        uris, own = self._tables.systems, self._tables.own_system
        return CodedField(codings, names, any(uris.uri(coding.system) == own for coding in codings))

    def first(self, segment: Segment, number: int) -> CodedField:
        """The first repetition of a field."""
        raw = segment.raw_field(number)
        return self._coded.get(raw) or self._coded.keep(raw, segment.field(number).first)

    def read(self, repetition: Repetition) -> CodedField:
        """One repetition of a field."""
        return self._coded.get(repetition.raw) or self._coded.keep(repetition.raw, repetition)

    def units(self, segment: Segment, number: int) -> tuple[str, ...]:
        """The spellings of the unit in a field."""
        raw = segment.raw_field(number)
        if not raw:
            return ()
        return self._units.get(raw) or self._units.keep(raw, segment.field(number).first)

    def flags(self, segment: Segment, number: int) -> tuple[str, ...]:
        """The interpretation codes in a field."""
        raw = segment.raw_field(number)
        if not raw:
            return ()
        return self._flags.get(raw) or self._flags.keep(raw, segment.field(number))


def coded_fields(message: Message, sender: Sender, tables: Tables) -> CodedFields:
    """The memory for messages that are written as this one is, and read by these tables."""
    return _coded_fields(message.delimiters, message.charset, tuple(sender.systems.items()), tables)


@lru_cache(maxsize=64)
def _coded_fields(_: Delimiters, __: str, systems: tuple[tuple[str, str], ...], tables: Tables) -> CodedFields:
    return CodedFields(Sender(systems=dict(systems)), tables)
