"""Reading a card back: its sections, table rows and lines, as a reader sees them after Markdown is rendered.

It knows the look of our own cards only; it is no Markdown renderer.
"""

import re
from dataclasses import dataclass

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_TITLE = re.compile(r"\*\*([^*]+)\*\*")
_LINE = re.compile(r"\*\*([^*]+):\*\* (.+)")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of options."""

    therapy: str
    planned: bool
    strength: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """A card taken apart: its sections by title, in order, and the closing paragraph."""

    sections: dict[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    basis: str

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles in order."""
        return tuple(self.sections)

    @property
    def text(self) -> str:
        """Everything that is said."""
        return "\n".join([*self.sections, *(line for lines in self.sections.values() for line in lines), self.basis])


def shown(text: str) -> str:
    """Markdown text without its backslashes."""
    return _ESCAPED.sub(r"\1", text)


def parts(detail: str) -> Parts:
    """The parts of a card's detail. Raises ValueError for a block that is none of them."""
    *blocks, basis = detail.split("\n\n")
    sections: dict[str, tuple[str, ...]] = {}
    rows: list[Row] = []
    title = ""
    for block in blocks:
        found, line = _TITLE.fullmatch(block), _LINE.fullmatch(block)
        if found:
            title = found[1]
            sections[title] = ()
        elif line:
            sections[line[1]] = (shown(line[2]),)
        elif block.startswith("| "):
            rows += [_row(line) for line in block.split("\n")[2:]]
        elif block.startswith("- "):
            sections[title] = tuple(shown(line.removeprefix("- ")) for line in block.split("\n"))
        else:
            raise ValueError(f"no part of a card: {block[:40]}")
    return Parts(sections, tuple(rows), shown(basis))


def _row(line: str) -> Row:
    therapy, strength, rules = (shown(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1])
    planned = therapy.endswith(" (planned)")
    return Row(therapy.removesuffix(" (planned)"), planned, strength, tuple(rules.split("; ")))
