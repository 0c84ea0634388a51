"""The rule guard: alters a rule set in every small way and asks each time whether a worked case would notice.

It finds gaps in the cases, not faults in the rules: a rule that can be altered without any case failing is not tested.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from adapter.case.truth import Truth
from adapter.ldt.compile import Condition, Frame
from adapter.ldt.evaluate import evaluate
from adapter.ldt.parse import ExpressionError
from adapter.ldt.ruleset import RuleSet
from adapter.toolchain.alteration import Alteration
from adapter.toolchain.altered import Altered, Original, altered
from adapter.toolchain.casebook import Casebook
from adapter.toolchain.expectation import WorkedCase, faults
from adapter.toolchain.refusal import refusal

Fate = Literal["noticed", "refused", "survived"]


class CasesFail(ValueError):
    """The cases fail with the rule set as it stands, so that they prove nothing about altered ones."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an alteration: a case noticed it, loading refused it, or it survived; and `by` which case or
    with which problem.
    """

    alteration: Alteration
    fate: Fate
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Watch:
    """A worked case, and the frame in which its conditions are answered with the rule set as it stands."""

    worked: WorkedCase
    frame: Frame


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule set as it stands, and the cases that watch it."""

    source: Original
    watches: tuple[_Watch, ...]

    def outcomes(self, alterations: Iterable[Alteration]) -> Iterator[Outcome]:
        """What becomes of each alteration, in their order."""
        return (self.outcome(alteration) for alteration in alterations)

    def outcome(self, alteration: Alteration) -> Outcome:
        """What becomes of one alteration. Cases are asked first; only what none of them notices is loaded."""
        try:
            changed = altered(self.source, alteration.change)
        except ExpressionError as error:
            return Outcome(alteration, "refused", str(error))
        for watch in self._concerned(changed, alteration.owner):
            if next(faults(watch.worked, changed.rules), None) is not None:
                return Outcome(alteration, "noticed", watch.worked.name)
        problem = refusal(self.source.sheets, self.source.rules.facts, alteration.change)
        return Outcome(alteration, "refused" if problem else "survived", problem)

    def _concerned(self, changed: Altered, owner: str) -> Iterator[_Watch]:
        """The cases whose advice the alteration could change, those about its owner first."""
        for own in (True, False):
            for watch in self.watches:
                if (watch.worked.about == owner) is own and touches(changed, watch.frame):
                    yield watch


def guard(source: Original, casebook: Casebook) -> Guard:
    """The guard of a rule set. Raises CasesFail when a case fails with the rule set as it stands."""
    fallen = [f"{worked.place}: {fault}" for worked in casebook.cases for fault in faults(worked, source.rules)]
    if fallen:
        raise CasesFail("\n".join(fallen))
    return Guard(source, tuple(_Watch(worked, _frame(worked, source.rules)) for worked in casebook.cases))


def _frame(worked: WorkedCase, rules: RuleSet) -> Frame:
    return rules.frame(worked.case).offering(evaluate(worked.case, rules).offered)


def touches(changed: Altered, frame: Frame) -> bool:
    """Whether an alteration could change the advice for a case, by the frame of its conditions.

    It can where the altered condition is answered otherwise, or not answered, or is true and something else follows.
    """
    if changed.before is None or changed.after is None:
        return True
    was, now = changed.before.test(frame), _answer(changed.after, frame, changed.rules.slots)
    return was is not now or now is Truth.UNKNOWN or (changed.before is changed.after and now is Truth.TRUE)


def _answer(condition: Condition, frame: Frame, slots: int) -> Truth:
    return condition.test(Frame(frame.values, [None] * slots, frame.offered))
