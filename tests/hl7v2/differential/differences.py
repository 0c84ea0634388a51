"""The reviewed table of differences (differences.csv), and what a comparison found.

Not for comparing (of_python_hl7.py, of_hl7apy.py).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final, Literal

from tests.hl7v2.differential.meaning import EMPTY, Reading
from tests.hl7v2.differential.readers import Refused

Peer = Literal["python-hl7", "hl7apy"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One reviewed row: what the peer does with what, what we do, and where HL7 says that we are right."""

    id: str
    peer: str
    where: str
    when: str
    peer_reads: str
    we_read: str
    section: str
    reason: str


def _rows() -> dict[tuple[str, str], Difference]:
    path = Path(__file__).with_name("differences.csv")
    with path.open(encoding="utf-8", newline="") as table:
        rows = [Difference(**row) for row in csv.DictReader(table)]
    found = {(row.peer, row.id): row for row in rows}
    assert len(found) == len(rows), "a row stands twice"
    return found


DIFFERENCES: Final = _rows()
"""The table by peer and id."""


@dataclass(slots=True)
class Compared:
    """The rows that explain a message's differences, and what no row explains."""

    met: set[tuple[str, str]] = field(default_factory=set)
    unexplained: list[str] = field(default_factory=list)

    def meet(self, peer: Peer, row: str) -> None:
        """Note a row as needed; it has to be in the table."""
        if (peer, row) not in DIFFERENCES:
            self.unexplained.append(f"{peer}: no row {row}")
        self.met.add((peer, row))


def differing(expected: Reading, found: Reading | Refused) -> Iterator[str]:
    """The places where two readings differ, with what is there."""
    if isinstance(found, Refused):
        yield f"refused: {found.reason}"
        return
    for index, (one, other) in enumerate(zip_longest(expected, found, fillvalue=("(none)", ()))):
        if one[0] != other[0]:
            yield f"segment {index}: {one[0]!r} {other[0]!r}"
        for number, (mine, its) in enumerate(zip_longest(one[1], other[1], fillvalue=EMPTY), 1):
            if mine != its:
                yield f"{one[0]}-{number}: {mine} {its}"
        if len(one[1]) != len(other[1]):
            yield f"{one[0]}: {len(one[1])} fields {len(other[1])}"
