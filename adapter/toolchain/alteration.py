"""One change of a rule set that somebody could make by mistake: what it is in words, where it would stand, and what is
put instead.

Making the altered rule set is altered.py, thinking of the changes is alterations.py.
"""

from dataclasses import dataclass

from adapter.ldt.schema import Predicate, Resolution, RuleRow, Safety, Therapy


@dataclass(frozen=True, slots=True)
class RuleDropped:
    """A rule is left out."""

    id: str


@dataclass(frozen=True, slots=True)
class RuleChanged:
    """A rule reads otherwise."""

    row: RuleRow


@dataclass(frozen=True, slots=True)
class PredicateChanged:
    """A word of the conditions means something else."""

    row: Predicate


@dataclass(frozen=True, slots=True)
class ResolutionChanged:
    """Ratings of one therapy are resolved otherwise."""

    row: Resolution


@dataclass(frozen=True, slots=True)
class SafetyChanged:
    """Something else is looked at before an order is signed."""

    row: Safety


@dataclass(frozen=True, slots=True)
class TherapyChanged:
    """A planned therapy counts as other parts."""

    row: Therapy


Change = RuleDropped | RuleChanged | PredicateChanged | ResolutionChanged | SafetyChanged | TherapyChanged


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change with its owner (rule, predicate, `resolution`, `safety` or therapy), its words and its place."""

    owner: str
    words: str
    file: str
    line: int
    change: Change

    @property
    def name(self) -> str:
        """What the alteration is called everywhere: `R-019: liver_burden_percent >= 50 made > 50`."""
        return f"{self.owner}: {self.words}"

    @property
    def place(self) -> str:
        """File and line of what is altered."""
        return f"{self.file}:{self.line}"
