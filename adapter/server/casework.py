"""Casework: what a stored message means, and what is advised for a patient now; done in a process of its own.

It reads the store and writes nothing; processing.py says which message and which patient, and keeps what comes out.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import uuid5

from adapter.advice.assessment import assess, concerns, could_concern
from adapter.advice.card import NAMESPACE
from adapter.advice.careplan import care_plan, closed_plan
from adapter.advice.hl7v2 import Cover, Link, advice_message
from adapter.advice.hl7v2_patient import PatientIdentity
from adapter.advice.indicator import indicator
from adapter.case.merge import Clock
from adapter.fhir.check import check_resource
from adapter.fhir.write import write_json
from adapter.hl7v2 import Message, Segment, UnusableMessage, parse_message
from adapter.ldt import RuleSet
from adapter.mapping.aliases import Aliases
from adapter.mapping.hl7v2 import map_readings
from adapter.mapping.hl7v2_glance import glance
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.hl7v2_plain import Plain, plain
from adapter.mapping.hl7v2_reading import Reading, read_one
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.sender import Sender, SenderUnclear
from adapter.mapping.site import Site, sending_header
from adapter.server.bystanders import Bystander, with_all
from adapter.server.content import Content
from adapter.server.faults import report
from adapter.server.fields import indexed
from adapter.server.fingerprint import fingerprint
from adapter.server.header import MessageLimits
from adapter.server.judge import MAPPING_FAILED
from adapter.server.judge_stored import KnownHeaders, judge_stored
from adapter.server.readings import Readings
from adapter.server.seen import Seen
from adapter.server.unapplied import DAMAGED, unapplied
from adapter.store import Evaluated, Judgement, Store, StoreError, StoreUnavailable, TakenMessage, UsedMessage

TOGETHER: Final = 100
"""Messages that are read from the store in one look."""


@dataclass(frozen=True, slots=True)
class Task:
    """Patient numbers that are joined, with all messages about them but those `without` which they are judged.

    `nonce` is for the control ids of new messages, and used for no other task.
    """

    keys: tuple[str, ...] = field(repr=False)
    as_of: datetime
    nonce: str = ""
    without: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: messages that cannot be used, each with the reason, and the patients for whom something
    that decides changed. `survivors` are the numbers of the task that now stand for another one; `unmatched` are
    messages that take back what is not there; `bystander` is the patient where the advice cannot concern them."""

    held: dict[int, str] = field(default_factory=dict)
    survivors: dict[str, str] = field(default_factory=dict, repr=False)
    unmatched: frozenset[int] = frozenset()
    evaluated: dict[str, Evaluated] = field(default_factory=dict, repr=False)
    bystander: Bystander | None = None


class _Unusable(Exception):
    """A message in use that cannot be read any more; the text is the reason for its row."""


@dataclass(frozen=True, slots=True)
class Casework:
    """Works with one store, site and rule set.

    `base` is the canonical base of what is published, `link` how advice is written as an HL7 v2 message; without it
    there is none.
    """

    store: Store
    site: Site
    rules: RuleSet
    base: str
    check_output: bool = True
    link: Link | None = None
    limits: MessageLimits = field(default_factory=MessageLimits)
    readings: Readings = field(default_factory=Readings)
    headers: KnownHeaders = field(default_factory=KnownHeaders)

    def judge(self, number: int, known: TakenMessage | None = None) -> Seen:
        """What a received message turns out to be, read from the store unless it is known. Raises StoreUnavailable."""
        try:
            taken = known or self._taken(number)
            content = self._content(taken.raw, taken.profile, taken.received_at)
            if content.reading is not None:
                self.readings.keep(number, content.reading, len(taken.raw))
        except StoreUnavailable:
            raise
        except StoreError:
            content = Content("quarantined", DAMAGED)
        except Exception as error:  # noqa: BLE001  our own fault must not cost the message: it is kept and named
            report("mapping_failed", error)
            content = Content("quarantined", MAPPING_FAILED, patient_keys=self._whose(number))
        found = Judgement(number, content.state, content.reason, content.findings, content.patient_keys, content.joined)
        return Seen.of(found, content.plain)

    def _content(self, raw: bytes, profile: str, received: datetime, *, most: int | None = None) -> Content:
        return judge_stored(raw, profile, received, self.site, self.limits, self.headers, most=most)

    def _taken(self, number: int) -> TakenMessage:
        stored = self.store.message(number)
        return TakenMessage(number, stored.received_at, stored.profile, self.store.raw(number))

    def _whose(self, number: int) -> tuple[str, ...]:
        """The patients of a message whose content cannot be mapped for a fault of ours, where these can be told."""
        try:
            stored, raw = self.store.message(number), self.store.raw(number)
            return self._content(raw, stored.profile, stored.received_at, most=0).patient_keys
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001  the fault that was reported concerns this too
            return ()

    def evaluate(self, task: Task) -> Outcome:
        """Map all messages of joined numbers, and evaluate each patient for whom a deciding fact changed."""
        passed = self._passed_by(task)
        if passed is not None:
            return Outcome(bystander=passed)
        read, held, mapping = self.mapped(task.keys, task.without)
        merges = [one for one in mapping.changes if one.kind in ("merge", "change")]
        aliases = Aliases((one.retired.text, one.survivor.text) for one in merges)
        survivors = {indexed(one.retired.text): indexed(aliases.resolve(one.retired.text)) for one in merges}
        numbers = list(read)
        unmatched = frozenset(numbers[count - 1] for count in mapping.unmatched)
        outcome = Outcome(held, survivors, unmatched, bystander=_bystander(task, read, held))
        persons = _persons(read.values(), aliases)
        for mapped in self._patients(mapping, task.keys):
            evaluated = self._evaluated(mapped, task, persons)
            if evaluated is not None:
                outcome.evaluated[indexed(mapped.subject)] = evaluated
        return outcome

    def _passed_by(self, task: Task) -> Bystander | None:
        """The patient where the advice cannot concern them by all that counts, told without mapping it."""
        if len(task.keys) > 1 or task.without or self.store.evaluation(task.keys[0]) is not None:
            return None
        return with_all(None, self._plain(self.store.in_use(task.keys)))

    def _plain(self, messages: Sequence[UsedMessage]) -> Iterator[tuple[int, Plain | None]]:
        """What each message says where it is plain, read only as long as somebody asks."""
        for first in range(0, len(messages), TOGETHER):
            some = messages[first : first + TOGETHER]
            known = {taken.id: taken for taken in self.store.taken([used.id for used in some])}
            for used in some:
                reading = self.readings.get(used.id)
                yield used.id, plain(reading) if reading else self._glance(used, known.get(used.id))

    def _glance(self, used: UsedMessage, taken: TakenMessage | None) -> Plain | None:
        try:
            found = None if taken is None else self._message(used, taken.raw)
        except _Unusable:
            return None
        return None if found is None else glance(*found, self.site.tables, used.received_at)

    def mapped(
        self, keys: Sequence[str], without: frozenset[int] = frozenset()
    ) -> tuple[dict[int, Reading], dict[int, str], Mapping]:
        """The readings of the messages that count under these numbers, those that are held with the reason, and what
        the former come to. What is held has no effect at all, neither its results nor its merges."""
        read, held = self._read_all(keys, without)
        mapping = map_readings(read.values(), self.site.tables)
        while mapping.conflicts:
            numbers = list(read)
            fresh = {numbers[count - 1]: code for count, code in mapping.conflicts}
            held |= fresh
            read = {number: reading for number, reading in read.items() if number not in fresh}
            mapping = map_readings(read.values(), self.site.tables)
        return read, held, mapping

    def _read_all(self, keys: Sequence[str], without: frozenset[int]) -> tuple[dict[int, Reading], dict[int, str]]:
        """What the messages under these numbers say, by our number of each; those that cannot be read are held."""
        read: dict[int, Reading] = {}
        held: dict[int, str] = {}
        for used in self.store.in_use(keys):
            if used.id in without:
                continue
            try:
                read[used.id] = self.readings.get(used.id) or self._read(used)
            except _Unusable as unusable:
                held[used.id] = str(unusable)
        return read, held

    def _read(self, used: UsedMessage) -> Reading:
        try:
            raw = self.store.raw(used.id)
        except StoreUnavailable:
            raise
        except StoreError:
            raise _Unusable(DAMAGED) from None
        message, sender = self._message(used, raw)
        reading = read_one(message, "message", sender, self.site.tables, used.received_at)
        self.readings.keep(used.id, reading, len(raw))
        return reading

    def _message(self, used: UsedMessage, raw: bytes) -> tuple[Message, Sender]:
        """A message as it was taken, with the sender by whose profile it is read today."""
        try:
            sender = self.site.profile_again(sending_header(raw), used.profile).sender
            return parse_message(raw, default_charset=sender.charset, segment_ends=sender.segment_ends), sender
        except (SenderUnclear, UnusableMessage) as error:
            raise _Unusable(error.code) from None

    def _patients(self, mapping: Mapping, keys: Sequence[str]) -> Iterator[Mapped]:
        """The patients under these numbers. One whose messages are gone, or count for another since a merge, is there
        too: what was advised for them does not hold."""
        found = {indexed(mapped.subject): mapped for mapped in mapping.patients}
        for key in keys:
            if key in found:
                yield found[key]
            elif self.store.evaluation(key) is not None:
                yield _nothing_known(key)

    def _evaluated(self, mapped: Mapped, task: Task, persons: "dict[str, _Person]") -> Evaluated | None:
        """The evaluation of a patient; None where nothing that decides changed, or there is nothing to advise on."""
        key = indexed(mapped.subject)
        holds = self.store.evaluation(key)
        if holds is None and not could_concern({statement.fact for statement in mapped.statements}):
            return None
        assessment = assess(mapped, Clock(task.as_of), self.rules)
        concerned = concerns(assessment.case) and not assessment.closed
        if not concerned and (holds is None or holds.evaluated.revoked):
            return None
        assessment = replace(assessment, gaps=(*assessment.gaps, *unapplied(self.store, task.keys)))
        found = fingerprint(assessment, self.rules)
        if holds is not None and holds.evaluated.fingerprint == found:
            return None
        number = uuid5(NAMESPACE, key)  # one CarePlan of a patient, which later evaluations replace
        plan = closed_plan(assessment) if assessment.closed else care_plan(assessment, base=self.base)
        plan["id"] = str(number)
        if not concerned:
            plan["status"] = "revoked"
        if self.check_output:
            check_resource(plan)
        sent = b""
        if self.link is not None:
            control_id = hashlib.sha256(f"{task.nonce}{key}".encode()).hexdigest()[:20]  # MSH-10 takes 20 characters
            identity = (
                PatientIdentity.of_segment(persons[key].pid, key) if key in persons else PatientIdentity.of_key(key)
            )
            # 16 digits of the number: with a namespace they fill the 22 characters that EI has in HL7 v2.5.1
            cover = Cover(control_id, number.hex[:16], identity, revoked=not concerned)
            sent = advice_message(assessment, cover, self.link)
        return Evaluated(found, self.rules.edition, indicator(assessment), write_json(plan), not concerned, sent)


def _bystander(task: Task, read: dict[int, Reading], held: dict[int, str]) -> Bystander | None:
    """The patient of a task where all that counts is plain messages about one number."""
    if len(task.keys) > 1 or task.without or held:
        return None
    return with_all(None, ((number, plain(reading)) for number, reading in read.items()))


def _nothing_known(key: str) -> Mapped:
    """A patient of whom no message is left."""
    known = PatientKey.of_text(key)
    return Mapped(key, "hl7v2", authority=known.authority, number=known.value)


@dataclass(frozen=True, slots=True)
class _Person:
    """How the messages name a patient: the PID with the number that holds, else one with an older number."""

    pid: Segment
    current: bool


def _persons(readings: Iterable[Reading], aliases: Aliases) -> dict[str, _Person]:
    """How the newest message names each patient, one with the number that holds now before one with an older number."""
    found: dict[str, _Person] = {}
    for about in (about for reading in readings for about in reading.about):
        if about.key is None or about.group.patient is None:
            continue
        subject = aliases.resolve(about.key.text)
        current = about.key.text == subject
        earlier = found.get(indexed(subject))
        if earlier is None or current or not earlier.current:
            found[indexed(subject)] = _Person(about.group.patient, current)
    return found
