"""What a message says about the numbers of patients themselves: merges, changes, links and their undoing.

It reads them into values; what they do to cases is up to those who keep cases (hl7v2_stream.py, the store).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.hl7v2 import PatientGroup, Segment
from adapter.mapping.hl7v2_patient import PatientKey, key_of, keys_of, placeholder_findings
from adapter.mapping.schema import NumberEvents
from adapter.mapping.sender import Sender

ChangeKind = Literal["merge", "change", "link", "unlink"]


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """One pair of patient numbers in one message.

    merge, change: `retired` stands for `survivor` from now on (ADT^A18, A34, A40; A47). link, unlink: both numbers are
    of one person or are not, and their records stay apart (ADT^A24, A37); an unlink does not undo a merge. `document`
    is the control id of the message, `place` the segment of the retired number, `when` the time of the message.
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
    """The changes of patient numbers in a message, and what of them could not be read or is not applied."""
    kind = _kind(told.event, events)
    if kind in ("link", "unlink"):
        return _links(groups, kind, told)
    changes: list[IdentityChange] = []
    findings: list[Finding] = []
    for group in groups:
        prior = [segment for segment in group.segments if segment.name == "MRG"]
        for mrg in prior:
            read = _merges(group.patient, mrg, kind, told) if kind and group.patient else []
            changes += read
            findings += placeholder_findings(mrg.field(1), told.document, told.sender)
            if not read:
                findings.append(_not_applied(mrg, told))
        if group.patient is not None:
            findings += _without_prior(group.patient, prior, told, events)
    return changes, findings


def _kind(event: str, events: NumberEvents) -> ChangeKind | None:
    kinds: tuple[ChangeKind, ...] = ("merge", "change", "link", "unlink")
    return next((kind for kind in kinds if event in getattr(events, kind)), None)


def _without_prior(pid: Segment, prior: Sequence[Segment], told: Announced, events: NumberEvents) -> Iterator[Finding]:
    """What a message about a record as a whole asks for and does not get: a merge without MRG, a deletion."""
    if not prior and told.event in (*events.merge, *events.change, *events.not_applied):
        yield _not_applied(pid, told)
    if told.event in events.deletes:
        hint = "the message deletes a person or a visit: nothing of theirs is taken back"
        yield Finding("record-deleted", "error", f"{told.document} {pid.address}", hint)


def _merges(pid: Segment, mrg: Segment, kind: ChangeKind, told: Announced) -> list[IdentityChange]:
    """Each prior number (MRG-1) with the number of the PID above it, that of the same authority where there is one.

    One of them must have authority and type of a number in the PID (HL7 v2.5.1 section 3.3.40); the others are of the
    same person. A number that stands on both sides stays (an enterprise number), unless it is the only one.
    """
    survivors = keys_of(pid.field(3), told.facility, told.sender)
    naming = _naming_as(pid, told.sender)
    prior = [_of_survivor(key, survivors) for key in keys_of(mrg.field(1), told.facility, naming)]
    of_type = {(key.authority, key.kind): key for key in reversed(survivors)}
    if not any((key.authority, key.kind) in of_type for key in prior):
        return []
    of_authority = {key.authority: key for key in reversed(survivors)}
    others = [of_authority.get(key.authority, survivors[0]) for key in prior]
    pairs = [(of_type.get((key.authority, key.kind), other), key) for key, other in zip(prior, others, strict=True)]
    place = f"{mrg.address}-1"
    return [
        IdentityChange(kind, survivor, retired, told.event, told.document, place, told.when)
        for survivor, retired in [pair for pair in pairs if pair[0] != pair[1]] or pairs
    ]


def _naming_as(pid: Segment, sender: Sender) -> Sender:
    """The sender with the universal ids to which PID-3 gives names: an MRG may have the id of an authority alone."""
    named = [(one.subcomponent(4, 2), one.subcomponent(4, 1)) for one in pid.field(3).repetitions]
    known = {universal: sender.authority_of(name, universal) for universal, name in named if universal and name}
    return replace(sender, authorities={**known, **sender.authorities}) if known else sender


def _of_survivor(retired: PatientKey, survivors: Sequence[PatientKey]) -> PatientKey:
    """A prior number without authority is one of that of the survivor, where its type is the same."""
    if not retired.unassigned:
        return retired
    same = next((key for key in survivors if key.kind == retired.kind and not key.unassigned), None)
    return retired if same is None else PatientKey.of(same.authority, retired.kind, retired.value)


def _links(
    groups: Sequence[PatientGroup], kind: ChangeKind, told: Announced
) -> tuple[list[IdentityChange], list[Finding]]:
    """The first patient of the message with each further one."""
    keys = [(pid, key_of(pid, told.facility, told.sender)) for group in groups if (pid := group.patient) is not None]
    known = [(pid, key) for pid, key in keys if key is not None]
    if kind == "unlink" and len({key for _, key in known}) < 2:
        return [], [not_unlinked(f"{told.document} PID[1]-3")]
    if len(known) < 2:
        hint = "the message links patients and does not name two: nothing is noted"
        return [], [Finding("link-incomplete", "warning", f"{told.document} PID[1]-3", hint)]
    (_, first), *others = known
    return [
        IdentityChange(kind, first, key, told.event, told.document, f"{pid.address}-3", told.when)
        for pid, key in others
    ], []


def not_unlinked(place: str) -> Finding:
    """The finding that what an unlink says cannot be done."""
    hint = "the numbers to unlink are one patient's by a merge, or two are not named: a merge has to be discarded"
    return Finding("unlink-not-applied", "error", place, hint)


def _not_applied(segment: Segment, told: Announced) -> Finding:
    hint = "the numbers of this merge cannot be read, or its event merges no patients: results of both stay apart"
    return Finding("merge-not-applied", "error", f"{told.document} {segment.address}", hint)
