"""The resources that a call brings itself, kept apart: ids of drafts are the client's own, and may stand twice.

Not for what they say (proposed.py).
"""

from collections import defaultdict
from dataclasses import replace
from typing import Final

import msgspec

from adapter.fhir.dates import read_date
from adapter.fhir.document import Document, Record, read_resource
from adapter.fhir.resources import DeviceRequest, Generic, Medication, MedicationRequest, Patient, ServiceRequest
from adapter.mapping.fhir import superseded_places
from adapter.server.ehr import KeyReading
from cds_hooks import ClientError, classify


def is_order(record: Record) -> bool:
    """Whether a resource may be an order: a drug or a patient that came along is none."""
    return isinstance(record.resource, MedicationRequest | ServiceRequest | DeviceRequest | Generic)


def names_of(record: Record) -> frozenset[str]:
    """How the call may name a resource: by its key, or by type and id."""
    own = {f"{record.type}/{record.resource.id}"} if record.resource is not None and record.resource.id else set()
    return frozenset(own | {record.key})


def not_come(raw: msgspec.Raw) -> str:
    """What a Bundle of the call lacks, in words: further pages, a larger total, an error in its place."""
    value = classify(raw, counted=False)
    if isinstance(value, ClientError) and value.reason == "not-a-resource":
        return ""  # its reader says so
    return KeyReading(value).gap


_ORDERS: Final = ("MedicationRequest", "ServiceRequest", "DeviceRequest")
_PLANS: Final = ("RequestGroup", "CarePlan", "Task", "Procedure")
"""Types that can say by a code of their own what is to be done."""
_NOT_READ: Final = (
    "ProcedureRequest",
    "ReferralRequest",
    "DiagnosticOrder",
    "DeviceUseRequest",
    "MedicationOrder",
    "SupplyRequest",
    "MedicationDispense",
    "DeviceDispense",
)
"""Types that say what is to be done or handed out and that nobody reads: those of FHIR DSTU2 and STU3, and supplies."""


def orders_not_read(document: Document) -> str:
    """How many orders are of types that nobody reads, and how many stand inside of resources that are none (a
    RequestGroup), or are said by such, in words."""
    types = [record.type for record in document.records if record.type in _NOT_READ]
    inside = sum(map(_within, document.records))
    told = (
        f"{len(types)} order(s) of types that are not read ({', '.join(sorted(set(types)))}) were not judged",
        f"{inside} order(s) inside of other resources were not judged",
    )
    return "; ".join(words for words, count in zip(told, (len(types), inside), strict=True) if count)


def _within(record: Record) -> int:
    contained = record.resource.contained if isinstance(record.resource, Generic) else ()
    inner = [read_resource(bytes(raw), record.place) for raw in contained]
    orders = sum(one.type in _ORDERS + _NOT_READ or one.fault is not None for one in inner)
    return orders or int(record.type in _PLANS and _says_what(record.raw))


def _says_what(raw: bytes) -> bool:
    """Whether a plan says by a code or in words what is to be done; its narrative, the member `text`, is none."""
    values = map(bytes, msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).values())
    return any(b'"coding"' in value or b'"text"' in value for value in values)


def without_older(document: Document) -> Document:
    """The document without versions that are known to be older than another one in it."""
    older = superseded_places(document.records)
    kept = (record for record in document.records if record.place not in older or not _has_time(record))
    return replace(document, records=tuple(kept))


def _has_time(record: Record) -> bool:
    meta = record.resource.meta if record.resource is not None else None
    return meta is not None and read_date(meta.lastUpdated) is not None


def each_apart(document: Document) -> Document:
    """The document with its own place as the key of each of several resources that share one, so that none supersedes
    another; so have those whose id is none.

    Equal ones are one. A drug that is two different ones is left out: nobody can say which of them an order means. Of a
    Patient the latest version counts, as everywhere.
    """
    together: dict[str, list[Record]] = defaultdict(list)
    for record in document.records:
        if all(record.raw != other.raw for other in together[record.key]):
            together[record.key].append(record)
    records = tuple(one for found in together.values() for one in _apart(found))
    return replace(document, records=records)


def _apart(found: list[Record]) -> list[Record]:
    if any(isinstance(record.resource, Patient) for record in found):
        return found
    if any(isinstance(record.resource, Medication) for record in found):
        return found if len(found) == 1 else []
    return [record._replace(key=record.shown if len(found) == 1 else record.place) for record in found]
