"""Why a rule fired, did not fire or could not be decided: its condition part by part, each with its answer
and its facts.

It is made on demand, for a page or a trace; evaluation does not need it.
"""

from dataclasses import dataclass, field

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
    """A part of a condition: its answer, the facts it read, and the parts it is made of.

    A predicate has one part: its definition. `offered` and `available` read the draft and the first pass.
    """

    condition: Condition
    answer: Truth
    facts: tuple[Fact, ...]
    parts: tuple["Explanation", ...]

    @property
    def text(self) -> str:
        """The part in the language of conditions."""
        return self.condition.text

    @property
    def deciding(self) -> tuple["Explanation", ...]:
        """The parts that make the answer: those with the same one, and the part of a negation."""
        if len(self.parts) == 1:
            return self.parts
        return tuple(part for part in self.parts if part.answer is self.answer)

    def __repr__(self) -> str:
        return f"Explanation({self.text}: {self.answer.value})"


def asked(explanation: Explanation, rules: RuleSet) -> str:
    """What a part asks, in words: a question to a fact, what a predicate means, how parts are joined."""
    match explanation.condition.node:
        case Conjunction():
            return "all of these"
        case Disjunction():
            return "at least one of these"
        case Negation():
            return "not so"
        case Named(name):
            return f"{name}: {rules.predicates[name].meaning}"
        case _:
            return words_of(explanation.condition, rules).text


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains the rules of one advice; what rules share is explained once."""

    case: Case
    rules: RuleSet
    frame: Frame
    done: dict[int, Explanation] = field(default_factory=dict, repr=False)

    def rule(self, rule_id: str) -> Explanation:
        """The condition of one rule as the case answers it. Raises KeyError for a rule that there is not."""
        return self._explained(self.rules.rules[rule_id].condition)

    def _explained(self, condition: Condition) -> Explanation:
        found = self.done.get(id(condition))
        if found is None:
            parts = tuple(self._explained(part) for part in condition.parts)
            facts = tuple(self.case.facts[name] for name in _facts(condition))
            found = Explanation(condition, condition.test(self.frame), facts, parts)
            self.done[id(condition)] = found
        return found


def _facts(condition: Condition) -> tuple[str, ...]:
    node = condition.node
    if isinstance(node, Conjunction | Disjunction | Negation | Named):
        return ()
    return (PLANNED,) if isinstance(node, Available) else facts_of(node)


def explainer(case: Case, advice: Advice, rules: RuleSet) -> Explainer:
    """The explainer of an advice on a case."""
    return Explainer(case, rules, rules.frame(case).offering(advice.offered))


def explain(case: Case, advice: Advice, rules: RuleSet, rule_id: str) -> Explanation:
    """The condition of one rule as the case answers it. Raises KeyError for a rule that there is not."""
    return explainer(case, advice, rules).rule(rule_id)
