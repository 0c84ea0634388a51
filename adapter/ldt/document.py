"""One YAML file of the rule set, read so strictly that YAML cannot surprise: texts, lists and mappings,
nothing else.

Numbers, booleans, dates and nulls must be quoted texts; what the texts mean is not known here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

Content = str | tuple["Content", ...] | dict[str, "Content"]
Path = tuple[str | int, ...]

_TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file of the rule set, with its 1-based line."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class RuleSetError(ValueError):
    """The rule set cannot be used; every problem is named with its file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content and the line of each part of it, by its path."""

    file: str
    content: Content
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a part, or of the closest part around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at the closest part that has a line."""
        return Problem(self.file, self.line(path), message)


def read_document(file: str, text: str) -> Document:
    """Read one file. Raises RuleSetError naming every line that is not plain quoted text, list or mapping."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise RuleSetError([Problem(file, mark.line + 1 if mark else 1, message)]) from None
    except yaml.YAMLError:
        raise RuleSetError([Problem(file, 1, "a character that YAML does not allow")]) from None
    if root is None:
        raise RuleSetError([Problem(file, 1, "the file is empty")])
    reader = _Reader(file)
    content = reader.content(root, ())
    if reader.problems:
        raise RuleSetError(reader.problems)
    return Document(file, content, reader.lines)


@dataclass(slots=True)
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def content(self, node: yaml.Node, path: Path) -> Content:
        self.lines[path] = node.start_mark.line + 1
        if id(node) in self.seen:  # an alias hands out the anchored node again
            return self.refused(node, "anchors and aliases are not allowed")
        self.seen.add(id(node))
        match node:
            case yaml.MappingNode():
                return self.nested(node, dict(self.entries(node, path)))
            case yaml.SequenceNode():
                parts = tuple(self.content(part, (*path, number)) for number, part in enumerate(node.value))
                return self.nested(node, parts)
            case yaml.ScalarNode():
                return self.text(node)
            case _:
                return self.refused(node, "not a text, a list or a mapping")

    def nested(self, node: yaml.Node, content: Content) -> Content:
        standard = f"tag:yaml.org,2002:{'map' if isinstance(node, yaml.MappingNode) else 'seq'}"
        return content if node.tag == standard else self.refused(node, f"tag {node.tag} is not allowed")

    def entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Content]]:
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != _TEXT:
                self.refused(key, "a key that YAML does not read as text must be quoted")
                continue
            if key.value in seen:
                self.refused(key, f"key {key.value} stands twice")
            seen.add(key.value)
            yield key.value, self.content(value, (*path, key.value))

    def text(self, node: yaml.ScalarNode) -> str:
        if node.style not in ("'", '"') or node.tag != _TEXT:
            return self.refused(node, f"the value must be a quoted text: {node.value[:40]}")
        return str(node.value)

    def refused(self, node: yaml.Node, message: str) -> str:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, message))
        return ""
