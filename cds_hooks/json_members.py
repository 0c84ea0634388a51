"""Reading the members of one JSON object from outside, with the place of each for the fault.

Not for checking the JSON text itself (`json_limits.py`): a text that was not scanned must not come here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from cds_hooks.errors import WHOLE_BODY, BadRequest

_NULL = b"null"


@dataclass(frozen=True, slots=True)
class JsonObject:
    """The members of one object, each still raw JSON; a member that is null counts as absent.

    `place` is the FHIRPath of the object, `$this` for the body.
    """

    members: Mapping[str, msgspec.Raw] = field(repr=False)
    place: str = WHOLE_BODY

    def place_of(self, name: str) -> str:
        """The FHIRPath of a member."""
        return name if self.place == WHOLE_BODY else f"{self.place}.{name}"

    def raw(self, name: str) -> msgspec.Raw | None:
        """The member as sent, or None where it is absent or null."""
        value = self.members.get(name)
        return None if value is None or is_null(value) else value

    def required(self, name: str) -> msgspec.Raw:
        """The member as sent; BadRequest where it is absent or null."""
        value = self.raw(name)
        if value is None:
            raise BadRequest("missing-member", self.place_of(name), "This member is required.", "required")
        return value

    def object(self, name: str) -> "JsonObject | None":
        """A member that is an object, or None where it is absent."""
        value = self.raw(name)
        return None if value is None else object_of(value, self.place_of(name))

    def required_object(self, name: str) -> "JsonObject":
        """A member that is an object; BadRequest where it is absent or something else."""
        return object_of(self.required(name), self.place_of(name))

    def text(self, name: str, form: re.Pattern[str], wanted: str) -> str | None:
        """A string of the given form, or None where it is absent."""
        return None if self.raw(name) is None else self.required_text(name, form, wanted)

    def required_text(self, name: str, form: re.Pattern[str], wanted: str) -> str:
        """A string of the given form; `wanted` tells the analyst that form."""
        return _text(self.required(name), self.place_of(name), form, wanted)

    def required_texts(self, name: str, form: re.Pattern[str], wanted: str) -> tuple[str, ...]:
        """An array of strings of the given form, perhaps empty."""
        place = self.place_of(name)
        values = enumerate(array_of(self.required(name), place))
        return tuple(_text(value, f"{place}[{index}]", form, wanted) for index, value in values)


def is_null(value: msgspec.Raw) -> bool:
    """Whether the raw value is JSON null."""
    return bytes(value) == _NULL


def is_array(value: msgspec.Raw) -> bool:
    """Whether the raw value is a JSON array."""
    return bytes(value).startswith(b"[")


def object_of(value: bytes | msgspec.Raw, place: str = WHOLE_BODY) -> JsonObject:
    """Read an object; BadRequest where the value is something else."""
    try:
        return JsonObject(msgspec.json.decode(value, type=dict[str, msgspec.Raw]), place)
    except msgspec.DecodeError:
        pass
    raise BadRequest("wrong-type", place, "This must be a JSON object.", "structure")


def array_of(value: msgspec.Raw, place: str) -> list[msgspec.Raw]:
    """Read an array; BadRequest where the value is something else."""
    try:
        return msgspec.json.decode(value, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        pass
    raise BadRequest("wrong-type", place, "This must be a JSON array.", "structure")


def integer_of(value: msgspec.Raw, place: str) -> int:
    """Read a whole number; BadRequest where the value is something else."""
    try:
        return msgspec.json.decode(value, type=int)
    except msgspec.DecodeError:
        pass
    raise BadRequest("wrong-type", place, "This must be a whole number.", "structure")


def _text(value: msgspec.Raw, place: str, form: re.Pattern[str], wanted: str) -> str:
    try:
        text = msgspec.json.decode(value, type=str)
    except msgspec.DecodeError:
        text = None
    if text is None:
        raise BadRequest("wrong-type", place, "This must be a JSON string.", "structure")
    if not form.fullmatch(text):
        raise BadRequest("wrong-form", place, f"This must be {wanted}.", "value")
    return text
