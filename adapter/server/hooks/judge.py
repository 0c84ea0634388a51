"""One call judged: record and proposals of one patient as an assessment, and whether a hook has to speak at all.

Pure: the clock is an argument. How an assessment becomes cards is decided in answer.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.advice.assessment import (
    Assessment,
    assess,
    concerns,
    drafted_for_nobody,
    may_concern,
    would_concern,
)
from adapter.case.case import Case
from adapter.case.merge import Clock
from adapter.fhir.reference import key_of
from adapter.ldt import RuleSet
from adapter.mapping.fhir import map_fhir
from adapter.mapping.ledger import Level, Outcome
from adapter.mapping.patient import Mapped
from adapter.mapping.patient import Mapping as MappedInput
from adapter.mapping.tables import Tables
from adapter.server.ehr import Reading
from adapter.server.hooks.gather import gaps_of, lines_of
from adapter.server.hooks.orders import about_orders, concerns_a_rule, names_liver_directed, ordered
from adapter.server.hooks.possible import Possible, possible
from adapter.server.hooks.proposed import Proposed, diagnoses_in_words, lost, not_judged, plans_liver_directed, proposed
from adapter.server.hooks.record import RecordMemory, read_record
from adapter.server.hooks.services import CONDITIONS, OBSERVATIONS, RECORD, RESULTS
from adapter.server.hooks.stored import NOTHING_STORED, Stored
from adapter.server.hooks.unread import with_unread
from cds_hooks import (
    EncounterStart,
    HookContext,
    OrderDispatch,
    OrderSelect,
    OrderSign,
    PatientView,
    PreconditionFailed,
    ProblemListItemCreate,
)
from cds_hooks.errors import WHOLE_BODY

SIGNING = "A liver-directed therapy is being signed: the shorter maximum ages of laboratory values hold"
NOT_SAVED = (
    "The diagnosis that is being added is not saved yet: it counts as provisional, and decides nothing before it is "
    "saved and confirmed"
)
DISPATCHING = "The orders that are sent out are judged as if they were being made now"
MOST_PLACES = 3
"""How many places of foreign data are told."""

UNSELECTED = "No order is selected: all drafts were judged"
SELECTING = "The selected orders are judged; other drafts count as planned beside them"


@dataclass(frozen=True, slots=True)
class Judged:
    """The assessment of a call; `speaks` says whether it concerns the patient, `results_whole` whether all results
    could be had, so that a value that is missing was not measured."""

    assessment: Assessment
    speaks: bool
    results_whole: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges calls by these tables and rules; `memory` remembers records that were read by the same tables."""

    tables: Tables
    rules: RuleSet
    memory: RecordMemory | None = None

    def __call__(
        self, context: HookContext, reading: Reading, now: datetime, server: str, stored: Stored = NOTHING_STORED
    ) -> Judged:
        """The call judged as of `now`; `server` is the base of relative references, `stored` what the store adds.
        Raises PreconditionFailed for another patient's data, and where what is missing may be the diagnosis."""
        record = self.memory.read(reading, server) if self.memory else read_record(reading, self.tables, server)
        lacking = gaps_of(reading, RECORD, record.faults)
        if CONDITIONS in lacking and CONDITIONS in record.empty:
            raise _without_conditions(lacking[CONDITIONS])
        proposal = proposed(context, reading, now, server)
        own = record.own
        more = proposal.mapped(self.tables, server)
        others = map_fhir(proposal.others, proposal.name, table=self.tables, server=server)
        patient = f"Patient/{context.patient_id}"
        _refuse_others((own, more, others), patient, server)
        mapped = _joined((own, more), patient, stored)
        signing = isinstance(context, OrderSign) and plans_liver_directed(more)
        clock = Clock(now, procedure=signing)
        gaps = (*lines_of(lacking), *stored.gaps, *proposal.gaps, *_without_code(more, proposal))
        assessment = assess(mapped, clock, self.rules, gaps=gaps, sources=(*reading.sources(), *stored.sources))
        named = names_liver_directed(proposal, more, self.tables.therapy_words)
        unread = not_judged(more, proposal) or named
        case = with_unread(
            assessment.case, lacking.keys(), record.empty, self.tables, drafts=unread, nowhere=stored.lacking
        )
        assessment = replace(
            assessment,
            case=case,
            unsought=stored.unsought,
            ordered=ordered(context, proposal, more, mapped.statements, self.tables.therapy_words),
            call=tuple(self._about(context, proposal, more, mapped, signing=signing)),
            earlier=self._earlier(assessment, mapped, proposal, clock),
        )
        may_be = record.possible
        if not proposal.saved:
            may_be |= possible(proposal.document, more, self.tables.diagnosis_words)
        concerned = concerns(assessment.case, unread=unread or may_be.metastases)
        if not concerned:
            _refuse_silence(
                lacking, own, stored, open_question=may_concern(assessment.case, unread=named or may_be.metastases)
            )
            _refuse_unread_diagnoses(own, may_be, assessment.case, named=named, unread=unread)
            self._refuse_silence_in_doubt(mapped, stored, clock)
        speaks = concerned and (
            unread or concerns_a_rule(context, proposal, more, assessment, self.tables.therapy_words)
        )
        if self.memory and speaks and isinstance(context, PatientView | EncounterStart) and stored.found is None:
            self.memory.tell(record, assessment)
        whole = OBSERVATIONS not in lacking and not _is_nobodys(own, OBSERVATIONS)
        return Judged(assessment, speaks, results_whole=whole and not stored.gaps)

    def _refuse_silence_in_doubt(self, mapped: Mapped, stored: Stored, clock: Clock) -> None:
        """Raises PreconditionFailed where the service would speak with what may be stored of the same person."""
        if stored.doubted is not None and concerns(mapped.joined(stored.doubted).case(clock, self.rules.facts)):
            raise PreconditionFailed("data-unavailable", f"{stored.gaps[-1]}; they tell of a tumour")

    def _about(
        self, context: HookContext, proposal: Proposed, more: MappedInput, mapped: Mapped, *, signing: bool
    ) -> Iterator[str]:
        """What is particular about the call, in words."""
        if orders := about_orders(context, proposal, more, mapped.statements, self.tables.therapy_words):
            yield orders
        if isinstance(context, OrderSelect) and not context.selections:
            yield UNSELECTED
        if signing:
            yield SIGNING
        if isinstance(context, ProblemListItemCreate):
            yield NOT_SAVED
        if isinstance(context, OrderDispatch):
            yield DISPATCHING
        if proposal.has_more:
            yield SELECTING

    def _earlier(self, whole: Assessment, mapped: Mapped, proposal: Proposed, clock: Clock) -> frozenset[str]:
        """The dangerous therapies that only drafts bring which are not judged now: with them alone the danger is the
        same, and without them it is gone."""
        if proposal.chosen is None or not whole.advice.dangers:
            return frozenset()
        own = [said for said in mapped.statements if proposal.is_own(said)]
        others = frozenset(id(said) for said in own if not proposal.is_chosen(said))
        chosen = frozenset(id(said) for said in own if proposal.is_chosen(said))
        return self._dangerous(mapped, chosen, clock) - self._dangerous(mapped, others, clock)

    def _dangerous(self, mapped: Mapped, without: frozenset[int], clock: Clock) -> frozenset[str]:
        statements = tuple(said for said in mapped.statements if id(said) not in without)
        advice = assess(replace(mapped, statements=statements), clock, self.rules).advice
        return frozenset(code for danger in advice.dangers for code in danger.codes)


def _without_code(more: MappedInput, proposal: Proposed) -> Iterator[str]:
    """Orders that say only in words, or by a reference that leads nowhere, what is ordered."""
    entries = (entry for patient in more.patients for entry in patient.ledger.entries if entry.name == "order")
    count = sum(entry.outcome is Outcome.UNREAD or entry.reason == "no-code" for entry in entries)
    if count:
        yield f"{proposal.name}: {count} order(s) carry no code that could be read"
    if missed := lost(more):
        yield f"{proposal.name}: {missed} entry(ies) name no patient or cannot be read, and were not judged"


def _refuse_silence(gaps: Mapping[str, str], own: MappedInput, stored: Stored, *, open_question: bool) -> None:
    """Raises PreconditionFailed where what is missing may be the diagnosis.

    `open_question`: with it the service would speak; for everybody else only the list of diagnoses has to be whole.
    """
    if CONDITIONS in gaps:
        raise _without_conditions(gaps[CONDITIONS])
    if _is_nobodys(own, CONDITIONS):
        raise _without_conditions("a condition names no patient, or one that cannot be found")
    if stored.lacking:
        raise PreconditionFailed("data-unavailable", f"{stored.gaps[0]}; the diagnosis may be among them")
    lacking = [f"{key}: {gaps[key]}" for key in RESULTS if key in gaps]
    lacking += [
        f"{key}: some name no patient, or one that cannot be found"
        for key in RESULTS
        if key not in gaps and _is_nobodys(own, key)
    ]
    if open_question and lacking:
        hint = "liver metastases or a liver-directed therapy, and no diagnosis; it may be among what is lacking"
        raise PreconditionFailed("data-unavailable", f"{hint}: {'; '.join(lacking)}")


_IN_WORDS = "only words, or codes of a system that nobody here knows"


def _refuse_unread_diagnoses(own: MappedInput, may_be: Possible, case: Case, *, named: bool, unread: bool) -> None:
    """Raises PreconditionFailed where diagnoses came that nobody could read, and the patient's may be among them.

    `named`: an order that could not be read has words of a liver-directed therapy; `unread`: some order could not be.
    """
    in_words, all_of_them = diagnoses_in_words(own)
    if in_words and in_words == all_of_them:
        raise _without_conditions(_IN_WORDS)
    if in_words and drafted_for_nobody(case, unread=named):
        raise _without_conditions(f"in part {_IN_WORDS}")
    if may_be.neoplasm and would_concern(case, unread=unread or may_be.metastases):
        raise _without_conditions(
            "a neuroendocrine neoplasm stands there, or in a result, in a form that no table reads"
        )


def _is_nobodys(own: MappedInput, key: str) -> bool:
    """Whether a resource of this key was set aside since its patient cannot be told: it may be the diagnosis."""
    places = (finding.place for finding in own.findings if finding.code == "no-subject")
    return any(f".{key}." in f".{place}." for place in places)


def _without_conditions(gap: str) -> PreconditionFailed:
    """Nobody can say whether the service concerns the patient: silence would be a guess."""
    hint = f"the prefetch key {CONDITIONS} is needed whole: {gap}"
    return PreconditionFailed("data-unavailable", hint, place=f"prefetch.{CONDITIONS}")


def _refuse_others(inputs: tuple[MappedInput, ...], patient: str, server: str) -> None:
    """Anybody else's data means that nothing is evaluated; where it stands is told, and whose it is not."""
    others = [one for each in inputs for one in each.patients if key_of(one.subject, server=server) != patient]
    if others:
        entries = (entry for one in others for entry in one.ledger.entries if entry.level is Level.CONTAINER)
        places = [entry.place.replace(".Bundle.", ".").removesuffix(f".{entry.name}") for entry in entries]
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        count = len({key_of(one.subject, server=server) for one in others})
        told = f"data of {count} other patient(s) came with the call, at {', '.join(places[:MOST_PLACES])}{more}"
        place = places[0] if places else WHOLE_BODY
        raise PreconditionFailed("other-patient", f"{told}: nothing was evaluated", "conflict", place=place)


def _joined(inputs: tuple[MappedInput, ...], patient: str, stored: Stored) -> Mapped:
    """All that is said about the patient, with what could be given to nobody."""
    found = Mapped(patient, "fhir")
    for one in inputs:
        for mapped in one.patients:
            found = found.joined(mapped)
        found = replace(found, findings=found.findings + one.findings, ledger=found.ledger + one.ledger)
    return found if stored.found is None else found.joined(stored.found)
