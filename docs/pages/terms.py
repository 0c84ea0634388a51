"""docs/rules/terms.md: the words that conditions use for other conditions (predicates), each spelled out.

They are the rule set's own; facts are on docs/facts.md.
"""

from collections.abc import Iterator

from adapter.ldt import RuleSet
from adapter.ldt.compile import Condition
from adapter.ldt.expression import Named
from adapter.ldt.signoff import predicates_of
from adapter.ldt.words import words_of
from docs.pages.links import Links, code, escaped
from docs.pages.page import blocks, page
from docs.pages.sections import listed


def terms_page(rules: RuleSet, links: Links) -> str:
    """The whole page."""
    return page(
        "Terms in conditions",
        rules,
        "A term is a condition with a name. Changing it changes every rule that uses it.",
        blocks(_term(name, condition, rules, links) for name, condition in _conditions(rules)),
    )


def _conditions(rules: RuleSet) -> Iterator[tuple[str, Condition]]:
    """The predicates in the order of the rule set, each with its compiled condition."""
    found: dict[str, Condition] = {}
    for top in (*(rule.condition for rule in rules.rules.values()), rules.high_burden, rules.agent_matters):
        _collect(top, found)
    yield from ((name, found[name]) for name in rules.predicates)


def _collect(condition: Condition, found: dict[str, Condition]) -> None:
    if isinstance(condition.node, Named):
        found[condition.node.name] = condition.parts[0]
    for part in condition.parts:
        _collect(part, found)


def _term(name: str, condition: Condition, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"**{escaped(rules.predicates[name].meaning)}**\n"
    yield from listed("**Means**", words_of(condition, rules), links)
    inner = predicates_of(condition)
    yield f"- **Condition** {code(condition.text)}{', with ' + ', '.join(map(links.term, inner)) if inner else ''}"
    users = [rule.id for rule in rules.rules.values() if name in predicates_of(rule.condition)]
    yield f"- **Used by** {links.items(users) or 'the policy on danger, ' + links.item('P12')}"
