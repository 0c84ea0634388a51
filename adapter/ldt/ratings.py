"""From what several rules say of one therapy to one strength: policies P3 to P9.

It sees rules that fired and nothing else; whether a therapy is planned or a fact unknown does not matter
here.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from adapter.ldt.advice import Strength
from adapter.ldt.rule import Rated, Rating, Rule
from adapter.ldt.schema import Resolution

_LOWEST_FIRST = (Rated.NOT_RECOMMENDED, Rated.REASONABLE, Rated.PREFERRED)
_BASE = {
    Rated.NOT_RECOMMENDED: Strength.NOT_RECOMMENDED,
    Rated.REASONABLE: Strength.REASONABLE,
    Rated.PREFERRED: Strength.PREFERRED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A strength, the effects that make it and the effects that a policy outranks."""

    strength: Strength
    because: tuple[Rating, ...]
    set_aside: tuple[Rating, ...]


def verdicts(fired: Sequence[Rule], resolution: Resolution, only: Set[str] | None = None) -> dict[str, Verdict]:
    """The verdict on every therapy that a fired rule rates, or on `only` these; one that is only downgraded
    has none."""
    said: dict[str, list[Rating]] = {}
    for rule in fired:
        for rating in rule.ratings:
            if only is None or rating.therapy in only:
                said.setdefault(rating.therapy, []).append(rating)
    ids = {rule.id for rule in fired}
    found = {therapy: _verdict(therapy, ratings, ids, resolution) for therapy, ratings in said.items()}
    return {therapy: verdict for therapy, verdict in found.items() if verdict is not None}


def _verdict(therapy: str, said: Sequence[Rating], fired: set[str], resolution: Resolution) -> Verdict | None:
    """P9: a contraindication overrides everything, an override everything but that."""
    contraindicated = _only(said, Rated.CONTRAINDICATED)
    if contraindicated:
        return _made(Strength.CONTRAINDICATED, contraindicated, said)
    rated = _rated(therapy, [one for one in said if one.rated in _BASE], fired, resolution)
    overrides = _only(said, Rated.OVERRIDE)
    if overrides:
        # A minus that an exception sets aside (P4) is no reason beside the override.
        minus = rated[1] if rated is not None and rated[0] is Strength.NOT_RECOMMENDED else []
        return _made(Strength.NOT_RECOMMENDED, [one for one in said if one in overrides or one in minus], said)
    if rated is None:
        supported = _only(said, Rated.SUPPORT)  # P7
        return _made(Strength.REASONABLE, supported, said) if supported else None
    strength, because = rated
    downgrades = _only(said, Rated.DOWNGRADE)
    if strength is Strength.PREFERRED and downgrades:  # P8
        return _made(Strength.REASONABLE, [*because, *downgrades], said)
    return _made(strength, because, said)


def _only(said: Sequence[Rating], rated: Rated) -> list[Rating]:
    return [one for one in said if one.rated is rated]


def _made(strength: Strength, because: Sequence[Rating], said: Sequence[Rating]) -> Verdict:
    return Verdict(strength, tuple(because), tuple(one for one in said if one not in because))


Base = tuple[Strength, list[Rating]]


def _rated(therapy: str, ratings: list[Rating], fired: set[str], resolution: Resolution) -> Base | None:
    """The base strength of all ratings, None without any."""
    if not ratings:
        return None
    exceptions_fired = not fired.isdisjoint(resolution.exceptions)
    if therapy in resolution.exception_therapies and exceptions_fired:
        exceptions = [one for one in ratings if one.rule in resolution.exceptions]
        others = [one for one in ratings if one.rule not in resolution.table_rows and one not in exceptions]
        if resolution.after_prrt in fired:
            after = [one for one in ratings if one.rule == resolution.after_prrt]
            return _lower(_after_prrt(therapy, after, exceptions, resolution), others)
        if exceptions:  # P4
            return _lowest([*exceptions, *others])
    return _lowest(ratings)  # P6


def _after_prrt(therapy: str, after: list[Rating], exceptions: list[Rating], resolution: Resolution) -> Base:
    """P5: the row after PRRT meets an exception."""
    if therapy in resolution.after_prrt_capped:
        return Strength.REASONABLE, [*after, *exceptions]
    vetoes = [one for one in exceptions if one.rule in resolution.after_prrt_vetoes]
    if vetoes:
        return Strength.NOT_RECOMMENDED, vetoes
    highest = max((one.rated for one in [*after, *exceptions]), key=_LOWEST_FIRST.index)
    return _BASE[highest], [one for one in [*after, *exceptions] if one.rated is highest]


def _lower(rating: Base, others: list[Rating]) -> Base:
    """P6 between the outcome of P5 and ratings from elsewhere."""
    if not others:
        return rating
    other = _lowest(others)
    order = [_BASE[rated] for rated in _LOWEST_FIRST]
    return min(rating, other, key=lambda one: order.index(one[0]))


def _lowest(ratings: list[Rating]) -> Base:
    lowest = min((one.rated for one in ratings), key=_LOWEST_FIRST.index)
    return _BASE[lowest], [one for one in ratings if one.rated is lowest]


def offered_by(found: Mapping[str, Verdict]) -> frozenset[str]:
    """The therapies that are options."""
    return frozenset(therapy for therapy, verdict in found.items() if verdict.strength.offered)
