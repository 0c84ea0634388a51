"""From HL7 v2 segments to items: what each coded element says in raw form, at the addresses of sources.yaml.

Which segments stand over it is found in hl7v2_above.py; what its codes mean is decided later (interpret.py).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapter.case.assay import UNSAID, Assay
from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.hl7v2 import Message, PatientGroup, Segment, read_offset
from adapter.mapping.hl7v2_above import Above, order_members
from adapter.mapping.hl7v2_fields import CodedField, CodedFields, coded_fields
from adapter.mapping.hl7v2_sources import Addresses, SegmentSource
from adapter.mapping.hl7v2_values import absent_reason, flags, normal_range, raw_value, time_of
from adapter.mapping.item import Amount, Codings, Item, Missing, Place, RawValue, Unusable
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

_NONE = Missing("empty")


@dataclass(frozen=True, slots=True)
class Found:
    """A segment of one patient group, with the items that it gave."""

    segment: Segment
    items: tuple[Item, ...]


class Hl7Reader:
    """Turns the segments of one message into items. `zone` is for times without one: MSH-7's, else the sender's."""

    def __init__(self, message: Message, document: str, tables: Tables, sender: Sender) -> None:
        self.message = message
        self.document = document
        self.profile = sender
        self.zone = read_offset(message.header.time) or sender.zone
        self.findings: list[Finding] = []
        self.sources = tables.hl7v2.of(message.header.code)
        header = message.header
        self.sender = " ".join(part for part in (header.sending_application, header.sending_facility) if part)
        self._tables = tables
        self._repetition = message.delimiters.repetition
        self._codes: CodedFields = coded_fields(message, sender)
        self._seen: Counter[str] = Counter()
        self._bad: set[str] = set()

    def count(self) -> int:
        """How many coded elements the message holds, counted without reading them."""
        return sum(
            self.elements(source, segment)
            for segment in self.message.segments
            for source in self.sources.get(segment.name, ())
        )

    def elements(self, source: SegmentSource, segment: Segment) -> int:
        """How many coded elements a source finds in a segment."""
        return source.count(segment, self._repetition)

    def segments(self, group: PatientGroup, patient: Above) -> Iterator[Found]:
        """All segments of a patient group, in order of their groups, each with its items. `patient` stands over all."""
        for segment in group.segments:
            yield self._found(segment, patient, "")
        for index in range(len(group.orders)):
            name = f"{self.document}|{index}"
            for segment, above in order_members(group, index, patient):
                yield self._found(segment, above, name)

    def _found(self, segment: Segment, above: Above, group: str) -> Found:
        sources = self.sources.get(segment.name)
        if sources is None:
            return Found(segment, ())
        return Found(segment, tuple(item for source in sources for item in self._items(source, segment, above, group)))

    def _items(self, source: SegmentSource, segment: Segment, above: Above, group: str) -> Iterator[Item]:
        number = source.code.number
        count = self.elements(source, segment)
        if count == 1:
            coded = CodedField(source.codings, ()) if source.codings else self._codes.first(segment, number)
            place = Place(f"{segment.address}-{number}", *segment.field_span(number))
            yield self._item(source, segment, above, group, coded, place)
            return
        if count:
            yield from self._repeated(source, segment, above, group)

    def _repeated(self, source: SegmentSource, segment: Segment, above: Above, group: str) -> Iterator[Item]:
        """An item for each repetition of the code; they differ in nothing else, so that the rest is read once."""
        first: Item | None = None
        for repetition in segment.field(source.code.number).repetitions:
            place, coded = Place(repetition.address(), *repetition.span), self._codes.read(repetition)
            if first is None:
                first = self._item(source, segment, above, group, coded, place)
                yield first
            else:
                yield replace(
                    first,
                    codings=coded.codings,
                    names=coded.names,
                    place=place,
                    value_place=place,
                    identity=self._identity(first.series, None),
                )

    def _item(
        self, source: SegmentSource, segment: Segment, above: Above, group: str, coded: CodedField, place: Place
    ) -> Item:
        when, bad = self._first_moment(source.when, segment, above)
        value, text, flagged, normal, value_place = self._value(source, segment, coded.codings, place)
        series = self._series(source, segment, above)
        panel = segment.text(source.panel.number, source.panel.component) if source.panel else ""
        return Item(
            kind=source.spec.kind,
            wire="hl7v2",
            document=self.document,
            place=place,
            value_place=value_place,
            codings=coded.codings,
            names=coded.names,
            around=tuple(filter(None, [above.text(one, segment) for one in source.specimen])),
            value=value,
            statuses=tuple([(table, above.text(address, segment)) for table, address in source.statuses]),
            when=when,
            bad_date=bad,
            issued=self._first_moment(source.issued, segment, above)[0],
            identity=self._identity(series, when if source.spec.kind == "result" else None),
            group=f"{group}|{panel}" if source.panel else group,
            body_site=self._each(source.body_site, segment, above),
            used=self._each(source.used, segment, above),
            reason=self._each(source.reason, segment, above),
            flags=flagged,
            range=normal,
            text=text,
            source=self.sender,
            ended=self._first_moment(source.ended, segment, above)[0],
            series=series,
            assay=_assay(source, segment, above),
        )

    def _value(
        self, source: SegmentSource, segment: Segment, codings: Codings, place: Place
    ) -> tuple[RawValue, bool, tuple[str, ...], Amount | None, Place]:
        """The value of a result: raw value, whether it is narrative, flags, reference range and place."""
        if source.value is None:
            return _NONE, False, (), None, place
        data_type = source.data_type if isinstance(source.data_type, str) else segment.text(source.data_type.number)
        units = self._codes.units(segment, source.units.number) if source.units else ()
        sent = segment.field(source.value.number)
        uris = self._tables.systems
        own = any(uris.uri(coding.system) == self._tables.own_system for coding in codings)
        value, text = raw_value(sent, data_type, units, self.zone, self.profile, own=own)
        if source.absent and segment.raw_field(source.absent.number):
            value = _without(value, absent_reason(segment.field(source.absent.number), self.profile))
        flagged = flags(segment.field(source.flags.number)) if source.flags else ()
        normal = normal_range(segment.text(source.range.number)) if source.range else None
        return value, text, flagged, normal, Place(f"{segment.address}-{sent.number}", *sent.span)

    def _identity(self, series: str, when: Moment | None) -> str:
        """What a later message may replace: order, what tells its results apart, and their time; none without an order.

        Repeats within one message are numbered: only a later message replaces a result.
        """
        if not series:
            return ""
        identity = f"{series}|{when.earliest.isoformat() if when else ''}"
        self._seen[identity] += 1
        return identity if self._seen[identity] == 1 else f"{identity}#{self._seen[identity]}"

    def _series(self, source: SegmentSource, segment: Segment, above: Above) -> str:
        """Order and what tells its results apart, without the time; nothing where no order is named."""
        order = above.first_text(source.order, segment)
        if not order:
            return ""
        return "|".join([self.sender, segment.name, order, *[above.text(one, segment) for one in source.identity]])

    def _each(self, addresses: Addresses, segment: Segment, above: Above) -> tuple[Codings, ...]:
        """The codings of every repetition of the fields."""
        found: list[Codings] = []
        for name, number, _ in addresses:
            named = above.segment(name, segment)
            if named is not None and named.raw_field(number):
                read = (self._codes.read(repetition).codings for repetition in named.field(number).repetitions)
                found += filter(None, read)
        return tuple(found)

    def _first_moment(self, addresses: Addresses, segment: Segment, above: Above) -> tuple[Moment | None, bool]:
        """The first time that was sent; one that cannot be read counts as bad, not as absent. MSH-7 is never asked."""
        for address in addresses:
            text, degree = above.time(address, segment)
            if text:
                when = time_of(text, degree, self.zone)
                if when is None:
                    named = above.segment(address.segment, segment) or segment
                    self._note_bad_date(f"{named.address}-{address.number}")
                return when, when is None
        return None, False

    def _note_bad_date(self, place: str) -> None:
        if place not in self._bad:
            self._bad.add(place)
            hint = "the time is no valid HL7 time"
            self.findings.append(Finding("bad-date", "warning", f"{self.document} {place}", hint))


def _assay(source: SegmentSource, segment: Segment, above: Above) -> Assay:
    method, laboratory = above.first_text(source.method, segment), above.first_text(source.laboratory, segment)
    return Assay(method, laboratory) if method or laboratory else UNSAID


def _without(value: RawValue, reason: str) -> RawValue:
    """A value beside the reason why there is none contradicts it; without a value the reason stands."""
    if not reason:
        return value
    return Missing(reason) if isinstance(value, Missing) else Unusable("value-and-absent-reason")
