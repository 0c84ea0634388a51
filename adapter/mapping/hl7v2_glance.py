"""A glance at a message: whether it is a plain one in which nothing is remarkable, told without making items of it all.

Most messages of a hospital are; of all others nothing is said here, and they have to be read (hl7v2_reading.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from adapter.case.merge import FUTURE_TOLERANCE
from adapter.hl7v2 import Delimiters, Message, PatientGroup, Segment, groups
from adapter.mapping.beside import Beside
from adapter.mapping.fhir import excluded_findings
from adapter.mapping.hl7v2_above import Above, order_members, over_patient
from adapter.mapping.hl7v2_circumstances import is_after
from adapter.mapping.hl7v2_deaths import death_said
from adapter.mapping.hl7v2_events import event_of
from adapter.mapping.hl7v2_items import Hl7Reader
from adapter.mapping.hl7v2_patient import PatientKey, demographics, sound_key
from adapter.mapping.hl7v2_plain import Plain, is_plain_event
from adapter.mapping.hl7v2_sources import Address, SegmentSource
from adapter.mapping.hl7v2_values import moment
from adapter.mapping.hl7v2_withdrawals import takes_back
from adapter.mapping.interpret import interpreted
from adapter.mapping.meaning import meaning
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

_MOST: Final = 16384
_LONGEST: Final = 300
_NOTHING: Final[frozenset[str]] = frozenset()


def glance(message: Message, sender: Sender, tables: Tables, received: datetime | None = None) -> Plain | None:
    """What a plain message says whose reading and mapping alone lead to no finding at all; else None."""
    latest = received + FUTURE_TOLERANCE if received is not None else None
    if message.findings or message.charset_fault() is not None or any(True for _ in message.escape_findings()):
        return None
    about = groups(message)
    if len(about) != 1 or not message.header.control_id:
        return None
    (group,) = about
    reader = Hl7Reader(message, message.header.control_id, tables, sender, latest)
    key = _key(group, reader, latest)
    if group.patient is None or key is None:
        return None
    facts = _stated(group, reader)
    if facts is None or not is_plain_event(event_of(message), tables, states=bool(facts)):
        return None
    return Plain(key.text, demographics(group.patient), facts)


def _key(group: PatientGroup, reader: Hl7Reader, latest: datetime | None) -> PatientKey | None:
    """Whom the message is about, where neither its time nor anything in the PID is remarkable."""
    pid, header = group.patient, reader.message.header
    if pid is None or reader.message.named("MRG") or is_after(moment(header.time, reader.zone), latest):
        return None
    born = pid.text(7, 1)
    if (born and moment(born, reader.zone) is None) or _may_be_dead(pid):
        return None
    key = sound_key(pid.field(3), header.sending_facility, reader.profile)
    return None if key is None or key.unassigned else key


def _may_be_dead(pid: Segment) -> bool:
    said = death_said(pid, "")
    return said is not None and (said.says_death or said.is_unclear)


def _stated(group: PatientGroup, reader: Hl7Reader) -> frozenset[str] | None:
    """The facts that all segments of the group speak of; None where one of them has to be read."""
    known, facts = _known_elements(reader), _NOTHING
    sources, repetition = reader.elements.sources, reader.elements.repetition
    for segment, above in _placed(group, over_patient(reader.message, group)):
        for source in sources.get(segment.name, ()):
            count = source.count(segment, repetition)
            if not count:
                continue
            found = known.facts(reader, source, segment, above) if count == 1 else None
            if found is None:
                return None
            facts |= found
    return facts


def _placed(group: PatientGroup, patient: Above) -> Iterator[tuple[Segment, Above]]:
    """All segments of a patient group, each with what stands over it."""
    for segment in group.segments:
        yield segment, patient
    for index in range(len(group.orders)):
        yield from order_members(group, index, patient)


_Key = tuple[object, ...]


@dataclass(slots=True)
class _KnownElements:
    """The facts of which elements speak, remembered by all that bears on them; forgets all when it is full."""

    _silent: dict[tuple[SegmentSource, bytes], bool] = field(default_factory=dict)
    _facts: dict[_Key, frozenset[str] | None] = field(default_factory=dict)

    def facts(self, reader: Hl7Reader, source: SegmentSource, segment: Segment, above: Above) -> frozenset[str] | None:
        """The facts of which the one element of a segment speaks; None where it is remarkable in any way."""
        times = reader.around.times(source, segment, above)
        if times.unreadable or times.bad_date or times.ahead is not None:
            return None
        if self._is_silent(reader, source, segment):
            return _NOTHING
        around, sent = reader.around.circumstances(source, segment, above), segment.raw_fields(_own_fields(source))
        key: _Key = (source, sent, around.statuses, around.body_site, around.used, around.reason)
        if key in self._facts:
            return self._facts[key]
        found = _facts(reader, source, segment, above)
        if sum(map(len, sent)) <= _LONGEST:
            _make_room(self._facts)
            self._facts[key] = found
        return found

    def _is_silent(self, reader: Hl7Reader, source: SegmentSource, segment: Segment) -> bool:
        """Whether no row reads the codes, so that nothing can be said whatever stands beside them."""
        key = source, segment.raw_field(source.code.number)
        known = self._silent.get(key)
        if known is None:
            coded, tables = reader.coded(source, segment), reader.tables
            sense = meaning(coded.codings, coded.names, tables)
            known = not sense.own and not any(tables.rows_for(source.kind, code.concept) for code in sense.codes)
            if len(key[1]) <= _LONGEST:
                _make_room(self._silent)
                self._silent[key] = known
        return known


def _make_room(remembered: dict[tuple[SegmentSource, bytes], bool] | dict[_Key, frozenset[str] | None]) -> None:
    if len(remembered) >= _MOST:
        remembered.clear()


def _facts(reader: Hl7Reader, source: SegmentSource, segment: Segment, above: Above) -> frozenset[str] | None:
    """The facts of an element by itself, where its content is in order, it takes nothing back and it stands alone."""
    found = interpreted(reader.one(source, segment, above), Beside((), reader.tables), reader.tables)
    if not found.alone or takes_back(found.statements) or excluded_findings(found.statements):
        return None
    return frozenset(statement.fact for statement in found.statements)


@lru_cache(maxsize=256)
def _own_fields(source: SegmentSource) -> tuple[int, ...]:
    """The numbers of the fields of its segment that hold code and value."""
    named = (source.code, source.value, source.data_type, source.units, source.range, source.flags, source.absent)
    return tuple(sorted({one.number for one in named if isinstance(one, Address)}))


def _known_elements(reader: Hl7Reader) -> _KnownElements:
    """The memory for messages that are written as this one is, and read in the same way."""
    message, sender = reader.message, reader.profile
    types = (sender.missing_data_type, sender.wrong_data_type)
    return _remembered(message.delimiters, message.charset, types, tuple(sender.systems.items()), reader.tables)


@lru_cache(maxsize=64)
def _remembered(
    _: Delimiters, __: str, ___: tuple[str, str], ____: tuple[tuple[str, str], ...], _____: Tables
) -> _KnownElements:
    return _KnownElements()
