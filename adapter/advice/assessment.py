"""An assessment: one case, the advice on it, and what is needed to render both. Cards and CarePlans are made from it.

It evaluates and decides nothing beyond the rule set, and reads no clock.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

from adapter.advice.ordered import Ordered
from adapter.case.case import Case
from adapter.case.fact import Fact, State
from adapter.case.finding import Finding
from adapter.case.merge import Clock
from adapter.case.truth import Truth
from adapter.case.value import Coded, Flag, Members
from adapter.ldt import Advice, Danger, Indicator, RuleSet, Scope, evaluate
from adapter.mapping.closed import CLOSING, Closing
from adapter.mapping.ledger import Ledger
from adapter.mapping.patient import Mapped
from adapter.mapping.unread_diagnoses import UnreadDiagnosis, distinct

P = ParamSpec("P")
T = TypeVar("T")

LIVER_DIRECTED = frozenset(
    {
        "tae",
        "ctace",
        "deb_tace",
        "tare_lobar",
        "tare_whole_liver",
        "radiation_segmentectomy",
        "thermal_ablation",
        "mwa",
        "rfa",
        "cryoablation",
        "pei",
        "sabr",
        "histotripsy",
        "captem_plus_tare",
        "tare_plus_prrt",
        "tare_everolimus_ssa",
        "ici_plus_ldt",
        "serial_tae",
        "staged_lobar",
        "ablation_plus_resection",
    }
)
"""Therapies whose draft makes a hook speak even before liver metastases are on record."""

_DIAGNOSIS: Final = "diagnosis"
_METASTASES: Final = "liver_metastases"
_PLANNED: Final = "planned_therapies"

GATE: Final = frozenset({_DIAGNOSIS, _METASTASES, _PLANNED})
"""The facts that decide whether a case concerns the advice (`concerns`)."""

_ON_RECORD = frozenset({State.PRESENT, State.PRELIMINARY, State.STALE, State.UNDATED, State.CONFLICTING})


@dataclass(frozen=True, slots=True, repr=False)
class PatientName:
    """How FHIR refers to the patient: by `reference` where the data came by FHIR, else by identifier and authority."""

    reference: str = ""
    value: str = ""
    authority: str = ""

    def to_json(self) -> dict[str, object]:
        """The FHIR Reference."""
        if self.reference:
            return {"reference": self.reference}
        if not self.value:
            return {"type": "Patient", "display": "the patient of the input, who has no id"}
        identifier: dict[str, object] = {"value": self.value}
        if self.authority:
            identifier["assigner"] = {"display": self.authority}
        return {"type": "Patient", "identifier": identifier}


def patient_name(mapped: Mapped) -> PatientName:
    """The name of a mapped patient: its FHIR key, or the authority and value of its HL7 v2 identifier."""
    if mapped.wire == "fhir":
        named = mapped.subject.startswith(("urn:", "http")) or "Patient/" in mapped.subject
        return PatientName(reference=mapped.subject if named else "")
    return PatientName(value=mapped.number, authority=mapped.authority)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rule set says about a case, with where the case came from.

    `patient` is how a FHIR answer names the patient; `gaps` says in words which data could not be had, or only in part;
    `unsought` are those of them where there was nothing to look for them by: told, and no reason to doubt the rest;
    `sources` says where the rest came from, where there are several ways;
    `ordered` are the orders that the call is about, where it is about orders;
    `call` says what is particular about the call that asked; `earlier` are drafted therapies that it does not judge;
    `closings` say where and of when that is what closes the record; `diagnoses` are those that nobody could read.
    """

    case: Case
    advice: Advice
    rules: RuleSet
    patient: PatientName = field(repr=False)
    findings: tuple[Finding, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    gaps: tuple[str, ...] = ()
    unsought: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ordered: Ordered | None = None
    call: tuple[str, ...] = ()
    earlier: frozenset[str] = frozenset()
    closings: tuple[Closing, ...] = ()
    diagnoses: tuple[UnreadDiagnosis, ...] = ()
    memo: dict[object, tuple[object, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out of all this once (`once`)."""

    def says_the_same(self, other: "Assessment") -> bool:
        """Whether another assessment of the same day differs in nothing but the time of day."""
        here, there = self.case.as_of, other.case.as_of
        return here.date() == there.date() and self == replace(other, case=replace(other.case, as_of=here))

    @property
    def closed(self) -> tuple[Finding, ...]:
        """What closes the record (died, out of use, replaced): nothing was evaluated then, and no plan can be made."""
        return tuple(finding for finding in self.findings if finding.code in CLOSING)

    @property
    def urgent(self) -> tuple[Danger, ...]:
        """The dangers of what is judged now: without those that only another draft brings."""
        own = (replace(one, codes=tuple(c for c in one.codes if c not in self.earlier)) for one in self.advice.dangers)
        return tuple(one for one in own if one.codes or one.kind == "crisis")

    @property
    def narratives(self) -> int:
        """Reports in words that came with the data and were not read."""
        return self.ledger.unread


def once(
    compute: Callable[Concatenate[Assessment, P], Iterable[T]],
) -> Callable[Concatenate[Assessment, P], tuple[T, ...]]:
    """What follows from an assessment and plain arguments alone, worked out once: several parts of an answer need it,
    and other answers of the same day that say the same. It may read the day of the clock, and not the time of day."""

    @wraps(compute)
    def remembered(assessment: Assessment, /, *args: P.args, **kwargs: P.kwargs) -> tuple[T, ...]:
        key = (compute, args, *kwargs.items())
        known = assessment.memo.get(key)
        if known is None:
            known = assessment.memo[key] = tuple(compute(assessment, *args, **kwargs))
        return cast(tuple[T, ...], known)

    return remembered


def assess(
    mapped: Mapped, clock: Clock, rules: RuleSet, *, gaps: tuple[str, ...] = (), sources: tuple[str, ...] = ()
) -> Assessment:
    """The assessment of one mapped patient on the clock's day."""
    case = mapped.case(clock, rules.facts)
    findings = mapped.findings + case.findings
    closed = any(finding.code in CLOSING for finding in findings)
    advice = _no_advice(rules) if closed else evaluate(case, rules)
    name, all_gaps = patient_name(mapped), mapped.gaps + gaps
    return Assessment(
        case,
        advice,
        rules,
        name,
        findings,
        mapped.ledger,
        all_gaps,
        sources=sources,
        closings=mapped.closed,
        diagnoses=distinct(mapped.diagnoses),
    )


def _no_advice(rules: RuleSet) -> Advice:
    """The advice on a closed record: none, and not because of a rule."""
    return Advice(rules.id, rules.version, Scope.NOT_APPLICABLE, Indicator.INFO)


def assess_case(case: Case, rules: RuleSet) -> Assessment:
    """The assessment of a case that was built elsewhere (a case file)."""
    return Assessment(case, evaluate(case, rules), rules, PatientName(value=case.subject), case.findings)


def concerns(case: Case, *, unread: bool = False) -> bool:
    """Whether a hook has anything to say: a neuroendocrine neoplasm is on record or suspected, and either liver
    metastases are, or a liver-directed therapy is drafted. Everybody else's patients stay silent.

    `unread`: the call brings an order or a diagnosis that could not be read, which may be such a one.
    """
    return _neoplasm(case) and would_concern(case, unread=unread)


def would_concern(case: Case, *, unread: bool = False) -> bool:
    """Whether a hook would have something to say if the patient had a neuroendocrine neoplasm."""
    return _liver_metastases(case) or unread or _drafted(case)


def may_concern(case: Case, *, unread: bool = False) -> bool:
    """Whether a diagnosis that did not come would make a hook speak: liver metastases are on record or a liver-directed
    therapy is drafted (`unread`: may be, in a form that could not be read), and nobody says of which tumour."""
    return _undecided(case) and would_concern(case, unread=unread)


def drafted_for_nobody(case: Case, *, unread: bool = False) -> bool:
    """Whether a liver-directed therapy is drafted, or may be (`unread`), and nobody says for which tumour."""
    return _undecided(case) and (_drafted(case) or unread)


def _undecided(case: Case) -> bool:
    return case.facts["diagnosis"].state in (State.ABSENT, State.EXCLUDED)


def could_concern(facts: Set[str]) -> bool:
    """Whether a case can be one that `concerns` where these are all the facts that anybody said anything about."""
    return _DIAGNOSIS in facts and not facts.isdisjoint((_METASTASES, _PLANNED))


def _neoplasm(case: Case) -> bool:
    fact = case.facts[_DIAGNOSIS]
    if fact.state is State.EXCLUDED and fact.reason in ("resolved", "inactive", "remission"):
        return True  # a resected primary: its metastases are still those of a neuroendocrine neoplasm
    if fact.state not in _ON_RECORD and not _may_be(fact):
        return False
    return not isinstance(fact.on_record, Coded) or "nen" in fact.on_record.possible


def _may_be(fact: Fact) -> bool:
    """Whether a fact is set aside for how it was said, not for what: it may be true all the same."""
    return fact.state is State.EXCLUDED and fact.reason in ("modifier", "status-unknown", "future-date")


def _liver_metastases(case: Case) -> bool:
    fact = case.facts[_METASTASES]
    if fact.state not in _ON_RECORD and not _may_be(fact):
        return False
    return not isinstance(fact.on_record, Flag) or fact.on_record.yes


def _drafted(case: Case) -> bool:
    planned = case.facts[_PLANNED]
    if planned.state not in _ON_RECORD or not isinstance(planned.on_record, Members):
        return planned.state is State.CONFLICTING
    return planned.on_record.has_any(LIVER_DIRECTED) is Truth.TRUE
