"""The order of segments by a structure: whatever the structure allows is right, and what is missing is named."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.cli.dictionary import NO_LIMIT, Part, parts_of
from adapter.cli.grammar import order_faults

NAMES = ("AAA", "BBB", "CCC")


def segment(name: str, least: int = 1, most: int = 1) -> Part:
    return Part(name, name, "", least, most)


def group(*parts: Part, least: int = 1, most: int = 1, is_choice: bool = False) -> Part:
    return Part("G", "G", "", least, most, parts, is_choice)


def faults(names: str, *parts: Part) -> list[str]:
    """The faults of segments, each under the number of its place."""
    return list(order_faults([(name, str(number)) for number, name in enumerate(names.split())], "S", parts))


def times() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, 2), st.sampled_from((NO_LIMIT, 1, 2))).filter(
        lambda two: two[1] == -1 or two[0] <= two[1]
    )


def grammars() -> st.SearchStrategy[tuple[Part, ...]]:
    leaf = st.builds(lambda name, two: segment(name, *two), st.sampled_from(NAMES), times())
    below = st.recursive(
        leaf,
        lambda parts: st.builds(
            lambda inside, two, is_choice: group(*inside, least=two[0], most=two[1], is_choice=is_choice),
            st.lists(parts, min_size=1, max_size=3),
            times(),
            st.booleans(),
        ),
        max_leaves=6,
    )
    return st.lists(below, min_size=1, max_size=3).map(tuple)


def written(part: Part, draw: st.DrawFn) -> Iterator[str]:
    """Segments as a part allows them."""
    most = part.least + 2 if part.most == NO_LIMIT else part.most
    for _ in range(draw(st.integers(part.least, most))):
        if not part.parts:
            yield part.name
        elif part.is_choice:
            yield from written(draw(st.sampled_from(part.parts)), draw)
        else:
            for one in part.parts:
                yield from written(one, draw)


@st.composite
def messages(draw: st.DrawFn) -> tuple[tuple[Part, ...], list[str]]:
    parts = draw(grammars())
    return parts, [name for part in parts for name in written(part, draw)]


@given(messages())
def test_what_a_structure_allows_has_no_fault(message: tuple[tuple[Part, ...], list[str]]) -> None:
    parts, names = message
    assert faults(" ".join(names), *parts) == []


@given(grammars(), st.lists(st.sampled_from(NAMES), max_size=6))
def test_what_is_called_missing_mends_the_message(parts: tuple[Part, ...], names: list[str]) -> None:
    """With the segments that are said to be missing put in, and those without a place left out, nothing is wrong."""
    before: dict[int, list[str]] = {}
    after: list[str] = []
    without: set[int] = set()
    for fault in faults(" ".join(names), *parts):
        place, _, words = fault.partition(": ")
        if "no place" in words:
            without.add(int(place))
        elif "before it" in words:
            before.setdefault(int(place), []).append(words.split()[2])
        else:
            after.append(words.split()[2])
    mended = [one for n, name in enumerate(names) if n not in without for one in (*before.get(n, ()), name)]
    assert faults(" ".join(mended + after), *parts) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("AAA BBB", []),
        ("AAA BBB BBB", []),
        ("BBB", ["0: the segment AAA is required before it and missing (S)"]),
        ("AAA", ["0: the segment BBB is required after it and missing (S)"]),
        ("AAA ZZZ BBB", ["1: has no place here in S"]),
        ("AAA BBB AAA", ["2: has no place here in S"]),
    ],
)
def test_what_is_told(names: str, told: list[str]) -> None:
    assert faults(names, segment("AAA"), segment("BBB", 1, NO_LIMIT)) == told


def test_a_segment_with_more_missing_before_it_than_two_has_no_place() -> None:
    four = [segment(name) for name in ("AAA", "BBB", "CCC", "DDD")]
    assert faults("CCC DDD", *four) == [
        "0: the segment AAA is required before it and missing (S)",
        "0: the segment BBB is required before it and missing (S)",
    ]
    assert faults("DDD", *four)[0] == "0: has no place here in S"


def test_the_work_grows_with_the_message_and_not_faster() -> None:
    """As many results as a message may hold, in a structure with many ways of grouping them."""
    parts = parts_of("ORU_R01", "Message", "2.8")
    assert parts is not None
    assert faults("MSH PID ORC OBR " + "OBX NTE " * 20_000, *parts) == []
