"""The one check that JSON from outside passes before anything else reads it.

Not for what the members mean; that begins in `request.py`.
"""

import json
import re
from array import array
from dataclasses import dataclass
from itertools import accumulate
from typing import NoReturn

import msgspec

from cds_hooks.errors import WHOLE_BODY, BadRequest, TooLarge
from cds_hooks.json_places import constant_place, repeated_member


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request body may hold: bytes, levels of nesting, JSON values, characters of one number."""

    body_bytes: int = 4 * 1024 * 1024
    depth: int = 64
    nodes: int = 200_000
    number_characters: int = 40


DEFAULT_LIMITS = Limits()

# Possessive quantifiers keep all three patterns linear; an unterminated string runs to the end of the body.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPES_PAIRED = re.compile(
    rb"(?:[^\\]++|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?!u[dD][89a-fA-F]).)*+",
    re.DOTALL,
)
_LEVEL_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_IN_NUMBERS = bytes(ord("9") if byte in b"0123456789eE.+-" else ord(" ") for byte in range(256))
_PROTOCOL_MEMBERS = frozenset(
    {
        "hook",
        "hookInstance",
        "context",
        "prefetch",
        "fhirServer",
        "fhirAuthorization",
        "extension",
        "userId",
        "patientId",
        "encounterId",
        "selections",
        "draftOrders",
        "resourceType",
        "id",
        "subject",
    }
)
"""Names that a fault may repeat, because they are the protocol's and not the sender's."""


def scan(body: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
    """Raise BadRequest unless the body is one JSON text within the limits.

    JSON is RFC 8259 in strict UTF-8, without NaN or Infinity, without two members of one name in an object
    (two readers could see two patients), without half a surrogate pair. The fault holds no text of the
    body.
    """
    if len(body) > limits.body_bytes:
        raise TooLarge(limits.body_bytes)
    _check_strings(body, limits.nodes)
    skeleton = skeleton_of(body)
    _check_nodes(skeleton, limits.nodes)
    _check_depth(skeleton, limits.depth)
    _check_numbers(skeleton, limits.number_characters)
    _check_surrogates(body)
    _check_grammar(body, _text_of(body))


def _check_strings(body: bytes, most: int) -> None:
    """Refuse early what surely holds more strings than names and values together may be: they cost most."""
    quotes = body.count(b'"') if len(body) > 4 * most else 0
    if quotes > 4 * most and quotes - body.count(b'\\"') > 4 * most:
        _refuse_nodes(most)


def skeleton_of(body: bytes) -> bytes:
    """The body without its strings: what stands between an even number of quotes, escaped ones not counted.

    A backslash outside of strings, or at the end, is an error; which quotes count then is decided by the pattern.
    """
    skeleton = b"".join(_unescaped(body).split(b'"')[::2])
    return _STRING.sub(b"", body) if b"\\" in skeleton or body.endswith(b"\\") else skeleton


def _unescaped(body: bytes) -> bytes:
    """The body with something else for escaped quotes and backslashes: each quote left begins or ends a string."""
    return body.replace(b"\\\\", b"\\_").replace(b'\\"', b"\\_") if b"\\" in body else body


def _check_nodes(skeleton: bytes, most: int) -> None:
    """Refuse too many values; each follows a comma, opens a container or is the whole text."""
    if len(skeleton) >= most and 1 + skeleton.count(b",") + skeleton.count(b"[") + skeleton.count(b"{") > most:
        _refuse_nodes(most)


def _refuse_nodes(most: int) -> NoReturn:
    raise BadRequest("too-many-nodes", WHOLE_BODY, f"The body may hold at most {most} JSON values.", "too-long")


def _check_depth(skeleton: bytes, most: int) -> None:
    steps = array("b", skeleton.translate(_LEVEL_STEPS, _NO_BRACKET))
    if max(accumulate(steps), default=0) > most:
        raise BadRequest("too-deep", WHOLE_BODY, f"Objects and arrays may nest {most} levels deep.", "too-long")


def _check_numbers(skeleton: bytes, most: int) -> None:
    if b"9" * (most + 1) in skeleton.translate(_IN_NUMBERS):
        raise BadRequest("number-too-long", WHOLE_BODY, f"A number may have at most {most} characters.", "too-long")


def _check_surrogates(body: bytes) -> None:
    if b"\\" in body and _SURROGATE_ESCAPE.search(body) and not _ESCAPES_PAIRED.fullmatch(body):
        raise BadRequest("lone-surrogate", WHOLE_BODY, "A \\u escape is half of a surrogate pair.", "structure")


def _text_of(body: bytes) -> str:
    try:
        return body.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        offset = error.start
    raise BadRequest("not-utf-8", WHOLE_BODY, f"Byte {offset + 1} of the body is not UTF-8.", "structure")


def _check_grammar(body: bytes, text: str) -> None:
    """Refuse what is no JSON, and an object with two members of one name.

    Of these a reader keeps one, so that the other's quotes are missing: only then is the text searched for the fault.
    """
    if _quotes_held(body) != _quotes(body):
        _search(text)


def _quotes_held(body: bytes) -> int:
    """How many quotes the body has once it was read and written anew; -1 where it cannot be read.

    This reader is quick, and nowhere less strict than the one that searches; it also refuses some JSON, as 1e999.
    """
    try:
        return _quotes(msgspec.json.encode(msgspec.json.decode(body)))
    except msgspec.DecodeError:
        return -1


def _quotes(body: bytes) -> int:
    """How many quotes begin or end the strings of a JSON text."""
    return _unescaped(body).count(b'"')


def _search(text: str) -> None:
    try:
        _SEARCHING.decode(text)
    except json.JSONDecodeError as error:
        fault = BadRequest(
            "not-json", WHOLE_BODY, f"Not JSON at line {error.lineno}, column {error.colno}.", "structure"
        )
    except _Constant:
        hint = f"JSON knows neither NaN nor Infinity: {constant_place(text)}."
        fault = BadRequest("not-a-number", WHOLE_BODY, hint, "structure")
    except _Repeated:
        name, place = repeated_member(text)
        told = f"The member {name}" if name in _PROTOCOL_MEMBERS else "A member"
        fault = BadRequest("duplicate-key", WHOLE_BODY, f"{told} occurs twice in one object: {place}.", "structure")
    else:
        return
    raise fault


class _Constant(Exception):
    """NaN or Infinity stands in the text."""


class _Repeated(Exception):
    """An object of the text has two members of one name."""


def _refuse_repeated(members: list[tuple[str, object]]) -> None:
    """Refuse an object with two members of one name; keep nothing of it."""
    if len(dict(members)) < len(members):
        raise _Repeated


def _refuse_constant(_constant: str) -> NoReturn:
    raise _Constant


_SEARCHING = json.JSONDecoder(
    object_pairs_hook=_refuse_repeated,
    parse_constant=_refuse_constant,
    parse_int=len,
    parse_float=len,
    strict=True,
)
"""A reader that keeps no value."""
