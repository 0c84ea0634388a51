"""Bystanders: patients whom the advice cannot concern by all that was said of them: nothing has to be evaluated.

It is a memory of processing only; who is not in it is evaluated from all messages, and is in it again after that.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from adapter.advice.assessment import GATE, could_concern
from adapter.mapping.hl7v2_patient import Demographics, same_person
from adapter.mapping.hl7v2_plain import Plain

MOST: Final = 200_000
"""Patients that are remembered; each takes below half a kilobyte."""


@dataclass(frozen=True, slots=True)
class Bystander:
    """A patient all of whose messages are plain: how they describe the person together, the facts of the gate that they
    speak of, and the number of the last one."""

    person: Demographics = field(repr=False)
    facts: frozenset[str]
    last: int


def bystander(known: Bystander | None, number: int, message: Plain) -> Bystander | None:
    """The patient with the next message, the first where nothing is known; None where only all messages together tell
    what holds: it describes another person, comes out of turn, or makes a case that may concern the advice."""
    facts = message.facts & GATE
    if known is None:
        return None if could_concern(facts) else Bystander(message.person, facts, number)
    facts |= known.facts
    if number <= known.last or could_concern(facts) or not same_person(known.person, message.person):
        return None
    return Bystander(known.person.completed(message.person), facts, number)


def with_all(known: Bystander | None, messages: Iterable[tuple[int, Plain | None]]) -> Bystander | None:
    """The patient with all these messages, each with its number, in order of arrival; as `bystander`."""
    for number, message in messages:
        known = None if message is None else bystander(known, number, message)
        if known is None:
            return None
    return known


@dataclass(slots=True)
class Bystanders:
    """The bystanders by their number, those of whom something came last."""

    most: int = MOST
    _known: OrderedDict[str, Bystander] = field(default_factory=OrderedDict)

    def get(self, key: str) -> Bystander | None:
        """What is known of a patient; None where they are none, or forgotten."""
        return self._known.get(key)

    def keep(self, key: str, known: Bystander) -> None:
        """Remember a patient, and forget the one of whom nothing came for longest."""
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > self.most:
            self._known.popitem(last=False)

    def forget(self, keys: Iterable[str]) -> None:
        """Know nothing of these any more."""
        for key in keys:
            self._known.pop(key, None)
