"""Cards that left and what clients report of them, as plain values; the SQL is in cards.py.

Not for what a card says: of its text nothing is kept, and of its patient and its reader a digest each.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

CardOutcome = Literal["accepted", "overridden"]


@dataclass(frozen=True, slots=True)
class CardId:
    """Which card: the uuid that was sent, the service it is of, and the client (issuer, tenant) that got it; empty
    where no client has to say who it is."""

    service: str
    card: str
    issuer: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card that left: when, by which rule set, how urgent, and the rules that fired for it.

    `reader` is a digest of the user who called, empty where the hook names none; `advice` a digest that two cards share
    which say the same of the same patient, empty where it is not known.
    """

    id: CardId
    issued_at: datetime
    rule_set: str
    indicator: str
    rules: tuple[str, ...]
    reader: str = field(default="", repr=False)
    advice: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden: a code, words of the user, or a vendor's extension (JSON); what was not sent is empty.

    The words may speak of the patient; repr() shows the code alone.
    """

    code: str = ""
    system: str = ""
    comment: str = field(default="", repr=False)
    extension: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class CardReport:
    """One report of a client on a card. `key` is its identity: the same report again has the same one."""

    key: str
    id: CardId
    received_at: datetime
    outcome: CardOutcome
    outcome_at: datetime
    suggestions: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class CardFate:
    """A card that left, and the report that holds; None where there is none, which is no answer of anybody."""

    card: IssuedCard
    report: CardReport | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader did with an advice, and when."""

    outcome: CardOutcome
    when: datetime
