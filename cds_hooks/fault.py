"""One fault in something that this side makes: a card, a response, a discovery entry.

Not for what clients send (`errors.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of the CDS Hooks specification that a response or a service breaks.

    `code` is stable, `place` a path such as `cards[0].source.label`, `hint` says what the specification
    wants; none holds a value of the checked text. A warning is legal and unwise.
    """

    code: str
    place: str
    hint: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """Code, place and hint on one line."""
        return f"{self.code} at {self.place}: {self.hint}"


class InvalidMember(ValueError):
    """A card, suggestion, link or service that the specification does not allow; raised while it is built."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))


def refuse(faults: Iterable[Fault]) -> None:
    """Raise InvalidMember if one of the faults is an error."""
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidMember(errors)
