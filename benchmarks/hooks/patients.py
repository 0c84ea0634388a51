"""Other patients than that of the example: ids, numbers and dates differ, codes and units are the same.

So it is in life: a hospital sends few codes thousands of times, and hardly ever the same value at the same moment.
"""

import json
import re
from datetime import date, timedelta
from random import Random
from typing import Any

Json = dict[str, Any]

_DATE = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*)?$")
_TIME = re.compile(r"T([0-9]{2}):([0-9]{2}):([0-9]{2})")
_REFERENCE = re.compile(r"^([A-Z][A-Za-z]+)/([A-Za-z0-9.-]+)$")
DAYS = 10
"""How many days earlier a patient's dates may be: fewer than any age after which a value does not count."""


def another_patient(bundle: Json, number: int) -> Json:
    """The Bundle of a patient of this number: equal for equal numbers."""
    chance = Random(number)
    earlier = timedelta(days=chance.randrange(DAYS))
    changed: Json = _other(json.loads(json.dumps(bundle)), f"-{number}", earlier, chance)
    return changed


def _other(value: Any, suffix: str, earlier: timedelta, chance: Random, name: str = "") -> Any:
    match value:
        case dict():
            return {key: _other(inner, suffix, earlier, chance, key) for key, inner in value.items()}
        case list():
            return [_other(inner, suffix, earlier, chance, name) for inner in value]
        case str():
            return _text(value, suffix, earlier, chance, name)
        case int() | float() if name == "value":
            return round(value * chance.uniform(0.97, 1.03), 3)
        case _:
            return value


def _text(text: str, suffix: str, earlier: timedelta, chance: Random, name: str) -> str:
    if name in ("id", "fullUrl"):
        return text + suffix
    if name == "reference":
        return _REFERENCE.sub(rf"\1/\2{suffix}", text)
    found = _DATE.match(text)
    if found is None or name == "birthDate":
        return text
    day = (date.fromisoformat(found[1]) - earlier).isoformat()
    clock = rf"T\1:{chance.randrange(60):02}:{chance.randrange(60):02}"
    return day + _TIME.sub(clock, found[2] or "")
