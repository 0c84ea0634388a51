"""Alterations that are known to survive, each with the day and the reason why no case can notice it.

A survivor without a reason is a gap in the cases; the list is for the few that change nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator

from adapter.ldt.document import RuleSetError, read_document
from adapter.ldt.schema import Day, Row, Text
from adapter.toolchain.guard import Outcome


class SurvivorsError(ValueError):
    """The list cannot be used. The text names file and line."""


class SurvivorGroup(Row):
    """Alterations that survive for one reason, and the day on which that was found."""

    date: Day
    reason: Text
    alterations: Annotated[tuple[Text, ...], Field(min_length=1)]

    @field_validator("date")
    @classmethod
    def _is_a_day(cls, day: str) -> str:
        date.fromisoformat(day)
        return day


class SurvivorFile(Row):
    """survivors.yaml"""

    survivors: tuple[SurvivorGroup, ...]


@dataclass(frozen=True, slots=True)
class Survivor:
    """An alteration that is known to survive."""

    alteration: str
    day: str
    reason: str
    place: str

    @property
    def owner(self) -> str:
        """The rule, predicate or policy block that it alters."""
        return self.alteration.partition(": ")[0]


@dataclass(frozen=True, slots=True)
class GuardReport:
    """The outcomes against the list: what survived with a reason, what without, and what is listed and does not."""

    noticed: int
    refused: int
    explained: tuple[Survivor, ...]
    unexplained: tuple[Outcome, ...]
    outdated: tuple[Survivor, ...]

    @property
    def clean(self) -> bool:
        """Whether every survivor has its reason and every reason its survivor."""
        return not self.unexplained and not self.outdated


def read_survivors(file: Path) -> dict[str, Survivor]:
    """The known survivors by the name of the alteration. Raises SurvivorsError."""
    try:
        document = read_document(file.name, file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SurvivorsError(f"{file}: {error.strerror}") from None
    except (RuleSetError, UnicodeDecodeError) as error:
        raise SurvivorsError(str(error)) from None
    try:
        groups = SurvivorFile.model_validate(document.content).survivors
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise SurvivorsError(str(document.problem(tuple(first["loc"]), first["msg"]))) from None
    found: dict[str, Survivor] = {}
    for number, group in enumerate(groups):
        for row, name in enumerate(group.alterations):
            place = f"{file.name}:{document.line(('survivors', number, 'alterations', row))}"
            if name in found:
                raise SurvivorsError(f"{place}: {name} stands twice")
            found[name] = Survivor(name, group.date, group.reason, place)
    return found


def judged(outcomes: Iterable[Outcome], known: Mapping[str, Survivor]) -> GuardReport:
    """The outcomes against the known survivors. `known` holds only those of the owners that were tried."""
    tried = list(outcomes)
    survived = {outcome.alteration.name: outcome for outcome in tried if outcome.fate == "survived"}
    return GuardReport(
        noticed=sum(outcome.fate == "noticed" for outcome in tried),
        refused=sum(outcome.fate == "refused" for outcome in tried),
        explained=tuple(survivor for name, survivor in known.items() if name in survived),
        unexplained=tuple(outcome for name, outcome in survived.items() if name not in known),
        outdated=tuple(survivor for name, survivor in known.items() if name not in survived),
    )
