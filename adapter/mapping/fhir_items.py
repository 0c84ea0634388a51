"""From FHIR resources to items: what each one says in raw form, at the paths of sources.yaml.

Whose a resource is, is decided in fhir_owners.py; what its codes mean is decided later (interpret.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Raw

from adapter.case.assay import UNSAID, Assay
from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.fhir.document import Document, Record, read_resource
from adapter.fhir.elements import CodeableConcept, Reference
from adapter.fhir.paths import Accessor
from adapter.fhir.reference import resolve
from adapter.fhir.resources import (
    Condition,
    DeviceRequest,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    Observation,
    QuestionnaireResponse,
    Specimen,
)
from adapter.mapping.fhir_results import answer_items, observation_items
from adapter.mapping.fhir_sources import CompiledSource, source_of
from adapter.mapping.fhir_values import codings, moment, names
from adapter.mapping.fhir_veto import veto
from adapter.mapping.item import EMPTY, Choices, Codings, Item, Place, SentCode
from adapter.mapping.tables import Tables

Medicated = MedicationRequest | MedicationAdministration | MedicationStatement
Named = TypeVar("Named", Medication, Specimen)


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
    _named: dict[str, Medication | Specimen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for record in self.document.records:
            if isinstance(record.resource, Medication | Specimen) and record.place not in self.superseded:
                self._named.setdefault(record.key, record.resource)

    def items(self, record: Record) -> list[Item]:
        """The items of one record: its code and those of its components, or its answers."""
        resource = record.resource
        if isinstance(resource, QuestionnaireResponse):
            return list(answer_items(record, resource, self.name, self.tables))
        source = source_of(record, self.tables)
        if source is None or resource is None:
            return []
        return list(self._coded(record, source))

    def _coded(self, record: Record, source: CompiledSource) -> Iterator[Item]:
        resource = record.resource
        base = self._base(record, source)
        if isinstance(resource, Observation):
            yield from observation_items(base, record, resource)
            return
        concept = self._concept(record)
        yield base._replace(codings=codings(concept), text=concept is not None and not concept.coding)
        if isinstance(resource, Condition):
            yield from self._extension_items(base, record, resource)

    def _base(self, record: Record, source: CompiledSource) -> Item:
        resource, shown, key = record.resource, record.shown, record.key
        when, bad = self._first_moment(record, source.when)
        issued, _ = self._first_moment(record, source.issued)
        return Item(
            kind=source.spec.kind,
            wire="fhir",
            document=self.name,
            place=Place(f"{shown}#{source.spec.code}"),
            value_place=Place(f"{shown}#value"),
            codings=(),
            value=EMPTY,
            statuses=tuple([(table, _status(resource, path)) for table, path in source.statuses]),
            when=when,
            bad_date=bad,
            issued=issued,
            identity=key if getattr(resource, "id", "") else "",
            group=key,
            body_site=_concepts(resource, source.body_site),
            used=_concepts(resource, source.used),
            reason=_concepts(resource, source.reason),
            around=self._around(record, source),
            assay=_assay(resource, source),
            veto=veto(resource),
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
                                record.shown,
                                "a date is no FHIR date: the statement is excluded",
                            )
                        )
                    return when, bad
        return None, False

    def _concept(self, record: Record) -> CodeableConcept | None:
        """The code of a resource; that of a drug also by reference to a Medication."""
        resource = record.resource
        if isinstance(resource, DeviceRequest):
            return resource.codeCodeableConcept
        if not isinstance(resource, Medicated):
            return getattr(resource, "code", None)
        if resource.medicationCodeableConcept is not None:
            return resource.medicationCodeableConcept
        named = self._referred(record, resource.medicationReference, Medication)
        return named.code if named is not None else None

    def _around(self, record: Record, source: CompiledSource) -> tuple[str, ...]:
        """What the resource says of its specimen: the words of the reference, names and codes of the Specimen."""
        texts: list[str] = []
        for reference in _found(record.resource, source.specimen):
            if isinstance(reference, Reference):
                specimen = self._referred(record, reference, Specimen)
                kind = specimen.type if specimen is not None else None
                texts += [reference.display, *names(kind), *(coding.code for coding in codings(kind))]
        return tuple(filter(None, texts))

    def _referred(self, record: Record, reference: Reference | None, kind: type[Named]) -> Named | None:
        """The resource of this kind that is referred to, contained or in the same document."""
        if reference is None or not reference.reference:
            return None
        if reference.reference.startswith("#"):
            contained: list[Raw] = getattr(record.resource, "contained", [])
            inner = (read_resource(bytes(raw), record.place).resource for raw in contained)
            wanted = reference.reference[1:]
            return next((one for one in inner if isinstance(one, kind) and one.id == wanted), None)
        key = resolve(reference, self.document.names, server=self.server)
        named = self._named.get(key) if key is not None else None
        return named if isinstance(named, kind) else None

    def _extension_items(self, base: Item, record: Record, condition: Condition) -> Iterator[Item]:
        for number, extension in enumerate(condition.extension):
            source = next((s for s in self.tables.sources.extensions if s.url == extension.url), None)
            if source is None:
                continue
            code = self.tables.codes.concepts[source.concept][0]
            answer, said = codings(extension.valueCodeableConcept), names(extension.valueCodeableConcept)
            place = Place(f"{record.shown}#extension[{number}]")
            yield base._replace(
                kind="result",
                place=place,
                value_place=place,
                codings=(SentCode(code.system, code.code),),
                value=Choices((answer,), said) if answer else EMPTY,
                identity=f"{base.identity}#extension[{number}]" if base.identity else "",
            )


def _status(resource: object, path: Accessor) -> str:
    """A status that is a code, or a CodeableConcept whose first coding has it."""
    for value in path(resource):  # type: ignore[arg-type]
        if isinstance(value, str):
            return value
        if isinstance(value, CodeableConcept):
            own = [coding for coding in value.coding if coding.system.startswith("http://terminology.hl7.org/")]
            return next((coding.code for coding in (*own, *value.coding) if coding.code), "")
    return ""


def _assay(resource: object, source: CompiledSource) -> Assay:
    """The method by its first code, else its text, and the organization that measured."""
    methods, performers = _found(resource, source.method), _found(resource, source.laboratory)
    if not methods and not performers:
        return UNSAID
    method = next((_method(value) for value in methods if isinstance(value, CodeableConcept)), "")
    laboratories = (value.reference for value in performers if isinstance(value, Reference))
    laboratory = next((reference for reference in laboratories if "Organization/" in reference), "")
    return Assay(method, laboratory) if method or laboratory else UNSAID


def _method(concept: CodeableConcept) -> str:
    return next((coding.code for coding in codings(concept)), concept.text)


def _concepts(resource: object, paths: Sequence[Accessor]) -> tuple[Codings, ...]:
    found = _found(resource, paths)
    return tuple([codings(value) for value in found if isinstance(value, CodeableConcept)]) if found else ()


def _found(resource: object, paths: Sequence[Accessor]) -> Sequence[object]:
    """The values at the paths, one path after the other."""
    found: list[object] = []
    for path in paths:
        found += path(resource)  # type: ignore[arg-type]
    return found
