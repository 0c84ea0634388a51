"""Element paths of the mapping tables (`effectivePeriod.end`), compiled once to accessors on the resource structs.

A path that the structs do not have is an error when the tables are loaded, never an empty answer later.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

from msgspec import UNSET, Struct

from adapter.fhir.resources import Known

Accessor = Callable[[Known], Sequence[object]]
"""What a path yields: the values there, lists flattened, absent members left out."""

# R4 lets a medication be a code or a reference; the reader resolves the reference (see mapping/fhir_items.py).
CHOICES = {"medication": "medicationCodeableConcept"}


def compile_path(resource: type[Known], text: str) -> Accessor:
    """The accessor for a path from a resource. Raises ValueError naming the member that the reader does not have."""
    names = tuple(CHOICES.get(name, name) for name in text.split("."))
    struct: type[Struct] | None = resource
    for name in names:
        if struct is None or name not in struct.__struct_fields__:
            raise ValueError(f"{resource.__name__} has no element {text!r} that the reader knows (at {name!r})")
        struct = _struct_of(get_type_hints(struct)[name])
    first, *further = (_member(name) for name in names)
    return _along(first, further) if further else first


_Step = Callable[[object], Sequence[object]]


def _member(name: str) -> _Step:
    """What a member of an element holds: the elements of a list, or the one value; nothing where it is not there."""
    get = attrgetter(name)

    def values(element: object) -> Sequence[object]:
        member = get(element)
        if isinstance(member, list):
            return member
        return () if member is None or member is UNSET or member == "" else (member,)

    return values


def _along(first: _Step, further: Sequence[_Step]) -> _Step:
    """One step after another, from every value that the step before it found."""

    def values(element: object) -> Sequence[object]:
        found = first(element)
        for step in further:
            if found:
                found = [value for one in found for value in step(one)]
        return found

    return values


def _struct_of(hint: object) -> type[Struct] | None:
    """The struct that a member holds, through Optional and list; None for a plain value."""
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    if get_origin(hint) in (list, Union, UnionType):
        for argument in get_args(hint):
            found = _struct_of(argument)
            if found is not None:
                return found
    return None
