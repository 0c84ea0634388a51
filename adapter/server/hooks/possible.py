"""Diagnoses that decide nothing and may be those that the services are for, by their words and codes.

They state no fact; with them silence would be a guess. Not for diagnoses that a row reads, whatever it makes of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from adapter.fhir.document import Document, Record
from adapter.fhir.elements import CodeableConcept
from adapter.fhir.resources import Condition, Observation
from adapter.mapping.diagnosis_words import DiagnosisWords
from adapter.mapping.fhir_values import codings, names
from adapter.mapping.patient import Mapping as MappedInput

_NEOPLASM: Final = "diagnosis"
_METASTASES: Final = "liver_metastases"
_RULED_OUT: Final = frozenset({"refuted", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Possible:
    """Whether what nobody could read may be a neuroendocrine neoplasm, and whether it may be liver metastases."""

    neoplasm: bool = False
    metastases: bool = False

    def __or__(self, other: "Possible") -> "Possible":
        return Possible(self.neoplasm or other.neoplasm, self.metastases or other.metastases)


def possible(document: Document, found: MappedInput, words: DiagnosisWords) -> Possible:
    """What the Conditions of a document, and its answers on histology, may be beside what was read (`found`)."""
    read, asked = set[tuple[str, str]](), set[str]()
    for said in (one for patient in found.patients for one in patient.statements):
        if said.fact in (_NEOPLASM, _METASTASES):
            key = said.origin.place.partition("#")[0].rpartition(" ")[2]
            if said.value is not None:
                read.add((key, said.fact))
            elif said.fact == _NEOPLASM:
                asked.add(key)
    neoplasm = metastases = False
    for record in document.records:
        if not isinstance(record.resource, Condition) and not (asked and record.shown in asked):
            continue
        concepts = list(_concepts(record, asked))
        texts = [text for concept in concepts for text in names(concept)]
        sites = _sites(record)
        told = [" ".join((*texts, *(name for site in sites for name in names(site))))]
        codes = [coding.code for concept in concepts for coding in codings(concept)]
        if (record.shown, _NEOPLASM) not in read:
            neoplasm = neoplasm or words.name_neoplasm(texts, codes)
        if (record.shown, _METASTASES) not in read:
            in_them = [coding.code for site in sites for coding in codings(site)]
            metastases = metastases or words.name_liver_metastases(told, in_them)
    return Possible(neoplasm, metastases)


def _concepts(record: Record, asked: set[str]) -> Iterator[CodeableConcept]:
    """What a resource says that could not be read for what it is: a diagnosis, or an answer to what the tumour is."""
    match record.resource:
        case Condition(code=CodeableConcept() as code) as condition if not _is_ruled_out(condition):
            yield code
        case Observation() as result if record.shown in asked:
            if result.valueCodeableConcept is not None:
                yield result.valueCodeableConcept
            if result.valueString:
                yield CodeableConcept(text=result.valueString)


def _sites(record: Record) -> list[CodeableConcept]:
    """The sites of a diagnosis."""
    return record.resource.bodySite if isinstance(record.resource, Condition) else []


def _is_ruled_out(condition: Condition) -> bool:
    return any(coding.code in _RULED_OUT for coding in codings(condition.verificationStatus))
