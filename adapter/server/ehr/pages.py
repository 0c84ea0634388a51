"""The pages of one search, put together as one Bundle that says truly whether it is whole.

Not for getting them (search.py), nor for reading the resources: entries stay the bytes that were sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import msgspec
from msgspec import Raw

from adapter.server.ehr.reasons import NotRead
from cds_hooks import PrefetchValue, classify


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class _Probe(msgspec.Struct):
    resourceType: str = ""


class _Bundle(msgspec.Struct):
    resourceType: str
    entry: list[Raw] | None = None
    link: list[_Link] | None = None
    total: Raw = Raw(b"null")


@dataclass(frozen=True, slots=True)
class Page:
    """One Bundle of a search: its entries as sent, its total, its self links, the URL of the next page (empty: this is
    the last)."""

    entries: tuple[Raw, ...] = field(repr=False)
    total: Raw = field(repr=False)
    next: str = field(repr=False)
    has_next: bool
    asked: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """The page; NotRead for anything but a Bundle whose entries and links can be read."""
        try:
            bundle = msgspec.json.decode(raw, type=_Bundle)
        except msgspec.DecodeError:
            raise NotRead("not-fhir") from None
        if bundle.resourceType == "OperationOutcome":
            raise NotRead("outcome")
        if bundle.resourceType != "Bundle":
            raise NotRead("not-fhir")
        links = bundle.link or []
        following = [link.url for link in links if link.relation == "next"]
        asked = tuple(link.url for link in links if link.relation == "self")
        entries, first = tuple(bundle.entry or ()), following[0] if following else ""
        return cls(entries, bundle.total, first, bool(following), asked)


def classify_pages(pages: Sequence[Page], *, counted: bool) -> PrefetchValue:
    """What the pages are together, in the classes of prefetch; `counted` as in `classify`."""
    bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
    if pages[0].total != Raw(b"null"):
        bundle["total"] = pages[0].total
    links = [{"relation": "self", "url": url} for page in pages for url in page.asked]
    bundle["link"] = [*links, {"relation": "next"}] if pages[-1].has_next else links
    bundle["entry"] = [entry for page in pages for entry in page.entries]
    return classify(Raw(msgspec.json.encode(bundle)), counted=counted)


def is_of_type(raw: bytes, resource_type: str) -> bool:
    """Whether the answer to a FHIR read is a resource of that type; NotRead where it is an OperationOutcome."""
    try:
        found = msgspec.json.decode(raw, type=_Probe).resourceType
    except msgspec.DecodeError:
        return False
    if found == "OperationOutcome":
        raise NotRead("outcome")
    return found == resource_type
