"""From HL7 v2 segments to items: which segment belongs to which order and patient, and what it says in raw form.

The addresses come from sources.yaml; what codes mean is decided later (interpret.py).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import cache

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.hl7v2 import Message, OrderGroup, PatientGroup, Segment, read_offset
from adapter.mapping.hl7v2_values import coded, flags, moment, names, normal_range, raw_value
from adapter.mapping.item import Codings, Item, Missing, Place
from adapter.mapping.schema import Hl7Source
from adapter.mapping.tables import Tables

_ADDRESS = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\.([0-9]+))?")

Context = Mapping[str, Segment]
"""The segments that an address may name: the segment itself, and the OBR, ORC and SPM over it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A segment of one patient group, with the items that it gave."""

    segment: Segment
    items: tuple[Item, ...]


@dataclass(slots=True)
class Hl7Reader:
    """Turns the segments of one message into items. `zone` is for times that carry none, if MSH-7 has none."""

    message: Message
    document: str
    tables: Tables
    zone: tzinfo | None = None
    findings: list[Finding] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.zone = read_offset(self.message.header.time) or self.zone

    def segments(self, group: PatientGroup) -> Iterator[Found]:
        """All segments of a patient group, in order of their groups, each with its items."""
        for segment in group.segments:
            yield Found(segment, tuple(self._items({segment.name: segment}, segment, "")))
        for index, order in enumerate(group.orders):
            yield from self._order(group, index, order)

    def _order(self, group: PatientGroup, index: int, order: OrderGroup) -> Iterator[Found]:
        context: dict[str, Segment] = {}
        common, specimens = group.common_of(index), group.specimens_of(index)
        if common is not None:
            context["ORC"] = common
        if specimens:
            context["SPM"] = specimens[0]
        if order.order is not None:
            context[order.order.name] = order.order
        members = [
            order.common,
            order.order,
            *order.specimens,
            *order.observations,
            *order.notes,
            *order.segments,
        ]
        for segment in members:
            if segment is not None:
                inner = {**context, segment.name: segment}
                yield Found(segment, tuple(self._items(inner, segment, f"{self.document}|{index}")))

    def _items(self, context: Context, segment: Segment, group: str) -> Iterator[Item]:
        for source in self.tables.sources.hl7v2:
            if source.segment != segment.name or not self._applies(source):
                continue
            yield self._item(source, context, segment, group)

    def _applies(self, source: Hl7Source) -> bool:
        return not source.messages or self.message.header.code in source.messages

    def _item(self, source: Hl7Source, context: Context, segment: Segment, group: str) -> Item:
        codes = self._codings(context, (source.code,))
        code_field = segment.field(_parsed(source.code)[1])
        when, bad = self._first_moment(context, source.when)
        issued, _ = self._first_moment(context, source.issued)
        base = Item(
            kind=source.kind,
            wire="hl7v2",
            document=self.document,
            place=Place(code_field.address, *code_field.span),
            value_place=Place(code_field.address, *code_field.span),
            codings=codes[0] if codes else (),
            names=names(code_field.first),
            around=tuple(filter(None, (self._text(context, address) for address in source.specimen))),
            value=Missing("empty"),
            statuses=tuple((table, self._text(context, address)) for table, address in source.statuses),
            when=when,
            bad_date=bad,
            issued=issued,
            identity=self._identity(source, context, when),
            series=self._series(source, context),
            group=group,
            body_site=self._codings(context, source.body_site),
            reason=self._codings(context, source.reason),
            source=self._sender(),
        )
        return self._with_value(base, segment) if source.kind == "result" else base

    def _with_value(self, base: Item, obx: Segment) -> Item:
        systems = (self.tables.systems.uri(coding.system) for coding in base.codings)
        value, text = raw_value(obx, self.zone, own=self.tables.own_system in systems)
        five = obx.field(5)
        return replace(
            base,
            value=value,
            value_place=Place(five.address, *five.span),
            flags=flags(obx.field(8)),
            range=normal_range(obx.field(7)),
            group=f"{base.group}|{obx.field(4).text}",
            text=text,
        )

    def _sender(self) -> str:
        header = self.message.header
        return " ".join(part for part in (header.sending_application, header.sending_facility) if part)

    def _identity(self, source: Hl7Source, context: Context, when: Moment | None) -> str:
        """The result's identity: order, what tells its results apart, and the time; none where no order is named.

        Repeats within one message are numbered: only a later message replaces a result.
        """
        series = self._series(source, context)
        if not series:
            return ""
        identity = f"{series}|{when.earliest.isoformat() if when else ''}"
        self._seen[identity] += 1
        return identity if self._seen[identity] == 1 else f"{identity}#{self._seen[identity]}"

    def _series(self, source: Hl7Source, context: Context) -> str:
        """Order and what tells its results apart, without the time; nothing where no order is named."""
        order = next((text for address in source.order if (text := self._text(context, address))), "")
        parts = [self._text(context, address) for address in source.identity]
        return "|".join([self._sender(), source.segment, order, *parts]) if order else ""

    def _text(self, context: Context, address: str) -> str:
        name, number, component = _parsed(address)
        segment = context.get(name)
        if segment is None:
            return ""
        found = segment.field(number)
        return found.first.component(component) if component else found.text

    def _codings(self, context: Context, addresses: Sequence[str]) -> tuple[Codings, ...]:
        found: list[Codings] = []
        for address in addresses:
            name, number, _ = _parsed(address)
            segment = context.get(name)
            if segment is not None:
                found.extend(codings for r in segment.field(number).repetitions if (codings := coded(r)))
        return tuple(found)

    def _first_moment(self, context: Context, addresses: Sequence[str]) -> tuple[Moment | None, bool]:
        """The first time that was sent; one that cannot be read counts as bad, not as absent. MSH-7 is never asked."""
        for address in addresses:
            name, number, _ = _parsed(address)
            text = self._text(context, f"{name}-{number}.1")
            if text:
                when = moment(text, self.zone)
                if when is None:
                    place = f"{context[name].address}-{number}"
                    self.findings.append(
                        Finding("bad-date", "warning", f"{self.document} {place}", "the time is no valid HL7 time")
                    )
                return when, when is None
        return None, False


@cache
def _parsed(address: str) -> tuple[str, int, int]:
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"no HL7 v2 field address: {address}")
    return match[1], int(match[2]), int(match[3] or 0)
