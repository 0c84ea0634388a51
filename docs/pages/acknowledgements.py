"""The acknowledgement table of docs/hl7v2.md, from acknowledgements.yaml.

A test provokes every row; the words around the table are in hl7v2.txt.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

TABLE = Path(__file__).with_name("acknowledgements.yaml")


class Acknowledgement(BaseModel):
    """One situation: what the sender is told in both modes, with which error, and what is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    situation: str
    original: str
    enhanced: str
    error: str
    kept: str

    def told(self, mode: str) -> str:
        """MSA-1 in a mode (`original`, `enhanced`); empty where the mode cannot be."""
        return self.original if mode == "original" else self.enhanced


def acknowledgements() -> tuple[Acknowledgement, ...]:
    """The rows in the order of the page."""
    return tuple(TypeAdapter(list[Acknowledgement]).validate_python(yaml.safe_load(TABLE.read_text(encoding="utf-8"))))


def acknowledgement_table() -> Iterator[str]:
    """The table of the page."""
    yield "| situation | original | enhanced | ERR-3 | kept |"
    yield "|---|---|---|---|---|"
    for row in acknowledgements():
        enhanced = row.enhanced or "as original"
        yield f"| {row.situation} | {row.original} | {enhanced} | {row.error} | {row.kept} |"
