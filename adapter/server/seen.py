"""What a stored message turned out to be, as a worker hands it over: hundreds at once, so that each is little.

Not for finding that out (casework.py), nor for what is done with it (processing.py).
"""

from dataclasses import dataclass

from adapter.advice.assessment import GATE
from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.hl7v2_plain import Plain
from adapter.store import Judgement


@dataclass(frozen=True, slots=True)
class Seen:
    """What a received message turned out to be: what is to be `noted` of it, and what it says where it is a `plain` one
    that can be used. Of a plain one there is mostly nothing to note but whom it is about."""

    message: int
    plain: Plain | None = None
    noted: Judgement | None = None

    @classmethod
    def of(cls, judgement: Judgement, said: Plain | None = None) -> "Seen":
        """What a judgement comes to, with what the message says where it is a plain one."""
        if said is None:
            return cls(judgement.message, noted=judgement)
        about = Plain(said.key, said.person, said.facts & GATE)  # nobody asks for the others
        noted = judgement.findings or judgement.joined or judgement.patient_keys != (said.key,)
        return cls(judgement.message, about, judgement if noted else None)

    @property
    def judgement(self) -> Judgement:
        """What the message turned out to be."""
        if self.noted is not None:
            return self.noted
        return Judgement(self.message, "received", patient_keys=(self.plain.key,) if self.plain else ())

    def __reduce__(self) -> tuple[object, ...]:
        """For another process in as few values as can be: hundreds of them are taken over at once, in one go."""
        if self.plain is None or self.noted is not None:
            return Seen, (self.message, self.plain, self.noted)
        person = self.plain.person
        return _plain_one, (self.message, self.plain.key, person.birth, person.sex, person.family, self.plain.facts)


def _plain_one(message: int, key: str, birth: str, sex: str, family: str, facts: frozenset[str]) -> Seen:
    return Seen(message, Plain(key, Demographics(birth, sex, family), facts))
