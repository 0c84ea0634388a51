"""How one JSON object of a response is checked: its members, and what each value looks like.

Not the list of those members; that is `response_shape.py`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds_hooks.fault import Fault
from cds_hooks.urls import is_absolute_url

Check = Callable[[object, str], Iterator[Fault]]
"""Yields the faults of a value that stands at a place."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: the check of its value, and whether it must be there."""

    check: Check
    required: bool = False


Shape = Mapping[str, Member]


def object_faults(value: object, place: str, shape: Shape) -> Iterator[Fault]:
    """Check an object against its shape; a member that the shape does not list is a warning."""
    if not isinstance(value, Mapping):
        yield Fault("wrong-type", place, "This must be an object.")
        return
    for name, member in shape.items():
        if name in value:
            yield from member.check(value[name], f"{place}.{name}")
        elif member.required:
            yield Fault("missing-member", f"{place}.{name}", "This member is required.")
    for name in value:
        if name not in shape:
            hint = "The specification defines no such member here; use extension."
            yield Fault("unknown-member", f"{place}.{name}", hint, "warning")


def an_object(shape: Shape) -> Check:
    """A check for an object of the shape."""
    return lambda value, place: object_faults(value, place, shape)


def any_object(value: object, place: str) -> Iterator[Fault]:
    """Check that the value is an object, whatever its members."""
    if not isinstance(value, Mapping):
        yield Fault("wrong-type", place, "This must be an object.")


def extension(value: object, place: str) -> Iterator[Fault]:
    """Check for an object whose names are globally unique, such as org.example.name (checklist G7)."""
    yield from any_object(value, place)
    if not isinstance(value, Mapping):
        return
    for name in value:
        if not isinstance(name, str) or "." not in name:
            hint = "Names of an extension are globally unique: reverse domain, as org.example.name."
            yield Fault("extension-name", place, hint, "warning")


def array_of(check: Check) -> Check:
    """A check for an array whose elements all pass the given one."""

    def faults(value: object, place: str) -> Iterator[Fault]:
        if not is_array(value):
            yield Fault("wrong-type", place, "This must be an array.")
            return
        for index, element in enumerate(elements_of(value)):
            yield from check(element, f"{place}[{index}]")

    return faults


def text(value: object, place: str) -> Iterator[Fault]:
    """Check for a string that is more than blanks."""
    if not isinstance(value, str):
        yield Fault("wrong-type", place, "This must be a string.")
    elif not value.strip():
        yield Fault("empty-value", place, "A text has more than blanks; leave the member out.")


def one_line(most: int) -> Check:
    """A check for a string of one line with at most so many characters."""

    def faults(value: object, place: str) -> Iterator[Fault]:
        yield from text(value, place)
        if isinstance(value, str) and len(value) > most:
            yield Fault("text-too-long", place, f"At most {most} characters.")
        if isinstance(value, str) and any(character in value for character in "\n\r\t"):
            yield Fault("control-character", place, "This is one line.")

    return faults


def one_of(codes: Collection[str]) -> Check:
    """A check for one of the codes."""

    def faults(value: object, place: str) -> Iterator[Fault]:
        if not isinstance(value, str) or value not in codes:
            yield Fault("invalid-code", place, f"One of {', '.join(sorted(codes))}.")

    return faults


def boolean(value: object, place: str) -> Iterator[Fault]:
    """Check for true or false."""
    if not isinstance(value, bool):
        yield Fault("wrong-type", place, "This must be true or false.")


def absolute_url(value: object, place: str) -> Iterator[Fault]:
    """Check for an absolute http or https URL."""
    if not isinstance(value, str) or not is_absolute_url(value):
        yield Fault("not-absolute-url", place, "This must be an absolute http or https URL.")


def uuid(value: object, place: str) -> Iterator[Fault]:
    """Check for a UUID in its usual text form."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        yield Fault("invalid-uuid", place, "This must be a UUID.")


def is_array(value: object) -> bool:
    """Whether the value is a JSON array."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def elements_of(value: object) -> Sequence[object]:
    """The elements of an array; none where the value is something else."""
    return value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()
