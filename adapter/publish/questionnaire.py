"""The Questionnaire that asks for every fact: linkId is the fact's name, so that an answer is read without a mapping.

What an answer means is decided by adapter.mapping; the form offers nothing that is not read.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from adapter.advice.basis import signature
from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.words import unit_of
from adapter.ldt import RuleSet
from adapter.ldt.signoff import age_item
from adapter.publish.canonical import Canonicals
from adapter.publish.metadata import Resource, coding, concept, head
from adapter.publish.vocabulary import Vocabulary, answers
from adapter.terminology.systems import QUESTIONNAIRE

UCUM = "http://unitsofmeasure.org"
STRUCTURE = "http://hl7.org/fhir/StructureDefinition"
WHOLE = frozenset({"{count}", "{score}", "a", "mo"})
"""Units of facts that are counted: completed years and months, lesions, lines, a score."""

_TYPES = {Kind.FLAG: "boolean", Kind.CODED: "choice", Kind.LIST: "choice", Kind.QUANTITY: "decimal", Kind.DAY: "date"}


def questionnaire(places: Canonicals, rules: RuleSet, terms: Vocabulary) -> Resource:
    """The form. A question left unanswered leaves the fact unknown; "none" closes a list."""
    description = (
        "Asks for every fact that the rules read, and for what stands behind some of them. Leave out what is not "
        "known: an unanswered question means unknown, never no. A list is known to be empty only where none is "
        "answered. Answers count as of the time at which the response was authored (QuestionnaireResponse.authored), "
        "and only while they are not older than the maximum age that stands at each question."
    )
    form = head(
        places, "Questionnaire", QUESTIONNAIRE, "Facts on neuroendocrine liver metastases", description, systems=(UCUM,)
    )
    groups = groupby(rules.facts.facts.values(), key=lambda fact: fact.group)
    items = [
        _group(number, name, list(facts), places, rules, terms) for number, (name, facts) in enumerate(groups, start=1)
    ]
    return form | {"subjectType": ["Patient"], "item": items}


def _group(
    number: int, name: str, facts: Sequence[FactDefinition], places: Canonicals, rules: RuleSet, terms: Vocabulary
) -> Resource:
    questions = [_question(f"{number}.{at}", fact, places, rules, terms) for at, fact in enumerate(facts, start=1)]
    return {"linkId": f"group-{number}", "prefix": f"{number}.", "text": name, "type": "group", "item": questions}


def _question(prefix: str, fact: FactDefinition, places: Canonicals, rules: RuleSet, terms: Vocabulary) -> Resource:
    unit = unit_of(fact)
    extensions = list(_extensions(fact))
    question: Resource = {
        "linkId": fact.name,
        "code": [coding(places.facts, fact.name, fact.label)],
        "prefix": prefix,
        "text": f"{fact.label} ({unit})" if unit else fact.label,
        "type": "integer" if fact.unit in WHOLE else _TYPES[fact.kind],
    }
    if fact.values:
        question["repeats"] = fact.kind is Kind.LIST
        question["answerOption"] = [_option(code, fact, places, terms) for code in answers(fact)]
    return ({"extension": extensions} if extensions else {}) | question | {"item": [_help(fact, rules)]}


def _option(code: str, fact: FactDefinition, places: Canonicals, terms: Vocabulary) -> Resource:
    option: Resource = {"valueCoding": coding(places.facts, code, terms[code].display)}
    if fact.kind is Kind.LIST and code not in fact.values:
        return {"extension": [{"url": f"{STRUCTURE}/questionnaire-optionExclusive", "valueBoolean": True}], **option}
    return option


def _extensions(fact: FactDefinition) -> Iterator[Resource]:
    """The unit of a number and the bounds outside of which it is excluded as implausible."""
    if fact.kind is not Kind.QUANTITY:
        return
    unit = coding(UCUM, fact.unit, unit_of(fact) or fact.unit)
    yield {"url": f"{STRUCTURE}/questionnaire-unit", "valueCoding": unit}
    if fact.plausible is not None:
        for name, bound in zip(("minValue", "maxValue"), fact.plausible, strict=True):
            yield {"url": f"{STRUCTURE}/{name}", **_number(bound, whole=fact.unit in WHOLE)}


def _number(bound: Decimal, *, whole: bool) -> Resource:
    return {"valueInteger": int(bound)} if whole else {"valueDecimal": bound}


def _help(fact: FactDefinition, rules: RuleSet) -> Resource:
    """The meaning of the fact and how long an answer counts."""
    control = concept("http://hl7.org/fhir/questionnaire-item-control", "help", "Help-Button")
    return {
        "extension": [{"url": f"{STRUCTURE}/questionnaire-itemControl", "valueCodeableConcept": control}],
        "linkId": f"{fact.name}-help",
        "text": f"{fact.meaning} {_age(fact, rules)}",
        "type": "display",
    }


def _age(fact: FactDefinition, rules: RuleSet) -> str:
    usual, signing = fact.expiry(procedure=False), fact.expiry(procedure=True)
    if usual is None or signing is None:
        return "An answer does not expire."
    shorter = f"; for {signing.words} while an order for a procedure is being signed" if signing != usual else ""
    return f"An answer counts for {usual.words}{shorter} (assumption, {signature(rules, age_item(fact.name))})."
