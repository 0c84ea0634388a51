"""What is different between two advices: verdicts, cautions, steps, missing facts, indicator.

It compares and does not judge; the two may come from two cases, or from two versions of the rule set.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from adapter.ldt.advice import Advice, Indicator, Remark, Scope, TherapyAdvice


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A therapy whose strength, or whose being provisional, differs; None where no rule speaks of it."""

    therapy: str
    before: TherapyAdvice | None
    after: TherapyAdvice | None

    @property
    def of_strength(self) -> bool:
        """Whether the strength itself differs."""
        return (self.before and self.before.strength) is not (self.after and self.after.strength)


@dataclass(frozen=True, slots=True)
class CodeChange:
    """Codes of one kind that only the later, or only the earlier advice has."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences; empty when both say the same."""

    scope: tuple[Scope, Scope] | None
    indicator: tuple[Indicator, Indicator] | None
    verdicts: tuple[VerdictChange, ...]
    codes: tuple[CodeChange, ...]

    @property
    def anything(self) -> bool:
        """Whether there is any difference."""
        return bool(self.scope or self.indicator or self.verdicts or self.codes)


def difference(before: Advice, after: Advice) -> Difference:
    """What the later advice says differently."""
    return Difference(
        scope=None if before.scope is after.scope else (before.scope, after.scope),
        indicator=None if before.indicator is after.indicator else (before.indicator, after.indicator),
        verdicts=verdict_changes(before, after),
        codes=tuple(_codes(before, after)),
    )


def verdict_changes(before: Advice, after: Advice) -> tuple[VerdictChange, ...]:
    """The therapies that are judged differently, in order of code."""
    was = {therapy.code: therapy for therapy in before.therapies}
    now = {therapy.code: therapy for therapy in after.therapies}
    codes = sorted(was.keys() | now.keys())
    return tuple(VerdictChange(c, was.get(c), now.get(c)) for c in codes if _judged(was.get(c)) != _judged(now.get(c)))


def _judged(therapy: TherapyAdvice | None) -> object:
    return therapy and (therapy.strength, therapy.provisional)


def _codes(before: Advice, after: Advice) -> list[CodeChange]:
    pairs = (
        ("caution", _of(before.cautions), _of(after.cautions)),
        ("action", _of(before.actions), _of(after.actions)),
        ("missing", {fact.name for fact in before.missing}, {fact.name for fact in after.missing}),
        ("conflict", {one.conflict for one in before.conflicts}, {one.conflict for one in after.conflicts}),
        ("flag", set(before.flags), set(after.flags)),
        ("switched off, would speak", _silenced(before), _silenced(after)),
        ("rule fired", set(before.fired), set(after.fired)),
    )
    changes = (CodeChange(kind, tuple(sorted(now - was)), tuple(sorted(was - now))) for kind, was, now in pairs)
    return [change for change in changes if change.added or change.removed]


def _silenced(advice: Advice) -> set[str]:
    return {f"{one.rule} ({one.answer.value})" for one in advice.silenced}


def _of(remarks: Iterable[Remark]) -> set[str]:
    return {remark.code for remark in remarks}
