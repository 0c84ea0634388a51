"""The result of evaluating a case: what is advised for each therapy, why, what is missing, and how urgent it
is.

It is plain values for cards, CarePlans and pages to render; it holds no patient values, only fact names and
rule ids.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from adapter.case.fact import State
from adapter.case.truth import Truth
from adapter.ldt.rule import Rating


class Strength(Enum):
    """The four lists (P3), best first."""

    PREFERRED = "preferred"
    REASONABLE = "reasonable"
    NOT_RECOMMENDED = "not_recommended"
    CONTRAINDICATED = "contraindicated"

    @property
    def offered(self) -> bool:
        """Whether the therapy is an option."""
        return self in (Strength.PREFERRED, Strength.REASONABLE)


class Scope(Enum):
    """Whether the guideline applies to the patient (P1)."""

    APPLIES = "applies"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"


class Indicator(Enum):
    """How urgent the advice is (P12), in the words of CDS Hooks."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class TherapyAdvice:
    """The verdict on one therapy or drug.

    `because` are the effects that make the strength, `set_aside` those that a policy outranks; both are shown
    (P13). `facts` are the names of the facts behind `because`. `planned` is UNKNOWN when it is not known
    whether it is planned.
    """

    code: str
    strength: Strength
    because: tuple[Rating, ...]
    set_aside: tuple[Rating, ...]
    facts: tuple[str, ...]
    provisional: bool
    planned: Truth


@dataclass(frozen=True, slots=True)
class Remark:
    """A caution, action or note with the rules that set it and the facts that those read.

    For a caution `provisional_<therapy>` the rules are the undecided ones and the facts those that leave them
    so.
    """

    code: str
    rules: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact that is asked for: how it stands, which rules it keeps undecided, whose verdict it could
    change."""

    name: str
    state: State
    reason: str
    rules: tuple[str, ...]
    therapies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A conflict between the documents that matters here, and which of its rules fired."""

    conflict: str
    rules: tuple[str, ...]


DangerKind = Literal["contraindicated", "always-critical", "high-burden", "crisis"]


@dataclass(frozen=True, slots=True)
class Danger:
    """A reason for the indicator critical: its kind, and the planned codes it concerns (none for a
    crisis)."""

    kind: DangerKind
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silenced:
    """A guarding rule that the site has switched off and that would speak here: TRUE, or UNKNOWN for lack of facts.

    `against` are the therapies that it excludes; a rule of the scope has none.
    """

    rule: str
    answer: Truth
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What one version of the rule set says about one case.

    `fired` and `undecided` are rule ids in order; `offered` is what the first pass offers (needed to explain
    stage-2 rules). `flags` are ids of flags from outside of the documents that concern what is said.
    `silenced` and `shadow` are rules that a site has switched: guards that would speak here, and rules in shadow
    that fire. Therapies stand by strength, best first, and within it in the order of the therapy table.
    """

    rule_set: str
    version: str
    scope: Scope
    indicator: Indicator
    therapies: tuple[TherapyAdvice, ...] = ()
    cautions: tuple[Remark, ...] = ()
    actions: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    conflicts: tuple[Disagreement, ...] = ()
    flags: tuple[str, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    dangers: tuple[Danger, ...] = ()
    fired: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    offered: frozenset[str] = frozenset()
    silenced: tuple[Silenced, ...] = ()
    shadow: tuple[str, ...] = ()

    def by_strength(self, strength: Strength) -> Iterator[TherapyAdvice]:
        """The therapies of one list."""
        return (therapy for therapy in self.therapies if therapy.strength is strength)

    def codes(self, strength: Strength) -> tuple[str, ...]:
        """The codes of one list, sorted."""
        return tuple(sorted(therapy.code for therapy in self.by_strength(strength)))

    def therapy(self, code: str) -> TherapyAdvice | None:
        """The verdict on one therapy, None when no rule speaks of it."""
        return next((therapy for therapy in self.therapies if therapy.code == code), None)
