"""Everything that is published, put together: one set of resources of one base and one version, and its Bundle.

What each resource says is decided in its own module; writing files is for the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.ldt import RuleSet
from adapter.mapping.tables import Tables
from adapter.publish.canonical import Canonicals
from adapter.publish.code_systems import fact_system, override_system, strength_system, topic_system
from adapter.publish.concept_maps import concept_maps
from adapter.publish.equivalence import equivalences
from adapter.publish.library import library
from adapter.publish.metadata import Resource
from adapter.publish.plan import plan_definition
from adapter.publish.questionnaire import questionnaire
from adapter.publish.therapies import activity_definitions
from adapter.publish.value_sets import value_sets
from adapter.publish.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The published resources, each before those that refer to it."""

    places: Canonicals
    resources: tuple[Resource, ...]

    def bundle(self) -> Resource:
        """All of them as a transaction that a FHIR server takes: each is put under its own id."""
        return {"resourceType": "Bundle", "id": "ldt-knowledge", "type": "transaction", "entry": self._entries()}

    def _entries(self) -> list[Mapping[str, object]]:
        return [
            {
                "fullUrl": resource["url"],
                "resource": resource,
                "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
            }
            for resource in self.resources
        ]

    def __repr__(self) -> str:
        return f"Knowledge({self.places.base} {self.places.version}, {len(self.resources)} resources)"


def knowledge(rules: RuleSet, tables: Tables, base: str) -> Knowledge:
    """The knowledge of a rule set and its mapping tables under a canonical base.

    The version of every resource is that of the rule set. Raises ValueError where codes collide or tables do not fit,
    and for the rule set of a site: its changes must not go under the address of what they change.
    """
    if rules.site is not None:
        raise ValueError("the changes of a site are not published: they stand on every answer of the site")
    places = Canonicals(base, rules.version)
    terms = vocabulary(rules)
    exact = equivalences(tables.systems)
    terminology = [
        fact_system(places, terms),
        strength_system(places),
        topic_system(places),
        override_system(places),
        *value_sets(places, rules, tables, terms),
        *concept_maps(places, rules.facts.facts.values(), tables, exact, terms),
        questionnaire(places, rules, terms),
    ]
    definitions = [
        *activity_definitions(places, rules, tables, exact, terms),
        library(places, rules, tables, terms, terminology),
        plan_definition(places, rules, terms),
    ]
    return Knowledge(places, (*terminology, *definitions))
