"""What the files of worked cases must look like, row by row: keys, allowed words, nothing extra.

Whether the facts of a case exist and can be what is stated is found out when the case is made.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapter.ldt.schema import Code, Row, RuleId, Text
from adapter.toolchain.expectation import Answer

UNKNOWN = "unknown"
"""Written for a fact that nobody knows."""

StatedList = tuple[str | tuple[str, ...], ...]
Stated = str | StatedList | dict[str, str | StatedList]
"""A fact as written: a text, a list, or what is known of it in part (`{low: "1", high: "3"}`)."""

ListName = Literal[
    "preferred",
    "reasonable",
    "not_recommended",
    "contraindicated",
    "cautions",
    "actions",
    "notes",
    "dangers",
    "planned",
    "missing",
    "rules",
]
Owner = Annotated[str, Field(pattern=r"^(R-[0-9]{3}|P[0-9]{1,2})$")]
Shown = Annotated[tuple[Annotated[str, Field(pattern=r"^(R-[0-9]{3}|[a-z][a-z0-9_-]*)$")], ...], Field(min_length=1)]
Reasons = Annotated[tuple[RuleId, ...], Field(min_length=1)]
Indicator = Literal["info", "warning", "critical", ""]


class CaseRow(Row):
    """A patient: the facts that differ from the reference case, and what is expected of the advice."""

    patient: Text
    facts: dict[Code, Stated]
    answer: Answer | None = None
    shows: dict[ListName, Shown] = Field(default_factory=dict)
    hides: dict[ListName, Shown] = Field(default_factory=dict)
    because: dict[Code, Reasons] = Field(default_factory=dict)
    asks: tuple[Code, ...] | None = None
    indicator: Indicator = ""

    @model_validator(mode="after")
    def _expects(self) -> "CaseRow":
        if self.answer == "unknown" and self.asks is None:
            raise ValueError("a case in which a rule is unknown says what is asked")
        if self.answer is None and not self._expectations():
            raise ValueError("a case expects something")
        return self

    def _expectations(self) -> bool:
        return bool(self.shows or self.hides or self.because or self.asks is not None or self.indicator)


class CaseGroup(Row):
    """The cases of one rule or policy; `given` are facts that all of them share."""

    about: Owner
    given: dict[Code, Stated] = Field(default_factory=dict)
    patients: Annotated[tuple[CaseRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _answered(self) -> "CaseGroup":
        if any((row.answer is None) == self.about.startswith("R") for row in self.patients):
            raise ValueError("a case of a rule says how the rule stands, and no other case does")
        return self


class CaseFile(Row):
    """A file of cases/*.yaml"""

    cases: Annotated[tuple[CaseGroup, ...], Field(min_length=1)]


class BoundaryRow(Row):
    """A row of boundaries/*.csv: a patient on one side of a limit, and how the rule, or the indicator, stands."""

    threshold: Text
    context: Text
    facts: Text
    value: Text
    rule: Owner
    expected: Literal["fires", "silent", "info", "warning", "critical"]
