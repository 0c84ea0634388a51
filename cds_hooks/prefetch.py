"""What the client's answer to a prefetch template tells: data, nothing, an error, or no answer.

Not for reading the resources: the value stays the raw JSON that was sent, so that FHIR decimals are never
touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import unquote

import msgspec

from cds_hooks.json_members import JsonObject, is_null


@dataclass(frozen=True, slots=True)
class Provided:
    """The client sent a resource, or a Bundle that is complete as far as it tells."""

    raw: msgspec.Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExplicitNothing:
    """The client looked and found nothing: null, or a Bundle that is empty but for informative outcomes.

    It means "none on record"; it proves nothing about the patient.
    """

    raw: msgspec.Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientError:
    """The client tried and failed (checklist P8: do not repeat the query), or sent no FHIR resource."""

    raw: msgspec.Raw = field(repr=False)
    reason: Literal["operation-outcome", "not-a-resource"]


@dataclass(frozen=True, slots=True)
class NotProvided:
    """The key of our template is not in the request."""


@dataclass(frozen=True, slots=True)
class NeverAsked:
    """The Bundle's self link holds a `{{token}}`: the template was sent unresolved and found nothing."""

    raw: msgspec.Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """A Bundle that lacks matches: a `next` link, a larger total, or a search error.

    A next link or larger total beside matches is no fault where our own template limits them with `_count`.
    `received` counts the matches that came, `total` is the client's figure where it gave one.
    """

    raw: msgspec.Raw = field(repr=False)
    received: int
    total: int | None


PrefetchValue = Provided | ExplicitNothing | ClientError | NotProvided | NeverAsked | Partial

NO_TEMPLATES: Mapping[str, str] = MappingProxyType({})


_ABSENT = msgspec.Raw(b"null")


class _Resource(msgspec.Struct):
    resourceType: str = ""
    issue: msgspec.Raw = _ABSENT


class _Issue(msgspec.Struct):
    severity: str
    code: str = ""


_LACKING: Final = frozenset(
    {"incomplete", "suppressed", "timeout", "too-costly", "throttled", "transient", "exception"}
)
"""Codes (issue-type) of what did not come, however lightly the client puts it."""


class _Search(msgspec.Struct):
    mode: str = "match"


class _Entry(msgspec.Struct):
    search: _Search | None = None
    resource: _Resource | None = None


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _Sent(_Resource):
    """A value, and what is there if it is a Bundle."""

    entry: msgspec.Raw = _ABSENT
    link: msgspec.Raw = _ABSENT
    total: msgspec.Raw = _ABSENT


_EntryKind = Literal["match", "include", "outcome", "failure"]


def classify_prefetch(sent: JsonObject | None, templates: Mapping[str, str]) -> Mapping[str, PrefetchValue]:
    """Classify every key that was sent and every key of our templates."""
    members = {} if sent is None else sent.members
    values: dict[str, PrefetchValue] = {key: NotProvided() for key in templates}
    values.update((key, classify(raw, counted=has_count(templates.get(key, "")))) for key, raw in members.items())
    return MappingProxyType(values)


def classify(raw: msgspec.Raw, *, counted: bool) -> PrefetchValue:
    """Classify one value of a scanned body; `counted` says that our template limits the number of matches with
    `_count`.
    """
    if is_null(raw):
        return ExplicitNothing(raw)
    sent = _sent(raw)
    match sent.resourceType:
        case "":
            return ClientError(raw, "not-a-resource")
        case "OperationOutcome":
            return ClientError(raw, "operation-outcome")
        case "Bundle":
            return _classify_bundle(raw, sent, counted=counted)
        case _:
            return Provided(raw)


def _classify_bundle(raw: msgspec.Raw, bundle: _Sent, *, counted: bool) -> PrefetchValue:
    try:
        kinds = _kinds(bundle)
    except msgspec.ValidationError:
        return ClientError(raw, "not-a-resource")
    links = _links(bundle.link)
    if _unresolved(links):
        return NeverAsked(raw)
    matches, failed = kinds.count("match"), "failure" in kinds
    if failed and matches == 0:
        return ClientError(raw, "operation-outcome")
    total = _total(bundle.total)
    paged = _has_next(links) or (total is not None and total > matches)
    if failed or (paged and not (counted and matches)):
        return Partial(raw, matches, total)
    return Provided(raw) if matches or "include" in kinds else ExplicitNothing(raw)


def count_matches(raw: msgspec.Raw) -> int:
    """How many matches a classified Bundle holds, outcomes and includes not counted; 1 for a resource alone."""
    sent = _sent(raw)
    return _kinds(sent).count("match") if sent.resourceType == "Bundle" else 1


def _sent(raw: msgspec.Raw) -> _Sent:
    try:
        return msgspec.json.decode(raw, type=_Sent)
    except msgspec.ValidationError:
        return _Sent()


def _kinds(bundle: _Sent) -> list[_EntryKind]:
    """What each entry is to its search; an entry of odd shape counts as a match, for its reader to report.

    Raises ValidationError where the entries are no array.
    """
    try:
        return [_kind_of(entry) for entry in msgspec.json.decode(bundle.entry, type=list[_Entry] | None) or ()]
    except msgspec.ValidationError:
        entries = msgspec.json.decode(bundle.entry, type=list[msgspec.Raw] | None)
    return [_kind_of_any(entry) for entry in entries or ()]


def _kind_of_any(raw: msgspec.Raw) -> _EntryKind:
    try:
        return _kind_of(msgspec.json.decode(raw, type=_Entry))
    except msgspec.ValidationError:
        return "match"


def _kind_of(entry: _Entry) -> _EntryKind:
    if entry.resource and entry.resource.resourceType == "OperationOutcome":
        return "failure" if _is_failure(entry.resource) else "outcome"
    match entry.search.mode if entry.search else "match":
        case "outcome":
            return "outcome"
        case "include":
            return "include"
        case _:
            return "match"


def _is_failure(outcome: _Resource) -> bool:
    """Whether an OperationOutcome tells more than information and warnings, or that something is lacking; one that
    cannot be read does."""
    try:
        issues = msgspec.json.decode(outcome.issue, type=list[_Issue] | None) or []
    except msgspec.ValidationError:
        return True
    light = ("information", "warning", "success")
    return any(issue.severity not in light or issue.code in _LACKING for issue in issues)


def _links(raw: msgspec.Raw) -> list[_Link] | None:
    """The Bundle's links, or None where they cannot be read."""
    try:
        return msgspec.json.decode(raw, type=list[_Link] | None) or []
    except msgspec.ValidationError:
        return None


def _unresolved(links: list[_Link] | None) -> bool:
    return any(link.relation == "self" and "{{" in unquote(link.url) for link in links or [])


def _has_next(links: list[_Link] | None) -> bool:
    """Whether more pages are announced; links that cannot be read may announce one."""
    return links is None or any(link.relation == "next" for link in links)


def _total(raw: msgspec.Raw) -> int | None:
    try:
        return msgspec.json.decode(raw, type=int | None, strict=False)
    except msgspec.ValidationError:
        return None


def has_count(template: str) -> bool:
    """Whether a template limits the number of matches itself."""
    query = template.partition("?")[2]
    return any(part.startswith("_count=") for part in query.split("&"))
