"""What an answer rests on besides facts and rules: the project's own choices, and the site's, and who signed them.

It gives words; what is shown where is decided by card and CarePlan.
"""

from collections.abc import Iterable, Iterator
from typing import assert_never

from adapter.case.catalogue import NO_EXPIRY, catalogue
from adapter.case.moment import Duration
from adapter.case.truth import Truth
from adapter.case.words import unit_of
from adapter.ldt import Advice, Override, Rule, RuleSet
from adapter.ldt.rule import Rated
from adapter.ldt.signoff import age_item, has_age


def signature(rules: RuleSet, item: str) -> str:
    """Who signed an item and when, or that nobody has."""
    signed = rules.sign_off(item)
    return f"signed by {signed.by}, {signed.role}, on {signed.day}" if signed else "unsigned"


def unsigned(rules: RuleSet, shown: Iterable[Rule]) -> str:
    """What of the answer is the project's own choice and not signed by a clinician; empty when all of it is signed.

    `shown` are the rules behind what is shown; policies and maximum ages bear on every answer.
    """
    parts = (_rules(rules, shown), _policies(rules), _ages(rules))
    listed = "; ".join(part for part in parts if part)
    return f"Not signed by a clinician: {listed}." if listed else ""


def unsigned_counts(rules: RuleSet, shown: Iterable[Rule]) -> str:
    """The same in one short line: how much of it there is, without naming each."""
    behind = sum(rules.sign_off(rule.id) is None for rule in shown)
    parts = (
        f"{behind} rule{'s' if behind > 1 else ''} behind this answer" if behind else "",
        "how ratings are combined" if _policies(rules) else "",
        "maximum ages of facts" if _ages(rules) else "",
    )
    listed = ", ".join(part for part in parts if part)
    return f"Not signed by a clinician: {listed}" if listed else ""


def _rules(rules: RuleSet, shown: Iterable[Rule]) -> str:
    unsigned_rules = [rule for rule in shown if rules.sign_off(rule.id) is None]
    if not unsigned_rules:
        return ""
    own = [rule.id for rule in unsigned_rules if "POLICY" in rule.row.basis]
    policy = f", of which strength or wording by project policy: {', '.join(own)}" if own else ""
    number = f"{len(unsigned_rules)} rule{'s' if len(unsigned_rules) > 1 else ''}"
    return f"{number} behind this answer{policy}"


def _policies(rules: RuleSet) -> str:
    ids = [policy.id for policy in rules.policies if rules.sign_off(policy.id) is None]
    if not ids:
        return ""
    which = f"{ids[0]} to {ids[-1]}" if len(ids) == len(rules.policies) else ", ".join(ids)
    return f"how a case is evaluated and ratings are combined (policies {which})"


def _ages(rules: RuleSet) -> str:
    aged = [fact for fact in rules.facts.facts.values() if has_age(fact)]
    open_ages = [fact for fact in aged if rules.sign_off(age_item(fact.name)) is None]
    if not open_ages:
        return ""
    which = "all" if len(open_ages) == len(aged) else f"{len(open_ages)} of {len(aged)}"
    return f"maximum ages of facts ({which} are assumptions)"


def site_lines(rules: RuleSet) -> Iterator[str]:
    """Every change that the site has made, the rule set's own value beside it, with who decided it, when and why."""
    for one in rules.site.overrides if rules.site else ():
        yield f"{_changed(one)} ({one.by}, {one.day}: {one.reason})"


def _changed(one: Override) -> str:
    match one.kind:
        case "threshold":
            return f"{one.about}: {comparison_words(one.here)} here, in the rule set {comparison_words(one.source)}"
        case "age":
            return f"maximum age of {_fact(one.about)}: {_age(one.here)} here, in the rule set {_age(one.source)}"
        case "wording":
            return f"{one.about} reads '{one.here}' here, in the rule set '{one.source}'"
        case "off":
            return f"{one.about} is switched off"
        case "shadow":
            return f"{one.about} is in shadow: evaluated and logged, not shown"
        case _:
            assert_never(one.kind)


def comparison_words(text: str) -> str:
    """A comparison (`platelets_10e9_l <= 120`) for people."""
    fact, comparison = text.split(" ", 1)
    return f"{_fact(fact)} {comparison} {unit_of(catalogue()[fact])}".strip()


def _fact(about: str) -> str:
    """The label of a fact, with what else is said of it."""
    name, _, more = about.partition(" ")
    return f"{catalogue()[name].label} {more}".strip()


def _age(text: str) -> str:
    return text if text == NO_EXPIRY else Duration.parse(text).words


def silenced_lines(advice: Advice, rules: RuleSet) -> Iterator[str]:
    """The guards that the site has switched off and that would speak for this patient, each with what it would say."""
    for silenced in advice.silenced:
        rule = rules.rules[silenced.rule]
        names = ", ".join(rules.therapies[code].short for code in silenced.against)
        verb = "contraindicate" if all(r.rated is Rated.CONTRAINDICATED for r in rule.ratings) else "exclude"
        effect = f"{verb} {names}" if names else "put the patient outside of the guideline"
        if not names and rule.row.stage != "scope":
            effect = "warn"
        would = "would" if silenced.answer is Truth.TRUE else "could, for lack of facts,"
        yield f"{rule.id} {rule.row.title} {would} {effect}: {rule.row.statement}"
