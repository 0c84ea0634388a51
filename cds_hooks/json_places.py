"""Where in a JSON text a fault stands that the parser only says is there: NaN, a member that occurs twice.

Not for finding out whether there is one (`json_limits.py`); up to the fault the text is known to be JSON.
"""

import json
import re

# Possessive quantifiers keep both patterns linear; strings are consumed whole, so that nothing within them counts.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_CONSTANT = re.compile(_STRING + r"|(NaN|-?Infinity)", re.DOTALL)
_MEMBER = re.compile(rf"({_STRING})(\s*+:)?|([{{}}])", re.DOTALL)


def constant_place(text: str) -> str:
    """Line and column of the first NaN or Infinity."""
    return next((_place(text, found.start()) for found in _CONSTANT.finditer(text) if found[1]), "")


def repeated_member(text: str) -> tuple[str, str]:
    """Name and place of the first member that an object has already."""
    objects: list[set[str]] = []
    for found in _MEMBER.finditer(text):
        if found[3] == "{":
            objects.append(set())
        elif found[3] == "}" and objects:
            objects.pop()
        elif found[2] and objects:
            name = _name(found[1])
            if name in objects[-1]:
                return name, _place(text, found.start())
            objects[-1].add(name)
    return "", ""


def _name(sent: str) -> str:
    """The name that a string means; most have no escapes."""
    return str(json.loads(sent)) if "\\" in sent else sent[1:-1]


def _place(text: str, at: int) -> str:
    """A position as people and editors count it, from 1 on."""
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
