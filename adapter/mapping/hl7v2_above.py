"""The segments that stand over an element: its message's header, its patient's visit, its order and specimen.

What is read of them is read once for all elements under them. Not for which segments those are (groups.py).
"""

from bisect import bisect_right
from collections.abc import Iterator

from adapter.hl7v2 import Message, PatientGroup, Segment
from adapter.mapping.hl7v2_sources import Address, Addresses


class Above:
    """The segments that an address may name beside an element's own, by name."""

    __slots__ = ("_segments", "_texts")

    def __init__(self, segments: dict[str, Segment]) -> None:
        self._segments = segments
        self._texts: dict[Address, str] = {}

    def under(self, *segments: Segment | None) -> "Above":
        """The same with these segments added, or in place of those of their name."""
        return Above({**self._segments, **{segment.name: segment for segment in segments if segment is not None}})

    def segment(self, name: str, own: Segment) -> Segment | None:
        """The segment that an address names: the element's own where it has that name."""
        return own if own.name == name else self._segments.get(name)

    def text(self, address: Address, own: Segment) -> str:
        """The text at an address, empty where the segment or the field is missing."""
        name, number, component = address
        if own.name == name:
            return own.text(number, component)
        known = self._texts.get(address)
        if known is None:
            segment = self._segments.get(name)
            known = self._texts[address] = "" if segment is None else segment.text(number, component)
        return known

    def time(self, address: Address, own: Segment) -> tuple[str, str]:
        """The text of a time, and its degree of precision (component 2 of a TS) where the whole field is named."""
        name, number, component = address
        text = self.text(Address(name, number, component or 1), own)
        segment = self.segment(name, own)
        if not text or component or segment is None or len(segment.raw_field(number)) == len(text):
            return text, ""
        return text, segment.text(number, 2)

    def first_text(self, addresses: Addresses, own: Segment) -> str:
        """The first text that was sent."""
        for address in addresses:
            text = self.text(address, own)
            if text:
                return text
        return ""


def over_patient(message: Message, group: PatientGroup) -> Above:
    """What stands over everything of one patient of a message: MSH, PID, the first PV1, and the document's TXA."""
    first = {segment.name: segment for segment in (*message.named("TXA")[:1], *message.segments[:1])}
    visit = next((segment for segment in group.segments if segment.name == "PV1"), None)
    return Above(first).under(group.patient, visit)


def order_members(group: PatientGroup, index: int, patient: Above) -> Iterator[tuple[Segment, Above]]:
    """The segments of one order of a patient, each with what stands over it.

    A segment belongs to the nearest SPM above it. The only SPM of an order governs all of it, wherever it stands;
    of several, none governs what comes before the first.
    """
    order = group.orders[index]
    common, specimens = group.common_of(index), group.specimens_of(index)
    bare = patient.under(common, order.order)
    under = [bare.under(specimen) for specimen in specimens]
    places = [specimen.position for specimen in specimens]
    members = (order.common, order.order, *order.specimens, *order.observations, *order.notes, *order.segments)
    for segment in members:
        if segment is None:
            continue
        if len(specimens) == 1:
            yield segment, under[0]
            continue
        before = bisect_right(places, segment.position)
        yield segment, under[before - 1] if before else bare
