"""The hand-made messages of traps/: what each is, what we read, and what a peer reads instead.

Not for generated messages (generator.py). The header of traps/structure.yaml explains the format.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tests.hl7v2.differential.meaning import Reading
from tests.hl7v2.differential.readers import Place, Placed

FOLDER: Final = Path(__file__).with_name("traps")
_ADDRESS: Final = re.compile(r"(.{3}|\?)\[(\d+)\]-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?")


class Outcome(BaseModel):
    """What a reader makes of the message: segment names, texts by address, or the reason of a refusal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    segments: tuple[str, ...] = ()
    reads: Mapping[str, str] = Field(default_factory=dict)
    refused: str = ""


class PeerOutcome(Outcome):
    """The same of a peer, with the row of differences.csv that says why it differs."""

    row: str


class Trap(Outcome):
    """One message: `lines` with `end` after each, in `charset`. `findings` are ours, `told` what a peer is told."""

    name: str
    lines: tuple[str, ...]
    end: str = "\r"
    charset: str = "utf-8"
    findings: tuple[str, ...] = ()
    escape_findings: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    formatted: Mapping[str, str] = Field(default_factory=dict)
    truncated: tuple[str, ...] = ()
    charset_fault: bool = False
    told: str = ""
    python_hl7: PeerOutcome | None = Field(None, alias="python-hl7")
    hl7apy: PeerOutcome | None = None
    hl7apy_groups: PeerOutcome | None = Field(None, alias="hl7apy-groups")

    @property
    def raw(self) -> bytes:
        """The message on the wire."""
        return "".join(line + self.end for line in self.lines).encode(self.charset)


def traps() -> dict[str, Trap]:
    """All traps by file and name."""
    reader = TypeAdapter(list[Trap])
    found: dict[str, Trap] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for trap in reader.validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))):
            assert f"{path.stem}: {trap.name}" not in found, f"two traps have the name {trap.name}"
            found[f"{path.stem}: {trap.name}"] = trap
    return found


@dataclass(frozen=True, slots=True)
class Address:
    """`OBX[3]-5[2].1.4`: what is left out is 1."""

    segment: str
    occurrence: int
    place: Place

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address; ValueError for anything else."""
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError(f"not an address: {text}")
        number, repetition, component, subcomponent = (int(part or 1) for part in match.groups()[2:])
        return cls(match[1], int(match[2]), (number, repetition, component, subcomponent))

    def text(self, reading: Reading) -> str | None:
        """The text there; None where the reading has nothing there."""
        fields = [found for name, found in reading if name == self.segment]
        number, repetition, component, subcomponent = (part - 1 for part in self.place)
        try:
            return fields[self.occurrence - 1][number][repetition][component][subcomponent]
        except IndexError:
            return None

    def placed(self, reading: tuple[Placed, ...]) -> str | None:
        """The same in a reading of hl7apy."""
        segments = [segment for segment in reading if segment.name == self.segment]
        return segments[self.occurrence - 1].texts.get(self.place) if len(segments) >= self.occurrence else None
