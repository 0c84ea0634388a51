"""The shape of the mapping tables (rows.yaml, sources.yaml, statuses.yaml), checked strictly.

Only the form: whether the names in them exist is checked where the tables are put together (tables.py).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from adapter.mapping.item import Kind


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Companion(_Strict):
    """Another result of the same group, by its concepts and the concepts of its answer."""

    concepts: tuple[str, ...]
    answers: tuple[str, ...]


class Needs(_Strict):
    """What must stand beside a code for a row to count."""

    body_site: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    companion: Companion | None = None

    @property
    def others(self) -> bool:
        """Whether other elements are asked for."""
        return bool(self.together) or self.companion is not None


class Row(_Strict):
    """One row of rows.yaml."""

    id: str
    fact: str
    kind: Kind
    concepts: tuple[str, ...]
    says: str = ""
    says_all: tuple[str, ...] = ()
    says_one_of: tuple[str, ...] = ()
    number: str = ""
    answers: dict[str, str] = {}
    limit: Literal["", "above"] = ""
    needs: Needs = Needs()
    dated: Literal["", "yes"] = ""
    refutes: Literal["", "yes"] = ""

    @model_validator(mode="after")
    def _one_reading(self) -> "Row":
        readings = (self.says, self.says_all, self.says_one_of, self.number, self.answers, self.limit)
        if sum(bool(reading) for reading in readings) != 1:
            raise ValueError("exactly one of says, says_all, says_one_of, number, answers, limit")
        return self


class FhirSource(_Strict):
    """Where a FHIR resource keeps what a kind needs."""

    kind: Kind
    resource: str
    code: str
    statuses: tuple[tuple[str, str], ...]
    when: tuple[str, ...]
    issued: tuple[str, ...] = ()
    body_site: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    specimen: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    laboratory: tuple[str, ...] = ()
    draft: tuple[str, ...] = ()


class Hl7Source(_Strict):
    """Where an HL7 v2 segment keeps what a kind needs."""

    kind: Kind
    segment: str
    messages: tuple[str, ...] = ()
    code: str
    means: str = ""
    optional: Literal["", "yes"] = ""
    value: str = ""
    data_type: str = ""
    units: str = ""
    range: str = ""
    flags: str = ""
    panel: str = ""
    absent: str = ""
    statuses: tuple[tuple[str, str], ...]
    when: tuple[str, ...]
    issued: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    body_site: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    specimen: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    laboratory: tuple[str, ...] = ()


class WholeList(_Strict):
    """A segment that some messages send as a whole list, which replaces the one sent before under the same number."""

    segment: str
    messages: tuple[str, ...]
    same: tuple[str, ...]
    action: str = ""


class TakesBack(_Strict):
    """An event that takes back what earlier events said under a number."""

    event: str
    same: str
    of: str
    events: tuple[str, ...]


class NumberEvents(_Strict):
    """The events that say how the numbers of patients belong together."""

    merge: tuple[str, ...]
    change: tuple[str, ...]
    link: tuple[str, ...]
    unlink: tuple[str, ...]
    not_applied: tuple[str, ...]
    deletes: tuple[str, ...]


class Documents(_Strict):
    """The messages about documents, the number of a document, and its statuses, of which the last one sent counts."""

    messages: tuple[str, ...]
    number: str
    statuses: tuple[tuple[str, str], ...]


class Events(_Strict):
    """What HL7 v2 events say about other messages, and about the numbers of patients."""

    documents: Documents
    lists: tuple[WholeList, ...]
    takes_back: tuple[TakesBack, ...]
    numbers: NumberEvents


class ByWire(_Strict):
    """Names declared ignored, with the reason, for each wire."""

    fhir: dict[str, str]
    hl7v2: dict[str, str]


class TextByWire(_Strict):
    """What holds narrative, for each wire."""

    fhir: tuple[str, ...]
    hl7v2: tuple[str, ...]


class ExtensionSource(_Strict):
    """A FHIR extension that carries a result."""

    url: str
    concept: str


class Sources(_Strict):
    """The whole of sources.yaml."""

    fhir: tuple[FhirSource, ...]
    hl7v2: tuple[Hl7Source, ...]
    events: Events
    ignored: ByWire
    unread_text: TextByWire
    extensions: tuple[ExtensionSource, ...]
    own_code_units: dict[str, str]
