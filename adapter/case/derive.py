"""Inputs that follow from other facts by definition: age, neutrophil-to-lymphocyte ratios, months since embolisation.

A derivation states what it needs; where that is missing the result is absent with a reason, never "none" nor zero.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from adapter.case.assay import Assay, certainly_differ
from adapter.case.fact import Fact, Standing, State, Statement, Unused, origins_of
from adapter.case.merge import EARLIEST_YEAR, FUTURE_TOLERANCE, Clock, doubted, effective_versions
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

_COUNTS = ("neutrophils", "lymphocytes", "neutrophils_percent", "lymphocytes_percent")

Series = Mapping[str, Sequence[Statement]]
_Interval = tuple[datetime, datetime]


def derive(facts: Mapping[str, Fact], series: Series, clock: Clock) -> dict[str, Fact]:
    """The derived facts, each combined with what was stated directly about it."""
    current = {name: effective_versions(series.get(name, ())) for name in ("prior_liver_directed", *_COUNTS)}
    derived = _derived(facts, current, clock)
    disputed = [one for statements in current.values() for one in statements if one.disputed]
    if disputed:
        rest = {name: [one for one in statements if not one.disputed] for name, statements in current.items()}
        undisputed = _derived(facts, rest, clock)
        derived = {name: doubted(fact, undisputed[name], disputed) for name, fact in derived.items()}
    combined = {name: _combined(facts[name], fact) for name, fact in derived.items()}
    return combined | {"portal_vein_status": _portal_vein(facts["portal_vein_status"], facts["portal_vein_thrombosis"])}


def _derived(facts: Mapping[str, Fact], current: Series, clock: Clock) -> dict[str, Fact]:
    """The derived facts by the current versions of sessions and counts."""
    sessions = _sessions(current["prior_liver_directed"], clock.as_of)
    ratios = _ratios(current)
    before = _before_tace(ratios, sessions, clock.as_of)
    return {
        "age_years": _age(facts["birth_date"], clock.as_of),
        "months_since_last_transarterial": _months_since(sessions, clock.as_of),
        "nlr_baseline": _baseline(before, sessions, facts),
        "nlr_6_months": _at_six_months(ratios, sessions, before),
    }


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
    origins = thrombosis.origins + stated.origins
    return Fact(stated.name, State.CONFLICTING, "thrombosis-on-record", None, thrombosis.when, origins, stated.unused)


def _combined(stated: Fact, derived: Fact) -> Fact:
    """A stated value and a derived one must agree; one of them alone is enough. A stated one that may not be used and
    says the same as the derived one is not told."""
    if derived.known is None:
        return stated if stated.state is not State.ABSENT or stated.reason != "not-recorded" else derived
    if stated.known is None or stated.known == derived.known:
        unused = (one for one in _set_aside(stated) + stated.unused if one.value != derived.known)
        return replace(derived, unused=tuple(unused))
    if _compatible(stated.known, derived.known):
        return stated if isinstance(stated.known, Quantity) and stated.known.exact is not None else derived
    return Fact(
        derived.name,
        State.CONFLICTING,
        "stated-and-derived-differ",
        None,
        derived.when,
        derived.origins + stated.origins,
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
    state, value = stated.state, stated.on_record
    return tuple(Unused(state, stated.reason, stated.when, origin, value) for origin in stated.origins)


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
    return Fact("age_years", State.PRESENT, "", value, Moment.day_of(as_of), birth.origins)


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
        for s in statements
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
    return Fact(name, State.PRESENT, "", value, Moment.day_of(as_of), origins)


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Neutrophils by lymphocytes of one moment, where they came from, and how both were measured."""

    when: Moment
    value: Decimal
    origins: tuple[Origin, ...]
    assays: tuple[Assay, Assay]


def _ratios(current: Series) -> list[_Ratio]:
    """Neutrophils by lymphocytes of one moment: from absolute counts, and from percentages where there are none."""
    absolute = _paired(current["neutrophils"], current["lymphocytes"])
    counted = {ratio.when.earliest for ratio in absolute}
    shares = _paired(current["neutrophils_percent"], current["lymphocytes_percent"])
    found = absolute + [ratio for ratio in shares if ratio.when.earliest not in counted]
    return sorted(found, key=lambda ratio: (ratio.when.earliest, ratio.value))


def _paired(neutrophils: Sequence[Statement], lymphocytes: Sequence[Statement]) -> list[_Ratio]:
    """Each count with one of the same moment: enough to see whether counts of a moment contradict each other."""
    lower_at: dict[_Interval, list[tuple[Statement, Decimal]]] = defaultdict(list)
    for lower, divisor in _points(lymphocytes):
        if divisor > 0 and lower.when is not None:
            lower_at[lower.when.earliest, lower.when.latest].append((lower, divisor))
    ratios: list[_Ratio] = []
    met: set[_Interval] = set()
    for upper, count in _points(neutrophils):
        if upper.when is None:
            continue
        moment = (upper.when.earliest, upper.when.latest)
        divisors = lower_at.get(moment, [])
        for lower, divisor in divisors[:1] if moment in met else divisors:
            value, origins = EXACT.divide(count, divisor), origins_of((upper, lower))
            ratios.append(_Ratio(upper.when, value, origins, (upper.assay, lower.assay)))
        met.add(moment)
    return ratios


def _points(statements: Sequence[Statement]) -> list[tuple[Statement, Decimal]]:
    """Exact final values whose date is known to the day."""
    return [
        (s, s.value.exact)
        for s in statements
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


def _before_tace(ratios: list[_Ratio], sessions: list[_Session], as_of: datetime) -> list[_Ratio]:
    """The last ratios before the last TACE, or before today where there was none."""
    session = _tace(sessions)
    if isinstance(session, str):
        return []
    end = session.earliest if session else as_of
    window = [ratio for ratio in ratios if timedelta(0) <= end - ratio.when.earliest <= BASELINE_WINDOW]
    last = max((ratio.when.earliest for ratio in window), default=None)
    return [ratio for ratio in window if ratio.when.earliest == last]


def _baseline(before: list[_Ratio], sessions: list[_Session], facts: Mapping[str, Fact]) -> Fact:
    """The last ratio before the last TACE; before a first TACE, the current one while both counts are current."""
    session = _tace(sessions)
    if isinstance(session, str):
        return _absent("nlr_baseline", session)
    if session is None and before and not _counts_current(facts):
        return _absent("nlr_baseline", "counts-not-current")
    return _ratio("nlr_baseline", before, "no-paired-counts-before-tace")


def _counts_current(facts: Mapping[str, Fact]) -> bool:
    absolute = facts["neutrophils"].known is not None and facts["lymphocytes"].known is not None
    percent = facts["neutrophils_percent"].known is not None and facts["lymphocytes_percent"].known is not None
    return absolute or percent


def _at_six_months(ratios: list[_Ratio], sessions: list[_Session], before: list[_Ratio]) -> Fact:
    """The ratio nearest to 6 months; measured otherwise than the one before TACE, it is shown and not compared."""
    session = _tace(sessions)
    if session is None or isinstance(session, str):
        return _absent("nlr_6_months", session or "no-dated-tace")
    due = (months_before(session.earliest, -SIX_MONTHS[0]), months_before(session.earliest, -SIX_MONTHS[1]))
    window = [ratio for ratio in ratios if due[0] <= ratio.when.earliest <= due[1]]
    middle = months_before(session.earliest, -6)
    nearest = min((abs(ratio.when.earliest - middle) for ratio in window), default=None)
    chosen = [ratio for ratio in window if abs(ratio.when.earliest - middle) == nearest]
    earliest = min((ratio.when.earliest for ratio in chosen), default=None)
    own = [ratio for ratio in chosen if ratio.when.earliest == earliest]
    found = _ratio("nlr_6_months", own, "no-paired-counts-at-6-months")
    if found.known is not None and _measured_otherwise(own, before):
        return replace(found, state=State.EXCLUDED, reason="different-method")
    return found


def _measured_otherwise(ratios: list[_Ratio], others: list[_Ratio]) -> bool:
    """Whether counts of the one were certainly measured by another method or laboratory than those of the other."""
    upper, lower = ([(one.assays[n] for one in ratios), (two.assays[n] for two in others)] for n in (0, 1))
    return certainly_differ(*upper) or certainly_differ(*lower)


def _ratio(name: str, chosen: list[_Ratio], reason: str) -> Fact:
    """The ratio of one moment; counts of that moment that contradict each other give none."""
    if not chosen:
        return _absent(name, reason)
    origins = tuple(dict.fromkeys(origin for ratio in chosen for origin in ratio.origins))
    if len({ratio.value for ratio in chosen}) > 1:
        return Fact(name, State.CONFLICTING, "conflicting-values", None, chosen[0].when, origins)
    return Fact(name, State.PRESENT, "", Quantity.of(chosen[0].value), chosen[0].when, origins)
