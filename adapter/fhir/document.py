"""Reading FHIR JSON of any shape into resources one by one: Bundle, single resource, array, NDJSON, Parameters.

A bad entry costs that entry, with its place and cause; nothing here knows what a code means.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import msgspec
from msgspec import Raw

from adapter.case.finding import Finding
from adapter.fhir.arrays import decode_with_arrays
from adapter.fhir.reference import is_plain, one_spelling
from adapter.fhir.resources import READ, Bundle, Entry, Generic, Known, Link


class NotFhir(ValueError):
    """The input is not JSON, or not FHIR JSON. `code` and `place` are stable and carry no content."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code} at {place}")
        self.code = code
        self.place = place


class Record(NamedTuple):
    """One resource of a document, or what could not be read as one (`resource` is then None and `fault` says why).

    `place` is `Bundle.entry[3].resource` or `line 3`; `key` is how other resources refer to it; `raw` are its bytes.
    """

    place: str
    type: str
    key: str
    resource: Known | None
    raw: bytes
    fault: Finding | None = None
    full_url: str = ""

    @property
    def shown(self) -> str:
        """What people are shown of it: its key, or its place where the key may hold words of the sender."""
        return self.key if is_plain(self.key) else self.place

    @property
    def base(self) -> str:
        """The FHIR server that the fullUrl names, nothing where it names none."""
        if not self.full_url:
            return ""
        suffix = f"/{self.type}/{self.resource.id}" if self.resource is not None else ""
        return self.full_url.removesuffix(suffix) if suffix and self.full_url.endswith(suffix) else ""

    def __repr__(self) -> str:
        return f"Record({self.key} at {self.place})"


@dataclass(frozen=True, slots=True)
class Document:
    """All records of one input, and the names under which they refer to each other."""

    records: tuple[Record, ...]
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    partial: bool = False


class _Probe(msgspec.Struct, frozen=True, gc=False):
    resourceType: str = ""


class _Entries(msgspec.Struct, frozen=True, gc=False):
    """A Bundle without an entry of odd shape, all of them read at once; what is one of these is a `Bundle` too."""

    resourceType: str = ""
    type: str = ""
    link: list[Link] = []
    entry: list[Entry] = []


class _Parameter(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    resource: Raw = Raw()


class _Parameters(msgspec.Struct, frozen=True, gc=False):
    parameter: list[_Parameter] = []


@cache
def _decoder(struct: type[Known]) -> msgspec.json.Decoder[Known]:
    return msgspec.json.Decoder(struct)


# What decoding can raise for any bytes: wrong JSON or types, nesting too deep, text that is no UTF-8.
_FAULTS = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_PROBE = msgspec.json.Decoder(_Probe)
_BUNDLE = msgspec.json.Decoder(Bundle)
_ENTRIES = msgspec.json.Decoder(_Entries)
_ENTRY = msgspec.json.Decoder(Entry)
_ARRAY = msgspec.json.Decoder(list[Raw])
_PARAMETERS = msgspec.json.Decoder(_Parameters)


def read_document(raw: bytes) -> Document:
    """The resources of one FHIR JSON input. Raises NotFhir when it is no FHIR JSON at all."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise NotFhir("empty", "document")
    if raw.lstrip()[:1] == b"[":
        return _assemble(list(_elements(raw)))
    whole = _whole_bundle(raw)
    if whole is not None:
        return _assemble(list(_entries_of(whole, "")), partial=_goes_on(whole.link))
    try:
        kind = _PROBE.decode(raw).resourceType
    except msgspec.ValidationError:
        raise NotFhir("not-fhir", "document") from None
    except _FAULTS:
        return _assemble(list(_lines(raw)))
    if not _TYPE.fullmatch(kind):
        raise NotFhir("not-fhir", "resourceType")
    return _assemble(list(_resources(raw, kind, "")), partial=any(_has_next(part) for part in _bundles(raw, kind)))


def content_of(raw: bytes) -> tuple[bytes, ...]:
    """All that decides about the records of an input: equal contents are read into equal records.

    Of a Bundle these are its resources with their fullUrls. When it was answered, and to which search, is left out.
    """
    whole = _whole_bundle(raw)
    if whole is None:
        return (raw,)
    return (b"Bundle", *(part for entry in whole.entry for part in (entry.fullUrl.encode(), bytes(entry.resource))))


def _whole_bundle(raw: bytes) -> _Entries | None:
    """The input as a Bundle with a resource in every entry, as nearly always; None where it is anything else."""
    try:
        whole = _ENTRIES.decode(raw)
    except _FAULTS:
        return None
    return whole if whole.resourceType == "Bundle" and all(bytes(entry.resource) for entry in whole.entry) else None


def read_resource(raw: bytes, place: str, full_url: str = "") -> Record:
    """One resource; a type that the mapping does not read is kept with its owner only."""
    try:
        kind, resource = _decoded(raw)
    except _FAULTS as error:
        return _unreadable(raw, place, error)
    if not _TYPE.fullmatch(kind):
        return _unreadable(raw, place, None)
    address = one_spelling(full_url)
    key = f"{kind}/{resource.id}" if resource.id else address or place
    return Record(place, kind, key, resource, raw, full_url=address)


_FIRST_MEMBER = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"(\w+)"')


def _decoded(raw: bytes) -> tuple[str, Known]:
    """The type of a resource and what is read of it. Raises what decoding can raise.

    Nearly always the type comes first, so that one look tells what to read; what was read says whether that was right.
    """
    first = _FIRST_MEMBER.match(raw)
    if first is not None:
        kind = first[1].decode("ascii", errors="replace")
        try:
            resource = _decoder(READ.get(kind, Generic)).decode(raw)
        except _FAULTS:
            pass
        else:
            if resource.resourceType == kind:
                return kind, resource
    kind = _PROBE.decode(raw).resourceType
    return kind, _decoder(READ.get(kind, Generic)).decode(raw)


def with_arrays(document: Document) -> Document:
    """The document with those resources read too that have an object where FHIR has an array of one."""
    if all(record.fault is None for record in document.records):
        return document
    return _assemble([_mended(record) for record in document.records], partial=document.partial)


def _mended(record: Record) -> Record:
    if record.fault is None:
        return record
    try:
        kind = _PROBE.decode(record.raw).resourceType
        resource = decode_with_arrays(_decoder(READ.get(kind, Generic)), record.raw)
    except _FAULTS:
        return record
    return Record(record.place, kind, f"{kind}/{resource.id}", resource, record.raw) if kind and resource.id else record


def _unreadable(raw: bytes, place: str, error: Exception | None) -> Record:
    """A finding with the path of the fault: msgspec's text names types and paths only, never the value."""
    where = str(error).rpartition(" - at `$")[2].rstrip("`") if error and " - at `$" in str(error) else ""
    hint = "the entry is no readable FHIR resource" if error is None else "a member has the wrong JSON type"
    return Record(place, "", place, None, raw, Finding("resource-unreadable", "error", place + where, hint))


def _resources(raw: bytes, kind: str, place: str) -> Iterator[Record]:
    match kind:
        case "Bundle":
            yield from _entries(raw, place)
        case "Parameters":
            yield from _parameters(raw)
        case _:
            yield read_resource(raw, place or kind)


def _entries(raw: bytes, place: str) -> Iterator[Record]:
    whole = _whole_bundle(raw)
    if whole is not None:
        yield from _entries_of(whole, place)
        return
    try:
        items = _BUNDLE.decode(raw).entry
    except _FAULTS:
        raise NotFhir("bundle-unreadable", f"{place}Bundle") from None
    yield from (_entry(bytes(item), f"{place}Bundle.entry[{number}]") for number, item in enumerate(items))


def _entries_of(whole: _Entries, place: str) -> Iterator[Record]:
    for number, entry in enumerate(whole.entry):
        yield read_resource(bytes(entry.resource), f"{place}Bundle.entry[{number}].resource", entry.fullUrl)


def _entry(raw: bytes, where: str) -> Record:
    try:
        entry = _ENTRY.decode(raw)
    except _FAULTS as error:
        return _unreadable(raw, where, error)
    resource = bytes(entry.resource)
    if resource:
        return read_resource(resource, f"{where}.resource", entry.fullUrl)
    hint = "the entry has no resource"
    return Record(where, "", where, None, raw, Finding("resource-unreadable", "error", where, hint))


def _parameters(raw: bytes) -> Iterator[Record]:
    try:
        parameters = _PARAMETERS.decode(raw).parameter
    except _FAULTS:
        raise NotFhir("parameters-unreadable", "Parameters") from None
    for number, parameter in enumerate(parameters):
        if not bytes(parameter.resource):
            continue
        place = f"Parameters.parameter[{number}].resource."
        body = bytes(parameter.resource)
        try:
            kind = _PROBE.decode(body).resourceType
        except _FAULTS as error:
            yield _unreadable(body, place.rstrip("."), error)
            continue
        try:
            yield from _resources(body, kind, place if kind == "Bundle" else place.rstrip("."))
        except NotFhir:
            yield _unreadable(body, place.rstrip("."), None)


def _elements(raw: bytes) -> Iterator[Record]:
    try:
        items = _ARRAY.decode(raw)
    except _FAULTS:
        raise NotFhir("not-json", "document") from None
    for number, item in enumerate(items):
        yield read_resource(bytes(item), f"[{number}]")


def _lines(raw: bytes) -> Iterator[Record]:
    """NDJSON: at least one line must be a resource, else the input was broken JSON."""
    records = [
        read_resource(line, f"line {number}") for number, line in enumerate(raw.splitlines(), start=1) if line.strip()
    ]
    if not any(record.resource is not None for record in records) or len(records) < 2:
        raise NotFhir("not-json", "document")
    yield from records


def _bundles(raw: bytes, kind: str) -> Iterator[bytes]:
    """The Bundle itself, or those inside of Parameters."""
    if kind == "Bundle":
        yield raw
    elif kind == "Parameters":
        for parameter in _PARAMETERS.decode(raw).parameter:
            yield bytes(parameter.resource)


def _has_next(raw: bytes) -> bool:
    """Whether a Bundle says that further pages exist; what is no readable Bundle says nothing."""
    try:
        return _goes_on(_BUNDLE.decode(raw).link)
    except _FAULTS:
        return False


def _goes_on(links: list[Link]) -> bool:
    return any(link.relation == "next" for link in links)


def _assemble(records: list[Record], *, partial: bool = False) -> Document:
    """The document. Where two servers use one `Type/id`, the fullUrl tells their resources apart."""
    bases: dict[str, set[str]] = defaultdict(set)
    for record in records:
        bases[record.key].add(record.base)
    shared = {key for key, found in bases.items() if len(found) > 1}
    named = [r._replace(key=r.full_url) if r.key in shared and r.full_url else r for r in records]
    names = {record.key: record.key for record in named}
    for record in named:
        if record.full_url:
            names.setdefault(record.full_url, record.key)
    return Document(tuple(named), names, partial)
