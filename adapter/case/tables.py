"""Reading the YAML and CSV tables that analysts and clinicians own, with the line of every fault.

Strict on purpose: every scalar is a string, and what YAML would turn into something else must be quoted.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from adapter.case.schema import schema_faults

Model = TypeVar("Model", bound=BaseModel)

Plain = str | list["Plain"] | dict[str, "Plain"]
"""What a table holds: strings, lists and mappings, nothing else."""


class TableError(ValueError):
    """A table cannot be used. The text names file, line and fault; each of `more` has a line of the text."""

    def __init__(self, file: str, line: int, fault: str, more: "Sequence[TableError]" = ()) -> None:
        super().__init__("\n".join([f"{file}:{line}: {fault}", *map(str, more)]))
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Located:
    """A parsed YAML table with the line on which each of its parts begins."""

    file: str
    value: Plain
    lines: Mapping[tuple[str | int, ...], int]

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a part, or of the nearest part around it that is there."""
        keys = tuple(path)
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def error(self, path: Sequence[str | int], fault: str) -> TableError:
        """The error to raise for a part."""
        return TableError(self.file, self.line(path), fault)

    def rows(self, key: str) -> Iterator[tuple[int, Plain]]:
        """The entries of the top-level list `key`, each with its line."""
        entries = self.value.get(key) if isinstance(self.value, dict) else None
        if not isinstance(entries, list):
            raise self.error((), f"expected a list named {key!r}")
        for number, entry in enumerate(entries):
            yield self.line((key, number)), entry

    def model(self, model: type[Model], path: Sequence[str | int] = ()) -> Model:
        """A part checked against its schema. Raises TableError with the line of every fault."""
        part: object = self.value
        for key in path:
            part = part[key]  # type: ignore[index]
        try:
            return model.model_validate(part)
        except ValidationError as error:
            faults = list(schema_faults(error, part, unknown="unknown key"))
            lines = sorted((self.line((*path, *inner)), fault) for inner, fault in faults)
            (line, fault), *others = lines
            raise TableError(self.file, line, fault, [TableError(self.file, *other) for other in others]) from None


def read_yaml(file: Traversable, name: str = "") -> Located:
    """A YAML file as strings, lists and mappings. Raises TableError for anything YAML would reinterpret."""
    name = name or file.name
    text = _text(file, name)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        raise TableError(name, text.count("\n", 0, error.position) + 1, "a control character") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TableError(name, line, f"not YAML: {error.problem}") from None
    if node is None:
        raise TableError(name, 1, "the file is empty")
    lines: dict[tuple[str | int, ...], int] = {}
    return Located(name, _plain(node, (), lines, name), lines)


def _text(file: Traversable, name: str) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TableError(name, raw.count(b"\n", 0, error.start) + 1, "the bytes are no UTF-8") from None


def _plain(node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], name: str) -> Plain:
    line = node.start_mark.line + 1
    lines[path] = line
    match node:
        case yaml.ScalarNode():
            if node.tag != "tag:yaml.org,2002:str":
                raise TableError(name, line, "YAML reads this as something other than text: write it in quotes")
            return str(node.value)
        case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
            return [_plain(item, (*path, number), lines, name) for number, item in enumerate(node.value)]
        case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
            return _mapping(node, path, lines, name)
        case _:
            raise TableError(name, line, "only text, lists and mappings are allowed here")


def _mapping(
    node: yaml.MappingNode, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], name: str
) -> dict[str, Plain]:
    result: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        key = _plain(key_node, (*path, "?"), lines, name)
        if not isinstance(key, str) or key in result:
            raise TableError(name, key_node.start_mark.line + 1, "a key stands twice, or is no text")
        result[key] = _plain(value_node, (*path, key), lines, name)
        lines[(*path, key)] = key_node.start_mark.line + 1
    return result


def read_csv(file: Traversable, columns: Sequence[str], name: str = "") -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with exactly these columns, each with its line. Raises TableError for anything else."""
    name = name or file.name
    reader = csv.reader(io.StringIO(_text(file, name), newline=""), strict=True)
    try:
        if next(reader, []) != list(columns):
            raise TableError(name, 1, f"the columns must be {', '.join(columns)}")
        for cells in reader:
            if len(cells) != len(columns):
                raise TableError(name, reader.line_num, f"expected {len(columns)} cells, found {len(cells)}")
            yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise TableError(name, reader.line_num, f"not CSV: {error}") from None
