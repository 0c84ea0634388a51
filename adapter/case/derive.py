"""Inputs that follow from other facts by definition: age, neutrophil-to-lymphocyte ratios, months since embolisation.

A derivation states what it needs; where that is missing the result is absent with a reason, never "none" nor zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from adapter.case.fact import Fact, Standing, State, Statement, origins_of
from adapter.case.merge import EARLIEST_YEAR, FUTURE_TOLERANCE, Clock, effective_versions
from adapter.case.moment import Moment, months_before, whole_months
from adapter.case.number import EXACT
from adapter.case.origin import Origin
from adapter.case.value import Day, Members, Quantity

TACE = frozenset({"ctace", "deb_tace"})
TRANSARTERIAL = TACE | {"tae", "tare_lobar", "tare_whole_liver", "radiation_segmentectomy"}

BASELINE_WINDOW = timedelta(days=14)
"""A ratio counts as "before TACE" this long before the session (assumption: catalogue, nlr_baseline)."""
SIX_MONTHS = (5, 7)
"""A ratio counts as "at 6 months" from 5 to 7 calendar months after the session (assumption)."""

Series = Mapping[str, Sequence[Statement]]


def derive(facts: Mapping[str, Fact], series: Series, clock: Clock) -> dict[str, Fact]:
    """The derived facts, each combined with what was stated directly about it."""
    sessions = _sessions(series.get("prior_liver_directed", ()), clock.as_of)
    ratios = _ratios(series)
    derived = {
        "age_years": _age(facts["birth_date"], clock.as_of),
        "months_since_last_transarterial": _months_since(sessions, clock.as_of),
        "nlr_baseline": _baseline(ratios, sessions, facts, clock.as_of),
        "nlr_6_months": _at_six_months(ratios, sessions),
    }
    return {name: _combined(facts[name], fact) for name, fact in derived.items()}


def _combined(stated: Fact, derived: Fact) -> Fact:
    """A stated value and a derived one must agree; one of them alone is enough."""
    if derived.known is None:
        return stated if stated.state is not State.ABSENT or stated.reason != "not-recorded" else derived
    if stated.known is None or stated.known == derived.known:
        return replace(derived, unused=stated.unused)
    return Fact(
        derived.name,
        State.CONFLICTING,
        "stated-and-derived-differ",
        None,
        derived.when,
        stated.origins + derived.origins,
    )


def _absent(name: str, reason: str, origins: tuple[Origin, ...] = ()) -> Fact:
    return Fact(name, State.ABSENT, reason, origins=origins)


def _age(birth: Fact, as_of: datetime) -> Fact:
    """Completed years; a partial date of birth gives the range of years that it allows."""
    if not isinstance(birth.known, Day):
        return _absent("age_years", "birth-date-not-recorded" if birth.state is State.ABSENT else birth.reason)
    born = birth.known.moment
    if born.earliest > as_of:
        return _absent("age_years", "birth-date-in-the-future", birth.origins)
    if born.earliest.year < EARLIEST_YEAR:
        return _absent("age_years", "birth-date-implausible", birth.origins)
    youngest = whole_months(min(_last_day(born), as_of), as_of) // 12
    oldest = whole_months(born.earliest, as_of) // 12
    value = Quantity(Decimal(max(youngest, 0)), Decimal(oldest))
    return Fact("age_years", State.PRESENT, "", value, Moment.at(as_of), birth.origins)


def _last_day(when: Moment) -> datetime:
    """The latest day it may have been: a date is one day, a bare year ends on 31 December."""
    return max(when.earliest, when.latest - timedelta(days=1))


def _sessions(statements: Sequence[Statement], as_of: datetime) -> list[tuple[Moment, Members, Statement]]:
    """Dated transarterial sessions that have taken place, oldest first."""
    dated = [
        (s.when, s.value, s)
        for s in effective_versions(statements)
        if s.standing is Standing.FINAL
        and isinstance(s.value, Members)
        and not s.value.complete
        and s.when is not None
        and s.when.earliest <= as_of + FUTURE_TOLERANCE
        and s.when.earliest.year >= EARLIEST_YEAR
    ]
    return sorted(
        (item for item in dated if _certainly(item[1], TRANSARTERIAL)),
        key=lambda item: (item[0].earliest, item[2].origin.place),
    )


def _certainly(members: Members, codes: frozenset[str]) -> bool:
    return bool(members.certain & codes) or any(group <= codes for group in members.one_of)


def _months_since(sessions: list[tuple[Moment, Members, Statement]], as_of: datetime) -> Fact:
    name = "months_since_last_transarterial"
    if not sessions:
        return _absent(name, "no-dated-session")
    when, _, statement = sessions[-1]
    longest = whole_months(when.earliest, as_of)
    shortest = whole_months(min(_last_day(when), as_of), as_of)
    value = Quantity(Decimal(max(shortest, 0)), Decimal(max(longest, 0)))
    return Fact(name, State.PRESENT, "", value, Moment.at(as_of), (statement.origin,))


Ratio = tuple[Moment, Decimal, tuple[Origin, ...]]


def _ratios(series: Series) -> list[Ratio]:
    """Neutrophils by lymphocytes of the same moment, as absolute counts or as percentages (the same ratio)."""
    pairs = (("neutrophils", "lymphocytes"), ("neutrophils_percent", "lymphocytes_percent"))
    found = [ratio for upper, lower in pairs for ratio in _paired(series.get(upper, ()), series.get(lower, ()))]
    return sorted(found, key=lambda ratio: (ratio[0].earliest, ratio[1]))


def _paired(neutrophils: Sequence[Statement], lymphocytes: Sequence[Statement]) -> list[Ratio]:
    ratios: list[Ratio] = []
    for upper, count in _points(neutrophils):
        for lower, divisor in _points(lymphocytes):
            if upper.when and lower.when and upper.when.same(lower.when) and divisor > 0:
                ratios.append((upper.when, EXACT.divide(count, divisor), origins_of((upper, lower))))
    return ratios


def _points(statements: Sequence[Statement]) -> list[tuple[Statement, Decimal]]:
    return [
        (s, s.value.exact)
        for s in effective_versions(statements)
        if s.standing is Standing.FINAL and isinstance(s.value, Quantity) and s.value.exact is not None
    ]


def _tace(sessions: list[tuple[Moment, Members, Statement]]) -> Moment | None:
    days = [when for when, members, _ in sessions if _certainly(members, TACE)]
    return days[-1] if days else None


def _baseline(
    ratios: list[Ratio],
    sessions: list[tuple[Moment, Members, Statement]],
    facts: Mapping[str, Fact],
    as_of: datetime,
) -> Fact:
    """The last ratio before the last TACE; before a first TACE, the current one while both counts are current."""
    session = _tace(sessions)
    end = session.earliest if session else as_of
    window = [r for r in ratios if end - BASELINE_WINDOW <= r[0].earliest <= end]
    if session is None and window and not _counts_current(facts):
        return _absent("nlr_baseline", "counts-not-current")
    return _ratio("nlr_baseline", window[-1:], "no-paired-counts-before-tace")


def _counts_current(facts: Mapping[str, Fact]) -> bool:
    absolute = facts["neutrophils"].known is not None and facts["lymphocytes"].known is not None
    percent = facts["neutrophils_percent"].known is not None and facts["lymphocytes_percent"].known is not None
    return absolute or percent


def _at_six_months(ratios: list[Ratio], sessions: list[tuple[Moment, Members, Statement]]) -> Fact:
    session = _tace(sessions)
    if session is None:
        return _absent("nlr_6_months", "no-dated-tace")
    due = (months_before(session.earliest, -SIX_MONTHS[0]), months_before(session.earliest, -SIX_MONTHS[1]))
    window = [r for r in ratios if due[0] <= r[0].earliest <= due[1]]
    middle = months_before(session.earliest, -6)
    nearest = sorted(window, key=lambda r: (abs(r[0].earliest - middle), r[0].earliest))
    return _ratio("nlr_6_months", nearest[:1], "no-paired-counts-at-6-months")


def _ratio(name: str, chosen: list[Ratio], reason: str) -> Fact:
    if not chosen:
        return _absent(name, reason)
    when, ratio, origins = chosen[0]
    return Fact(name, State.PRESENT, "", Quantity.of(ratio), when, origins)
