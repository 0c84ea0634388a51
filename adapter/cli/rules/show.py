"""`ldt rules show`: everything about one rule, therapy, conflict, policy or predicate."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from adapter.advice.basis import signature
from adapter.advice.reasoning import source_line
from adapter.cli.site import SiteFolder, rules_of
from adapter.ldt import Rule, RuleSet
from adapter.ldt.signoff import predicates_of
from adapter.ldt.words import RATED, sentence, words_of

Lines = Iterator[tuple[str, str]]


def show(
    item: Annotated[str, typer.Argument(metavar="ID", help="R-101, C-07, P4, a therapy, a predicate, or a code.")],
    site: SiteFolder = None,
) -> None:
    """Show one item of the rule set: condition in words, effects, sources, sign-off."""
    rules = rules_of(site)
    lines = _lines(item, rules)
    if lines is None:
        typer.echo(f"ldt rules show: the rule set has no {item}; `ldt rules list` names its rules", err=True)
        raise typer.Exit(1)
    console = Console()
    for title, text in lines:
        console.print(Text(title, style="bold"))
        console.print(Padding(Text(text), (0, 0, 0, 2), expand=False))


def _lines(item: str, rules: RuleSet) -> Lines | None:
    if item in rules.rules:
        return _rule(rules.rules[item], rules)
    if item in rules.therapies:
        return _therapy(item, rules)
    if item in rules.conflicts:
        return _conflict(item, rules)
    if item in rules.predicates:
        return _predicate(item, rules)
    if item in rules.codes:
        code = rules.codes[item]
        return iter([(f"{item} ({code.kind})", code.text), ("Set by", ", ".join(code.set_by))])
    policy = next((policy for policy in rules.policies if policy.id == item), None)
    return iter([(f"{policy.id} {policy.title}", policy.text), _signed(item, rules)]) if policy else None


def _rule(rule: Rule, rules: RuleSet) -> Lines:
    row = rule.row
    yield f"{row.id} {row.title}", f"{rule.section}; {row.category}; stage {row.stage}; basis: {row.basis}"
    yield "When", f"{row.when}\n{sentence(words_of(rule.condition, rules))}"
    for name, when in predicates_of(rule.condition).items():
        yield f"  {name}", f"{when}\n{rules.predicates[name].meaning}"
    yield "Then", "\n".join(_effects(rule, rules))
    yield "In words", row.statement
    yield "Why", row.why
    yield "Sources", "\n".join(source_line(source) for source in row.sources) or "none: project policy"
    yield "Asks for", ", ".join(row.ask) or "nothing"
    yield "Stays silent without", ", ".join(row.silent) or "nothing"
    yield "Conflicts", ", ".join(row.conflicts) or "none"
    yield "Related rules", ", ".join(row.related_rules) or "none"
    yield _signed(rule.id, rules)


def _effects(rule: Rule, rules: RuleSet) -> Iterator[str]:
    for rating in rule.ratings:
        yield f"{rules.therapies[rating.therapy].short}: {RATED[rating.rated]}"
    for setting in rule.settings:
        yield f"{setting.remarked.value} {setting.code}: {rules.codes[setting.code].text}"


def _signed(item: str, rules: RuleSet) -> tuple[str, str]:
    return "Signed", f"{signature(rules, item)}; digest {rules.digests[item]}"


def _therapy(code: str, rules: RuleSet) -> Lines:
    therapy = rules.therapies[code]
    yield f"{code}: {therapy.name}", f"{therapy.kind}; {therapy.status}"
    yield "Role", therapy.role
    yield "Evidence", therapy.evidence
    yield "For", therapy.positive
    yield "Against and limits", therapy.limits
    yield "Rated by", "\n".join(_raters(code, rules)) or "no rule"


def _raters(code: str, rules: RuleSet) -> Iterator[str]:
    for rule in rules.rules.values():
        for rating in rule.ratings:
            if rating.therapy == code:
                yield f"{rule.id} {rule.row.title}: {RATED[rating.rated]}"


def _conflict(item: str, rules: RuleSet) -> Lines:
    conflict = rules.conflicts[item]
    yield f"{conflict.id} {conflict.title}", f"{conflict.position_a}\n{conflict.position_b}"
    yield "What the project does", conflict.policy
    if conflict.plainly:
        yield "What cards say", conflict.plainly
    yield "Rules", ", ".join(conflict.rules)
    yield _signed(item, rules)


def _predicate(name: str, rules: RuleSet) -> Lines:
    predicate = rules.predicates[name]
    users = (rule.id for rule in rules.rules.values() if name in predicates_of(rule.condition))
    yield name, predicate.meaning
    yield "When", predicate.when
    yield "Used by", ", ".join(users) or "the safety policy"
