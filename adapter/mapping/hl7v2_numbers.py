"""What a message says about the numbers of patients themselves: merges, changes, links and their undoing.

It reads them into values; what they do to cases is up to those who keep cases (hl7v2_stream.py, the store).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.hl7v2 import PatientGroup, Segment
from adapter.mapping.hl7v2_patient import PatientKey, key_of, keys_of
from adapter.mapping.schema import NumberEvents
from adapter.mapping.sender import Sender

ChangeKind = Literal["merge", "change", "link", "unlink"]


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """One pair of patient numbers in one message.

    merge, change: `retired` stands for `survivor` from now on (ADT^A18, A34, A40; A47). link, unlink: both numbers are
    of one person or are not, and their records stay apart (ADT^A24, A37). `document` is the control id of the message,
    `place` the segment of the retired number, `when` the time of the message.
    """

    kind: ChangeKind
    survivor: PatientKey = field(repr=False)
    retired: PatientKey = field(repr=False)
    event: str
    document: str
    place: str
    when: Moment | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What one message announces: its event, control id and time, and whose numbers it has."""

    event: str
    document: str
    facility: str
    sender: Sender
    when: Moment | None


def identity_changes(
    groups: Sequence[PatientGroup], told: Announced, events: NumberEvents
) -> tuple[list[IdentityChange], list[Finding]]:
    """The changes of patient numbers in a message, and what of them could not be read."""
    kind = _kind(told.event, events)
    if kind in ("link", "unlink"):
        return _links(groups, kind, told)
    changes: list[IdentityChange] = []
    findings: list[Finding] = []
    for group in groups:
        for mrg in (segment for segment in group.segments if segment.name == "MRG"):
            read = list(_merges(group.patient, mrg, kind, told)) if kind and group.patient else []
            changes += read
            if not read:
                findings.append(_not_applied(mrg, told))
    return changes, findings


def _kind(event: str, events: NumberEvents) -> ChangeKind | None:
    kinds: tuple[ChangeKind, ...] = ("merge", "change", "link", "unlink")
    return next((kind for kind in kinds if event in getattr(events, kind)), None)


def _merges(pid: Segment, mrg: Segment, kind: ChangeKind, told: Announced) -> Iterator[IdentityChange]:
    """Each prior number (MRG-1) with the number of the PID above it, that of the same authority where there is one."""
    survivors = keys_of(pid.field(3), told.facility, told.sender)
    of_authority = {key.authority: key for key in reversed(survivors)}
    for retired in keys_of(mrg.field(1), told.facility, told.sender):
        survivor = of_authority.get(retired.authority, survivors[0] if survivors else None)
        if survivor is not None:
            yield IdentityChange(kind, survivor, retired, told.event, told.document, f"{mrg.address}-1", told.when)


def _links(
    groups: Sequence[PatientGroup], kind: ChangeKind, told: Announced
) -> tuple[list[IdentityChange], list[Finding]]:
    """The first patient of the message with each further one."""
    keys = [(pid, key_of(pid, told.facility, told.sender)) for group in groups if (pid := group.patient) is not None]
    known = [(pid, key) for pid, key in keys if key is not None]
    if len(known) < 2:
        hint = "the message links patients and does not name two: nothing is noted"
        return [], [Finding("link-incomplete", "warning", f"{told.document} PID[1]-3", hint)]
    (_, first), *others = known
    return [
        IdentityChange(kind, first, key, told.event, told.document, f"{pid.address}-3", told.when)
        for pid, key in others
    ], []


def _not_applied(mrg: Segment, told: Announced) -> Finding:
    hint = "the numbers of this merge cannot be read, or its event merges no patients: results of both stay apart"
    return Finding("merge-not-applied", "error", f"{told.document} {mrg.address}", hint)
