"""What a source says before anybody asks what it means: coded items with raw values, the same for both wires.

FHIR and HL7 v2 each turn their input into these; the interpretation (interpret.py) never sees a wire.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from adapter.case.assay import UNSAID, Assay
from adapter.case.moment import Moment
from adapter.case.origin import Wire

Kind = Literal["result", "diagnosis", "procedure", "given", "ordered", "order"]


class SentCode(NamedTuple):
    """A code as sent: the name of its system may be a URI, an OID, an HL7 table 0396 name, or missing."""

    system: str
    code: str
    display: str = ""

    def __repr__(self) -> str:
        return f"SentCode(system={self.system!r}, code={self.code!r})"


Codings = tuple[SentCode, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, or an interval, as written, with the spellings of its unit (code first). Empty bounds are open ends."""

    low: str = field(repr=False)
    high: str = field(repr=False)
    low_open: bool = False
    high_open: bool = False
    units: tuple[str, ...] = ()
    sent: str = field(default="", repr=False)

    @property
    def exact(self) -> str | None:
        """The number as written, when it is one."""
        return self.low if self.low and self.low == self.high else None


@dataclass(frozen=True, slots=True)
class Choices:
    """Coded answers: each repetition with its alternative codings, and the displays and texts that came with them."""

    choices: tuple[Codings, ...]
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class YesNo:
    """A boolean that the wire itself has (FHIR valueBoolean)."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Date:
    """A date or time as the value."""

    moment: Moment


@dataclass(frozen=True, slots=True)
class Missing:
    """No value, with the reason: empty, nulled, text-result, or a data-absent reason.

    `text` is that of a text result, for the answers that a site sends as text; nothing else reads it.
    """

    reason: str
    text: str = field(default="", repr=False, compare=False)


EMPTY = Missing("empty")
"""No value, and no reason."""

IN_COMPONENTS = Missing("in-components")
"""The value of an element whose components carry it."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A value that cannot be read for what it should be: not-a-number, multiple-values, not-a-quantity."""

    reason: str


RawValue = Amount | Choices | YesNo | Date | Missing | Unusable


class Place(NamedTuple):
    """Where an item stands: the address of its element, and its bytes where the wire has them."""

    element: str
    start: int = -1
    end: int = -1


class Item(NamedTuple):
    """One coded element with everything that may bear on its meaning; a tuple, since very many are made.

    `statuses` are (table, code) in order; `veto` excludes it whatever else it says (an unknown modifier, doNotPerform);
    `group` ties results of one panel; `source` describes the sender for people; `ended` is when a condition ended;
    `names` are the displays and texts that came with the code; `misnamed`: one of them is that of something else;
    `around` is what the sender says of its specimen and panel, `assay` how it was measured.
    """

    kind: Kind
    wire: Wire
    document: str
    place: Place
    value_place: Place
    codings: Codings
    value: RawValue
    statuses: tuple[tuple[str, str], ...] = ()
    when: Moment | None = None
    bad_date: bool = False
    issued: Moment | None = None
    identity: str = ""
    group: str = ""
    body_site: Sequence[Codings] = ()
    used: Sequence[Codings] = ()
    reason: Sequence[Codings] = ()
    flags: tuple[str, ...] = ()
    range: Amount | None = None
    veto: str = ""
    text: bool = False
    fact: str = ""
    source: str = ""
    ended: Moment | None = None
    series: str = ""
    misnamed: bool = False
    names: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    assay: Assay = UNSAID

    def __repr__(self) -> str:
        return f"Item({self.kind} at {self.place.element})"
