"""Digests of what clinicians sign: rules, policies, choices in conflicts, maximum ages.

A signature is for a text; when the text changes, its digest does, and the signature no longer holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from adapter.case.catalogue import NO_EXPIRY, Catalogue, FactDefinition
from adapter.ldt.compile import Condition
from adapter.ldt.expression import Named
from adapter.ldt.rule import Rule
from adapter.ldt.schema import CodeRow, Conflict, PolicyFile, Therapy

DIGITS = 12
"""Hex digits of a digest: enough to tell texts apart, short enough to be copied by hand."""


def age_item(fact: str) -> str:
    """The name under which the maximum age of a fact is signed."""
    return f"age:{fact}"


def has_age(fact: FactDefinition) -> bool:
    """Whether a value of the fact expires, so that its maximum age needs a signature."""
    return fact.max_age != NO_EXPIRY


def digests(
    rules: Mapping[str, Rule],
    codes: Mapping[str, CodeRow],
    policy: PolicyFile,
    therapies: Mapping[str, Therapy],
    conflicts: Mapping[str, Conflict],
    facts: Catalogue,
) -> dict[str, str]:
    """The digest of every item that can be signed."""
    found = {rule.id: _digest(_texts_of(rule, codes, therapies)) for rule in rules.values()}
    executed = list(_executed(policy, therapies))
    found |= {row.id: _digest([row.model_dump_json(), *executed]) for row in policy.policies}
    found |= {conflict.id: _digest([conflict.model_dump_json()]) for conflict in conflicts.values()}
    aged = (fact for fact in facts.facts.values() if has_age(fact))
    return found | {age_item(fact.name): _digest([fact.max_age, fact.max_age_procedure]) for fact in aged}


def _digest(texts: Iterable[str]) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:DIGITS]


def _executed(policy: PolicyFile, therapies: Mapping[str, Therapy]) -> Iterator[str]:
    """What carries the policies out: a change of any of it needs every policy to be read again."""
    yield policy.resolution.model_dump_json()
    yield policy.safety.model_dump_json()
    yield from (predicate.model_dump_json() for predicate in policy.predicates)
    yield from (f"{therapy.code}: {', '.join(therapy.parts)}" for therapy in therapies.values())


def _texts_of(rule: Rule, codes: Mapping[str, CodeRow], therapies: Mapping[str, Therapy]) -> Iterator[str]:
    """Everything that a clinician reads when reading the rule."""
    yield rule.row.model_dump_json()
    rated = (rating.therapy for rating in rule.ratings if rating.therapy in therapies)
    yield from (f"{code}: {therapies[code].name}, {therapies[code].short}" for code in rated)
    yield from (f"{setting.code}: {codes[setting.code].text}" for setting in rule.settings if setting.code in codes)
    yield from (f"{name}: {when}" for name, when in sorted(predicates_of(rule.condition).items()))


def predicates_of(condition: Condition) -> dict[str, str]:
    """The predicates that a condition uses, directly or through others, with their conditions."""
    found: dict[str, str] = {}
    for part in condition.parts:
        found |= predicates_of(part)
    if isinstance(condition.node, Named):
        found[condition.node.name] = condition.parts[0].text
    return found
