"""The therapies that are rated, in words: each with its strength and its rules, and ratings that others outrank.

Not for what is dangerous among what is planned (dangers.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.advice.assessment import Assessment, once
from adapter.advice.names import renumbered, short_name
from adapter.ldt import Strength, TherapyAdvice
from adapter.ldt.rule import Rated, Rating

STRENGTHS = {
    Strength.PREFERRED: "preferred (+++)",
    Strength.REASONABLE: "reasonable (+)",
    Strength.NOT_RECOMMENDED: "not recommended (-)",
    Strength.CONTRAINDICATED: "contraindicated",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One therapy for people: its short name and its whole one, its strength (provisional while it is offered and
    unknown facts could exclude it), its rules."""

    therapy: TherapyAdvice
    short: str
    name: str
    strength: str
    because: tuple[str, ...]

    @property
    def names(self) -> str:
        """Both names, so that a reader of the summary finds its words again; one where they begin alike."""
        same = self.name.lower().startswith(self.short.lower())
        return self.name if same else f"{self.short}: {self.name}"


@once
def options(assessment: Assessment) -> Iterator[Option]:
    """All rated therapies, best first."""
    rules = assessment.rules
    for therapy in assessment.advice.therapies:
        titles = {r.rule: rules.rules[r.rule].row.title for r in therapy.because}
        because = tuple(f"{rule} {title}{renumbered(assessment, rule)}" for rule, title in titles.items())
        named = rules.therapies[therapy.code]
        is_provisional = therapy.provisional and therapy.strength.offered
        strength = STRENGTHS[therapy.strength] + (", provisional" if is_provisional else "")
        yield Option(therapy, named.short, named.name, strength, because)


def outranked(assessment: Assessment) -> Iterator[str]:
    """Ratings that others outrank, so that both sides are seen: what a contraindication or an exception set aside."""
    for therapy, ratings in set_aside_ratings(assessment):
        rules = ", ".join(f"{r.rule} ({r.rated.value.replace('_', ' ')})" for r in ratings)
        yield f"{short_name(assessment, therapy.code)} is {STRENGTHS[therapy.strength]}; this outranks {rules}"


def set_aside_ratings(assessment: Assessment) -> Iterator[tuple[TherapyAdvice, list[Rating]]]:
    """The therapies with ratings that others outrank, and these ratings."""
    for therapy in assessment.advice.therapies:
        weak = (Rated.SUPPORT, Rated.DOWNGRADE) if therapy.strength.offered else (Rated.DOWNGRADE,)
        ratings = [r for r in therapy.set_aside if r.rated not in weak and r.rated.value != therapy.strength.value]
        if ratings:
            yield therapy, ratings
