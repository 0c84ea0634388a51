"""The lines of a stored CarePlan that a person needs to see what was advised: first screen, activities, notes.

Not for the whole resource, which is in the store and at the destinations.
"""

import re
from html import unescape

import msgspec

NO_PLAN = "the stored CarePlan cannot be read"

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
"""A sign that Markdown, in which notes of FHIR are written, shows as it is."""


_ELEMENT = re.compile(r"<(p|li)>([^<]*)</\1>")
"""What our narratives are made of: paragraphs, and lists below them."""


class _Detail(msgspec.Struct, frozen=True):
    description: str = ""
    doNotPerform: bool = False


class _Narrative(msgspec.Struct, frozen=True):
    div: str = ""


class _Activity(msgspec.Struct, frozen=True):
    detail: _Detail = _Detail()


class _Note(msgspec.Struct, frozen=True):
    text: str = ""


class StoredPlan(msgspec.Struct, frozen=True):
    """What is read of a CarePlan."""

    status: str = ""
    description: str = ""
    text: _Narrative = _Narrative()
    activity: tuple[_Activity, ...] = ()
    note: tuple[_Note, ...] = ()

    @property
    def first_screen(self) -> dict[str, list[str]]:
        """What the card shows first, as the narrative has it: the lines of each part under its title."""
        parts: list[tuple[str, list[str]]] = []
        for element, text in _ELEMENT.findall(self.text.div):
            if element == "p":
                parts.append((unescape(text), []))
            elif parts:
                parts[-1][1].append(unescape(text))
        return {title: lines for title, lines in parts if lines}

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
