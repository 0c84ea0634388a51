"""Whether HL7 v2 messages say that a patient has died: the date of death (PID-29) and the death indicator (PID-30).

Each message says its own; what holds is decided over all messages of the patient, in the order of their times. Not for
what a closed record means (closed.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.hl7v2 import Field, Segment
from adapter.mapping import hl7v2_values
from adapter.mapping.closed import Closing, deceased

REGISTRATION = "ADT"
"""The messages that can take a death back. Others copy the PID of a registration: many send `N` in every message."""

Said = Literal["died", "lives", "deleted", "unclear", ""]
"""What a field says: a death, that there is none, that what was said is deleted (`""`), something else, or nothing."""


@dataclass(frozen=True, slots=True)
class DeathSaid:
    """What one PID says of a death in its two fields, and what closes the record where it is said there."""

    date: Said
    indicator: Said
    by_date: Closing
    by_indicator: Closing

    @property
    def is_unclear(self) -> bool:
        """Whether the indicator is neither Y nor N (table HL70136)."""
        return self.indicator == "unclear"

    @property
    def says_death(self) -> bool:
        """Whether one of the fields says that the patient has died."""
        return "died" in (self.date, self.indicator)


def death_said(
    pid: Segment, document: str, sender: str = "", zone: tzinfo | None = None, sent: Moment | None = None
) -> DeathSaid | None:
    """What a PID says of a death; None where it says nothing, as most do.

    `sent` is the time of the message, `zone` that of a time without one.
    """
    date, indicator = pid.field(29), pid.field(30)
    if date.is_empty and indicator.is_empty:
        return None
    text = date.first.component(1)
    died = hl7v2_values.moment(text, zone) if text else None

    def closing(field: Field) -> Closing:
        origin = Origin("hl7v2", document, field.address, source=sender)
        return Closing(deceased(f"{document} {field.address}"), origin, died, sent)

    said = DeathSaid(_date(date), _indicator(indicator), closing(date), closing(indicator))
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
        case "":
            return ""
        case _:
            return "unclear"


def death(messages: Iterable[tuple[str, DeathSaid | None]]) -> tuple[tuple[Finding, ...], tuple[Closing, ...]]:
    """What holds after all messages, each with its code (`ADT`) and in the order of their times: the findings, and what
    closes the record.

    Every message can say that the patient has died; only a registration takes that back: `N` takes back both fields,
    `""` its own. One that has a date of death beside `N` takes nothing back.
    """
    dated = indicated = False
    told: list[Closing] = []
    taken_back = unclear = ""
    for code, said in messages:
        if said is None:
            continue
        unclear = said.by_indicator.finding.place if said.is_unclear else ""
        if code == REGISTRATION:
            dated, indicated = _kept(said, dated, indicated)
        dated = dated or said.date == "died"
        indicated = indicated or said.indicator == "died"
        if said.says_death:
            told.append(said.by_indicator if said.indicator == "died" else said.by_date)
        elif told and not (dated or indicated):
            told.clear()
            taken_back = (said.by_indicator if said.indicator else said.by_date).finding.place
    if told:
        return tuple(closing.finding for closing in told), tuple(told)
    if unclear:
        hint = "the death indicator is neither Y nor N: nobody can say whether the patient has died"
        return (Finding("death-unclear", "warning", unclear, hint),), ()
    hint = "a later registration takes back that the patient has died: the record is in use again"
    return ((Finding("death-taken-back", "warning", taken_back, hint),) if taken_back else ()), ()


def _kept(said: DeathSaid, dated: bool, indicated: bool) -> tuple[bool, bool]:
    """Which of date and indicator still say a death after a registration that may take it back."""
    if said.indicator == "lives" and said.date != "died":
        return False, False
    return dated and said.date != "deleted", indicated and said.indicator != "deleted"
