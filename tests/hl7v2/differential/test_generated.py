"""Generated messages: our reader makes of each exactly what was meant, peers what the reviewed table predicts.

DIFFERENTIAL_MESSAGES says how many (1,200; `make differential` takes 20,000). hl7apy, which is slow, reads every fourth.
"""

import os

import pytest

from adapter.hl7v2 import parse_message
from tests.hl7v2.differential.differences import differing
from tests.hl7v2.differential.generator import generate
from tests.hl7v2.differential.meaning import Field, Kind, Meant, encode, leaves, meant_reading
from tests.hl7v2.differential.of_hl7apy import compare_hl7apy
from tests.hl7v2.differential.of_python_hl7 import compare_python_hl7
from tests.hl7v2.differential.readers import our_reading

MESSAGES = int(os.environ.get("DIFFERENTIAL_MESSAGES", "1200"))
CHUNK = 100
CHUNKS = [range(first, min(first + CHUNK, MESSAGES)) for first in range(0, MESSAGES, CHUNK)]
each_chunk = pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")

FAULTS: dict[Kind, str] = {
    "charset-switch": "charset-switch",
    "hex-broken": "escape-hex",
    "unknown": "escape-unknown",
    "unclosed": "escape-unclosed",
}


@each_chunk
def test_our_reading_is_what_was_meant(seeds: range) -> None:
    for seed in seeds:
        meant = generate(seed)
        expected, found = meant_reading(meant), our_reading(encode(meant))
        assert found == expected, (seed, list(differing(expected, found)))


@each_chunk
def test_formatted_texts_and_escape_findings_are_what_was_meant(seeds: range) -> None:
    for seed in seeds:
        meant = generate(seed)
        message = parse_message(encode(meant))
        for line, segment in zip(meant.lines, message.segments, strict=True):
            for number, field in enumerate(line.fields, 3 if line.name == "MSH" else 1):
                found = segment.field(number)
                codes = [finding.code for finding in found.escape_findings()]
                assert bool(codes) == bool(faults(field)), (seed, found.address)
                if len(list(leaves(field))) == 1:
                    assert codes == faults(field) or "escape-unknown" in codes, (seed, found.address)
                    assert found.formatted_text == formatted(field), (seed, found.address)


def faults(field: Field) -> list[str]:
    """The findings that its escape sequences deserve."""
    return [FAULTS[piece.kind] for leaf in leaves(field) for piece in leaf if piece.kind in FAULTS]


def formatted(field: Field) -> str:
    return "".join(piece.formatted for leaf in leaves(field) for piece in leaf)


@each_chunk
def test_findings_about_the_whole_are_what_was_meant(seeds: range) -> None:
    for seed in seeds:
        meant = generate(seed)
        found = {finding.code for finding in parse_message(encode(meant)).findings}
        assert found == set(expected_findings(meant)), seed


def expected_findings(meant: Meant) -> list[str]:
    found = ["byte-order-mark"] if meant.byte_order_mark else []
    ends = len(meant.lines) > 1 or meant.ended
    found += ["segment-end-not-cr"] if meant.end != "\r" and ends else []
    blank = [line.blank_lines for line in meant.lines]
    blank[-1] -= not meant.ended  # then it is the end of the last segment
    return found + (["blank-segment"] if any(lines > 0 for lines in blank) else [])


@each_chunk
def test_python_hl7_differs_only_where_a_row_says_so(seeds: range) -> None:
    for seed in seeds:
        assert compare_python_hl7(generate(seed)).unexplained == [], seed


@each_chunk
def test_hl7apy_differs_only_where_a_row_says_so(seeds: range) -> None:
    for seed in seeds[::4]:
        assert compare_hl7apy(generate(seed)).unexplained == [], seed


def test_the_corpus_is_wide() -> None:
    corpus = [generate(seed) for seed in range(1200)]
    kinds = {piece.kind for meant in corpus for piece in meant.pieces()}
    assert len(kinds) == 16
    assert {meant.end for meant in corpus} == {"\r", "\n", "\r\n"}
    assert len({meant.version for meant in corpus}) == 13
    assert len({meant.codec for meant in corpus}) == 5
    assert len({meant.marks for meant in corpus}) > 50
    assert len({line.name for meant in corpus for line in meant.lines}) >= 25
    assert sum(meant.byte_order_mark for meant in corpus) > 10


def test_a_seed_is_one_message() -> None:
    assert encode(generate(7)) == encode(generate(7))
    assert encode(generate(7)) != encode(generate(8))
