"""docs/rules/cases.md: the worked cases, each told against one reference profile.

What is advised is what the rule set says; the tests of the rule set compare it with what was expected.
"""

from collections.abc import Iterator

from adapter.case.case import Case
from adapter.ldt import Advice, RuleSet, Strength
from docs.pages.differences import differences, value_in
from docs.pages.links import Links, escaped
from docs.pages.page import blocks, lines, page
from docs.pages.situations import Situation, Situations

LISTS = {
    Strength.PREFERRED: "Preferred (+++)",
    Strength.REASONABLE: "Reasonable (+)",
    Strength.NOT_RECOMMENDED: "Not recommended (–)",
    Strength.CONTRAINDICATED: "Contraindicated",
}


def cases_page(rules: RuleSet, links: Links, known: Situations) -> str:
    """The whole page."""
    count = len(known.worked)
    return page(
        "Worked cases",
        rules,
        "All patients are synthetic. Each is told by what differs from the reference profile. The results follow the "
        "[policies](README.md#policies);\nthe papers alone do not determine them. Thresholds are tried under, at and "
        "over their number in `fixtures/boundaries`.\n"
        f"[Patients of single rules](patients.md): {len(known.single)} more.",
        "## Reference profile",
        f"{escaped(known.reference.title)}.",
        lines(_profile(known.reference.case, rules, links)),
        f"## The {count} cases",
        blocks(_situation(one, known, rules, links) for one in known.worked),
        source="`fixtures/cases`",
    )


def _profile(case: Case, rules: RuleSet, links: Links) -> Iterator[str]:
    yield "| fact | value |\n|---|---|"
    for definition in rules.facts.inputs:
        yield f"| {links.fact(definition.name)} | {value_in(case, definition.name, rules)} |"


def _situation(one: Situation, known: Situations, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"### {one.name}\n"
    yield f"**{escaped(one.title[0].upper() + one.title[1:])}.**\n"
    different = "; ".join(differences(one.case, known, rules, links))
    yield f"- **Differs from the reference profile** {different or 'in nothing'}"
    yield from _answer(one.advice, rules, links)
    yield f"- **Rules that fire** {links.items(one.advice.fired)}"


def _answer(advice: Advice, rules: RuleSet, links: Links) -> Iterator[str]:
    yield from _ratings(advice, links)
    for name, remarks in (("Cautions", advice.cautions), ("To do", advice.actions)):
        if remarks:
            yield f"- **{name}**"
        for remark in remarks:
            yield f"  - {_remark(remark.code, rules)} ({links.items(_linked(remark.rules))})"
    yield f"- **Missing** {links.facts(missing.name for missing in advice.missing)}"
    yield f"- **Indicator** {advice.indicator.value}"


def _ratings(advice: Advice, links: Links) -> Iterator[str]:
    for strength, name in LISTS.items():
        codes = [therapy.code for therapy in advice.by_strength(strength)]
        if codes:
            yield f"- **{name}** {links.therapies(codes)}"


def _remark(code: str, rules: RuleSet) -> str:
    if code in rules.codes:
        return escaped(rules.codes[code].text)
    return (
        f"{rules.therapies[code.removeprefix('provisional_')].short} is provisional: an unknown fact could exclude it"
    )


def _linked(ids: tuple[str, ...]) -> tuple[str, ...]:
    return ids or ("P1",)
