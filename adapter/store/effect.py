"""What the processing of messages leaves behind: states, applications to patients, evaluations, deliveries.

It is plain values; the SQL is in effects.py, and what is advised is decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from adapter.store.message import ArrivalState, MessageState, Noted

DeliveryState = Literal["waiting", "delivered", "dead", "superseded"]
"""`dead`: given up, for somebody to look at. `superseded`: a later evaluation of the patient is delivered instead."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one message: its new state with the reason, and findings that processing added."""

    message: int
    state: MessageState
    reason: str = ""
    findings: tuple[Noted, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation of a patient's facts: what was advised as FHIR JSON bytes, and what it rests on.

    `fingerprint` tells whether deciding facts or rules changed since. `revoked`: nothing is advised any more, and what
    was advised before no longer holds. `hl7v2` is the same advice as a message, empty where nobody is to get it.
    """

    fingerprint: str
    rule_set: str
    indicator: str
    care_plan: bytes = field(repr=False)
    revoked: bool = False
    hl7v2: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Review:
    """A patient to be evaluated again although nothing of theirs arrived; `message` is the one that is the cause."""

    id: int
    patient_key: str = field(repr=False)
    message: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a message that was received turned out to be: its state, whose facts it holds, and which numbers it merges,
    each pair the retired number and the surviving one."""

    message: int
    state: ArrivalState
    reason: str = ""
    findings: tuple[Noted, ...] = ()
    patient_keys: tuple[str, ...] = field(default=(), repr=False)
    joined: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def applied_to(self) -> tuple[str, ...]:
        """The patients to whom it is applied: of those that it merges, the surviving ones."""
        retired = {retired for retired, _ in self.joined}
        return tuple(key for key in self.patient_keys if key not in retired)


@dataclass(frozen=True, slots=True)
class UsedMessage:
    """A message that makes up a patient's facts: our number, the name of the sender profile that took it, and when."""

    id: int
    profile: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of some messages, or of reviews, on the patients whose numbers are joined; stored whole or not at all.

    `applied` are messages with the patient to whom each is applied (once); `evaluated` are the patients for whom
    something that decides changed; `destinations` are where their advice is to go; `reviews` are those that it answers.
    """

    applied: tuple[tuple[int, str], ...] = field(repr=False)
    at: datetime
    evaluated: Mapping[str, Evaluated] = field(default_factory=dict, repr=False)
    destinations: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()

    @property
    def cause(self) -> int:
        """The last message that the evaluations rest on, or the one whose fate asked for them."""
        return max(number for number, _ in self.applied) if self.applied else self.reviews[-1].message


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation as stored; `message` is the last message that it rests on, or whose fate asked for it."""

    id: int
    patient_key: str = field(repr=False)
    message: int
    evaluated_at: datetime
    evaluated: Evaluated


@dataclass(frozen=True, slots=True)
class Delivery:
    """One evaluation on its way to one destination: how often it was tried, when next, and why not yet."""

    id: int
    evaluation: int
    destination: str
    state: DeliveryState
    attempts: int
    due_at: datetime
    error: str
