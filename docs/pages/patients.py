"""docs/rules/patients.md: the patients that were written for single rules and policies, each with what is expected.

They are the tests of the rule set, told for clinicians; the worked cases stand in cases.md.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from adapter.ldt import RuleSet
from adapter.toolchain.expectation import Expectation, WorkedCase
from docs.pages.differences import differences
from docs.pages.links import Links, escaped
from docs.pages.page import blocks, page
from docs.pages.situations import Situations


def patients_page(rules: RuleSet, links: Links, known: Situations) -> str:
    """The whole page."""
    return page(
        "Patients of single rules",
        rules,
        f"{len(known.single)} synthetic patients, each thought out for one rule or policy: in which it fires, in\n"
        "which it does not, and in which it cannot be decided and asks. Each is told by what differs from the\n"
        "[reference profile](cases.md#reference-profile). Thresholds are tried under, at and over their number in\n"
        "`fixtures/boundaries`.",
        blocks(_owner(about, cases, rules, links, known) for about, cases in _grouped(known.single)),
        source="`fixtures/cases`",
    )


def _grouped(cases: Iterable[WorkedCase]) -> Iterator[tuple[str, list[WorkedCase]]]:
    ordered = sorted(cases, key=lambda case: (case.about[0] == "P", _number(case.about)))
    for about, found in groupby(ordered, key=lambda case: case.about):
        yield about, list(found)


def _number(about: str) -> int:
    return int("".join(letter for letter in about if letter.isdigit()))


def _owner(about: str, cases: list[WorkedCase], rules: RuleSet, links: Links, known: Situations) -> Iterator[str]:
    title = rules.rules[about].row.title if about in rules.rules else ""
    titles = {policy.id: policy.title for policy in rules.policies}
    yield f"### {about}\n"
    yield f"{links.item(about)} {escaped(title or titles.get(about, ''))}\n"
    for case in cases:
        told = case.name.partition(": ")[2]
        different = "; ".join(differences(case.case, known, rules, links)) or "as the reference profile"
        yield f"- **{case.expect.answer or 'policy'}** {escaped(told)} ({different}){_expected(case.expect, links)}"


def _expected(expect: Expectation, links: Links) -> str:
    parts = [f"{name.replace('_', ' ')}: {', '.join(sorted(codes))}" for name, codes in expect.shows.items()]
    parts += [f"not {name.replace('_', ' ')}: {', '.join(sorted(codes))}" for name, codes in expect.hides.items()]
    if expect.asks is not None:
        parts.append(f"asks for {links.facts(expect.asks) if expect.asks else 'nothing'}")
    if expect.indicator:
        parts.append(expect.indicator)
    return f": {'; '.join(parts)}" if parts else ""
