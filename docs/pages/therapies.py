"""docs/rules/therapies.md: every therapy, strategy and drug with its evidence and the rules that speak of it.

Which rules rate it is taken from the rules; role, evidence and status from therapies.yaml.
"""

from collections.abc import Iterator

from adapter.ldt import Rated, RuleSet
from adapter.ldt.schema import Therapy
from adapter.ldt.words import RATED
from docs.pages.links import Links, escaped
from docs.pages.page import blocks, page

KINDS = {
    "embolotherapy": "Embolotherapies",
    "ablation": "Ablation and other local treatment",
    "surgery": "Surgery",
    "systemic": "Systemic therapy",
    "combination": "Combinations",
    "strategy": "Strategies",
    "adjunct": "Adjuncts",
    "drug": "Drugs judged by themselves",
}


def therapies_page(rules: RuleSet, links: Links) -> str:
    """The whole page."""
    return page(
        "Therapies, strategies and drugs",
        rules,
        f"{len(rules.therapies)} of them. Figures are quoted from the documents; nothing is calculated from them. "
        "Where each stands in the papers:\n[numbers.md](numbers.md).",
        *(_kind(kind, title, rules, links) for kind, title in KINDS.items()),
    )


def _kind(kind: str, title: str, rules: RuleSet, links: Links) -> str:
    members = (therapy for therapy in rules.therapies.values() if therapy.kind == kind)
    return f"## {title}\n\n{blocks(_therapy(therapy, rules, links) for therapy in members)}"


def _therapy(therapy: Therapy, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"### {therapy.code}\n"
    yield f"**{escaped(therapy.short)}: {escaped(therapy.name)}.** {links.prose(therapy.role)}.\n"
    yield f"- **Status** {links.prose(therapy.status)}"
    yield f"- **Evidence** {links.prose(therapy.evidence)}"
    yield from _rules(therapy, rules, links)
    yield f"- **Speaks for it** {links.prose(therapy.positive)}"
    yield f"- **Speaks against it, or to heed** {links.prose(therapy.limits)}"
    if therapy.parts:
        yield f"- **When planned it also counts as** {links.therapies(therapy.parts)}"
    wholes = rules.wholes.get(therapy.code, frozenset())
    if wholes:
        yield f"- **It also counts as planned when one of these is** {links.therapies(wholes)}"


def _rules(therapy: Therapy, rules: RuleSet, links: Links) -> Iterator[str]:
    rated: dict[Rated, list[str]] = {}
    for rule in rules.rules.values():
        for rating in rule.ratings:
            if rating.therapy == therapy.code:
                rated.setdefault(rating.rated, []).append(rule.id)
    for kind in Rated:
        if kind in rated:
            yield f"- **Rules, {RATED[kind]}** {links.items(rated[kind])}"
    if not rated:
        yield "- **Rules** none rates it"
