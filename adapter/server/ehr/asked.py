"""Which query an answer says that it is of: its self links, held against the patient and type that were wanted.

Not for the resources of an answer: whose they are is seen where they are read. Servers write self links as they like:
only one that names a patient is judged.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote

from adapter.fhir.reference import one_spelling

Misdirected = Literal["other-patient", "no-patient", "other-type"]
"""What is wrong with a query: it asks for another patient, for none, or for another type of resource."""

_Meant = Literal["ours", "another", "none"]

_PATIENT: Final = frozenset({"patient", "subject", "patient:patient", "subject:patient"})
"""Search parameters that name the patient, in small letters; chained ones (`patient.identifier`) are not judged."""

_NOBODY: Final = frozenset({"", "undefined", "null", "none", "nil", "nan"})
"""What a program writes where it has no id."""

_LONGEST: Final = 8_000
"""Characters of a self link: a longer one is odd, and not worth its time."""

_ID: Final = re.compile(r"(?:(?P<base>https?://\S+/)?Patient/)?(?P<id>[A-Za-z0-9\-._~]{1,255})(?:/_history/[0-9]+)?")
_TYPE: Final = re.compile(r"(?:[A-Z][a-z]+)+")


def misdirected(asked: Iterable[str], kind: str, patient: str, server: str) -> Misdirected | None:
    """What is wrong with the query of an answer for resources of one type (`kind`; empty: any) about a patient.

    `asked` are its self links, `server` is the base of references as far as it is known. None where nothing is wrong,
    and where the links do not tell.
    """
    found = {one for url in asked if len(url) <= _LONGEST for one in _faults(url, kind, patient, server)}
    for fault in ("other-patient", "no-patient", "other-type"):
        if fault in found:
            return fault
    return None


def _faults(url: str, kind: str, patient: str, server: str) -> Iterator[Misdirected]:
    """What is wrong with one self link."""
    path, _, query = url.partition("#")[0].partition("?")
    steps = [unquote(step) for step in path.rstrip("/").split("/") if step != "_search"]
    base, type_asked, owners = _taken_apart(steps)
    named = (value for name, value in parse_qsl(query, keep_blank_values=True) if name.casefold() in _PATIENT)
    every = (*owners, *named)
    bases = {one_spelling(one).rstrip("/") for one in (server, base)} if server else None
    for value in every:
        meant = {_meant(one, patient, bases) for one in value.split(",")}
        if "ours" not in meant:
            yield "other-patient" if "another" in meant else "no-patient"
    if every and kind and type_asked not in ("", kind):
        yield "other-type"


def _taken_apart(steps: list[str]) -> tuple[str, str, tuple[str, ...]]:
    """Base, type and owner of a path: `.../Condition`, or `.../Patient/ID/Condition`, which has an owner.

    The type is empty where the path ends otherwise: at a base, an operation, or an id.
    """
    kind = steps[-1] if _TYPE.fullmatch(steps[-1]) else ""
    for end in (2, 3):
        if len(steps) >= end and steps[-end] == "Patient" and not steps[1 - end].startswith("$"):
            return "/".join(steps[:-end]), kind if end == 3 else "", (steps[1 - end],)
    return "/".join(steps[:-1]), kind, ()


def _meant(value: str, patient: str, bases: set[str] | None) -> _Meant:
    """Whom a value means: an id, `Patient/ID` or an absolute address under one of the bases (None: under any)."""
    match = _ID.fullmatch(one_spelling(value))
    if match is None:
        return "none"
    here = not match["base"] or bases is None or match["base"].rstrip("/") in bases
    if match["id"] == patient and here:
        return "ours"
    return "none" if match["id"].casefold() in _NOBODY else "another"
