"""Statements that a wire makes about a fact, and the fact as it stands after all of them.

Only a fact in state PRESENT can decide anything; every other state keeps its reason, so that an answer can name it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from adapter.case.assay import UNSAID, Assay
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Value

NOT_READ = "not-read"
"""The reason of a fact that nothing was said about, since the data that would bring it could not be had."""

NOT_IN_PART = "not-in-part"
"""The same where a part of the data came."""


class State(Enum):
    """How a fact stands. Only PRESENT feeds a rule."""

    PRESENT = "present"
    ABSENT = "absent"
    EXCLUDED = "excluded"
    PRELIMINARY = "preliminary"
    STALE = "stale"
    UNDATED = "undated"
    CONFLICTING = "conflicting"


class Standing(Enum):
    """What the sender's status makes of one statement, before time and other statements are looked at.

    PROMOTED carries no value: it makes the stored preliminary statement of the same result final. UNSAID: a correction
    no longer says what the version before it said.
    """

    FINAL = "final"
    PRELIMINARY = "preliminary"
    EXCLUDED = "excluded"
    ABSENT = "absent"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"
    UNSAID = "unsaid"


class Statement(NamedTuple):
    """One thing that one source says about one fact; a tuple, since very many are made.

    `identity` names the result that a later statement may correct or withdraw (`""`: none); `issued` orders
    corrections; `enduring` marks what holds until it is changed (an active problem-list entry) and so has no age;
    `series` is the identity without the time, for corrections (`replaces`) that change the time itself;
    `remark` is the code of something odd that does not exclude it (flag-contradicts-value); `assay` is how it was
    measured; `arrival` counts its message in order of arrival, where withdrawals have to be told from what came after
    them. `unmatched`: a withdrawal that found no result of its own; `disputed`: such a one may be meant for it.
    """

    fact: str
    standing: Standing
    value: Value | None
    origin: Origin
    when: Moment | None = None
    issued: Moment | None = None
    identity: str = ""
    reason: str = ""
    enduring: bool = False
    remark: str = ""
    series: str = ""
    replaces: bool = False
    assay: Assay = UNSAID
    arrival: int = 0
    unmatched: bool = False
    disputed: bool = False

    def __repr__(self) -> str:
        return f"Statement({self.fact} {self.standing.value} at {self.origin.place})"


@dataclass(frozen=True, slots=True)
class Unused:
    """A statement that does not decide its fact, and why: a newer preliminary value, a value without a unit ...

    `value` is what it says, for display only; None where that could not be read.
    """

    state: State
    reason: str
    when: Moment | None
    origin: Origin
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the case: its state, its value when PRESENT, and where that comes from.

    `on_record` is what was sent even when it may not be used (a stale value, say), for display only. The first of
    `origins` is where what is dated `when` stands. `unused` lists the
    other statements about it that were set aside.
    """

    name: str
    state: State
    reason: str = ""
    on_record: Value | None = None
    when: Moment | None = None
    origins: tuple[Origin, ...] = ()
    unused: tuple[Unused, ...] = field(default=())
    remarks: tuple[str, ...] = field(default=())

    @property
    def known(self) -> Value | None:
        """The value that rules may read: only that of a PRESENT fact."""
        return self.on_record if self.state is State.PRESENT else None

    def __repr__(self) -> str:
        places = ", ".join(origin.place for origin in self.origins[:3])
        return f"Fact({self.name} {self.state.value}{f' at {places}' if places else ''})"


def origins_of(statements: Iterable[Statement]) -> tuple[Origin, ...]:
    """The origins of the statements, each once, in a fixed order."""
    return tuple(sorted({statement.origin for statement in statements}, key=place_key))


def place_key(origin: Origin) -> tuple[str, int, str]:
    """The fixed order of origins: by document, and by place in it."""
    return origin.document, origin.start, origin.place
