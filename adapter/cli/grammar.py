"""Whether the segments of a message stand as its structure wants them: what is missing, and what has no place.

Not for fields. The structure is an automaton: any way of grouping the segments that fits is right. Readers that take
the first group that fits call much wrong (the next order of an OML, which they take for a prior one).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from typing import Final

from adapter.cli.dictionary import NO_LIMIT, Part

_MOST_SKIPPED: Final = 2
"""So many missing segments explain one that stands where none of its name may; with more it has no place there."""


def order_faults(segments: Sequence[tuple[str, str]], structure: str, parts: tuple[Part, ...]) -> Iterator[str]:
    """What is wrong with the order of segments (name, address), in the words of the structure, each with its place."""
    automaton = _automaton(parts)
    states, last = automaton.start, ""
    for place, (name, address) in enumerate(segments):
        after = automaton.step(states, name)
        if not after:
            missing = automaton.before(states, name)
            after = automaton.skipped(states, (*missing, name))
            following = segments[place + 1][0] if place + 1 < len(segments) else ""
            if not missing or _is_better_left_out(automaton, states, after, following):
                yield f"{address}: has no place here in {structure}"
                continue
            for one in missing:
                yield f"{address}: the segment {one} is required before it and missing ({structure})"
        states, last = after, address
    for one in automaton.before_end(states):
        yield f"{last}: the segment {one} is required after it and missing ({structure})"


def _is_better_left_out(automaton: "_Automaton", states: frozenset[int], after: frozenset[int], following: str) -> bool:
    """Whether the next segment fits without the one at hand alone, which is then not where it belongs."""
    return bool(automaton.step(states, following)) and not automaton.step(after, following)


class _Automaton:
    """The states between the segments of a structure: from each some lead on freely, and some by a segment."""

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self._free: Final[list[list[int]]] = []
        self._by_segment: Final[list[tuple[str, int] | None]] = []
        first = self._state()
        self._end: Final = self._sequence(parts, first)
        self.start: Final = self._closed({first})

    def step(self, states: frozenset[int], name: str) -> frozenset[int]:
        """Where a segment leads from any of these states; nowhere where it may not stand."""
        edges = [self._by_segment[state] for state in states]
        return self._closed({edge[1] for edge in edges if edge is not None and edge[0] == name})

    def skipped(self, states: frozenset[int], names: Iterable[str]) -> frozenset[int]:
        """Where segments would lead that were not sent."""
        for name in names:
            states = self.step(states, name)
        return states

    def before(self, states: frozenset[int], name: str) -> tuple[str, ...]:
        """The fewest segments that are missing where one of this name stands; none where it has no place."""
        for missing, state in self._cheapest(states):
            edge = self._by_segment[state]
            if len(missing) > _MOST_SKIPPED:
                break
            if edge is not None and edge[0] == name:
                return missing
        return ()

    def before_end(self, states: frozenset[int]) -> tuple[str, ...]:
        """The fewest segments that are missing at the end of a message."""
        return next(missing for missing, state in self._cheapest(states) if state == self._end)

    def _cheapest(self, states: frozenset[int]) -> Iterator[tuple[tuple[str, ...], int]]:
        """Every state that can be reached, with the fewest segments that lead there, those with the fewest first."""
        waiting: list[tuple[int, int, tuple[str, ...]]] = [(0, state, ()) for state in sorted(states)]
        seen: set[int] = set()
        while waiting:
            cost, state, missing = heappop(waiting)
            if state in seen:
                continue
            seen.add(state)
            yield missing, state
            for free in self._free[state]:
                heappush(waiting, (cost, free, missing))
            edge = self._by_segment[state]
            if edge is not None:
                heappush(waiting, (cost + 1, edge[1], (*missing, edge[0])))

    def _closed(self, states: set[int]) -> frozenset[int]:
        """These states, and those to which they lead freely."""
        found, waiting = set(states), list(states)
        while waiting:
            for free in self._free[waiting.pop()]:
                if free not in found:
                    found.add(free)
                    waiting.append(free)
        return frozenset(found)

    def _state(self) -> int:
        self._free.append([])
        self._by_segment.append(None)
        return len(self._free) - 1

    def _sequence(self, parts: tuple[Part, ...], start: int) -> int:
        for part in parts:
            start = self._part(part, start)
        return start

    def _part(self, part: Part, start: int) -> int:
        """A part as often as it may stand, from this state; the state behind it."""
        for _ in range(part.least):
            start = self._once(part, start)
        if part.most == NO_LIMIT:
            again = self._after(start)
            self._free[self._once(part, again)].append(again)
            return again
        for _ in range(part.most - part.least):
            end = self._once(part, self._after(start))
            self._free[start].append(end)
            start = end
        return start

    def _once(self, part: Part, start: int) -> int:
        if not part.parts:
            place, end = self._after(start), self._state()
            self._by_segment[place] = (part.name, end)
            return end
        if not part.is_choice:
            return self._sequence(part.parts, start)
        end = self._state()
        for one in part.parts:
            self._free[self._part(one, self._after(start))].append(end)
        return end

    def _after(self, start: int) -> int:
        """A new state to which another one leads freely."""
        state = self._state()
        self._free[start].append(state)
        return state


@lru_cache(maxsize=32)
def _automaton(parts: tuple[Part, ...]) -> _Automaton:
    return _Automaton(parts)
