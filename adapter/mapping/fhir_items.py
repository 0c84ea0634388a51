"""From FHIR resources to items, per patient: which resource belongs to whom, and what it says in raw form.

The paths come from sources.yaml; what codes mean is decided later (interpret.py).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.fhir.document import Document, Record, read_resource
from adapter.fhir.elements import CodeableConcept, Identifier, Reference
from adapter.fhir.paths import Accessor, compile_path
from adapter.fhir.reference import resolve
from adapter.fhir.resources import (
    READ,
    Answer,
    Component,
    Condition,
    Generic,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    QuestionnaireResponse,
    ServiceRequest,
)
from adapter.fhir.resources import (
    Item as AnswerItem,
)
from adapter.mapping.fhir_values import codings, flags, moment, normal_range, raw_value, sent_code
from adapter.mapping.item import (
    IN_COMPONENTS,
    Choices,
    Codings,
    Item,
    Missing,
    Place,
    RawValue,
    SentCode,
    Unusable,
)
from adapter.mapping.schema import FhirSource
from adapter.mapping.tables import Tables

Medicated = MedicationRequest | MedicationAdministration | MedicationStatement


@dataclass(frozen=True, slots=True)
class _Source:
    """A source of sources.yaml with its paths compiled."""

    spec: FhirSource
    statuses: tuple[tuple[str, Accessor], ...]
    when: tuple[Accessor, ...]
    issued: tuple[Accessor, ...]
    body_site: tuple[Accessor, ...]
    used: tuple[Accessor, ...]
    reason: tuple[Accessor, ...]
    ended: tuple[Accessor, ...]


@dataclass(slots=True)
class FhirReader:
    """Turns the records of one document into items. `server` is the FHIR base that relative references belong to,
    `superseded` the places of records that count no more."""

    document: Document
    name: str
    tables: Tables
    server: str = ""
    findings: list[Finding] = field(default_factory=list)
    superseded: frozenset[str] = frozenset()
    _patients: frozenset[str] = frozenset()
    _medications: dict[str, Medication] = field(default_factory=dict)
    _by_identifier: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self._patients = frozenset(r.key for r in self.document.records if isinstance(r.resource, Patient))
        for record in self.document.records:
            resource = record.resource
            if isinstance(resource, Patient):
                for identifier in resource.identifier:
                    self._by_identifier[identifier.system, identifier.value].add(record.key)
            elif isinstance(resource, Medication) and record.place not in self.superseded:
                self._medications.setdefault(record.key, resource)

    def owner(self, record: Record) -> str | None:
        """The key of the patient that a record belongs to; None when it names none that can be resolved."""
        resource = record.resource
        if isinstance(resource, Patient):
            foreign = self.server and record.base and record.base != self.server.rstrip("/")
            return record.full_url if foreign else record.key
        reference = getattr(resource, "subject", None)
        if reference is None and isinstance(resource, Generic):
            reference = resource.patient
        if reference is None:
            return None
        key = resolve(reference, self.document.names, server=self.server, base=record.base)
        return key if key is not None else self._identified(reference.identifier)

    def is_patient(self, key: str) -> bool:
        """Whether a key names a patient: a Patient of the document, or a reference of that type."""
        if key in self._patients:
            return True
        return "/" in key and not key.startswith("urn:") and key.rsplit("/", 2)[-2] == "Patient"

    def _identified(self, identifier: Identifier | None) -> str | None:
        """A logical reference names the one Patient of the document that carries the identifier."""
        if identifier is None or not identifier.value:
            return None
        found = self._by_identifier.get((identifier.system, identifier.value), set())
        return next(iter(found)) if len(found) == 1 else None

    def items(self, record: Record) -> list[Item]:
        """The items of one record: its code and those of its components, or its answers."""
        resource = record.resource
        if isinstance(resource, QuestionnaireResponse):
            return list(self._answers(record, resource))
        source = self._source(record)
        if source is None or resource is None:
            return []
        return list(self._coded(record, source))

    def birth(self, record: Record) -> Statement | None:
        """The statement of the date of birth that a Patient makes."""
        if not isinstance(record.resource, Patient) or not record.resource.birthDate:
            return None
        when, bad = moment(record.resource.birthDate)
        origin = Origin("fhir", self.name, f"{record.key}#birthDate", "birth-date")
        if bad or when is None:
            return Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
        return Statement("birth_date", Standing.FINAL, Day(when), origin)

    def _source(self, record: Record) -> _Source | None:
        for source in _sources(self.tables):
            if source.spec.resource != record.type:
                continue
            if not source.spec.draft or getattr(record.resource, "status", "") in source.spec.draft:
                return source
        return None

    def _coded(self, record: Record, source: _Source) -> Iterator[Item]:
        resource = record.resource
        base = self._base(record, source)
        if isinstance(resource, Observation):
            yield from _observation_items(base, record, resource)
            return
        concept = self._concept(record)
        yield replace(base, codings=codings(concept), text=concept is not None and not concept.coding)
        if isinstance(resource, Condition):
            yield from self._extension_items(base, record, resource)

    def _base(self, record: Record, source: _Source) -> Item:
        resource = record.resource
        when, bad = self._first_moment(record, source.when)
        issued, _ = self._first_moment(record, source.issued)
        return Item(
            kind=source.spec.kind,
            wire="fhir",
            document=self.name,
            place=Place(f"{record.key}#{source.spec.code}"),
            value_place=Place(f"{record.key}#value"),
            codings=(),
            value=Missing("empty"),
            statuses=tuple((table, _status(resource, path)) for table, path in source.statuses),
            when=when,
            bad_date=bad,
            issued=issued,
            identity=record.key if getattr(resource, "id", "") else "",
            group=record.key,
            body_site=_concepts(resource, source.body_site),
            used=_concepts(resource, source.used),
            reason=_concepts(resource, source.reason),
            veto=_veto(resource),
            ended=self._first_moment(record, source.ended)[0],
        )

    def _first_moment(self, record: Record, paths: Sequence[Accessor]) -> tuple[Moment | None, bool]:
        """The first time that was sent; a time that cannot be read counts as bad, not as absent."""
        for path in paths:
            for text in path(record.resource):  # type: ignore[arg-type]
                if isinstance(text, str) and text:
                    when, bad = moment(text)
                    if bad:
                        self.findings.append(
                            Finding(
                                "bad-date",
                                "warning",
                                record.key,
                                "a date is no FHIR date: the statement is excluded",
                            )
                        )
                    return when, bad
        return None, False

    def _concept(self, record: Record) -> CodeableConcept | None:
        resource = record.resource
        if isinstance(resource, Medicated):
            return resource.medicationCodeableConcept or self._medication(record, resource)
        return getattr(resource, "code", None)

    def _medication(self, record: Record, resource: Medicated) -> CodeableConcept | None:
        """The code of the Medication that is referred to, contained or in the same document."""
        reference = resource.medicationReference
        if reference is None or not reference.reference:
            return None
        if reference.reference.startswith("#"):
            inner = (read_resource(bytes(raw), record.place) for raw in resource.contained)
            wanted = reference.reference[1:]
            found = [r.resource for r in inner if isinstance(r.resource, Medication) and r.resource.id == wanted]
            return found[0].code if found else None
        key = resolve(reference, self.document.names, server=self.server)
        named = self._medications.get(key) if key is not None else None
        return named.code if named is not None else None

    def _extension_items(self, base: Item, record: Record, condition: Condition) -> Iterator[Item]:
        for number, extension in enumerate(condition.extension):
            source = next((s for s in self.tables.sources.extensions if s.url == extension.url), None)
            if source is None:
                continue
            code = self.tables.codes.concepts[source.concept][0]
            answer = codings(extension.valueCodeableConcept)
            place = Place(f"{record.key}#extension[{number}]")
            yield replace(
                base,
                kind="result",
                place=place,
                value_place=place,
                codings=(SentCode(code.system, code.code),),
                value=Choices((answer,)) if answer else Missing("empty"),
                identity=f"{base.identity}#extension[{number}]" if base.identity else "",
            )

    def _answers(self, record: Record, response: QuestionnaireResponse) -> Iterator[Item]:
        when, bad = moment(response.authored)
        ours = response.questionnaire.split("|")[0] in self.tables.questionnaires
        asked: Counter[str] = Counter()
        for place, question in _questions(response.item, "item"):
            where = Place(f"{record.key}#{place}")
            asked[question.linkId] += 1
            yield Item(
                kind="result",
                wire="fhir",
                document=self.name,
                place=where,
                value_place=where,
                codings=(SentCode(self.tables.own_system if ours else response.questionnaire, question.linkId),),
                value=_answer_value(question.answer),
                statuses=(("questionnaire-response-status", response.status),),
                when=when,
                bad_date=bad,
                identity=f"{record.key}#{question.linkId}#{asked[question.linkId]}" if response.id else "",
                group=record.key,
                veto=_veto(response),
                fact=question.linkId if ours else "",
            )


def _observation_items(base: Item, record: Record, resource: Observation) -> Iterator[Item]:
    own = codings(resource.code)
    parts = list(enumerate(resource.component))
    members = [part for _, part in parts if codings(part.code) and set(_keys(codings(part.code))) & set(_keys(own))]
    value: RawValue = raw_value(resource, resource.dataAbsentReason)
    if members and value == Missing("empty"):
        value = _joined([raw_value(part, part.dataAbsentReason) for part in members])
        parts = [(number, part) for number, part in parts if part not in members]
    bare = value == Missing("empty") and bool(parts)
    text = resource.code is not None and not own
    if not bare or not own:
        yield replace(
            base,
            codings=own,
            value=value,
            flags=flags(resource.interpretation),
            range=normal_range(resource.referenceRange),
            text=text or value == Missing("text-result"),
        )
    else:
        yield replace(base, codings=own, value=IN_COMPONENTS)
    for number, part in parts:
        yield _component_item(base, record, number, part)


def _component_item(base: Item, record: Record, number: int, part: Component) -> Item:
    place = f"{record.key}#component[{number}]"
    value = raw_value(part, part.dataAbsentReason)
    return replace(
        base,
        place=Place(f"{place}.code"),
        value_place=Place(f"{place}.value"),
        codings=codings(part.code),
        value=value,
        flags=flags(part.interpretation),
        range=normal_range(part.referenceRange),
        identity=f"{base.identity}#component[{number}]" if base.identity else "",
        text=value == Missing("text-result"),
        veto=base.veto or ("modifier" if part.modifierExtension else ""),
    )


def _keys(found: Codings) -> list[tuple[str, str]]:
    return [(code.system, code.code) for code in found]


def _joined(values: list[RawValue]) -> RawValue:
    """Several components of a list fact as one list of choices; one that is not coded spoils it."""
    choices: list[Codings] = []
    for value in values:
        if not isinstance(value, Choices):
            return Unusable("not-a-coded-answer")
        choices.extend(value.choices)
    return Choices(tuple(choices))


def _answer_value(answers: list[Answer]) -> RawValue:
    if not answers:
        return Missing("empty")
    if len(answers) == 1:
        return raw_value(answers[0], None)
    coded = [answer.valueCoding for answer in answers]
    if all(coding is not None for coding in coded):
        return Choices(tuple((sent_code(coding),) for coding in coded if coding is not None))
    return Unusable("multiple-values")


def _questions(items: list[AnswerItem], place: str) -> Iterator[tuple[str, AnswerItem]]:
    """Every question with an answer, groups and nested items included."""
    for number, item in enumerate(items):
        where = f"{place}[{number}]"
        if item.answer:
            yield where, item
        yield from _questions(item.item, f"{where}.item")
        for position, answer in enumerate(item.answer):
            yield from _questions(answer.item, f"{where}.answer[{position}].item")


def _status(resource: object, path: Accessor) -> str:
    """A status that is a code, or a CodeableConcept whose first coding has it."""
    for value in path(resource):  # type: ignore[arg-type]
        if isinstance(value, str):
            return value
        if isinstance(value, CodeableConcept):
            own = [coding for coding in value.coding if coding.system.startswith("http://terminology.hl7.org/")]
            return next((coding.code for coding in (*own, *value.coding) if coding.code), "")
    return ""


def _concepts(resource: object, paths: Sequence[Accessor]) -> tuple[Codings, ...]:
    found = (value for path in paths for value in path(resource))  # type: ignore[arg-type]
    return tuple(codings(value) for value in found if isinstance(value, CodeableConcept))


def _veto(resource: object) -> str:
    """What forbids to use a resource whatever it says: a modifier that nobody here knows, or a prohibition."""
    if getattr(resource, "modifierExtension", None) or getattr(resource, "implicitRules", ""):
        return "modifier"
    if isinstance(resource, Observation) and any(_is_person(focus) for focus in resource.focus):
        return "about-another-person"
    if isinstance(resource, MedicationRequest | ServiceRequest):
        if resource.doNotPerform:
            return "do-not-perform"
        if resource.intent in ("proposal", "option") and resource.status != "draft":
            return "only-proposed"
    return ""


def _is_person(focus: Reference) -> bool:
    """Whether an Observation with this focus is about somebody, who then is not its subject (a fetus, a donor)."""
    return any(f"{kind}/" in focus.reference for kind in ("Patient", "RelatedPerson"))


@cache
def _compiled(source: FhirSource) -> _Source:
    struct = READ[source.resource]

    def paths(texts: tuple[str, ...]) -> tuple[Accessor, ...]:
        return tuple(compile_path(struct, text) for text in texts)

    statuses = tuple((table, compile_path(struct, path)) for table, path in source.statuses)
    return _Source(
        source,
        statuses,
        paths(source.when),
        paths(source.issued),
        paths(source.body_site),
        paths(source.used),
        paths(source.reason),
        paths(source.ended),
    )


def _sources(tables: Tables) -> tuple[_Source, ...]:
    return tuple(_compiled(source) for source in tables.sources.fhir)
