"""Recall: what the stored HL7 v2 messages say under some numbers of one patient, for a call that asks now.

It reads and evaluates nothing; whether it may be joined with the call is decided there (hooks/stored.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from adapter.mapping.aliases import Aliases
from adapter.mapping.hl7v2_numbers import IdentityChange
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.hl7v2_reading import Reading
from adapter.mapping.ledger import Ledger, Outcome
from adapter.mapping.patient import Mapped
from adapter.server.casework import Casework
from adapter.server.fields import indexed

LONGEST_RECALL: Final = 1.0
"""Seconds after which a call goes on without what is stored. What was read by then is kept for the next call."""


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A patient as the stored messages tell of them, and how many messages that are; the ledger holds only what was not
    used."""

    mapped: Mapped
    messages: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """The patients to whom the numbers lead, by the number that holds now: as a rule one, or none.

    `unused` counts messages about these numbers that cannot be used, or wait in quarantine.
    """

    persons: tuple[StoredPerson, ...] = field(default=(), repr=False)
    unused: int = 0


def recall(casework: Casework, keys: tuple[PatientKey, ...]) -> Recalled:
    """What is stored under these numbers, and all that messages have merged with them. Raises StoreUnavailable."""
    persons: dict[str, StoredPerson] = {}
    unused: set[int] = set()
    for numbers in dict.fromkeys(casework.store.joined(indexed(key.text)) for key in keys):
        read, held, mapping = casework.mapped(numbers)
        unused |= {*held, *_quarantined(casework, numbers)}
        merges = [one for one in mapping.changes if one.kind in ("merge", "change")]
        aliases = Aliases((one.retired.text, one.survivor.text) for one in merges)
        named = _named(read.values(), merges)
        subjects = {aliases.resolve(key.text) for key in keys if key in named}
        for mapped in mapping.patients:
            if mapped.subject in subjects:
                persons[mapped.subject] = StoredPerson(_light(mapped), _count(read, mapped.subject, aliases))
    return Recalled(tuple(persons.values()), len(unused))


def _light(mapped: Mapped) -> Mapped:
    """Without the many entries of what was used, which nobody who asks now looks at: it goes to another process."""
    return replace(
        mapped, ledger=Ledger(tuple(one for one in mapped.ledger.entries if one.outcome is not Outcome.USED))
    )


def _quarantined(casework: Casework, numbers: Iterable[str]) -> Iterator[int]:
    for number in numbers:
        for message in casework.store.messages(patient_key=number, state="quarantined"):
            yield message.id


def _named(readings: Iterable[Reading], merges: Iterable[IdentityChange]) -> set[PatientKey]:
    """The numbers as messages have them, authority and value apart: an index entry that looks alike is not enough."""
    own = {about.key for reading in readings for about in reading.about if about.key is not None}
    return own | {key for one in merges for key in (one.retired, one.survivor)}


def _count(read: Mapping[int, Reading], subject: str, aliases: Aliases) -> int:
    """How many messages are about a patient, by whichever number."""
    return sum(
        any(about.key is not None and aliases.resolve(about.key.text) == subject for about in reading.about)
        for reading in read.values()
    )
