"""Why a rule fired, did not fire or could not be decided: its condition part by part, each with its answer
and its facts.

It is made on demand, for a page or a trace; evaluation does not need it.
"""

from dataclasses import dataclass

from adapter.case.case import Case
from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.ldt.advice import Advice
from adapter.ldt.compile import PLANNED, Condition, Frame, facts_of
from adapter.ldt.expression import Available, Conjunction, Disjunction, Named, Negation
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.words import words_of


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of a condition: its text, its answer, the facts it read, and the parts it is made of.

    A predicate has one part: its definition. `offered` and `available` read the draft and the first pass. `words` says
    in words what a part asks, what a predicate means, and how parts are joined.
    """

    text: str
    words: str
    answer: Truth
    facts: tuple[Fact, ...]
    parts: tuple["Explanation", ...]

    @property
    def deciding(self) -> tuple["Explanation", ...]:
        """The parts that make the answer: those with the same one, and the part of a negation."""
        if len(self.parts) == 1:
            return self.parts
        return tuple(part for part in self.parts if part.answer is self.answer)

    def __repr__(self) -> str:
        return f"Explanation({self.text}: {self.answer.value})"


def explain(case: Case, advice: Advice, rules: RuleSet, rule_id: str) -> Explanation:
    """The condition of one rule as the case answers it. Raises KeyError for an id that the rule set does not
    have."""
    frame = rules.frame(case).offering(advice.offered)
    return _explained(rules.rules[rule_id].condition, frame, case, rules)


def _explained(condition: Condition, frame: Frame, case: Case, rules: RuleSet) -> Explanation:
    node = condition.node
    names: tuple[str, ...] = ()
    if isinstance(node, Available):
        names = (PLANNED,)
    elif not isinstance(node, Conjunction | Disjunction | Negation | Named):
        names = facts_of(node)
    parts = tuple(_explained(part, frame, case, rules) for part in condition.parts)
    facts = tuple(case.facts[name] for name in names)
    return Explanation(node.text, _words(condition, rules), condition.test(frame), facts, parts)


def _words(condition: Condition, rules: RuleSet) -> str:
    match condition.node:
        case Conjunction():
            return "all of these"
        case Disjunction():
            return "at least one of these"
        case Negation():
            return "not so"
        case Named(name):
            return f"{name}: {rules.predicates[name].meaning}"
        case _:
            return words_of(condition, rules).text
