"""Inputs that follow from other facts by definition: age, neutrophil-to-lymphocyte ratios, months since embolisation.

A derivation states what it needs; where that is missing the result is absent with a reason, never "none" nor zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from adapter.case.fact import Fact, Standing, State, Statement, Unused, origins_of
from adapter.case.merge import EARLIEST_YEAR, FUTURE_TOLERANCE, Clock, effective_versions
from adapter.case.moment import Moment, months_before, whole_months
from adapter.case.number import EXACT
from adapter.case.origin import Origin
from adapter.case.truth import Truth
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value

TACE = frozenset({"ctace", "deb_tace"})
TRANSARTERIAL = TACE | {"tae", "tare_lobar", "tare_whole_liver", "radiation_segmentectomy"}

BASELINE_WINDOW = timedelta(days=14)
"""A ratio counts as "before TACE" this long before the session (assumption: catalogue, nlr_baseline)."""
ONE_DAY = timedelta(days=1)

SIX_MONTHS = (5, 7)
"""A ratio counts as "at 6 months" from 5 to 7 calendar months after the session (assumption)."""

OLDEST = 130
"""No patient is older (assumption; the plausible bound of age_years)."""

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
    combined = {name: _combined(facts[name], fact) for name, fact in derived.items()}
    return combined | {"portal_vein_status": _portal_vein(facts["portal_vein_status"], facts["portal_vein_thrombosis"])}


def _portal_vein(stated: Fact, thrombosis: Fact) -> Fact:
    """A recorded thrombosis contradicts "patent", unless the vein was certainly seen patent after it."""
    if not isinstance(thrombosis.known, Flag) or not thrombosis.known.yes:
        return stated
    if stated.known is None:
        return stated if stated.state is not State.ABSENT else replace(stated, reason="thrombosis-on-record")
    if not isinstance(stated.known, Coded) or stated.known.exact != "patent":
        return stated
    if thrombosis.when is not None and stated.when is not None and thrombosis.when.before(stated.when):
        return stated
    origins = stated.origins + thrombosis.origins
    return Fact(stated.name, State.CONFLICTING, "thrombosis-on-record", None, thrombosis.when, origins, stated.unused)


def _combined(stated: Fact, derived: Fact) -> Fact:
    """A stated value and a derived one must agree; one of them alone is enough."""
    if derived.known is None:
        return stated if stated.state is not State.ABSENT or stated.reason != "not-recorded" else derived
    if stated.known is None or stated.known == derived.known:
        return replace(derived, unused=_set_aside(stated) + stated.unused)
    if _compatible(stated.known, derived.known):
        return stated if isinstance(stated.known, Quantity) and stated.known.exact is not None else derived
    return Fact(
        derived.name,
        State.CONFLICTING,
        "stated-and-derived-differ",
        None,
        derived.when,
        stated.origins + derived.origins,
    )


def _compatible(stated: Value, derived: Value) -> bool:
    """Whether two quantities may be the same number: an age within the years that a partial birth date allows."""
    if not isinstance(stated, Quantity) or not isinstance(derived, Quantity):
        return False
    return stated.compare("==", derived) is Truth.UNKNOWN


def _set_aside(stated: Fact) -> tuple[Unused, ...]:
    """The stated value that may not be used, so that it stays visible beside the derived one."""
    if stated.known is not None or stated.state is State.ABSENT:
        return ()
    return tuple(Unused(stated.state, stated.reason, stated.when, origin) for origin in stated.origins)


def _absent(name: str, reason: str, origins: tuple[Origin, ...] = ()) -> Fact:
    return Fact(name, State.ABSENT, reason, origins=origins)


def _age(birth: Fact, as_of: datetime) -> Fact:
    """Completed years; a partial date of birth gives the range of years that it allows."""
    if not isinstance(birth.known, Day):
        return _absent("age_years", "birth-date-not-recorded" if birth.state is State.ABSENT else birth.reason)
    born = birth.known.moment
    if born.earliest > as_of:
        return _absent("age_years", "birth-date-in-the-future", birth.origins)
    youngest = whole_months(min(_last_day(born), as_of), as_of) // 12
    oldest = whole_months(born.earliest, as_of) // 12
    if oldest > OLDEST or born.earliest.year < EARLIEST_YEAR:
        return _absent("age_years", "birth-date-implausible", birth.origins)
    value = Quantity(Decimal(max(youngest, 0)), Decimal(oldest))
    return Fact("age_years", State.PRESENT, "", value, Moment.at(as_of), birth.origins)


def _last_day(when: Moment) -> datetime:
    """The latest day it may have been: a date is one day, a bare year ends on 31 December."""
    return max(when.earliest, when.latest - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class _Session:
    """A transarterial session on record; its date may be unknown."""

    when: Moment | None
    members: Members
    origin: Origin


def _sessions(statements: Sequence[Statement], as_of: datetime) -> list[_Session]:
    """The transarterial sessions that have taken place."""
    found = [
        _Session(s.when, s.value, s.origin)
        for s in effective_versions(statements)
        if s.standing is Standing.FINAL
        and isinstance(s.value, Members)
        and not s.value.complete
        and _took_place(s, as_of)
    ]
    return [session for session in found if _certainly(session.members, TRANSARTERIAL)]


def _took_place(statement: Statement, as_of: datetime) -> bool:
    when = statement.when
    if when is None:
        return True
    return when.earliest <= as_of + FUTURE_TOLERANCE and when.earliest.year >= EARLIEST_YEAR


def _certainly(members: Members, codes: frozenset[str]) -> bool:
    return bool(members.certain & codes) or any(group <= codes for group in members.one_of)


def _months_since(sessions: list[_Session], as_of: datetime) -> Fact:
    """Months since the last session: a range where the dates leave open which one was the last, or when."""
    name = "months_since_last_transarterial"
    dated = [session.when for session in sessions if session.when is not None]
    origins = tuple(sorted({s.origin for s in sessions}, key=lambda origin: (origin.document, origin.place)))
    if not dated:
        return _absent(name, "no-dated-session", origins)
    if len(dated) < len(sessions):
        return _absent(name, "a-session-is-undated", origins)
    longest = whole_months(max(when.earliest for when in dated), as_of)
    shortest = whole_months(min(max(_last_day(when) for when in dated), as_of), as_of)
    value = Quantity(Decimal(max(shortest, 0)), Decimal(max(longest, 0)))
    return Fact(name, State.PRESENT, "", value, Moment.at(as_of), origins)


Ratio = tuple[Moment, Decimal, tuple[Origin, ...]]


def _ratios(series: Series) -> list[Ratio]:
    """Neutrophils by lymphocytes of one moment: from absolute counts, and from percentages where there are none."""
    absolute = _paired(series.get("neutrophils", ()), series.get("lymphocytes", ()))
    counted = {moment.earliest for moment, _, _ in absolute}
    shares = _paired(series.get("neutrophils_percent", ()), series.get("lymphocytes_percent", ()))
    found = absolute + [ratio for ratio in shares if ratio[0].earliest not in counted]
    return sorted(found, key=lambda ratio: (ratio[0].earliest, ratio[1]))


def _paired(neutrophils: Sequence[Statement], lymphocytes: Sequence[Statement]) -> list[Ratio]:
    ratios: list[Ratio] = []
    for upper, count in _points(neutrophils):
        for lower, divisor in _points(lymphocytes):
            if upper.when and lower.when and upper.when.same(lower.when) and divisor > 0:
                ratios.append((upper.when, EXACT.divide(count, divisor), origins_of((upper, lower))))
    return ratios


def _points(statements: Sequence[Statement]) -> list[tuple[Statement, Decimal]]:
    """Exact final values whose date is known to the day."""
    return [
        (s, s.value.exact)
        for s in effective_versions(statements)
        if s.standing is Standing.FINAL
        and isinstance(s.value, Quantity)
        and s.value.exact is not None
        and s.when is not None
        and s.when.span <= ONE_DAY
    ]


def _tace(sessions: list[_Session]) -> Moment | str | None:
    """The last TACE, None when there was none; a reason when the dates do not say which was the last."""
    taces = [session.when for session in sessions if _certainly(session.members, TACE)]
    dated = [when for when in taces if when is not None and when.span <= ONE_DAY]
    if len(dated) < len(taces):
        return "tace-date-imprecise"
    return max(dated, key=lambda when: when.earliest) if dated else None


def _baseline(ratios: list[Ratio], sessions: list[_Session], facts: Mapping[str, Fact], as_of: datetime) -> Fact:
    """The last ratio before the last TACE; before a first TACE, the current one while both counts are current."""
    session = _tace(sessions)
    if isinstance(session, str):
        return _absent("nlr_baseline", session)
    end = session.earliest if session else as_of
    window = [r for r in ratios if timedelta(0) <= end - r[0].earliest <= BASELINE_WINDOW]
    if session is None and window and not _counts_current(facts):
        return _absent("nlr_baseline", "counts-not-current")
    last = max((r[0].earliest for r in window), default=None)
    return _ratio("nlr_baseline", [r for r in window if r[0].earliest == last], "no-paired-counts-before-tace")


def _counts_current(facts: Mapping[str, Fact]) -> bool:
    absolute = facts["neutrophils"].known is not None and facts["lymphocytes"].known is not None
    percent = facts["neutrophils_percent"].known is not None and facts["lymphocytes_percent"].known is not None
    return absolute or percent


def _at_six_months(ratios: list[Ratio], sessions: list[_Session]) -> Fact:
    session = _tace(sessions)
    if session is None or isinstance(session, str):
        return _absent("nlr_6_months", session or "no-dated-tace")
    due = (months_before(session.earliest, -SIX_MONTHS[0]), months_before(session.earliest, -SIX_MONTHS[1]))
    window = [r for r in ratios if due[0] <= r[0].earliest <= due[1]]
    middle = months_before(session.earliest, -6)
    nearest = min((abs(r[0].earliest - middle) for r in window), default=None)
    chosen = [r for r in window if abs(r[0].earliest - middle) == nearest]
    earliest = min((r[0].earliest for r in chosen), default=None)
    return _ratio("nlr_6_months", [r for r in chosen if r[0].earliest == earliest], "no-paired-counts-at-6-months")


def _ratio(name: str, chosen: list[Ratio], reason: str) -> Fact:
    """The ratio of one moment; counts of that moment that contradict each other give none."""
    if not chosen:
        return _absent(name, reason)
    origins = tuple(dict.fromkeys(origin for _, _, own in chosen for origin in own))
    if len({ratio for _, ratio, _ in chosen}) > 1:
        return Fact(name, State.CONFLICTING, "conflicting-values", None, chosen[0][0], origins)
    return Fact(name, State.PRESENT, "", Quantity.of(chosen[0][1]), chosen[0][0], origins)
