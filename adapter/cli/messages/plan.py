"""The lines of a stored CarePlan that a person needs to see what was advised: status, summary, activities, notes.

Not for the whole resource, which is in the store and at the destinations.
"""

import re

import msgspec

NO_PLAN = "the stored CarePlan cannot be read"

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A sign that Markdown, in which notes of FHIR are written, shows as it is."""


class _Detail(msgspec.Struct, frozen=True):
    description: str = ""
    doNotPerform: bool = False


class _Activity(msgspec.Struct, frozen=True):
    detail: _Detail = _Detail()


class _Note(msgspec.Struct, frozen=True):
    text: str = ""


class StoredPlan(msgspec.Struct, frozen=True):
    """What is read of a CarePlan."""

    status: str = ""
    description: str = ""
    activity: tuple[_Activity, ...] = ()
    note: tuple[_Note, ...] = ()

    @property
    def activities(self) -> list[str]:
        """Each therapy and step in its words; what must not be done says so."""
        return [
            f"{'not to be done: ' if one.detail.doNotPerform else ''}{one.detail.description}" for one in self.activity
        ]

    @property
    def notes(self) -> list[str]:
        """Dangers, cautions, gaps and everything else that stands beside the activities."""
        return [_ESCAPED.sub(r"\1", one.text) for one in self.note]


def read_plan(raw: bytes) -> StoredPlan | None:
    """The lines of a CarePlan; None where the bytes are none."""
    try:
        return msgspec.json.decode(raw, type=StoredPlan)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
