"""What a site may not loosen by changing a number: whatever excludes a therapy for safety, the scope, and what makes an
answer critical.

Such a rule can be switched off, with a reason that every card shows; it cannot be made to fire less by the way.
"""

from collections.abc import Iterator

from adapter.ldt.compile import Condition
from adapter.ldt.expression import Measure, Named, Negation
from adapter.ldt.rule import Rated, Rule
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.thresholds import Threshold


def is_guarded(rules: RuleSet, rule: Rule) -> bool:
    """Whether a rule decides about the scope, contraindicates something, or excludes it whatever else speaks for it."""
    excludes = any(rating.rated in (Rated.CONTRAINDICATED, Rated.OVERRIDE) for rating in rule.ratings)
    crisis = rule.id in rules.safety.crisis_rules
    return excludes or crisis or rule.row.stage == "scope" or rule.row.category == "contraindication"


def loosened(rules: RuleSet, where: str, threshold: Threshold, number: str) -> Iterator[str]:
    """The names of guarded conditions that would be TRUE for fewer patients with another number in `where` (a rule or a
    predicate). `rules` is the rule set as it ships."""
    for name, condition in _conditions(rules):
        uses = _uses(condition, threshold, where, inside=name == where, positive=True)
        if any(not _wider(threshold, number, positive=positive) for positive in uses):
            yield name


def _conditions(rules: RuleSet) -> Iterator[tuple[str, Condition]]:
    yield from ((rule.id, rule.condition) for rule in rules.rules.values() if is_guarded(rules, rule))
    yield "critical in a crisis (P12)", rules.crisis
    yield "critical at high burden (P12)", rules.high_burden
    yield "the drug of a TACE matters (P12)", rules.agent_matters


def _uses(condition: Condition, threshold: Threshold, where: str, *, inside: bool, positive: bool) -> Iterator[bool]:
    """Each place where the threshold bears on the condition: True where more of it makes the condition TRUE."""
    node = condition.node
    if isinstance(node, Measure):
        if inside and (node.fact, node.comparison, node.number) == _key(threshold):
            yield positive
        return
    inner = inside or (isinstance(node, Named) and node.name == where)
    for part in condition.parts:
        yield from _uses(part, threshold, where, inside=inner, positive=positive ^ isinstance(node, Negation))


def _key(threshold: Threshold) -> tuple[str, str, object]:
    return threshold.fact, threshold.comparison, threshold.value


def _wider(threshold: Threshold, number: str, *, positive: bool) -> bool:
    """Whether the comparison (or, not positive, its negation) is TRUE for at least the same values with the number."""
    other = Threshold(threshold.fact, threshold.comparison, number, 0, 0).value
    match threshold.comparison:
        case "<" | "<=":
            return other >= threshold.value if positive else other <= threshold.value
        case ">" | ">=":
            return other <= threshold.value if positive else other >= threshold.value
        case "==" | "!=":
            return other == threshold.value
