"""docs/rules/conflicts.md: where the documents disagree, both positions and what the project does; and the flags.

Nothing is decided here: the words are those of conflicts.yaml.
"""

from collections.abc import Iterator

from adapter.advice.basis import signature
from adapter.ldt import RuleSet
from adapter.ldt.schema import Conflict, Flag
from docs.pages.links import Links, escaped
from docs.pages.page import blocks, page


def conflicts_page(rules: RuleSet, links: Links) -> str:
    """The whole page."""
    return page(
        "Where the documents disagree",
        rules,
        f"{len(rules.conflicts)} points on which the two documents, or two sentences of one, disagree. When rules of a "
        "point bear on what is shown\nfor a patient, the card tells it in plain words; explanation page and CarePlan "
        f"show both positions and the project's choice (policy {links.item('P13')}), which is no evidence.",
        blocks(_conflict(one, rules, links) for one in rules.conflicts.values()),
        "## Flags",
        "Remarks from outside of the two documents. No rule encodes them; they wait for a clinician.",
        blocks(_flag(flag, links) for flag in rules.flags),
    )


def _conflict(conflict: Conflict, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"### {conflict.id}\n"
    yield f"**{escaped(conflict.title)}**\n"
    yield f"- **On cards** {links.prose(conflict.plainly or 'nothing, since it says nothing to a clinician.')}"
    yield f"- **One position** {links.prose(conflict.position_a)}"
    yield f"- **The other** {links.prose(conflict.position_b)}"
    yield f"- **The project's choice** ({signature(rules, conflict.id)}): {links.prose(conflict.policy)}"
    yield f"- **Rules** {links.items(conflict.rules)}"


def _flag(flag: Flag, links: Links) -> Iterator[str]:
    yield f"### {flag.id}\n"
    yield f"**{escaped(flag.title)}.** {links.prose(flag.text)}\n"
    yield f"- **Rules** {links.items(flag.rules)}"
