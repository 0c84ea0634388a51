"""docs/rules/README.md: how to read a rule, Table 1 as printed, what there is, policies; docs/rules/signoff.md.

The rules themselves are on the pages of their sections.
"""

from collections.abc import Iterator
from itertools import groupby

from adapter.advice.basis import signature
from adapter.ldt import RuleSet
from adapter.ldt.schema import PolicyRow, TableRow
from adapter.ldt.signoff import age_item
from docs.pages.links import Links, escaped, section_page
from docs.pages.page import blocks, lines, page
from docs.pages.situations import Situations

HOW_TO_READ = """## How to read a rule

| on the page | means |
|---|---|
| first line | the title, and the rule in words |
| When | the condition in words; every fact is explained on [facts.md](../facts.md) |
| Condition, Terms | the same as it is evaluated, and the meaning of its terms ([terms.md](terms.md)) |
| Then | what it says of therapies (strengths below), and the caution, action or note that it sets |
| Why, Source | the reason in the project's words; document, section and first words of the sentence |
| Asked for when unknown | facts that are named as missing while they keep the rule undecided |
| Silent without | facts without which the rule says nothing and asks nothing |
| The documents disagree | a point of [conflicts.md](conflicts.md), with both positions |
| Fires in, Patients | worked cases ([cases.md](cases.md)), patients written for the rule ([patients.md](patients.md)) |
| Basis | `source`, or what of it is POLICY, the project's own choice |
| Sign-off | whether a clinician has signed it ([signoff.md](signoff.md)) |

A condition is true, false or unknown, and only a true one speaks: an unknown fact never counts as "no" (policy
[P2](#p2)). A rule that is undecided and could exclude an option makes it provisional ([P10](#p10)).

| strength | means |
|---|---|
| +++ | preferred |
| + | reasonable |
| – | not recommended |
| contraindicated | overrides everything |

How several ratings of one therapy become one is said by the policies [P4](#p4) to [P9](#p9)."""


def index_page(rules: RuleSet, links: Links, known: Situations) -> str:
    """The whole README."""
    return page(
        "The rule set",
        rules,
        f"{escaped(rules.title)}. Drawn from two narrative reviews without formal grading of evidence; what is POLICY "
        "is the project's own\nchoice. For whom it is and what it does not cover: [scope.md](../scope.md).",
        lines(f"- **{one.code}**: {escaped(one.citation)}" for one in rules.documents),
        lines(_contents(rules, known)),
        HOW_TO_READ,
        "## Table 1",
        lines(_table(rules, links)),
        "## Policies",
        "How a case is evaluated: choices of the project, no evidence.",
        blocks(_policy(one, rules, links) for one in rules.policies),
        source="the worked cases",
    )


def _contents(rules: RuleSet, known: Situations) -> Iterator[str]:
    yield "| page | holds |\n|---|---|"
    for section, found in groupby(rules.rules.values(), key=lambda rule: rule.section):
        ids = [rule.id for rule in found]
        title = section.split(" ", 1)[1]
        yield f"| [{title}]({section_page(section)}) | {len(ids)} rules, {ids[0]} to {ids[-1]} |"
    drugs = sum(therapy.kind == "drug" for therapy in rules.therapies.values())
    yield f"| [Therapies](therapies.md) | {len(rules.therapies) - drugs} therapies and strategies, {drugs} drugs |"
    conflicts, flags = len(rules.conflicts), len(rules.flags)
    yield f"| [Where the documents disagree](conflicts.md) | {conflicts} conflicts, {flags} flags |"
    yield "| [Numbers of the papers](numbers.md) | thresholds, doses, figures, and where they are printed |"
    yield f"| [Terms in conditions](terms.md) | {len(rules.predicates)} terms |"
    yield f"| [Worked cases](cases.md) | {len(known.worked)} cases |"
    yield f"| [Patients of single rules](patients.md) | {len(known.single)} patients: fires, does not, asks |"
    signed = sum(rules.sign_off(item) is not None for item in rules.digests)
    yield f"| [Sign-off](signoff.md) | {signed} of {len(rules.digests)} items signed by a clinician |"
    yield f"| [Facts](../facts.md) | {len(rules.facts.inputs)} inputs of rules |"


def _table(rules: RuleSet, links: Links) -> Iterator[str]:
    """Table 1 as printed, with the rule behind each row and its footnotes below."""
    notes: list[str] = []
    yield f"Rabei2023, Table 1: **{escaped(rules.table_caption)}**."
    yield "Scenarios and strengths as printed, footnotes restated.\n"
    yield "| row | clinical scenario | cTACE/TAE | TARE | rule | read with |\n|---|---|---|---|---|---|"
    for row in rules.table:
        yield _row(row, notes, rules, links)
    yield "\n+++ preferred treatment strategy; + reasonable treatment strategy; – not recommended.\n"
    for number, note in enumerate(notes, 1):
        yield f"{number}. {links.prose(note.removeprefix('* '))}"


def _row(row: TableRow, notes: list[str], rules: RuleSet, links: Links) -> str:
    if row.footnote and row.footnote not in notes:
        notes.append(row.footnote)
    mark = f" <sup>{notes.index(row.footnote) + 1}</sup>" if row.footnote else ""
    also = dict(part.split(": ") for part in row.also.split("; ")) if row.also else {}
    cells = {column: f" ({words})" for column, words in also.items()}
    # A footnote that the paper hangs on the scenario (*) stays there, one on a column entry with that entry.
    scenario = escaped(row.scenario) + ("" if also else mark)
    tare = f"{row.tare}{cells.get('TARE', '')}{mark if also else ''}"
    rule, related = links.item(row.rule), links.items(rules.rules[row.rule].row.related_rules)
    return f"| {row.id} | {scenario} | {row.tae_ctace}{cells.get('cTACE/TAE', '')} | {tare} | {rule} | {related} |"


def _policy(policy: PolicyRow, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"### {policy.id}\n"
    yield f"**{escaped(policy.title)}** ({signature(rules, policy.id)}). {links.prose(policy.text)}"


def signoff_page(rules: RuleSet, links: Links) -> str:
    """The page on who signed what."""
    signed = sum(rules.sign_off(item) is not None for item in rules.digests)
    return page(
        "Sign-off",
        rules,
        f"{signed} of {len(rules.digests)} items are signed. A signature is for a text: when the text changes, its "
        "digest does, and the item counts as\nunsigned. How to sign is said in `adapter/ldt/rules/signoff.yaml`. Cards "
        "and CarePlans name what is unsigned.",
        lines(_signatures(rules, links)),
    )


def _signatures(rules: RuleSet, links: Links) -> Iterator[str]:
    yield "| item | what | digest | signed |\n|---|---|---|---|"
    for item in rules.digests:
        yield f"| {_item(item, rules, links)} | `{rules.digests[item]}` | {signature(rules, item)} |"


def _item(item: str, rules: RuleSet, links: Links) -> str:
    if item in rules.rules:
        row = rules.rules[item].row
        return f"{links.item(item)} | {escaped(row.title)} (basis: {row.basis})"
    if item in rules.conflicts:
        return f"{links.item(item)} | choice in the conflict: {escaped(rules.conflicts[item].title)}"
    ages = {age_item(fact.name): fact for fact in rules.facts.facts.values()}
    if item in ages:
        return f"maximum age | {links.fact(ages[item].name)}: {ages[item].max_age}"
    titles = {policy.id: policy.title for policy in rules.policies}
    return f"{links.item(item)} | policy: {escaped(titles[item])}"
