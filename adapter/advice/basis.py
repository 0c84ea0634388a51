"""What an answer rests on besides facts and rules: whose choices are in it, and which of them a clinician has signed.

It gives words; what is shown where is decided by card and CarePlan.
"""

from collections.abc import Iterable

from adapter.ldt import Rule, RuleSet
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


def _rules(rules: RuleSet, shown: Iterable[Rule]) -> str:
    ids = [rule.id for rule in shown if "POLICY" in rule.row.basis and rules.sign_off(rule.id) is None]
    return f"strength or wording by project policy in {', '.join(ids)}" if ids else ""


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
