"""What is known of each prefetch key of a call: its class, whether the adapter read it itself, and why not.

Not for reading anything (reader.py): it gives words for the card and codes for the audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, Self, assert_never

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


@dataclass(frozen=True, slots=True)
class KeyReading:
    """One key: its value, whether it is the adapter's own read (`own`), and why that failed or stayed partial."""

    value: PrefetchValue
    own: bool = False
    why: Reason | None = None

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
            case Partial(received=received, total=total):
                known = total is not None and total > received
                count = f"{received} of {total}" if known else f"{received} received, not all"
                return f"{'read by the adapter in part' if self.own else 'incomplete'} ({count})"
            case ClientError():
                return "the EHR answered with an error"
            case NeverAsked():
                return "the EHR sent the query with its tokens not filled in, and found nothing"
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
        found = {key: KeyReading(request.prefetch.get(key, NotProvided())) for key in service.prefetch}
        return cls(MappingProxyType(found))

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
