import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks import BadRequest, Limits, TooLarge
from cds_hooks.json_limits import scan, skeleton_of
from tests.cds_hooks.calls import CANARY

LIMITS = Limits(body_bytes=1000, depth=4, nodes=20, number_characters=10)

ACCEPTED = [
    b"{}",
    b' {"a" : [1, -2.50e+10, true, null, "x"]} ',
    b'{"a":{"b":{"c":[]}}}',
    b'{"a":1234567890}',
    b'{"a":"[[[[[[[[[[[[[[[[{{{{{{{{{{{{,,,,,,,,,,,,,,,,,,,,,,,,"}',
    b'{"a":"\\"[[[[[[[[", "b":"\\\\"}',
    b'{"a":"12345678901234567890"}',
    b'{"a":[1e999, -1e-999]}',
    b"{" + b",".join(b'"%d":"x"' % n for n in range(19)) + b"}",
    b'{"a":"\\ud83d\\ude00"}',
    b'{"a":"\\\\ud83d is text"}',
    '{"ä":"\u2028😀"}'.encode(),
    b'{"a":{"id":1},"b":{"id":2}}',
    b"[" + b"1," * 18 + b"1]",
]

REFUSED = {
    "not-json": [b"", b"{", b"nul", b'{"a":1,}', b"{'a':1}", b'{"a":01}', b'{"a":"\t"}', b'{"a":1} x', b"\xef\xbb\xbf{}",
                 b'{"a":"\\', b'{"a":"\\x"}', b'"', b'{"a":+1}', b'{"a":.5}', b'{"a" 1}', b'{"a":1 2}'],
    "not-a-number": [b'{"a":NaN}', b"[Infinity]", b"[-Infinity]"],
    "not-utf-8": [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\xaf"}', '{"a":1}'.encode("utf-16")],
    "duplicate-key": [b'{"a":1,"a":1}', b'{"x":{"id":1,"id":2}}', b'[{"a":1,"\\u0061":2}]'],
    "lone-surrogate": [b'{"a":"\\ud800"}', b'{"\\uDC00":1}', b'{"a":"\\ud83d\\ud83d\\ude00"}', b'["\\\\\\ud800"]'],
    "too-deep": [b"[[[[[]]]]]", b'{"a":{"a":{"a":{"a":{}}}}}', b'[[[[{"a":"]]]]"}', b"[[[[[1"],
    "too-many-nodes": [b"[" + b"1," * 19 + b"1]", b'{"a":[' + b"[]," * 20 + b"[]]}"],
    "number-too-long": [b'{"a":12345678901}', b"[0.000000000]", b"[-1234567.5e7]"],
    "too-large": [b'"' + b"x" * 999 + b'"'],
}  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED)
def test_scan_accepts_json_within_the_limits(body: bytes) -> None:
    scan(body, LIMITS)


@pytest.mark.hazard("HZ-X20")
@pytest.mark.parametrize(("code", "body"), [(code, body) for code, bodies in REFUSED.items() for body in bodies])
def test_scan_refuses(code: str, body: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        scan(body, LIMITS)
    assert caught.value.code == code


def test_too_large_is_answered_413_and_the_rest_400() -> None:
    assert (TooLarge.status, BadRequest.status) == (413, 400)


def test_each_limit_ends_exactly_where_it_says() -> None:
    scan(b'"' + b"x" * 998 + b'"', LIMITS)
    scan(b"[[[[]]]]", LIMITS)
    scan(b"[1234567890]", LIMITS)


def test_the_default_limits_are_those_of_the_safety_document() -> None:
    assert Limits() == Limits(4 * 1024 * 1024, 64, 200_000, 40)


def test_a_duplicate_protocol_member_is_named_and_another_is_not() -> None:
    with pytest.raises(BadRequest) as named:
        scan(b'{"context":{"patientId":"A","patientId":"B"}}')
    assert "patientId" in named.value.hint
    with pytest.raises(BadRequest) as unnamed:
        scan(f'{{"{CANARY}":1,"{CANARY}":2}}'.encode())
    assert CANARY not in unnamed.value.hint + str(unnamed.value)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a": NaN}', "line 1, column 7"),
        (b'{"NaN": "NaN",\n "b": [1,\n -Infinity]}', "line 3, column 2"),
        ('{"ä": "\\"NaN", "b": Infinity}'.encode(), "line 1, column 21"),
    ],
)
def test_NaN_is_told_with_its_place(body: bytes, place: str) -> None:
    with pytest.raises(BadRequest) as caught:
        scan(body)
    assert caught.value.hint.endswith(f": {place}.")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a": 1, "a": 2}', "line 1, column 10"),
        (b'{"a": "a",\n "b": {"a": "a: {"},\n "\\u0061" : 2}', "line 3, column 2"),
        (b'[{"a": 1}, {"a": 1, "b": {"c": [{"d": 1,\n"d": 2}]}}]', "line 2, column 1"),
        (b'{"a": {}, "a": {"b": 1, "b": 2}}', "line 1, column 11"),
    ],
)
def test_a_member_that_occurs_twice_is_told_with_its_place(body: bytes, place: str) -> None:
    with pytest.raises(BadRequest) as caught:
        scan(body)
    assert caught.value.hint.endswith(f": {place}.")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


NAMES = st.sampled_from(["a", "b", '"', "\\", "{", "NaN"])
VALUES = st.recursive(
    st.none() | NAMES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.booleans())
def test_the_place_of_a_second_member_is_where_it_was_put(members: dict[str, object], indented: bool) -> None:
    text = json.dumps(members, indent=1 if indented else None)[:-1].rstrip()
    before = f"{text},\n  "
    with pytest.raises(BadRequest) as caught:
        scan(f"{before}{json.dumps(next(iter(members)))}: 1}}".encode())
    line = before.count("\n") + 1
    assert f"line {line}, column 3." in caught.value.hint


def test_a_grammar_fault_tells_line_and_column() -> None:
    with pytest.raises(BadRequest) as caught:
        scan(b'{\n "a": 1\n "b": 2}')
    assert "line 3, column 2" in caught.value.hint


def _outside_of_strings(body: bytes) -> bytes:
    """One byte after the other: a quote begins or ends a string, a backslash in one takes the next byte with it."""
    found, inside, place = bytearray(), False, 0
    while place < len(body):
        byte = body[place : place + 1]
        if inside and byte == b"\\":
            place += 1
        elif byte == b'"':
            inside = not inside
        elif not inside:
            found += byte
        place += 1
    return bytes(found)


@given(st.lists(st.sampled_from([b'"', b"\\", b'\\"', b"[", b"}", b":", b"a", b'"x"', b'"\\\\"'])).map(b"".join))
def test_limits_count_what_stands_outside_of_strings(body: bytes) -> None:
    ends_within_an_escape = (len(body) - len(body.rstrip(b"\\"))) % 2 == 1
    assert skeleton_of(body) == _outside_of_strings(body) or ends_within_an_escape


_NAMES = st.sampled_from(["a", "b", "\\u0061", "a:b", '\\"', "{,"])
_OBJECTS = st.recursive(
    st.sampled_from(["1", '"x"', '"a:\\"1"', "null"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: f"[{','.join(values)}]"),
        st.lists(st.tuples(_NAMES, inner), max_size=3).map(
            lambda members: "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"
        ),
    ),
    max_leaves=8,
)


@given(_OBJECTS)
def test_a_body_is_refused_exactly_where_an_object_has_a_name_twice(text: str) -> None:
    repeated: list[bool] = []

    def members(pairs: list[tuple[str, object]]) -> None:
        repeated.append(len({name for name, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=members)
    if any(repeated):
        with pytest.raises(BadRequest) as caught:
            scan(text.encode())
        assert caught.value.code == "duplicate-key"
    else:
        scan(text.encode())


_FRAGMENTS = st.sampled_from(
    [*'{}[],:"\\-0. \t\f/', "1", "01", "1e5", "1e999", "+", "true", "nul", "NaN", "\ufeff", "\x00", '"a"', '"a":1']
) | st.sampled_from(['"\\u0061"', '"\\x"', '"\t"', '"ä"', "[1]", '{"a":1}', '{"b":[1,2]}', "[{}]"])


@given(st.lists(_FRAGMENTS, min_size=1, max_size=8).map("".join))
def test_what_is_no_strict_json_is_refused_however_near_it_comes(text: str) -> None:
    def refuse(_constant: str) -> None:
        raise ValueError

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        with pytest.raises(BadRequest):
            scan(text.encode())


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "open arrays": lambda size: b"[" * size,
    "open objects": lambda size: b'{"a":' * (size // 5),
    "escaped quotes without end": lambda size: b'"' + b'\\"' * (size // 2),
    "many unterminated strings": lambda size: b'"\\' * (size // 2),
    "digits": lambda size: b"9" * size,
    "digits in a string": lambda size: b'"' + b"9" * size + b'"',
    "surrogates": lambda size: b'"' + b"\\ud83d\\ude00" * (size // 12) + b'"',
    "backslashes": lambda size: b'"' + b"\\\\" * (size // 2) + b'"',
    "empty strings": lambda size: b"[" + b'"",' * (size // 3) + b'""]',
    "strings of a backslash": lambda size: b"[" + b'"\\\\",' * (size // 5) + b'""]',
    "empty objects": lambda size: b"[" + b"{}," * (size // 3) + b"{}]",
    "too many members": lambda size: b"{" + b",".join(b'"%d":0' % n for n in range(300_000)) + b"}",
    "a member again at the end": lambda size: (
        b"{" + b",".join(b'"%d":0' % (n % 198_999) for n in range(199_000)) + b"}"
    ),
    "all the members allowed": lambda size: b"{" + b",".join(b'"%d":0' % n for n in range(199_000)) + b"}",
}


@pytest.mark.hazard("HZ-X08")
@pytest.mark.hazard("HZ-X17")
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bodies_of_full_size_are_judged_within_a_second(kind: str) -> None:
    body = HOSTILE[kind](4_000_000)
    started = time.process_time()
    with suppress(BadRequest):
        scan(body)
    assert time.process_time() - started < 1.0
