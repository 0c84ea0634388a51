"""docs/rules/1-...md to 9-...md: a page for each section of the rules, a block for each rule.

Everything on them is in the rule set; conditions are put in words by adapter/ldt/words.py.
"""

from collections.abc import Iterator
from itertools import groupby

from adapter.advice.basis import signature
from adapter.ldt import Rule, RuleSet
from adapter.ldt.signoff import predicates_of
from adapter.ldt.words import RATED, Words, sentence, words_of
from docs.pages.links import Links, code, escaped, section_page
from docs.pages.page import blocks, lines, page
from docs.pages.situations import Situation, Situations

STAGES = {
    "scope": "before all others, whether the guideline applies",
    "1": "first, reads facts only",
    "2": "second, also asks what is offered or planned",
}
INLINE = 3
"""Up to so many statements are one sentence; more are a list."""


def section_pages(rules: RuleSet, links: Links, known: Situations) -> dict[str, str]:
    """Every section page by its file name."""
    return {
        section_page(section): _page(section, list(found), rules, links, known)
        for section, found in groupby(rules.rules.values(), key=lambda rule: rule.section)
    }


def _page(section: str, found: list[Rule], rules: RuleSet, links: Links, known: Situations) -> str:
    return page(
        section.split(" ", 1)[1],
        rules,
        "[How to read a rule](README.md#how-to-read-a-rule)",
        lines(f"- {links.item(rule.id)} {escaped(rule.row.title)}" for rule in found),
        blocks(_rule(rule, rules, links, known) for rule in found),
    )


def _rule(rule: Rule, rules: RuleSet, links: Links, known: Situations) -> Iterator[str]:
    row = rule.row
    yield f"### {rule.id}\n"
    yield f"**{escaped(row.title)}.** {links.prose(row.statement)}\n"
    yield from listed("**When**", words_of(rule.condition, rules), links)
    yield from _effects(rule, rules, links)
    yield f"- **Why** {links.prose(row.why)}"
    yield from _sources(rule)
    yield f"- **Asked for when unknown** {links.facts(row.ask)}"
    if row.silent:
        yield f"- **Silent without** {links.facts(row.silent)}"
    if row.conflicts:
        titles = (f"{links.item(one)} {escaped(rules.conflicts[one].title)}" for one in row.conflicts)
        yield f"- **The documents disagree** {'; '.join(titles)}"
    if row.related_rules:
        yield f"- **Read with** {links.items(row.related_rules)}"
    yield f"- **Fires in** {', '.join(map(_case, known.firing(rule.id))) or 'none of the worked cases'}"
    patients = len(known.about(rule.id))
    yield f"- **Patients** [{patients} written for it](patients.md#{rule.id.lower()})"
    yield f"- **Condition** {code(row.when)}"
    yield from _terms(rule, rules, links)
    yield f"- **Category** {row.category}. **Pass** {STAGES[row.stage]}"
    yield f"- **Basis** {row.basis}. **Sign-off** {signature(rules, rule.id)}"


def listed(name: str, words: Words, links: Links, depth: int = 0) -> Iterator[str]:
    """A condition in words: a sentence when it is short, else a list, groups as lists within it."""
    indent = "  " * depth
    term = f" ({'not ' if words.denied else ''}{links.term(words.term)})" if words.term and depth else ""
    if words.flat and len(words.parts) <= INLINE:
        yield f"{indent}- {f'{name} ' if name else ''}{escaped(sentence(words))}{term}"
        return
    joint = "all of these" if words.joint == "and" else "at least one of these"
    yield f"{indent}- {f'{name} ' if name else ''}{joint}{term}"
    for part in words.parts:
        yield from listed("", part, links, depth + 1)


def _terms(rule: Rule, rules: RuleSet, links: Links) -> Iterator[str]:
    meanings = (
        f"{links.term(name)}: {escaped(rules.predicates[name].meaning)}" for name in predicates_of(rule.condition)
    )
    said = "; ".join(meanings)
    if said:
        yield f"- **Terms** {said}"


def _effects(rule: Rule, rules: RuleSet, links: Links) -> Iterator[str]:
    for rated, ratings in groupby(rule.ratings, key=lambda rating: rating.rated):
        names = ", ".join(links.therapy(rating.therapy) for rating in ratings)
        yield f"- **Then** {names}: {RATED[rated]}"
    for setting in rule.settings:
        text = links.prose(rules.codes[setting.code].text)
        yield f"- **Then** {setting.remarked.value}: {text} (`{setting.code}`)"


def _sources(rule: Rule) -> Iterator[str]:
    if not rule.row.sources:
        yield "- **Source** none, a choice of this project"
    for source in rule.row.sources:
        yield f"- **Source** {source.document}, {escaped(source.section)}, “{escaped(source.quote_start)}”"


def _case(situation: Situation) -> str:
    return f"[{situation.name}](cases.md#{situation.anchor})"
