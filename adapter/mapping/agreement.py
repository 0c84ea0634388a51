"""What known concepts say of a fact when they stand beside the project's own answer to it, so that both must agree.

It turns no concept into a fact; that is what rows do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapter.case.catalogue import Catalogue, FactDefinition, Kind
from adapter.case.tables import Located
from adapter.mapping.schema import Needs, Row
from adapter.terminology.codes import Codes


@dataclass(frozen=True, slots=True)
class Agreement:
    """By fact and concept: the values that the concept means, and those that it rules out."""

    means: dict[tuple[str, str], frozenset[str]]
    rules_out: dict[tuple[str, str], frozenset[str]]

    def contradicts(self, fact: str, said: str, beside: Iterable[str]) -> bool:
        """Whether one of the concepts beside an answer says otherwise than the answer."""
        return any(
            said not in self.means.get((fact, concept), {said}) or said in self.rules_out.get((fact, concept), ())
            for concept in beside
        )


def load_agreement(table: Located, rows: Iterable[Row], facts: Catalogue, codes: Codes) -> Agreement:
    """From the rows that need nothing beside their code, and `rules_out` of rows.yaml. Raises TableError."""
    means: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.needs == Needs():
            for concept, value in _meant(row):
                means[row.fact, concept].add(value)
    return Agreement({key: frozenset(values) for key, values in means.items()}, _rules_out(table, facts, codes))


def _meant(row: Row) -> Iterator[tuple[str, str]]:
    """The values that a row gives to concepts: to those it reads, or to those of its answers."""
    yield from row.answers.items()
    for value in (*filter(None, (row.says,)), *row.says_all, *row.says_one_of):
        yield from ((concept, value) for concept in row.concepts)


def _rules_out(table: Located, facts: Catalogue, codes: Codes) -> dict[tuple[str, str], frozenset[str]]:
    value = table.value.get("rules_out") if isinstance(table.value, dict) else None
    if not isinstance(value, dict):
        raise table.error((), "expected a mapping named 'rules_out'")
    found: dict[tuple[str, str], frozenset[str]] = {}
    for concept, about in value.items():
        path = ("rules_out", concept)
        if concept not in codes.concepts or not isinstance(about, dict):
            raise table.error(path, f"there is no concept {concept}, or it rules out nothing")
        for name, values in about.items():
            if name not in facts or not isinstance(values, list) or not values:
                raise table.error((*path, name), f"there is no fact {name}, or its list is empty")
            if not all(isinstance(one, str) and one in _answers(facts[name]) for one in values):
                raise table.error((*path, name), f"not every one is an answer to {name}")
            found[name, concept] = frozenset(str(one) for one in values)
    return found


def _answers(fact: FactDefinition) -> tuple[str, ...]:
    """What may be answered about a fact."""
    return ("yes", "no") if fact.kind is Kind.FLAG else (*fact.values, "none")
