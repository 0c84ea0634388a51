"""Links of the rule pages: from an id to its place, and from the ids in a text to theirs.

All rule pages lie in one folder, docs/rules; what a place says is written elsewhere.
"""

import re
from collections.abc import Iterable

from adapter.case.words import lowered
from adapter.ldt import RuleSet

_ID = re.compile(r"\b(?:R-[0-9]{3}|C-[0-9]{2}|X-[0-9]|P[0-9]{1,2})\b")
_ACTIVE = re.compile(r"([\\*|`])")


def section_page(section: str) -> str:
    """The file of a section of rules: `3.1 Eligibility and general` is 1-eligibility-and-general.md."""
    number, title = section.split(" ", 1)
    return f"{number.split('.')[1]}-{re.sub('[^a-z0-9]+', '-', title.lower())}.md"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _ACTIVE.sub(r"\\\1", text).replace("<", "&lt;")


def code(condition: str) -> str:
    """A condition as code that can be broken into lines at its commas."""
    return "`" + condition.replace(",'", ", '") + "`"


class Links:
    """Where everything of a rule set stands."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._places = {rule.id: f"{section_page(rule.section)}#{rule.id.lower()}" for rule in rules.rules.values()}
        self._places |= {conflict: f"conflicts.md#{conflict.lower()}" for conflict in rules.conflicts}
        self._places |= {flag.id: f"conflicts.md#{flag.id.lower()}" for flag in rules.flags}
        self._places |= {policy.id: f"README.md#{policy.id.lower()}" for policy in rules.policies}

    def item(self, item: str) -> str:
        """A rule, conflict, flag or policy by its id."""
        return f"[{item}]({self._places[item]})"

    def items(self, ids: Iterable[str]) -> str:
        """Several of them."""
        return ", ".join(map(self.item, ids))

    def fact(self, name: str) -> str:
        """A fact by its label, on the page of facts."""
        return f"[{lowered(self._rules.facts[name].label)}](../facts.md#{name})"

    def facts(self, names: Iterable[str]) -> str:
        """Several facts."""
        return ", ".join(map(self.fact, names)) or "nothing"

    def therapy(self, code: str) -> str:
        """A therapy by its short name."""
        return f"[{self._rules.therapies[code].short}](therapies.md#{code})"

    def therapies(self, codes: Iterable[str]) -> str:
        """Several therapies, in the order of the rule set."""
        wanted = set(codes)
        return ", ".join(self.therapy(code) for code in self._rules.therapies if code in wanted)

    def term(self, name: str) -> str:
        """A predicate."""
        return f"[`{name}`](terms.md#{name})"

    def prose(self, text: str) -> str:
        """A text of the rule set, inert, with its ids as links."""
        return _ID.sub(self._linked, escaped(text))

    def _linked(self, found: re.Match[str]) -> str:
        return self.item(found[0]) if found[0] in self._places else found[0]
