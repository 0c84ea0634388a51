"""The PlanDefinition: every rule once, grouped by section, with the papers, the conflicts and the project's policies.

It can be read by people and taken apart by programs. The engine that combines the rules is the adapter's own $apply.
"""

from collections.abc import Iterator
from itertools import groupby

from adapter.advice.basis import unsigned
from adapter.ldt import RuleSet
from adapter.ldt.words import sentence, words_of
from adapter.publish.canonical import Canonicals
from adapter.publish.metadata import Resource, head, markdown, with_values
from adapter.publish.rule_action import LANGUAGE, rule_action, sign_off
from adapter.publish.vocabulary import Vocabulary


def plan_definition(places: Canonicals, rules: RuleSet, terms: Vocabulary) -> Resource:
    """The PlanDefinition of a rule set: one group per section, in it one action per rule."""
    resource = head(places, "PlanDefinition", rules.id, rules.title, _description(rules))
    sections = groupby(rules.rules.values(), key=lambda rule: rule.section)
    groups = [
        {
            "id": f"section-{number}",
            "title": section,
            "groupingBehavior": "visual-group",
            "action": [rule_action(rule, rules, places, terms) for rule in found],
        }
        for number, (section, found) in enumerate(sections, start=1)
    ]
    return resource | {
        "type": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/plan-definition-type",
                    "code": "clinical-protocol",
                    "display": "Clinical Protocol",
                }
            ]
        },
        "usage": _usage(),
        "relatedArtifact": [*_artifacts(rules)],
        "library": [places.pinned("Library", rules.id)],
        "action": groups,
    }


def _description(rules: RuleSet) -> str:
    codes = " and ".join(document.code for document in rules.documents)
    return (
        f"{len(rules.rules)} rules on {len(rules.therapies)} therapies and drugs, drawn from two narrative reviews "
        f"({codes}) without formal grading of evidence. {unsigned(rules, rules.rules.values())}"
    )


def _usage() -> str:
    return (
        f"Each condition is in {LANGUAGE}, the language of the rule files: the expression is the rule's own text, its "
        "description says it in words, the Library holds the words that it uses. A condition is true, false or "
        "unknown; only true applies, and an unknown fact is never taken for no. Ratings of one therapy by several "
        "rules become one verdict by the policies P1 to P14 (related artifacts), which the elements of a "
        "PlanDefinition cannot express: a verdict comes from the $apply operation of the adapter, never from one "
        "action alone."
    )


def _artifacts(rules: RuleSet) -> Iterator[Resource]:
    """The papers; where they disagree, with the project's choice; open flags; policies; what is signed with its
    sign-off."""
    for document in rules.documents:
        yield _artifact("citation", document.code, "", document.citation)
    for conflict in rules.conflicts.values():
        positions = f"{conflict.position_a} {conflict.position_b} Project policy: {conflict.policy}"
        text = f"{positions} {sign_off(conflict.id, rules)}."
        yield _artifact("documentation", conflict.id, conflict.title, text)
    for flag in rules.flags:
        condition = rules.flag_conditions.get(flag.id)
        where = f" Bears on an answer where {sentence(words_of(condition, rules))}." if condition else ""
        text = f"{flag.text}{where} Waits for a clinician; no rule encodes it."
        yield _artifact("documentation", flag.id, flag.title, text)
    for policy in rules.policies:
        yield _artifact("justification", policy.id, policy.title, f"{policy.text} {sign_off(policy.id, rules)}.")


def _artifact(kind: str, label: str, display: str, text: str) -> Resource:
    return with_values({"type": kind, "label": label, "display": display, "citation": markdown(text)})
