"""A synthetic patient told by what differs from the reference profile.

It compares facts as they are shown, so that two ways of writing one value are no difference.
"""

from collections.abc import Iterator

from adapter.advice.wording import value_of
from adapter.case.case import Case
from adapter.ldt import RuleSet
from docs.pages.links import Links, escaped
from docs.pages.situations import Situations


def differences(case: Case, known: Situations, rules: RuleSet, links: Links) -> Iterator[str]:
    """Each fact that differs, with its value."""
    for definition in rules.facts.inputs:
        value = value_in(case, definition.name, rules)
        if value != value_in(known.reference.case, definition.name, rules):
            yield f"{links.fact(definition.name)}: {value}"


def value_in(case: Case, name: str, rules: RuleSet) -> str:
    """The value of a fact in a case, for people."""
    return escaped(value_of(case.facts[name], rules.facts[name])) or "unknown"
