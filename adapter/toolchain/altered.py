"""Altered rule sets, made quickly, so that thousands can be tried: only what changed is compiled.

Nothing is checked here; whether the altered files would load at all is refusal.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from adapter.case.catalogue import Catalogue
from adapter.ldt.assemble import assemble, rule_of, wholes_of
from adapter.ldt.compile import Compiler, Condition
from adapter.ldt.expression import Node
from adapter.ldt.parse import Vocabulary, parse
from adapter.ldt.rule import Rule
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.schema import RuleRow, Safety
from adapter.ldt.sheets import Sheets
from adapter.toolchain.alteration import (
    Change,
    PredicateChanged,
    ResolutionChanged,
    RuleChanged,
    RuleDropped,
    SafetyChanged,
    TherapyChanged,
)


@dataclass(frozen=True, slots=True)
class Original:
    """A rule set with its files and its compiler, from which altered ones are made."""

    sheets: Sheets
    rules: RuleSet
    compiler: Compiler
    vocabulary: Vocabulary
    predicates: Mapping[str, Node]

    def node(self, text: str) -> Node:
        """A condition as nodes. Raises ExpressionError."""
        return parse(text, self.vocabulary)


@dataclass(frozen=True, slots=True)
class Altered:
    """An altered rule set, and the condition that the alteration concerns before and after it (None: no single one)."""

    rules: RuleSet
    before: Condition | None = None
    after: Condition | None = None


def original(sheets: Sheets, facts: Catalogue) -> Original:
    """The rule set of these files, ready to be altered. Raises RuleSetError."""
    rules = assemble(sheets, facts)
    vocabulary = Vocabulary(facts, rules.predicates.keys(), rules.therapies.keys())
    predicates = {name: parse(predicate.when, vocabulary) for name, predicate in rules.predicates.items()}
    compiled, compiler = _recompiled(rules, predicates, rules.wholes)
    return Original(sheets, compiled, compiler, vocabulary, predicates)


def altered(source: Original, change: Change) -> Altered:
    """The rule set with this change. Raises ExpressionError when the changed condition cannot be read."""
    rules = source.rules
    match change:
        case RuleDropped(id):
            condition = rules.rules[id].condition
            return Altered(_with_rules(rules, _without(rules.rules, id)), condition, condition)
        case RuleChanged(row):
            return _with_rule(source, row)
        case PredicateChanged(row):
            nodes = {**source.predicates, row.name: source.node(row.when)}
            made, compiler = _recompiled(rules, nodes, rules.wholes)
            before = source.compiler.condition(source.predicates[row.name])
            return Altered(made, before, compiler.condition(nodes[row.name]))
        case ResolutionChanged(row):
            return Altered(replace(rules, resolution=row))
        case SafetyChanged(row):
            return Altered(_with_safety(source, row))
        case TherapyChanged(row):
            therapies = {**rules.therapies, row.code: row}
            made, _ = _recompiled(rules, source.predicates, wholes_of(therapies.values()))
            return Altered(replace(made, parts={**rules.parts, row.code: frozenset((row.code, *row.parts))}))
        case _:
            assert_never(change)


def _recompiled(
    rules: RuleSet, predicates: Mapping[str, Node], wholes: Mapping[str, frozenset[str]]
) -> tuple[RuleSet, Compiler]:
    """Every condition compiled anew: by other predicates, or with other forms of the planned therapies."""
    compiler = Compiler(wholes)
    for name, node in predicates.items():
        compiler.define(name, node)
    made = {rule.id: replace(rule, condition=compiler.condition(rule.condition.node)) for rule in rules.rules.values()}
    crisis, high_burden = compiler.condition(rules.crisis.node), compiler.condition(rules.high_burden.node)
    agent_matters = compiler.condition(rules.agent_matters.node)
    compiled = _with_rules(rules, made)
    return replace(
        compiled,
        crisis=crisis,
        high_burden=high_burden,
        agent_matters=agent_matters,
        wholes=wholes,
        slots=compiler.slots,
    ), compiler


def _with_rules(rules: RuleSet, made: Mapping[str, Rule]) -> RuleSet:
    return replace(
        rules,
        rules=made,
        scope=tuple(made[rule.id] for rule in rules.scope if rule.id in made),
        first=tuple(made[rule.id] for rule in rules.first if rule.id in made),
        second=tuple(made[rule.id] for rule in rules.second if rule.id in made),
    )


def _with_rule(source: Original, row: RuleRow) -> Altered:
    before = source.rules.rules[row.id]
    compiler = source.compiler.branch()
    condition = compiler.condition(source.node(row.when))
    made = {**source.rules.rules, row.id: rule_of(before.section, row, condition)}
    return Altered(replace(_with_rules(source.rules, made), slots=compiler.slots), before.condition, condition)


def _with_safety(source: Original, row: Safety) -> RuleSet:
    compiler = source.compiler.branch()
    crisis = compiler.condition(source.node(row.crisis_when))
    high_burden = compiler.condition(source.node(row.high_burden_when))
    agent_matters = compiler.condition(source.node(row.agent_matters_when))
    return replace(
        source.rules,
        safety=row,
        crisis=crisis,
        high_burden=high_burden,
        agent_matters=agent_matters,
        slots=compiler.slots,
    )


def _without(rules: Mapping[str, Rule], dropped: str) -> dict[str, Rule]:
    return {rule_id: rule for rule_id, rule in rules.items() if rule_id != dropped}
