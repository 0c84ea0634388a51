"""Which segments belong together: patients, and under them orders with their results, by order alone.

No grammar of any version, so that a segment in an unexpected place is kept and found. Not for what a group
means.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapter.hl7v2.message import Message
from adapter.hl7v2.segments import HEADER_NAMES, Segment

_PATIENT_LEVEL: Final = frozenset({"PD1", "NK1", "PV1", "PV2", "MRG"})
_PHARMACY: Final = ("RXO", "RXE", "RXD", "RXG", "RXA")
"""From the order as written to what was given; of several under one ORC the later is the group's order."""


@dataclass(frozen=True, slots=True)
class OrderGroup:
    """One order or report: its OBR (or RXO, RXE, RXD, RXG, RXA), ORC, SPM, OBX, NTE and all other segments.

    `order` is None for results without an OBR. `continues`: the ORC or SPM that governs this group stands in
    an earlier group of the same patient, see `PatientGroup.common_of` and `PatientGroup.specimens_of`.
    """

    order: Segment | None
    common: Segment | None
    specimens: tuple[Segment, ...]
    observations: tuple[Segment, ...]
    notes: tuple[Segment, ...]
    segments: tuple[Segment, ...]
    continues: bool


@dataclass(frozen=True, slots=True)
class Governing:
    """The ORC and the SPM segments over an order group, its own or those of the groups that it continues."""

    common: Segment | None
    specimens: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class PatientGroup:
    """One PID and what follows it. `segments` are those at patient level (PV1, DG1 ...), without the PID
    itself.

    `patient` is None for what stands under no PID: its results must not be given to any patient. `preamble`
    holds MSH, EVN and others before the first PID; it is empty in the groups of later PIDs. `governing` has one entry
    for each of `orders`.
    """

    preamble: tuple[Segment, ...]
    patient: Segment | None
    segments: tuple[Segment, ...]
    orders: tuple[OrderGroup, ...]
    governing: tuple[Governing, ...] = ()

    def common_of(self, index: int) -> Segment | None:
        """The ORC of the order group of that index; a repeated RXA, RXE ... shares the one before it."""
        return self.governing[index].common

    def specimens_of(self, index: int) -> tuple[Segment, ...]:
        """The SPM segments that govern the order group of that index, its own or those it continues."""
        return self.governing[index].specimens


def groups(message: Message) -> tuple[PatientGroup, ...]:
    """The message's patients in order; every segment of the message is in exactly one place.

    A PID opens a patient; a second message header closes it. An ORC opens an order, an OBR belongs to the ORC
    before it if that has no order or result yet, else it opens one of its own. OBX and NTE go to the order
    above, also after SPM. Where SPM comes before any order of the patient (OUL^R22), each SPM opens a group,
    and an ORC after its OBR belongs to that. OBX with no order above form a group without one.
    """
    grouping = _Grouping()
    for segment in message.segments:
        grouping.take(segment)
    return grouping.finished()


@dataclass(slots=True)
class _OpenOrder:
    order: Segment | None = None
    common: Segment | None = None
    specimens: list[Segment] = field(default_factory=list)
    observations: list[Segment] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    continues: bool = False

    @property
    def bare(self) -> bool:
        """Whether it holds results under nothing: no order, no ORC, no specimen."""
        return self.order is None and self.common is None and not self.specimens

    def accepts_order(self) -> bool:
        """Whether it is an ORC or SPM that still waits for its order."""
        return self.order is None and not self.bare and not self.observations

    def accepts_common(self) -> bool:
        """Whether it is an OBR that may have its ORC after it."""
        request = self.order is not None and self.order.name == "OBR"
        return request and self.common is None and not self.observations

    def closed(self) -> OrderGroup:
        return OrderGroup(
            self.order,
            self.common,
            tuple(self.specimens),
            tuple(self.observations),
            tuple(self.notes),
            tuple(self.segments),
            self.continues,
        )


@dataclass(slots=True)
class _OpenPatient:
    patient: Segment | None = None
    preamble: list[Segment] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    orders: list[_OpenOrder] = field(default_factory=list)
    specimen_led: bool = False

    def closed(self) -> PatientGroup:
        orders = tuple(order.closed() for order in self.orders)
        governing = tuple(_governing(orders))
        return PatientGroup(tuple(self.preamble), self.patient, tuple(self.segments), orders, governing)


def _governing(orders: Sequence[OrderGroup]) -> Iterator[Governing]:
    common: Segment | None = None
    specimens: tuple[Segment, ...] = ()
    for group in orders:
        if not group.continues:
            common, specimens = None, ()
        common, specimens = group.common or common, group.specimens or specimens
        shares = group.order is not None and group.order.name in _PHARMACY
        yield Governing(common if shares else group.common, specimens)


class _Grouping:
    """The walk over the segments: the patient and order that are open, and those done."""

    def __init__(self) -> None:
        self._done: list[PatientGroup] = []
        self._patient = _OpenPatient()
        self._order: _OpenOrder | None = None
        self._in_order = False  # whether the segment before went into the open order
        self._takers: dict[str, Callable[[Segment], None]] = {
            "PID": self._take_patient,
            "ORC": self._take_common,
            "OBR": self._take_request,
            "SPM": self._take_specimen,
            "OBX": self._take_observation,
            **dict.fromkeys(_PHARMACY, self._take_pharmacy),
            **dict.fromkeys(HEADER_NAMES, self._take_header),
            **dict.fromkeys(_PATIENT_LEVEL, self._take_patient_level),
        }

    def take(self, segment: Segment) -> None:
        self._takers.get(segment.name, self._take_other)(segment)

    def finished(self) -> tuple[PatientGroup, ...]:
        return (*self._done, self._patient.closed())

    def _take_header(self, segment: Segment) -> None:
        if segment.position:
            self._next_patient()
        self._patient.preamble.append(segment)

    def _take_patient(self, segment: Segment) -> None:
        open_one = self._patient
        if open_one.patient is not None or open_one.orders:
            self._next_patient()
        self._patient.patient = segment
        self._in_order = False

    def _next_patient(self) -> None:
        self._done.append(self._patient.closed())
        self._patient, self._order, self._in_order = _OpenPatient(), None, False

    def _open_order(self, continues: bool = False) -> _OpenOrder:
        self._order = _OpenOrder(continues=continues)
        self._patient.orders.append(self._order)
        self._in_order = True
        return self._order

    def _take_common(self, segment: Segment) -> None:
        current = self._order
        if self._patient.specimen_led and current is not None and current.accepts_common():
            current.common, self._in_order = segment, True
        else:
            self._open_order(continues=self._shares_specimen()).common = segment

    def _take_request(self, segment: Segment) -> None:
        if self._order is None or not self._order.accepts_order():
            self._open_order(continues=self._shares_specimen())
        self._set_order(segment)

    def _shares_specimen(self) -> bool:
        """Whether an order that opens now stands under the SPM of the group before it."""
        return self._patient.specimen_led and self._order is not None

    def _take_pharmacy(self, segment: Segment) -> None:
        current = self._order
        if current is not None and (current.accepts_order() or _replaces(segment, current)):
            if current.order is not None:
                current.segments.append(current.order)
        else:
            self._open_order(continues=current is not None and _under_orc(current))
        self._set_order(segment)

    def _set_order(self, segment: Segment) -> None:
        order = self._order or self._open_order()
        order.order, self._in_order = segment, True

    def _take_specimen(self, segment: Segment) -> None:
        if self._order is None or self._order.bare:
            self._patient.specimen_led = True
        if self._order is None or self._patient.specimen_led:
            self._open_order()
        self._into_order(segment, lambda order: order.specimens)

    def _take_observation(self, segment: Segment) -> None:
        (self._order or self._open_order()).observations.append(segment)
        self._in_order = True

    def _into_order(self, segment: Segment, part: Callable[[_OpenOrder], list[Segment]]) -> None:
        part(self._order or self._open_order()).append(segment)
        self._in_order = True

    def _take_other(self, segment: Segment) -> None:
        order = self._order
        if order is None or (order.bare and not (self._in_order and segment.name == "NTE")):
            self._take_patient_level(segment)
        elif segment.name == "NTE":
            self._into_order(segment, lambda order: order.notes)
        else:
            self._into_order(segment, lambda order: order.segments)

    def _take_patient_level(self, segment: Segment) -> None:
        open_one = self._patient
        before = open_one.patient is None and not open_one.orders
        (open_one.preamble if before else open_one.segments).append(segment)
        self._in_order = False


def _replaces(segment: Segment, current: _OpenOrder) -> bool:
    """Whether a pharmacy segment says more of the same order than the one that the group has."""
    held = current.order
    if held is None or held.name not in _PHARMACY or current.observations or current.continues:
        return False
    return _PHARMACY.index(segment.name) > _PHARMACY.index(held.name)


def _under_orc(current: _OpenOrder) -> bool:
    """Whether the group is a pharmacy order under an ORC, its own or a continued one."""
    pharmacy = current.order is not None and current.order.name in _PHARMACY
    return pharmacy and (current.common is not None or current.continues)
