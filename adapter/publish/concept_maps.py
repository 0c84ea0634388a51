"""ConceptMaps: what each standard code of the mapping tables says of a fact, and which codes say nothing.

A map tells what a code means; whether a statement counts (status, date, unit, what stands beside it) is decided when a
message is read. Where a code cannot decide alone, the comment says what it needs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from adapter.case.catalogue import FactDefinition
from adapter.mapping.row_words import SOURCES, codes_words, display_of, needs_words
from adapter.mapping.schema import Needs, Row
from adapter.mapping.tables import Tables
from adapter.publish.canonical import FACTS, Canonicals, answers_id, map_id
from adapter.publish.equivalence import EQUIVALENT, NARROWER, RELATED, WIDER, Entry, Equivalences
from adapter.publish.metadata import Resource, head, with_values
from adapter.publish.vocabulary import Vocabulary
from adapter.terminology.codes import Code

ANSWERS, NOT_READ = "ldt-answers", "ldt-codes-not-read"
"""Ids of the maps of plain answers (yes, no, none, unknown) and of the codes that state nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow: a standard code, what it is mapped to, how exactly, and what is to be known of it."""

    code: Code
    target: str
    equivalence: str
    comment: str


def concept_maps(
    places: Canonicals, facts: Iterable[FactDefinition], tables: Tables, known: Equivalences, terms: Vocabulary
) -> Iterator[Resource]:
    """A map for each fact that standard codes can state, one for plain answers, one for the codes that state nothing.

    Raises ValueError for an equivalence that belongs to no arrow, or to one that cannot be exact.
    """
    _check(known, tables)
    for fact in facts:
        links = [link for row in tables.rows if row.fact == fact.name for link in _links(row, tables, known)]
        if links:
            yield _fact_map(places, fact, links, terms)
    yield _answers_map(places, tables, terms)
    yield _not_read_map(places, tables, terms)


def _check(known: Equivalences, tables: Tables) -> None:
    alone = {
        (code.system, code.code, row.fact) for row in tables.rows if _alone(row) for _, code in _arrows(row, tables)
    }
    for system, code, fact in known:
        if (system, code, fact) not in alone:
            raise ValueError(f"equivalence.csv: no row reads {fact} from {system}|{code} alone")


def _fact_map(places: Canonicals, fact: FactDefinition, links: list[Link], terms: Vocabulary) -> Resource:
    description = (
        f"Standard codes from which {fact.label} ({fact.name}) is read. The target is the fact itself where the code "
        "says that it is so or carries its number, else the answer that the code gives."
    )
    targets = answers_id(fact.name) if fact.values else FACTS
    return _map(places, map_id(fact.name), f"Codes to {fact.label}", description, targets, links, terms)


def _map(
    places: Canonicals,
    identifier: str,
    title: str,
    description: str,
    targets: str,
    links: list[Link],
    terms: Vocabulary,
) -> Resource:
    systems = {link.code.system for link in links}
    resource = head(places, "ConceptMap", identifier, title, description, systems=systems)
    ordered = sorted(links, key=lambda link: (link.code.system, link.code.code))
    groups = [
        {
            "source": system,
            "target": places.facts,
            "targetVersion": places.version,
            "element": [_element(list(arrows), terms) for _, arrows in groupby(found, key=lambda link: link.code.code)],
        }
        for system, found in groupby(ordered, key=lambda link: link.code.system)
    ]
    return resource | {"targetCanonical": places.pinned("ValueSet", targets), "group": groups}


def _element(links: list[Link], terms: Vocabulary) -> Resource:
    by_target: dict[str, list[Link]] = {}
    for link in links:
        by_target.setdefault(link.target, []).append(link)
    targets = [_target(target, found, terms) for target, found in by_target.items()]
    return with_values({"code": links[0].code.code, "display": display_of(links[0].code), "target": targets})


def _target(target: str, links: list[Link], terms: Vocabulary) -> Resource:
    kinds = {link.equivalence for link in links}
    return with_values(
        {
            "code": target,
            "display": terms[target].display if target else "",
            "equivalence": kinds.pop() if len(kinds) == 1 else RELATED,
            "comment": " ".join(dict.fromkeys(link.comment for link in links)),
        }
    )


def _links(row: Row, tables: Tables, known: Equivalences) -> Iterator[Link]:
    for target, code in _arrows(row, tables):
        entry = known.get((code.system, code.code, row.fact)) if _alone(row) else None
        yield Link(code, target, _equivalence(row, entry), _comment(row, entry, tables))


def _arrows(row: Row, tables: Tables) -> Iterator[tuple[str, Code]]:
    for target, concepts in _targets(row):
        for concept in concepts:
            yield from ((target, code) for code in tables.codes.concepts[concept])


def _targets(row: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each target of a row with the concepts that lead to it: its own, or those of its answers."""
    if row.answers:
        for value in dict.fromkeys(row.answers.values()):
            yield value, tuple(concept for concept, said in row.answers.items() if said == value)
    elif row.number or row.limit or row.says == "yes":
        yield row.fact, row.concepts
    else:
        for value in (*((row.says,) if row.says else ()), *row.says_all, *row.says_one_of):
            yield value, row.concepts


def _alone(row: Row) -> bool:
    """Whether the code alone says the one thing that it is mapped to."""
    return not row.says_one_of and not row.limit and row.needs == Needs()


def _equivalence(row: Row, entry: Entry | None) -> str:
    if row.limit or row.needs != Needs():
        return RELATED
    if row.says_one_of:
        return NARROWER
    return entry.equivalence if entry else WIDER


def _comment(row: Row, entry: Entry | None, tables: Tables) -> str:
    parts = [f"Read from {SOURCES[row.kind]}{needs_words(row.needs, tables)}: {_says(row, tables)}."]
    if entry and entry.note:
        parts.append(f"Note: {entry.note}.")
    return " ".join(parts)


def _says(row: Row, tables: Tables) -> str:
    if row.number:
        return "it carries the number, in a unit of this analyte"
    if row.answers:
        return f"the answer to {codes_words(row.concepts, tables)}"
    if row.limit:
        return "yes if the laboratory's flag or range says above, no if it says not above; the code alone says neither"
    if row.says_one_of:
        return f"it says one of {', '.join(row.says_one_of)}, and no more is known"
    return "it says that this is so"


def _answers_map(places: Canonicals, tables: Tables, terms: Vocabulary) -> Resource:
    codes = {"yes": "true", "no": "false", "none": "none", "unknown": "unknown"}
    links = [
        Link(
            Code("", system, code, "", frozenset()),
            codes[meaning],
            WIDER if meaning == "unknown" else EQUIVALENT,
            "Not known, for whichever reason." if meaning == "unknown" else "",
        )
        for (system, code), meaning in tables.answers.items()
        if system != tables.own_system
    ]
    description = "Answers of other code systems to a question asked by a fact's own code: yes, no, none, unknown."
    return _map(places, ANSWERS, "Plain answers", description, FACTS, links, terms)


def _not_read_map(places: Canonicals, tables: Tables, terms: Vocabulary) -> Resource:
    """Every code of the tables that is the source of no other map, with the reason."""
    sources = {concept for row in tables.rows for _, concepts in _targets(row) for concept in concepts}
    links = [
        Link(code, "", "unmatched", f"{tables.not_read.get(concept, 'read only beside another code')}.")
        for concept, codes in tables.codes.concepts.items()
        if concept not in sources
        for code in codes
    ]
    description = "Standard codes that are recognised and state no fact by themselves, each with the reason."
    return _map(places, NOT_READ, "Codes that state no fact", description, FACTS, links, terms)
