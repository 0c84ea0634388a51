"""ValueSets: the facts, the answers to each, the therapies, the strengths, and the codes by which a fact can be stated.

All are lists of codes; what a code means stands in its CodeSystem.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from adapter.ldt import RuleSet
from adapter.ldt.rule import Rated
from adapter.ldt.words import RATED
from adapter.mapping.row_words import display_of
from adapter.mapping.tables import Tables
from adapter.publish.canonical import FACTS, STRENGTHS, THERAPIES, Canonicals, answers_id, codes_id
from adapter.publish.metadata import Resource, head, with_values
from adapter.publish.standard_codes import Stated, stated
from adapter.publish.vocabulary import Vocabulary, answers
from adapter.terminology.codes import Code


def value_sets(places: Canonicals, rules: RuleSet, tables: Tables, terms: Vocabulary) -> Iterator[Resource]:
    """All ValueSets."""
    facts = rules.facts.facts.values()
    yield _own(places, FACTS, "LDT facts", "Every fact of the catalogue.", rules.facts.facts, terms)
    yield _own(places, THERAPIES, "LDT therapies", "Every therapy and drug that a rule rates.", rules.therapies, terms)
    yield _strengths(places)
    for fact in facts:
        if fact.values:
            description = f"The answers to {fact.label} ({fact.name}). {fact.meaning}"
            yield _own(places, answers_id(fact.name), f"Answers: {fact.label}", description, answers(fact), terms)
    for fact in facts:
        for one in stated(fact, tables):
            if one.rows:
                yield _codes(places, one, tables, terms)


def _own(
    places: Canonicals, identifier: str, title: str, description: str, codes: Iterable[str], terms: Vocabulary
) -> Resource:
    resource = head(places, "ValueSet", identifier, title, description)
    return resource | {"compose": {"include": [_include(places, codes, terms)]}}


def _include(places: Canonicals, codes: Iterable[str], terms: Vocabulary) -> Resource:
    concepts = [{"code": code, "display": terms[code].display} for code in codes]
    return {"system": places.facts, "version": places.version, "concept": concepts}


def _strengths(places: Canonicals) -> Resource:
    description = "What a rule can say of a therapy."
    concepts = [{"code": rated.value, "display": RATED[rated]} for rated in Rated]
    include = {"system": places.strengths, "version": places.version, "concept": concepts}
    resource = head(places, "ValueSet", STRENGTHS, "LDT strengths of recommendation", description)
    return resource | {"compose": {"include": [include]}}


def _codes(places: Canonicals, one: Stated, tables: Tables, terms: Vocabulary) -> Resource:
    codes = one.codes(tables)
    description = (
        f"The codes by which a {one.kind} can state {one.fact.label} ({one.fact.name}). Some cannot decide alone: "
        "the ConceptMap of the fact says what must stand beside them."
    )
    systems = {code.system for code in codes}
    title = f"Codes: {one.fact.label} ({one.kind})"
    resource = head(places, "ValueSet", codes_id(one.fact.name, one.kind), title, description, systems=systems)
    include = [*_standard(codes), *([_include(places, one.own, terms)] if one.own else [])]
    return resource | {"compose": {"include": include}}


def _standard(codes: Iterable[Code]) -> Iterator[Resource]:
    ordered = sorted(codes, key=lambda code: (code.system, code.code))
    for system, found in groupby(ordered, key=lambda code: code.system):
        yield {"system": system, "concept": [_concept(code) for code in found]}


def _concept(code: Code) -> Resource:
    return with_values({"code": code.code, "display": display_of(code)})
