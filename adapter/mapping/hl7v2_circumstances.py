"""What is said around the code and the value of an element: statuses, times, sites, specimen, method, order.

It stands in the element's own segment and in those above, and is the same for most elements of an order: elements that
have the same there share it. Not for codes and values (hl7v2_items.py).
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from adapter.case.assay import UNSAID, Assay
from adapter.case.moment import Moment
from adapter.hl7v2 import Segment
from adapter.mapping.hl7v2_above import Above
from adapter.mapping.hl7v2_fields import CodedFields
from adapter.mapping.hl7v2_sources import Address, Addresses, SegmentSource
from adapter.mapping.hl7v2_values import time_of
from adapter.mapping.item import Codings


@dataclass(frozen=True, slots=True)
class Times:
    """When it was, when it was released and when it ended.

    `unreadable` are the addresses of times that were sent and cannot be read; `bad_date`: that of `when` is one.
    `ahead` is the address of a release after the message came, which is not used.
    """

    when: Moment | None
    bad_date: bool
    issued: Moment | None
    ended: Moment | None
    unreadable: Addresses
    ahead: Address | None = None


def is_after(when: Moment | None, latest: datetime | None) -> bool:
    """Whether a time is certainly after the latest one possible, where that is known."""
    return when is not None and latest is not None and when.earliest > latest


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is said; `around` tells of the specimen, `order` is its number."""

    statuses: tuple[tuple[str, str], ...]
    order: str
    around: tuple[str, ...]
    body_site: tuple[Codings, ...]
    used: tuple[Codings, ...]
    reason: tuple[Codings, ...]
    assay: Assay


_Key = tuple[SegmentSource, tuple[bytes, ...]]


class CircumstancesReader:
    """Reads what is said around the elements of one message, anew only where a field that says it differs.

    `zone` is for times without one, `latest` the time after which nothing in the message can have been released.
    """

    def __init__(self, codes: CodedFields, zone: tzinfo | None, latest: datetime | None) -> None:
        self._codes = codes
        self._zone = zone
        self._latest = latest
        self._above: Above | None = None
        self._times: dict[_Key, Times] = {}
        self._circumstances: dict[_Key, Circumstances] = {}

    def times(self, source: SegmentSource, segment: Segment, above: Above) -> Times:
        """The times of an element."""
        if self._above is not above:
            self._stand_under(above)
        key = source, segment.raw_fields(source.times)
        known = self._times.get(key)
        if known is None:
            known = self._times[key] = self._read_times(source, segment, above)
        return known

    def circumstances(self, source: SegmentSource, segment: Segment, above: Above) -> Circumstances:
        """The circumstances of an element."""
        if self._above is not above:
            self._stand_under(above)
        key = source, segment.raw_fields(source.circumstances)
        known = self._circumstances.get(key)
        if known is None:
            known = self._circumstances[key] = self._read(source, segment, above)
        return known

    def _stand_under(self, above: Above) -> None:
        """Forget what was read under other segments."""
        self._above = above
        self._times.clear()
        self._circumstances.clear()

    def _read_times(self, source: SegmentSource, segment: Segment, above: Above) -> Times:
        found = [self._first_time(one, segment, above) for one in (source.when, source.issued, source.ended)]
        (when, unread), (issued, _), (ended, _) = found
        unreadable = tuple(one for _, one in found if one is not None)
        if not is_after(issued, self._latest):
            return Times(when, unread is not None, issued, ended, unreadable)
        ahead = next(one for one in source.issued if above.time(one, segment)[0])
        return Times(when, unread is not None, None, ended, unreadable, ahead)

    def _read(self, source: SegmentSource, segment: Segment, above: Above) -> Circumstances:
        return Circumstances(
            statuses=tuple((table, above.text(address, segment)) for table, address in source.statuses),
            order=above.first_text(source.order, segment),
            around=tuple(filter(None, (above.text(one, segment) for one in source.specimen))),
            body_site=self._each(source.body_site, segment, above),
            used=self._each(source.used, segment, above),
            reason=self._each(source.reason, segment, above),
            assay=_assay(source, segment, above),
        )

    def _first_time(self, addresses: Addresses, segment: Segment, above: Above) -> tuple[Moment | None, Address | None]:
        """The first time that was sent, or the address of it where it cannot be read. MSH-7 is never asked."""
        for address in addresses:
            text, degree = above.time(address, segment)
            if text:
                when = time_of(text, degree, self._zone)
                return when, address if when is None else None
        return None, None

    def _each(self, addresses: Addresses, segment: Segment, above: Above) -> tuple[Codings, ...]:
        """The codings of every repetition of the fields."""
        found: list[Codings] = []
        for name, number, _ in addresses:
            named = above.segment(name, segment)
            if named is not None and named.raw_field(number):
                read = (self._codes.read(repetition).codings for repetition in named.field(number).repetitions)
                found += filter(None, read)
        return tuple(found)


def _assay(source: SegmentSource, segment: Segment, above: Above) -> Assay:
    method, laboratory = above.first_text(source.method, segment), above.first_text(source.laboratory, segment)
    return Assay(method, laboratory) if method or laboratory else UNSAID
