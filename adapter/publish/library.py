"""The Library: what data the rules need, and the words that their conditions use.

It holds no program; the conditions are evaluated by the adapter.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence

from adapter.ldt import RuleSet
from adapter.mapping.tables import Tables
from adapter.publish.canonical import Canonicals
from adapter.publish.metadata import Resource, head
from adapter.publish.requirements import all_requirements
from adapter.publish.rule_action import LANGUAGE
from adapter.publish.vocabulary import Vocabulary

GRAMMAR = (
    "and, or, not, == != < <= > >=, in, chained comparisons, True, False, numbers, 'codes', (lists), names of facts "
    "and of the predicates below, has(list, code), has_any(list, codes), nonempty(list), offered(therapy), "
    "available(therapy), any_available(therapies). Three-valued: an unknown fact makes unknown, never false. Numbers "
    "are compared exactly, in the unit of the fact."
)
"""What a condition may consist of, for the reader of the attachment."""


def library(
    places: Canonicals, rules: RuleSet, tables: Tables, terms: Vocabulary, parts: Sequence[Resource]
) -> Resource:
    """The Library of a rule set. `parts` are the terminology resources and the form that belong to it."""
    description = (
        "The data that the rules need: for each fact the resource types and codes from which it is read. The "
        "requirements are no filter: data that is too old, not final or not confirmed is read too and named with the "
        "reason why it decides nothing. The attachment holds the predicates that conditions name."
    )
    resource = head(places, "Library", rules.id, f"{rules.title}: data and words", description)
    kind = {"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "module-definition"}
    attachment = {
        "contentType": LANGUAGE,
        "data": b64encode(predicates(rules).encode()).decode("ascii"),
        "title": "The language of conditions and its predicates",
    }
    return resource | {
        "type": {"coding": [kind]},
        "relatedArtifact": [{"type": "depends-on", "resource": f"{part['url']}|{part['version']}"} for part in parts],
        "dataRequirement": [*all_requirements(rules.facts.facts.values(), places, tables, terms)],
        "content": [attachment],
    }


def predicates(rules: RuleSet) -> str:
    """The language and every predicate: name, condition, meaning."""
    return "\n".join(_lines(rules)) + "\n"


def _lines(rules: RuleSet) -> Iterator[str]:
    yield f"# {GRAMMAR}"
    for predicate in rules.predicates.values():
        yield f"{predicate.name} := {predicate.when}  # {predicate.meaning}"
