"""What HL7 v2 messages in the store say about the patient of a call, joined only where it is certainly theirs.

Not for reading the store (recall.py). Whatever could not be joined is said on the card.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapter.fhir.resources import Patient
from adapter.mapping.fhir import superseded_places
from adapter.mapping.fhir_patient import in_use, is_comparable, is_person, may_be_person
from adapter.mapping.fhir_veto import veto
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.patient import Mapped
from adapter.server.ehr import Reading
from adapter.server.faults import report, warn
from adapter.server.hooks.gather import gather
from adapter.server.hooks.services import PATIENT
from adapter.server.recall import LONGEST_RECALL, Recalled
from adapter.server.stored_settings import NumberSettings
from adapter.server.workers import TaskCrashed, TaskTooLong
from adapter.store import StoreError

Recall = Callable[[tuple[PatientKey, ...]], Awaitable[Recalled]]
"""Looks up what is stored under numbers of one patient, as a rule in another process."""

STORED: Final = "stored HL7 v2 messages"

NO_PATIENT: Final = "not looked for: there is no Patient resource that could be read"
NO_NUMBER: Final = "none could be joined, since the Patient has no current number of a configured system"
NOT_THERE: Final = "the store is not available"
NOT_IN_TIME: Final = "could not be read in time"
SEVERAL: Final = "not joined: the numbers of the Patient lead to different patients"
UNCOMPARED: Final = "not joined: the Patient has no birth date, sex or family name to be compared with"
DIFFERS: Final = "not joined: birth date, sex or family name is another than that of the Patient"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store adds to a call: facts of so many messages.

    `gaps` says in words what it does not add; `unsought` are those of them where there was no number to look for, which
    no data of this patient were lost by; `lacking`: nobody could look, so that the diagnosis may be among it;
    `doubted` are facts of somebody who may be the patient: not joined, and no reason for silence.
    """

    found: Mapped | None = field(default=None, repr=False)
    doubted: Mapped | None = field(default=None, repr=False)
    messages: int = 0
    gaps: tuple[str, ...] = ()
    unsought: tuple[str, ...] = ()
    lacking: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it came from, for the card."""
        if self.found is None:
            return ()
        plural = "" if self.messages == 1 else "s"
        return (f"received by the adapter before: {self.messages} stored HL7 v2 message{plural}",)


NOTHING_STORED: Final = Stored()


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """Finds the stored facts of a patient by numbers of the configured kinds, and of no other."""

    kinds: tuple[NumberSettings, ...]
    recall: Recall

    async def of(self, patient: str, reading: Reading, now: datetime) -> Stored:
        """What is stored of the patient of a call with this id. A store that fails costs its facts, not the call."""
        resource = _resource(patient, reading)
        if resource is None:
            return _lacking(NO_PATIENT)
        keys = tuple(dict.fromkeys(self._keys(resource, now)))
        if not keys:
            gap = f"{STORED}: {NO_NUMBER}"
            return Stored(gaps=(gap,), unsought=(gap,))
        try:
            async with asyncio.timeout(LONGEST_RECALL):
                return _joined(await self.recall(keys), resource)
        except StoreError as error:
            warn("stored_facts_missing", error)
            return _lacking(NOT_THERE)
        except (TimeoutError, TaskTooLong) as error:
            warn("stored_facts_missing", error)
            return _lacking(NOT_IN_TIME)
        except TaskCrashed as error:
            report("stored_facts_missing", error)
            return _lacking(NOT_IN_TIME)

    def _keys(self, patient: Patient, now: datetime) -> Iterator[PatientKey]:
        """The patient's numbers of these kinds that are in use."""
        for identifier in patient.identifier:
            for kind in self.kinds:
                if identifier.value and identifier.system == kind.system and in_use(identifier, now):
                    yield PatientKey.of(kind.authority, kind.type, identifier.value)


def _resource(patient: str, reading: Reading) -> Patient | None:
    """The Patient of the call, its latest version; None where it did not come, or its meaning is not known."""
    records = gather(reading, (PATIENT,)).document.records
    old = superseded_places(records)
    for record in records:
        found = record.resource
        if isinstance(found, Patient) and record.key == f"Patient/{patient}" and record.place not in old:
            return None if veto(found) else found
    return None


def _lacking(why: str) -> Stored:
    return Stored(gaps=(f"{STORED}: {why}",), lacking=True)


def _joined(recalled: Recalled, patient: Patient) -> Stored:
    """What may be joined: the facts of one person who is not another one than the Patient."""
    gaps = (f"{STORED}: {recalled.unused} about these numbers cannot be used",) if recalled.unused else ()
    if not recalled.persons:
        return Stored(gaps=gaps)
    if len(recalled.persons) > 1:
        return Stored(gaps=(*gaps, f"{STORED}: {SEVERAL}"))
    [stored] = recalled.persons
    person = stored.mapped.person
    if person is None or not is_comparable(patient, person):
        return Stored(doubted=stored.mapped, gaps=(*gaps, f"{STORED}: {UNCOMPARED}"))
    if not is_person(patient, person):
        doubted = stored.mapped if may_be_person(patient, person) else None
        return Stored(doubted=doubted, gaps=(*gaps, f"{STORED}: {DIFFERS}"))
    return Stored(stored.mapped, messages=stored.messages, gaps=gaps)
