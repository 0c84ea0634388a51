"""The words for what a schema does not allow in a file or a setting: where it stands, and what it must be.

Not for finding the line of it (tables.py). Neither the words of the library nor the value itself are in them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must hold names with values",
    "model_type": "must hold names with values",
    "string_type": "must be text",
}
_SUBJECT: Final = re.compile(r"^[A-Z]\w* should ")
_REASONING: Final = re.compile(r"(?:, (?:unable to|input is|got|unexpected|invalid) | after validation, ).*")


def schema_faults(error: ValidationError, content: object, *, unknown: str) -> Iterator[tuple[Path, str]]:
    """Every part of the content that its schema refuses, once each: its path, and `path: what is wrong with it`.

    `unknown` is what a name is called that the schema does not have, such as `unknown key`.
    """
    told: set[Path] = set()
    for detail in error.errors(include_url=False, include_input=False):
        path = _path(detail, content)
        if path in told:  # another way to read the same part
            continue
        told.add(path)
        where = ".".join(map(str, path))
        words = _words(detail, unknown)
        yield path, f"{where}: {words}" if where else words


def _path(detail: ErrorDetails, content: object) -> Path:
    """The place as it is in the content: the library adds the names of its own types."""
    path: Path = ()
    for part in detail["loc"]:
        match content:
            case Mapping() if part in content:
                content = content[part]
            case Sequence() if isinstance(part, int) and not isinstance(content, str) and part < len(content):
                content = content[part]
            case _:
                return (*path, part) if detail["type"] == "missing" else path
        path = (*path, part)
    return path


def _words(detail: ErrorDetails, unknown: str) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return unknown
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case kind if kind in _WORDS:
            return _WORDS[kind]
        case _:
            return _REASONING.sub("", _SUBJECT.sub("must ", detail["msg"]))
