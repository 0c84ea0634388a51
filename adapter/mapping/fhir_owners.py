"""Whose a FHIR resource is: the patient that it names, by reference or by identifier.

A resource that names nobody who can be resolved belongs to nobody; it is never given to the only patient there.
"""

from collections import defaultdict

from adapter.fhir.document import Document, Record
from adapter.fhir.elements import Identifier
from adapter.fhir.reference import one_spelling, resolve
from adapter.fhir.resources import Generic, Patient


class Owners:
    """The patients of one document. `server` is the FHIR base that its relative references belong to."""

    def __init__(self, document: Document, server: str = "") -> None:
        self._names = document.names
        self._server = one_spelling(server).rstrip("/")
        self._patients = frozenset(r.key for r in document.records if isinstance(r.resource, Patient))
        self._by_identifier: dict[tuple[str, str], set[str]] = defaultdict(set)
        for record in document.records:
            if isinstance(record.resource, Patient):
                for identifier in record.resource.identifier:
                    self._by_identifier[identifier.system, identifier.value].add(record.key)

    def owner(self, record: Record) -> str | None:
        """The key of the patient that a record belongs to; None when it names none that can be resolved."""
        key = self._named(record)
        return key if key is not None and self._is_patient(key) else None

    def _named(self, record: Record) -> str | None:
        resource = record.resource
        if isinstance(resource, Patient):
            foreign = self._server and record.base and record.base != self._server
            return record.full_url if foreign else record.key
        reference = getattr(resource, "subject", None)
        if reference is None and isinstance(resource, Generic):
            reference = resource.patient or resource.about
        if reference is None:
            return None
        key = resolve(reference, self._names, server=self._server, base=record.base)
        return key if key is not None else self._identified(reference.identifier)

    def _is_patient(self, key: str) -> bool:
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
