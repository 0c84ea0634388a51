"""From HL7 v2 segments to items: what each coded element says in raw form, at the addresses of sources.yaml.

Which segments stand over it is found in hl7v2_above.py; what its codes mean is decided later (interpret.py).
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.hl7v2 import Message, PatientGroup, Segment, read_offset
from adapter.mapping.hl7v2_above import Above, order_members
from adapter.mapping.hl7v2_circumstances import CircumstancesReader
from adapter.mapping.hl7v2_fields import CodedField, coded_fields
from adapter.mapping.hl7v2_sources import Address, Elements, SegmentSource
from adapter.mapping.hl7v2_values import absent_reason, normal_range, raw_value
from adapter.mapping.item import Amount, Item, Missing, Place, RawValue, Unusable
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

_NONE = Missing("empty")


class Hl7Reader:
    """Turns the segments of one message into items. `zone` is for times without one: MSH-7's, else the sender's.
    Nothing was released after `latest`."""

    def __init__(
        self, message: Message, document: str, tables: Tables, sender: Sender, latest: datetime | None = None
    ) -> None:
        self.message = message
        self.document = document
        self.profile = sender
        self.zone = read_offset(message.header.time) or sender.zone
        self.findings: list[Finding] = []
        header = message.header
        self.tables = tables
        self.elements = Elements(tables.hl7v2.of(header.code), message.delimiters.repetition)
        self.sender = " ".join(part for part in (header.sending_application, header.sending_facility) if part)
        self._codes = coded_fields(message, sender, tables)
        self.around = CircumstancesReader(self._codes, self.zone, latest)
        self._seen: dict[str, int] = {}
        self._bad: set[str] = set()

    def count(self) -> int:
        """How many coded elements the message holds, counted without reading them."""
        return sum([count for segment in self.message.segments for _, count in self.elements.of(segment)])

    def segments(self, group: PatientGroup, patient: Above) -> Iterator[tuple[Segment, tuple[Item, ...]]]:
        """All segments of a patient group, in order of their groups, each with its items. `patient` stands over all."""
        for segment in group.segments:
            yield segment, self._items(segment, patient, "")
        for index in range(len(group.orders)):
            name = f"{self.document}|{index}"
            for segment, above in order_members(group, index, patient):
                yield segment, self._items(segment, above, name)

    def coded(self, source: SegmentSource, segment: Segment) -> CodedField:
        """The one coded element of a segment."""
        return self._codes.given(source.codings) if source.codings else self._codes.first(segment, source.code.number)

    def one(self, source: SegmentSource, segment: Segment, above: Above) -> Item:
        """The item of the one coded element of a segment, which is taken for the first of its order."""
        number = source.code.number
        place = Place(f"{segment.address}-{number}", *segment.field_span(number))
        return self._item(source, segment, above, "", self.coded(source, segment), place)

    def _items(self, segment: Segment, above: Above, group: str) -> tuple[Item, ...]:
        items: list[Item] = []
        for source, count in self.elements.of(segment):
            number = source.code.number
            if count == 1:
                coded = self.coded(source, segment)
                place = Place(f"{segment.address}-{number}", *segment.field_span(number))
                items.append(self._item(source, segment, above, group, coded, place))
            elif count:
                items += self._repeated(source, segment, above, group)
        return tuple(items)

    def _repeated(self, source: SegmentSource, segment: Segment, above: Above, group: str) -> Iterator[Item]:
        """An item for each repetition of the code; they differ in nothing else, so that the rest is read once."""
        first: Item | None = None
        for repetition in segment.field(source.code.number).repetitions:
            place, coded = Place(repetition.address(), *repetition.span), self._codes.read(repetition)
            if first is None:
                first = self._item(source, segment, above, group, coded, place)
                yield first
            else:
                yield first._replace(
                    codings=coded.codings,
                    names=coded.names,
                    place=place,
                    value_place=place,
                    identity=self._identity(first.series, None),
                )

    def _item(
        self, source: SegmentSource, segment: Segment, above: Above, group: str, coded: CodedField, place: Place
    ) -> Item:
        around = self.around.circumstances(source, segment, above)
        times = self.around.times(source, segment, above)
        for address in times.unreadable:
            self._note_bad_date(address, above.segment(address.segment, segment) or segment)
        if times.ahead is not None:
            self._note_ahead(times.ahead, above.segment(times.ahead.segment, segment) or segment)
        value, text, flagged, normal, value_place = self._value(source, segment, coded, place)
        series = self._series(around.order, source, segment, above)
        panel = segment.text(source.panel.number, source.panel.component) if source.panel else ""
        return Item(
            kind=source.kind,
            wire="hl7v2",
            document=self.document,
            place=place,
            value_place=value_place,
            codings=coded.codings,
            names=coded.names,
            around=around.around,
            value=value,
            statuses=around.statuses,
            when=times.when,
            bad_date=times.bad_date,
            issued=times.issued,
            identity=self._identity(series, times.when if source.kind == "result" else None),
            group=f"{group}|{panel}" if source.panel else group,
            body_site=around.body_site,
            used=around.used,
            reason=around.reason,
            flags=flagged,
            range=normal,
            text=text,
            source=self.sender,
            ended=times.ended,
            series=series,
            assay=around.assay,
        )

    def _value(
        self, source: SegmentSource, segment: Segment, coded: CodedField, place: Place
    ) -> tuple[RawValue, bool, tuple[str, ...], Amount | None, Place]:
        """The value of a result: raw value, whether it is narrative, flags, reference range and place."""
        if source.value is None:
            return _NONE, False, (), None, place
        data_type = source.data_type if isinstance(source.data_type, str) else segment.text(source.data_type.number)
        units = self._codes.units(segment, source.units.number) if source.units else ()
        number = source.value.number
        value, text = raw_value(segment.field(number), data_type, units, self.zone, self.profile, own=coded.own)
        if source.absent and segment.raw_field(source.absent.number):
            value = _without(value, absent_reason(segment.field(source.absent.number), self.profile))
        flagged = self._codes.flags(segment, source.flags.number) if source.flags else ()
        normal = normal_range(segment.text(source.range.number)) if source.range else None
        return value, text, flagged, normal, Place(f"{segment.address}-{number}", *segment.field_span(number))

    def _identity(self, series: str, when: Moment | None) -> str:
        """What a later message may replace: order, what tells its results apart, and their time; none without an order.

        Repeats within one message are numbered: only a later message replaces a result.
        """
        if not series:
            return ""
        identity = f"{series}|{_instant(when.earliest) if when else ''}"
        seen = self._seen[identity] = self._seen.get(identity, 0) + 1
        return identity if seen == 1 else f"{identity}#{seen}"

    def _series(self, order: str, source: SegmentSource, segment: Segment, above: Above) -> str:
        """Order and what tells its results apart, without the time; nothing where no order is named."""
        if not order:
            return ""
        return "|".join([self.sender, segment.name, order, *[above.text(one, segment) for one in source.identity]])

    def _note_bad_date(self, address: Address, segment: Segment) -> None:
        place = f"{segment.address}-{address.number}"
        if place not in self._bad:
            self._bad.add(place)
            hint = "the time is no valid HL7 time"
            self.findings.append(Finding("bad-date", "warning", f"{self.document} {place}", hint))

    def _note_ahead(self, address: Address, segment: Segment) -> None:
        place = f"{segment.address}-{address.number}"
        if place not in self._bad:
            self._bad.add(place)
            self.findings.append(sent_ahead(f"{self.document} {place}"))


def sent_ahead(place: str) -> Finding:
    """What is said of a message that has a time of sending or release after it came."""
    return Finding("sent-ahead", "warning", place, "the time lies after the arrival of the message: it is not used")


@lru_cache(maxsize=1024)  # many results of a message have one time
def _instant(earliest: datetime) -> str:
    return earliest.isoformat()


def _without(value: RawValue, reason: str) -> RawValue:
    """A value beside the reason why there is none contradicts it; without a value the reason stands."""
    if not reason:
        return value
    return Missing(reason) if isinstance(value, Missing) else Unusable("value-and-absent-reason")
