"""One rule as an action of the PlanDefinition: condition, statement, sources, basis, sign-off, one action per effect.

The rule's own words go in unchanged. Nothing here says how the ratings of several rules become one verdict.
"""

from collections.abc import Iterator

from adapter.advice.basis import signature
from adapter.ldt import RuleSet
from adapter.ldt.compile import PLANNED
from adapter.ldt.expression import Available
from adapter.ldt.rule import Rated, Rating, Rule, Setting
from adapter.ldt.schema import Source
from adapter.ldt.words import RATED, sentence, words_of
from adapter.publish.canonical import Canonicals, therapy_id
from adapter.publish.code_systems import STRENGTH_MEANINGS
from adapter.publish.metadata import Resource, concept
from adapter.publish.requirements import own_code
from adapter.publish.vocabulary import Vocabulary

LANGUAGE = "text/x-ldt-condition"
"""The language of conditions: that of the rule files, which no other engine reads."""

STRENGTH = "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"
"""In R4 this extension belongs to an Attachment, the document of a related artifact; later versions take it
anywhere."""

_NOT_TO_PERFORM: Resource = {
    "path": "doNotPerform",
    "expression": {"description": "The rule speaks against it.", "language": "text/fhirpath", "expression": "true"},
}


def rule_action(rule: Rule, rules: RuleSet, places: Canonicals, terms: Vocabulary) -> Resource:
    """The action of a rule. Its id and prefix are the id of the rule."""
    effects = [
        *(_rating(rating, rules, places, terms) for rating in rule.ratings),
        *(_setting(setting, rules, places, terms) for setting in rule.settings),
    ]
    return {
        "id": rule.id,
        "prefix": rule.id,
        "title": rule.row.title,
        "description": rule.row.statement,
        "code": [{"text": rule.row.category}],
        "reason": [{"text": rule.row.why}],
        "documentation": [*_documentation(rule, rules)],
        "condition": [{"kind": "applicability", "expression": _expression(rule, rules, places)}],
        "input": [own_code(fact, places, terms) for fact in _facts(rule)],
        "groupingBehavior": "logical-group",
        "action": effects,
    }


def _facts(rule: Rule) -> tuple[str, ...]:
    """The facts that the condition reads; `available` reads the planned therapies without naming them."""
    asks_plan = any(isinstance(leaf, Available) for leaf in rule.condition.leaves())
    return tuple(dict.fromkeys((*rule.facts, *((PLANNED,) if asks_plan else ()))))


def _expression(rule: Rule, rules: RuleSet, places: Canonicals) -> Resource:
    return {
        "description": f"{sentence(words_of(rule.condition, rules))}.",
        "name": rule.id,
        "language": LANGUAGE,
        "expression": rule.row.when,
        "reference": places.url("Library", rules.id),
    }


def _documentation(rule: Rule, rules: RuleSet) -> Iterator[Resource]:
    """What the rule rests on: every source, the project's share in it, who signed it, what it stands beside."""
    for source in rule.row.sources:
        yield citation(source, rules)
    yield {"type": "justification", "label": "basis", "display": f"Basis: {rule.row.basis}"}
    yield {"type": "documentation", "label": "sign-off", "display": sign_off(rule.id, rules)}
    for conflict in rule.row.conflicts:
        title = rules.conflicts[conflict].title
        yield {"type": "documentation", "label": conflict, "display": f"The documents disagree: {conflict} {title}"}
    for other in rule.row.related_rules:
        yield {"type": "documentation", "label": other, "display": f"Read with {other} {rules.rules[other].row.title}"}
    if rule.row.ask:
        yield {"type": "documentation", "label": "asks for", "display": f"Asks for: {_labels(rule.row.ask, rules)}"}
    if rule.row.silent:
        silent = f"Stays silent while unknown: {_labels(rule.row.silent, rules)}"
        yield {"type": "documentation", "label": "silent without", "display": silent}


def citation(source: Source, rules: RuleSet) -> Resource:
    """One place in a paper: document, section, first words of the sentence."""
    document = next(one for one in rules.documents if one.code == source.document)
    display = f"{source.section}: {source.quote_start}"
    return {"type": "citation", "label": source.document, "display": display, "citation": document.citation}


def sign_off(item: str, rules: RuleSet) -> str:
    """Who signed an item of the rule set, or that nobody has."""
    return f"Clinical sign-off: {signature(rules, item)}"


def _labels(facts: tuple[str, ...], rules: RuleSet) -> str:
    return ", ".join(f"{rules.facts[fact].label} ({fact})" for fact in facts)


def _rating(rating: Rating, rules: RuleSet, places: Canonicals, terms: Vocabulary) -> Resource:
    """The rule's word on one therapy. What excludes it whatever else speaks for it turns the proposal into one not to
    perform it; what only weighs against it, as a minus of Table 1 does, proposes nothing."""
    therapy = rules.therapies[rating.therapy]
    display, definition = RATED[rating.rated], STRENGTH_MEANINGS[rating.rated]
    strength = {"extension": [_strength(rating.rated, places)], "title": display}
    documentation = [{"type": "justification", "label": "strength", "display": definition, "document": strength}]
    action: Resource = {
        "title": f"{therapy.short}: {display}",
        "code": [concept(places.facts, therapy.code, terms[therapy.code].display)],
        "documentation": documentation,
    }
    definition_url = places.pinned("ActivityDefinition", therapy_id(therapy.code))
    if rating.rated.offers:
        choice = {"requiredBehavior": "could", "precheckBehavior": "no"}
        return action | choice | {"definitionCanonical": definition_url}
    if rating.rated in (Rated.CONTRAINDICATED, Rated.OVERRIDE):
        return action | {"definitionCanonical": definition_url, "dynamicValue": [_NOT_TO_PERFORM]}
    about = {"type": "depends-on", "label": "therapy", "display": therapy.name, "resource": definition_url}
    return action | {"documentation": [*documentation, about]}


def _strength(rated: Rated, places: Canonicals) -> Resource:
    return {"url": STRENGTH, "valueCodeableConcept": concept(places.strengths, rated.value, RATED[rated])}


def _setting(setting: Setting, rules: RuleSet, places: Canonicals, terms: Vocabulary) -> Resource:
    row = rules.codes[setting.code]
    code = concept(places.facts, setting.code, terms[setting.code].display)
    return {"title": f"{setting.remarked.value.capitalize()}: {row.text}", "code": [code]}
