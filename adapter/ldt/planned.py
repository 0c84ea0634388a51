"""What the clinician is about to do: the therapies and drugs of the draft, their parts included (P11, P12).

A draft that names one of several forms ("TACE") is held as a group; a draft that is not known is not an empty one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapter.case.truth import Truth
from adapter.case.value import Coded, Members, Value
from adapter.ldt.compile import PLANNED
from adapter.ldt.ruleset import RuleSet

_NOTHING_KNOWN = Members(frozenset())


@dataclass(frozen=True, slots=True)
class Planned:
    """The planned therapies and drugs.

    `certain` are planned, parts included; of each group in `groups` (each member with its parts) one is
    planned; `possible` holds all of these. `unsaid` are the codes that the draft neither names nor rules out.
    `agent_open` says that a TACE is planned and its drug, which matters, is not settled.
    """

    certain: frozenset[str]
    groups: tuple[tuple[frozenset[str], ...], ...]
    possible: frozenset[str]
    unsaid: frozenset[str]
    agent_open: bool

    def state(self, code: str) -> Truth:
        """Whether the therapy or drug is planned."""
        if code in self.certain:
            return Truth.TRUE
        return Truth.UNKNOWN if code in self.possible or code in self.unsaid else Truth.FALSE


def planned(values: Mapping[str, Value | None], rules: RuleSet) -> Planned:
    """What the facts about the draft say."""
    safety = rules.safety
    therapies = _members(values[PLANNED])
    drugs = _members(values[safety.planned_drugs_fact])
    parts = rules.parts
    # A vasopressor that no rule speaks of ("other") is kept: one of the group is then not known to be dangerous.
    certain = _spread(therapies.certain | drugs.certain, parts)
    groups = tuple(
        tuple(_spread([code], parts) for code in sorted(group))
        for group in sorted(therapies.one_of | drugs.one_of, key=sorted)
    )
    agent = _agent(values[safety.agent_fact], safety.agent)
    tace = therapies.has_any(frozenset(safety.agent_therapies))
    if agent is Truth.TRUE and tace is Truth.TRUE:
        certain |= {safety.agent_drug}
    possible = certain.union(*(member for group in groups for member in group))
    if agent is not Truth.FALSE and not possible.isdisjoint(safety.agent_therapies):
        possible |= {safety.agent_drug}
    agent_open = agent is Truth.UNKNOWN and not possible.isdisjoint(safety.agent_therapies)
    return Planned(certain, groups, possible, _unsaid(therapies, drugs, rules), agent_open)


def agent_excluded(values: Mapping[str, Value | None], rules: RuleSet) -> bool:
    """Whether the draft names another drug than the one that matters."""
    return _agent(values[rules.safety.agent_fact], rules.safety.agent) is Truth.FALSE


def _unsaid(therapies: Members, drugs: Members, rules: RuleSet) -> frozenset[str]:
    ordered = {code for code, row in rules.therapies.items() if row.kind == "drug"} - {rules.safety.agent_drug}
    codes = set() if therapies.complete else rules.therapies.keys() - ordered
    return frozenset(codes if drugs.complete else codes | ordered)


def _members(value: Value | None) -> Members:
    return value if isinstance(value, Members) else _NOTHING_KNOWN


def _agent(value: Value | None, agent: str) -> Truth:
    return value.within(frozenset({agent})) if isinstance(value, Coded) else Truth.UNKNOWN


def _spread(codes: Iterable[str], parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(part for code in codes for part in parts.get(code, frozenset({code})))
