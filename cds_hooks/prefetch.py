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
    """The client sent a resource, or a Bundle that is complete as far as it tells.

    `asked` are the self links of a Bundle: the query that it says it answers, which may be another than the template's.
    """

    raw: msgspec.Raw = field(repr=False)
    asked: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ExplicitNothing:
    """The client looked and found nothing: null, or a Bundle that is empty but for informative outcomes.

    It means "none on record" if the query in its self links (`asked`) is the one that was wanted; it proves nothing
    about the patient.
    """

    raw: msgspec.Raw = field(repr=False)
    asked: tuple[str, ...] = field(default=(), repr=False)


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
    """A Bundle that lacks matches: a `next` link, a larger total, or a search error; or (`alone`) one resource where a
    search was asked, of which nobody says whether it is all.

    A next link, a larger total or a resource alone is no fault where our own template limits the matches with `_count`.
    `received` counts the matches that came, `total` is the client's figure where it gave one; `asked` are the self
    links.
    """

    raw: msgspec.Raw = field(repr=False)
    received: int
    total: int | None
    alone: bool = False
    asked: tuple[str, ...] = field(default=(), repr=False)


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
    {
        *("security", "login", "unknown", "expired", "forbidden", "suppressed"),
        *("transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"),
        "too-costly",
    }
)
"""Codes of what did not come, however lightly the client puts it: in the code system issue-type of FHIR (4.0.1, 5.0.0)
`security` and `transient` with all codes below them, and of those below `processing` the one for a search that was
stopped. The others are also sent with "no results"."""


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
    values.update((key, _classify_for(templates.get(key, ""), raw)) for key, raw in members.items())
    return MappingProxyType(values)


def _classify_for(template: str, raw: msgspec.Raw) -> PrefetchValue:
    return classify(raw, counted=has_count(template), searched="?" in template)


def classify(raw: msgspec.Raw, *, counted: bool, searched: bool = False) -> PrefetchValue:
    """Classify one value of a scanned body; `counted` says that our template limits the number of matches with
    `_count`, `searched` that it is a search: one resource is no whole answer to a search for all.
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
            return Partial(raw, 1, None, alone=True) if searched and not counted else Provided(raw)


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
        return Partial(raw, matches, total, asked=_asked(links))
    found = Provided if matches or "include" in kinds else ExplicitNothing
    return found(raw, _asked(links))


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


def _asked(links: list[_Link] | None) -> tuple[str, ...]:
    return tuple(link.url for link in links or [] if link.relation == "self")


def _unresolved(links: list[_Link] | None) -> bool:
    return any("{{" in unquote(url) for url in _asked(links))


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
