"""The common shape of the rule pages: a title, where the page comes from, and its parts.

What the parts say is made elsewhere.
"""

from collections.abc import Iterable

from adapter.ldt import RuleSet


def page(title: str, rules: RuleSet, *parts: str, source: str = "") -> str:
    """A page. `source` names what it is made from besides the rule set."""
    made = f"Made by `make docs` from the rule set {rules.id} {rules.version}{f' and {source}' if source else ''}"
    return (
        "\n\n".join((f"# {title}", f"{made}:\nchange {'those' if source else 'that'}, not this page.", *parts)) + "\n"
    )


def lines(parts: Iterable[str]) -> str:
    """Lines of a list or a table."""
    return "\n".join(parts)


def blocks(parts: Iterable[Iterable[str]]) -> str:
    """Blocks of lines with an empty line between them."""
    return "\n\n".join(map(lines, parts))
