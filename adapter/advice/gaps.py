"""Missing facts in groups, as a card tells them: how they stand, and what they could exclude or change.

It chooses nothing: what could exclude an advised or planned therapy comes first, and how many are shown is for others.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.names import in_sentence, label, short_name
from adapter.advice.remarks import open_marks
from adapter.advice.wording import standing_of
from adapter.case.fact import State
from adapter.ldt import Remark, Scope, TherapyAdvice
from adapter.ldt.provisional import PREFIX

MOST_NAMES: Final = 4
"""Of how many therapies the names stand whose rating a missing fact could change; of more their number."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing facts that stand alike and bear on the same therapies: those that they could exclude although they are
    advised or planned, and others whose verdict they could change."""

    names: tuple[str, ...]
    standing: str
    excludes: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def labels(self) -> str:
        """Their labels as the start of a line."""
        first, *more = self.names
        return ", ".join((label(first), *map(in_sentence, more)))


@once
def gaps(assessment: Assessment) -> list[Gap]:
    """All missing facts in groups, those that weigh most first."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    excluding, changing = _excluding(assessment), {m.name: m.therapies for m in assessment.advice.missing}
    for name in dict.fromkeys((*excluding, *changing)):
        excludes = excluding.get(name, ())
        changes = () if excludes else changing.get(name, ())
        fact = assessment.case.facts[name]
        standing = standing_of(fact, assessment.rules.facts[name], assessment.case)
        found.setdefault((standing, excludes, changes), []).append(name)
    groups = [Gap(tuple(names), *about) for about, names in found.items()]
    return sorted(groups, key=lambda gap: _rank(assessment, gap))


def _rank(assessment: Assessment, gap: Gap) -> tuple[bool, bool, int]:
    """First what could exclude, then what is on record and cannot be used, then what could change most."""
    absent = assessment.case.facts[gap.names[0]].state is State.ABSENT
    return not gap.excludes, absent, -len(gap.changes)


def _excluding(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Of each fact that could exclude an advised or planned therapy, the therapies; nothing of those that are out."""
    found: dict[str, list[str]] = {}
    for mark in provisional(assessment):
        for name in mark.facts:
            found.setdefault(name, []).append(mark.code.removeprefix(PREFIX))
    return {name: tuple(codes) for name, codes in found.items()}


@once
def provisional(assessment: Assessment) -> list[Remark]:
    """The marks of therapies that are advised or planned and that a missing fact could exclude."""
    return [
        mark for mark in open_marks(assessment) if _is_open(assessment.advice.therapy(mark.code.removeprefix(PREFIX)))
    ]


def _is_open(verdict: TherapyAdvice | None) -> bool:
    return verdict is None or verdict.strength.offered


def gap_line(assessment: Assessment, gap: Gap) -> str:
    """A group of missing facts: how they stand, and what they could exclude or change."""
    excluded, changed = _names(assessment, gap.excludes), _ratings(assessment, gap.changes)
    bearing = [
        f"could exclude {excluded}" if excluded else "",
        f"could change {changed}" if changed else "",
        "needed to tell whether the guideline applies" if assessment.advice.scope is Scope.UNKNOWN else "",
    ]
    return "; ".join((f"{gap.labels}: {gap.standing}", *filter(None, bearing)))


def _ratings(assessment: Assessment, codes: tuple[str, ...]) -> str:
    return _names(assessment, codes) if len(codes) <= MOST_NAMES else f"{len(codes)} ratings"


def _names(assessment: Assessment, codes: Iterable[str]) -> str:
    return ", ".join(short_name(assessment, code) for code in codes)
