"""Whether HL7 v2 messages say that a patient has died: the date of death (PID-29) and the death indicator (PID-30).

Each message says its own; what holds is decided over all messages of the patient, in the order of their times. Not for
what a closed record means (closed.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from adapter.case.finding import Finding
from adapter.hl7v2 import Field, Segment
from adapter.mapping.closed import deceased

REGISTRATION = "ADT"
"""The messages that can take a death back. Others copy the PID of a registration: many send `N` in every message."""

Said = Literal["died", "lives", "deleted", ""]
"""What a field says: a death, that there is none, that what was said is deleted (`""`), or nothing."""


@dataclass(frozen=True, slots=True)
class DeathSaid:
    """What one PID says of a death, with the places of its two fields."""

    date: Said
    indicator: Said
    date_place: str
    indicator_place: str


def death_said(pid: Segment, document: str) -> DeathSaid | None:
    """What a PID says of a death; None where it says nothing, as most do."""
    date, indicator = pid.field(29), pid.field(30)
    if date.is_empty and indicator.is_empty:
        return None
    said = DeathSaid(
        _date(date), _indicator(indicator), f"{document} {date.address}", f"{document} {indicator.address}"
    )
    return said if said.date or said.indicator else None


def _date(field: Field) -> Said:
    if field.is_null:
        return "deleted"
    return "died" if field.first.component(1) else ""


def _indicator(field: Field) -> Said:
    if field.is_null:
        return "deleted"
    match field.first.component(1).upper():
        case "Y":
            return "died"
        case "N":
            return "lives"
        case _:
            return ""


def death(messages: Iterable[tuple[str, DeathSaid | None]]) -> tuple[Finding, ...]:
    """What holds after all messages, each with its code (`ADT`) and in the order of their times.

    Every message can say that the patient has died; only a registration takes that back: `N` takes back both fields,
    `""` its own. One that has a date of death beside `N` takes nothing back.
    """
    dated = indicated = taken_back = ""
    for code, said in messages:
        if said is None:
            continue
        before = dated or indicated
        if code == REGISTRATION:
            dated, indicated = _kept(said, dated, indicated)
        dated = said.date_place if said.date == "died" else dated
        indicated = said.indicator_place if said.indicator == "died" else indicated
        if before and not (dated or indicated):
            taken_back = said.indicator_place if said.indicator else said.date_place
    if dated or indicated:
        return (deceased(indicated or dated),)
    hint = "a later registration takes back that the patient has died: the record is in use again"
    return (Finding("death-taken-back", "warning", taken_back, hint),) if taken_back else ()


def _kept(said: DeathSaid, dated: str, indicated: str) -> tuple[str, str]:
    """The places of what is still said after a registration that may take it back."""
    if said.indicator == "lives" and said.date != "died":
        return "", ""
    return "" if said.date == "deleted" else dated, "" if said.indicator == "deleted" else indicated
