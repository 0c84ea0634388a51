"""What is known of each prefetch key of a call: its class, whether the adapter read it itself, and why not.

Not for reading anything (reader.py): it gives words for the card and codes for the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, Self, assert_never

from adapter.server.ehr.asked import Misdirected, misdirected
from adapter.server.ehr.query import type_of
from adapter.server.ehr.reasons import WORDS, Reason
from cds_hooks import (
    ClientError,
    ExplicitNothing,
    HookRequest,
    NeverAsked,
    NotProvided,
    Partial,
    PrefetchValue,
    Provided,
    Service,
)

Class = Literal["provided", "nothing", "client-error", "not-provided", "never-asked", "partial"]
"""The six classes of a prefetch value, as the audit names them."""

CLASSES: Final[dict[type[PrefetchValue], Class]] = {
    Provided: "provided",
    ExplicitNothing: "nothing",
    ClientError: "client-error",
    NotProvided: "not-provided",
    NeverAsked: "never-asked",
    Partial: "partial",
}


_NEVER_ASKED: Final[dict[Misdirected | None, str]] = {
    None: "the EHR sent the query with its tokens not filled in, and found nothing",
    "no-patient": "the EHR sent a query that names no patient",
    "other-patient": "the EHR sent a query for another patient",
    "other-type": "the EHR sent a query for another type of resource, and found nothing",
}


@dataclass(frozen=True, slots=True)
class KeyReading:
    """One key: its value, whether it is the adapter's own read (`own`), why that failed or stayed partial, and what was
    wrong with the query where it was never asked as it should have been (`misdirected`)."""

    value: PrefetchValue
    own: bool = False
    why: Reason | None = None
    misdirected: Misdirected | None = None

    @classmethod
    def of(cls, value: PrefetchValue, kind: str, patient: str, server: str, *, own: bool = False) -> Self:
        """The reading of a value that should hold resources of one type about a patient, if what it says of its query
        agrees; else nobody asked. `server` is the base of relative references.

        Resources under a key for others are data all the same; who reads them says that they are not what was wanted.
        """
        match value:
            case ExplicitNothing(raw=raw, asked=asked):
                fault = misdirected(asked, kind, patient, server)
            case Provided(raw=raw, asked=asked) | Partial(raw=raw, asked=asked):
                fault = misdirected(asked, "", patient, server)
            case ClientError() | NotProvided() | NeverAsked():
                return cls(value, own)
            case _:
                assert_never(value)
        return cls(NeverAsked(raw), own, misdirected=fault) if fault else cls(value, own)

    def place(self, key: str) -> str:
        """What the value under this key is called in traces and errors."""
        return f"{'read' if self.own else 'prefetch'}.{key}"

    @property
    def kind(self) -> Class:
        """The class of the value."""
        return CLASSES[type(self.value)]

    @property
    def wanting(self) -> bool:
        """Whether reading it ourselves may help. What the client tried in vain is not tried again (checklist P8)."""
        match self.value:
            case Provided() | ExplicitNothing():
                return False
            case ClientError(reason=reason):
                return reason == "not-a-resource"
            case NotProvided() | NeverAsked() | Partial():
                return True
            case _:
                assert_never(self.value)

    @property
    def gap(self) -> str:
        """What is lacking, in words; nothing where the value is whole."""
        lack = self._lack()
        if not lack or self.why is None:
            return lack
        return f"{lack}: {WORDS[self.why]}" if self.own else f"{lack}; not read by the adapter: {WORDS[self.why]}"

    def _lack(self) -> str:
        match self.value:
            case Provided() | ExplicitNothing():
                return ""
            case Partial(alone=True):
                return "one resource came where a search was asked"
            case Partial(received=received, total=total):
                known = total is not None and total > received
                count = f"{received} of {total}" if known else f"{received} received, not all"
                return f"{'read by the adapter in part' if self.own else 'incomplete'} ({count})"
            case ClientError():
                return "the EHR answered with an error"
            case NeverAsked():
                return _NEVER_ASKED[self.misdirected]
            case NotProvided():
                return "not provided by the EHR"
            case _:
                assert_never(self.value)


_SOURCES: Final[tuple[tuple[Class, bool, str], ...]] = (
    ("provided", False, "sent with the call"),
    ("provided", True, "read by the adapter on the EHR's FHIR server"),
    ("nothing", False, "none on record, as the EHR says"),
    ("nothing", True, "none on record, as the EHR's FHIR server says"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """All keys of a service's templates."""

    keys: Mapping[str, KeyReading] = field(repr=False)

    @classmethod
    def as_sent(cls, request: HookRequest, service: Service) -> Self:
        """What the call itself brought."""
        return cls(MappingProxyType({key: _as_sent(request, key, asked) for key, asked in service.prefetch.items()}))

    @property
    def values(self) -> Mapping[str, PrefetchValue]:
        """The value of each key."""
        return {key: one.value for key, one in self.keys.items()}

    @property
    def wanting(self) -> tuple[str, ...]:
        """The keys that may be read."""
        return tuple(key for key, one in self.keys.items() if one.wanting)

    def replaced(self, found: Mapping[str, KeyReading]) -> "Reading":
        """The same with other readings of some keys."""
        return Reading(MappingProxyType({**self.keys, **found}))

    def sources(self) -> tuple[str, ...]:
        """Where the data came from, in words, for the card; keys that lack something stand among its gaps."""
        lines = []
        for kind, own, words in _SOURCES:
            names = [key for key, one in self.keys.items() if (one.kind, one.own) == (kind, own)]
            if names:
                lines.append(f"{words}: {', '.join(names)}")
        return tuple(lines)


def _as_sent(request: HookRequest, key: str, template: str) -> KeyReading:
    value, kind = request.prefetch.get(key, NotProvided()), type_of(template)
    return KeyReading.of(value, kind, request.context.patient_id, request.fhir_server or "")
