"""What clinicians made of the advice: how often cards were accepted, overridden or left alone, by rule and by reason.

It counts what the store knows; whether a rule is good is for people to say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from adapter.store import CardFate, CardReport, Reason

WhyKind = Literal["code", "words", "extension", "none"]
"""`words`: a comment without a code. `extension`: a vendor's own form. `none`: nothing was said."""


class Why(NamedTuple):
    """Why cards were overridden, as far as it can be counted; `code` and `system` are empty but for the kind `code`."""

    kind: WhyKind
    code: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """Cards that were shown, and what became of them; `reasons` are those of overridden ones, the most frequent first.

    A card for which a client gave several reasons counts under each.
    """

    shown: int
    accepted: int
    overridden: int
    reasons: tuple[tuple[Why, int], ...]

    @property
    def unanswered(self) -> int:
        """Cards without feedback: ignored, not seen, or of a client that reports nothing."""
        return self.shown - self.accepted - self.overridden


@dataclass(frozen=True, slots=True)
class RuleTally:
    """The cards of one edition of the rule set for which a rule fired."""

    rule_set: str
    rule: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Acceptance:
    """All cards together, and by rule: in each edition the most overridden rule first."""

    cards: Tally
    rules: tuple[RuleTally, ...]


@dataclass(slots=True)
class _Count:
    shown: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[Why] = field(default_factory=Counter)

    def add(self, report: CardReport | None) -> None:
        self.shown += 1
        if report is None:
            return
        self.outcomes[report.outcome] += 1
        if report.outcome == "overridden":
            self.reasons.update(reasons_of(report))

    def tally(self) -> Tally:
        reasons = sorted(self.reasons.items(), key=lambda found: (-found[1], found[0]))
        return Tally(self.shown, self.outcomes["accepted"], self.outcomes["overridden"], tuple(reasons))


def acceptance(fates: Iterable[CardFate]) -> Acceptance:
    """Count cards. One that rests on several rules counts under each of them."""
    total = _Count()
    by_rule: defaultdict[tuple[str, str], _Count] = defaultdict(_Count)
    for fate in fates:
        total.add(fate.report)
        for rule in frozenset(fate.card.rules):
            by_rule[fate.card.rule_set, rule].add(fate.report)
    rules = (RuleTally(rule_set, rule, count.tally()) for (rule_set, rule), count in by_rule.items())
    return Acceptance(total.tally(), tuple(sorted(rules, key=_place)))


def reasons_of(report: CardReport) -> frozenset[Why]:
    """The reasons of one report, each once."""
    return frozenset(map(_why, report.reasons)) or frozenset({Why("none")})


def _why(reason: Reason) -> Why:
    if reason.code:
        return Why("code", reason.code, reason.system)
    return Why("words") if reason.comment else Why("extension")


def _place(rule: RuleTally) -> tuple[str, int, str]:
    return (rule.rule_set, -rule.tally.overridden, rule.rule)
