"""The HL7 v2 sources of sources.yaml with their field addresses parsed, found by message code and segment name.

Not for reading segments (hl7v2_items.py); a wrong address stops the start (tables.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from adapter.hl7v2 import Segment
from adapter.mapping.item import Codings, Kind, SentCode
from adapter.mapping.schema import Hl7Source

_ADDRESS = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9][0-9]?)(?:\.([1-9][0-9]?))?")

ABOVE = frozenset({"MSH", "PV1", "PID", "TXA", "ORC", "OBR", "SPM"})
"""Segments that every source may name beside its own: those over the element in its message, patient and order."""

_NOTHING = (b"", b'""')


class Address(NamedTuple):
    """A field of a segment, or one of its components (0: the whole field)."""

    segment: str
    number: int
    component: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `OBX-3` or `OBX-3.1`; `ValueError` for anything else."""
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError(f"{text} is no HL7 v2 field address such as OBX-3 or OBX-3.1")
        return cls(match[1], int(match[2]), int(match[3] or 0))


Addresses = tuple[Address, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSource:
    """A source with its addresses parsed. `codings` are those that the source itself gives (a field without a code).

    `times` are the numbers of those fields of its segment that hold times, `circumstances` of those that hold what else
    is said around code and value.
    """

    spec: Hl7Source
    kind: Kind
    code: Address
    codings: Codings
    value: Address | None
    data_type: Address | str
    units: Address | None
    range: Address | None
    flags: Address | None
    panel: Address | None
    absent: Address | None
    statuses: tuple[tuple[str, Address], ...]
    circumstances: tuple[int, ...]
    times: tuple[int, ...]
    when: Addresses
    issued: Addresses
    ended: Addresses
    order: Addresses
    identity: Addresses
    body_site: Addresses
    used: Addresses
    reason: Addresses
    specimen: Addresses
    method: Addresses
    laboratory: Addresses

    def count(self, segment: Segment, repetition: bytes) -> int:
        """How many coded elements the segment holds: one, or one for each repetition where a field lists codes."""
        raw = segment.raw_field(self.code.number)
        if raw in _NOTHING:
            return 0 if self.spec.optional else 1
        if self.kind == "result" or self.codings or not repetition:
            return 1
        return 1 + raw.count(repetition)


BySegment = Mapping[str, tuple[SegmentSource, ...]]


@dataclass(frozen=True, slots=True)
class Elements:
    """Which coded elements the segments of one message hold, told without reading them."""

    sources: BySegment
    repetition: bytes

    def of(self, segment: Segment) -> list[tuple[SegmentSource, int]]:
        """The sources that read a segment, each with the number of its elements there."""
        return [(source, source.count(segment, self.repetition)) for source in self.sources.get(segment.name, ())]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentSources:
    """All sources: those of each message code that a source names, and those of every other."""

    by_code: Mapping[str, BySegment]
    others: BySegment

    def of(self, code: str) -> BySegment:
        """The sources that read a message of this code (MSH-9.1), by the name of their segment."""
        return self.by_code.get(code, self.others)


def compile_sources(sources: Iterable[Hl7Source]) -> SegmentSources:
    """The sources, ready to read. Raises `ValueError` for an address that is none."""
    compiled = [compile_source(source) for source in sources]
    codes = {code for source in compiled for code in source.spec.messages}
    return SegmentSources({code: _by_segment(compiled, code) for code in codes}, _by_segment(compiled, ""))


def compile_source(source: Hl7Source) -> SegmentSource:
    """One source. Raises `ValueError` for an address that is none, or for one of a segment that it cannot name."""
    lists = {name: tuple(map(Address.parse, getattr(source, name))) for name in _LISTS}
    statuses = tuple((table, Address.parse(address)) for table, address in source.statuses)
    parsed = SegmentSource(
        source,
        source.kind,
        Address.parse(source.code),
        _given(source.means),
        _one(source.value),
        Address.parse(source.data_type) if "-" in source.data_type else source.data_type,
        _one(source.units),
        _one(source.range),
        _one(source.flags),
        _one(source.panel),
        _one(source.absent),
        statuses,
        _own(source, (*(one for _, one in statuses), *(one for name in _CIRCUMSTANCES for one in lists[name]))),
        _own(source, (one for name in _TIMES for one in lists[name])),
        *lists.values(),
    )
    _check(parsed)
    return parsed


_LISTS = (
    "when",
    "issued",
    "ended",
    "order",
    "identity",
    "body_site",
    "used",
    "reason",
    "specimen",
    "method",
    "laboratory",
)
_TIMES = ("when", "issued", "ended")
_CIRCUMSTANCES = ("order", "body_site", "used", "reason", "specimen", "method", "laboratory")
_OF_VALUE = ("value", "units", "range", "flags", "panel", "absent")


def _check(source: SegmentSource) -> None:
    own = source.spec.segment
    if source.code.segment != own:
        raise ValueError(f"{source.spec.code} is not in {own}")
    for name in _OF_VALUE:
        address = getattr(source, name)
        if address is not None and address.segment != own:
            raise ValueError(f"{getattr(source.spec, name)} is not in {own}")
    named = [address for name in _LISTS for address in getattr(source, name)]
    for address in (*named, *(address for _, address in source.statuses)):
        if address.segment not in ABOVE | {own}:
            over = ", ".join(sorted(ABOVE))
            raise ValueError(f"{address.segment}-{address.number} is neither in {own} nor in {over} over it")


def _own(source: Hl7Source, addresses: Iterable[Address]) -> tuple[int, ...]:
    """The numbers of those fields that are in the segment of the source itself."""
    return tuple(sorted({address.number for address in addresses if address.segment == source.segment}))


def _one(text: str) -> Address | None:
    return Address.parse(text) if text else None


def _given(means: str) -> Codings:
    """A coding that the table itself gives, as `system|code`."""
    if not means:
        return ()
    system, separator, code = means.partition("|")
    if not (system and separator and code):
        raise ValueError(f"{means} is not of the form system|code")
    return (SentCode(system, code),)


def _by_segment(sources: Iterable[SegmentSource], code: str) -> BySegment:
    found: dict[str, tuple[SegmentSource, ...]] = {}
    for source in sources:
        if not source.spec.messages or code in source.spec.messages:
            found[source.spec.segment] = (*found.get(source.spec.segment, ()), source)
    return found
