"""The case: one patient's facts as they stand on one day, ready for rules.

It is a pure value made from statements; it reads no message and decides nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapter.case.catalogue import Catalogue, catalogue
from adapter.case.consistency import contradictions
from adapter.case.derive import derive
from adapter.case.fact import Fact, Statement
from adapter.case.finding import Finding
from adapter.case.merge import Clock, merge
from adapter.case.value import Value


@dataclass(frozen=True, slots=True)
class Case:
    """Every fact of the catalogue for one patient, present or not.

    `subject` is the patient's key on the wire (`Patient/p1`, `HOSP/MR/123`) or a case file's id; it is never logged.
    `procedure`: the facts were judged by the shorter ages that hold while a procedure is being signed.
    """

    subject: str
    as_of: datetime
    facts: Mapping[str, Fact]
    findings: tuple[Finding, ...] = ()
    procedure: bool = False

    def known(self, name: str) -> Value | None:
        """The value that a rule may read, None when the fact is not PRESENT."""
        return self.facts[name].known

    def __repr__(self) -> str:
        present = sum(fact.known is not None for fact in self.facts.values())
        return f"Case({present} of {len(self.facts)} facts present)"


def build_case(
    subject: str,
    statements: Iterable[Statement],
    clock: Clock,
    table: Catalogue | None = None,
) -> Case:
    """The case of one patient from all statements about it, in order of arrival."""
    definitions = table or catalogue()
    series: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        series[statement.fact].append(statement)
    facts = {name: merge(fact, series.get(name, ()), clock) for name, fact in definitions.facts.items()}
    facts.update(derive(facts, series, clock))
    return Case(subject, clock.as_of, facts, tuple(contradictions(facts)), clock.procedure)
