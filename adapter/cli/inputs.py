"""Reading the files that `ldt evaluate` is given: their kind is detected, patients are told apart and joined.

FHIR JSON or NDJSON, HL7 v2 with one or many messages, and case files; what cannot be read is named with its file.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, assert_never

from adapter.advice.assessment import Assessment, assess, assess_case
from adapter.case.casefile import CaseFileError, read_cases
from adapter.case.finding import Finding
from adapter.case.merge import Clock
from adapter.fhir.document import Document, NotFhir, read_document
from adapter.ldt import RuleSet
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_files
from adapter.mapping.ledger import Ledger
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.site import Site, plain_site

InputKind = Literal["hl7v2", "fhir", "cases"]

_HL7 = re.compile(rb"[\s\x0b]*(?:\xef\xbb\xbf)?(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_JSON = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*[{\[]")
_CASES = re.compile(rb'[\s\xef\xbb\xbf]*\[\s*\{\s*"(?:id|title|facts|expect)"')


class UnreadableFile(ValueError):
    """A file that is none of the known kinds, or cannot be opened. The text names the file and the reason."""


@dataclass(slots=True)
class Inputs:
    """All files of one call: mapped patients and case files, with findings that belong to no patient."""

    hl7v2: list[Mapped] = field(default_factory=list)
    fhir: list[Mapped] = field(default_factory=list)
    cases: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)


def kind_of(raw: bytes) -> InputKind:
    """The kind of a file by its first bytes: MSH, FHS or BHS is HL7 v2, a list of cases is a case file, else FHIR."""
    if _HL7.match(raw[:1000]):
        return "hl7v2"
    return "cases" if _CASES.match(raw[:1000]) else "fhir"


def shown_names(paths: Sequence[Path]) -> list[str]:
    """What files are called in what is printed: their names, or the paths as given where several have one name."""
    often = Counter(path.name for path in paths)
    return [path.name if often[path.name] == 1 else str(path) for path in paths]


def read_inputs(paths: Sequence[Path], site: Site | None = None) -> Inputs:
    """All files, read with the codes and the senders of a site. HL7 v2 patients are joined over files by (authority,
    type, value); each FHIR document is a world of its own, except NDJSON files, which together are one export. Raises
    UnreadableFile.
    """
    inputs, site = Inputs(), site or plain_site()
    documents: list[tuple[str, Mapping]] = []
    exports: list[tuple[str, bytes]] = []
    streams: list[tuple[str, bytes]] = []
    for path, name in zip(paths, shown_names(paths), strict=True):
        raw = read_file(path, name)
        kind = kind_of(raw)
        match kind:
            case "hl7v2":
                streams.append((name, raw))
            case "cases":
                inputs.cases.append((name, _text(name, raw)))
            case "fhir" if path.suffix.lower() == ".ndjson":
                exports.append((name, raw))
            case "fhir":
                documents.append((name, map_fhir(_document(name, raw), name, table=site.tables)))
            case _:
                assert_never(kind)
    if streams:
        _take(inputs, inputs.hl7v2, map_hl7v2_files(streams, table=site.tables, sender_of=site.sender_of))
    if exports:
        names = ", ".join(name for name, _ in exports)
        document = _document(names, b"\n".join(raw for _, raw in exports))
        documents.append((names, map_fhir(document, names, table=site.tables)))
    for mapping in _judged_apart(documents):
        _take(inputs, inputs.fhir, mapping)
    return inputs


def _judged_apart(documents: list[tuple[str, Mapping]]) -> Iterator[Mapping]:
    """The mappings, with a finding for each patient whose id stands in several files: they may be one, or two."""
    files: dict[str, list[str]] = defaultdict(list)
    for name, mapping in documents:
        for patient in mapping.patients:
            files[patient.subject].append(name)
    hint = "the same patient id stands in several files, each judged alone: if it is one patient, send one Bundle"
    for _, mapping in documents:
        patients = (
            replace(
                one, findings=(*one.findings, Finding("patient-in-several-files", "warning", ", ".join(names), hint))
            )
            if len(names := files[one.subject]) > 1
            else one
            for one in mapping.patients
        )
        yield replace(mapping, patients=tuple(patients))


def assessments(inputs: Inputs, clock: Clock, rules: RuleSet) -> Iterator[Assessment]:
    """One assessment per patient or case, in the order of the files. Raises UnreadableFile for a faulty case file."""
    for mapped in (*inputs.hl7v2, *inputs.fhir):
        yield assess(mapped, clock, rules)
    for name, text in inputs.cases:
        try:
            entries = read_cases(text, clock, rules.facts)
        except CaseFileError as error:
            raise UnreadableFile(f"{name}: {error}") from None
        for entry in entries:
            yield assess_case(entry.case, rules)


def count(inputs: Inputs) -> int:
    """How many patients there are before the case files are read."""
    return len(inputs.hl7v2) + len(inputs.fhir)


def _take(inputs: Inputs, patients: list[Mapped], mapping: Mapping) -> None:
    patients.extend(mapping.patients)
    inputs.findings.extend(mapping.findings)
    inputs.ledger = inputs.ledger + mapping.ledger


def read_file(path: Path, name: str = "") -> bytes:
    """The bytes of a file, which messages call by `name`, else by its own. Raises UnreadableFile."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{name or path.name}: {error.strerror}") from None


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{name}: byte {error.start} is no UTF-8") from None


def _document(name: str, raw: bytes) -> Document:
    try:
        return read_document(raw)
    except NotFhir as error:
        raise UnreadableFile(f"{name}: {not_fhir_reason(error, raw)}") from None


def not_fhir_reason(error: NotFhir, raw: bytes) -> str:
    """Why a file that is no HL7 v2 is no FHIR either, in words; docs/findings.md lists them."""
    match error.code:
        case "empty":
            return "the file is empty"
        case "not-json" if _JSON.match(raw[:1000]):
            return "JSON that cannot be read to its end"
        case "not-json":
            return "neither FHIR JSON nor an HL7 v2 message, which begins with MSH, FHS or BHS"
        case "not-fhir":
            return "JSON, but no case file, and resourceType is not there or names no resource of FHIR (`Patient`)"
        case _:
            return f"{error.code} at {error.place}"
