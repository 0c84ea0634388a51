"""What a token may read: SMART scopes in both syntaxes, `patient/Observation.read` and `user/Observation.rs`.

Not for whose data it is (the patient of the token is compared in reader.py), and not for writing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Access = Literal["read", "search"]
"""FHIR read (`Patient/p1`) and type-level search (`Observation?patient=p1`)."""

_SCOPE: Final = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\.(?P<rights>read|write|\*|c?r?u?d?s?)"
)
_LETTERS: Final[dict[Access, str]] = {"read": "r", "search": "s"}


@dataclass(frozen=True, slots=True)
class Scopes:
    """The scopes of a token. `of_patient` says that the token names the patient of the call as its own: scopes of level
    `patient/` count only then, since a token for somebody else would answer every search with nothing.
    """

    text: str
    of_patient: bool

    def cover(self, resource_type: str, access: Access) -> bool:
        """Whether one of them gives this access to all resources of the type that the token's owner may see.

        A scope with a condition (`patient/Observation.rs?category=laboratory`) shows only a part and does not count.
        """
        return any(
            named in ("*", resource_type) and (rights in ("read", "*") or _LETTERS[access] in _crud(rights))
            for named, rights in self._counting()
        )

    def _counting(self) -> Iterator[tuple[str, str]]:
        """Type and rights of each scope that is understood and counts."""
        for match in filter(None, map(_SCOPE.fullmatch, self.text.split())):
            if match["level"] != "patient" or self.of_patient:
                yield match["type"], match["rights"]


def _crud(rights: str) -> str:
    """The rights of the newer syntax, one letter each; `write` of the older one gives nothing to read."""
    return "" if rights == "write" else rights
