"""Which cards a user has dealt with before: the same words on unchanged data, after the user's own feedback on them.

Off unless a site asks for it. Not for keeping feedback: the entries are given, and nothing here reads a clock.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.card import detail, full
from adapter.advice.indicator import indicator
from adapter.advice.summary import summary
from adapter.case.fact import Fact
from adapter.case.moment import Moment
from adapter.case.value import to_plain
from adapter.mapping.interpret import MEMBER_LISTS

PASSING = frozenset({"age_years", "months_since_last_transarterial"})
"""Facts that change by the day alone. They count by what they change in the advice, and where the card names them."""

_OF_THE_DAY = PASSING.union(MEMBER_LISTS["order"])
"""Facts that may have the date of the call: what is counted from it, and a draft, which is of today on every day."""

_ANY_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answered:
    """Feedback of a user (`Practitioner/1`) on an advice (its key), accepted or overridden, and when."""

    user: str = field(repr=False)
    advice: str = field(repr=False)
    when: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """For how long an answered card stays away; zero, the default, means that it never does."""

    rest: timedelta = timedelta(0)

    def holds(self, assessment: Assessment, user: str, answers: Iterable[Answered], now: datetime) -> bool:
        """Whether the card on this assessment is not shown to the user again now. A critical card always is."""
        if not self.rest or not user or indicator(assessment) == "critical":
            return False
        key = advice_key(assessment)
        return any(one.user == user and one.advice == key and now - self.rest < one.when <= now for one in answers)


NEVER_QUIET = Quiet()
"""The default: every card is shown."""


def advice_key(assessment: Assessment) -> str:
    """What two cards share that say the same, but for the day, of the same patient on the same data by the same rules.

    A digest: nothing about the patient can be read from it.
    """
    return _keys(assessment)[0]


@once
def _keys(assessment: Assessment) -> Iterator[str]:
    advice, timeless = assessment.advice, _timeless(assessment)
    content = [
        assessment.patient.to_json(),
        f"{advice.rule_set}|{assessment.rules.edition}",
        indicator(assessment),
        [summary(timeless), detail(timeless, linked=True), full(timeless)],
        [_content(fact) for name, fact in sorted(timeless.case.facts.items()) if name not in PASSING],
        sorted({finding.code for finding in assessment.findings}),
    ]
    yield hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def _timeless(assessment: Assessment) -> Assessment:
    """The assessment as it says the same on any day: a value keeps its date, and is as old as it is."""
    case, today = assessment.case, f"{assessment.case.as_of:%Y-%m-%d}"
    facts = {name: _undated(fact, today) if name in _OF_THE_DAY else fact for name, fact in case.facts.items()}
    return replace(assessment, case=replace(case, facts=facts, as_of=_ANY_DAY))


def _undated(fact: Fact, today: str) -> Fact:
    """The fact without the dates that are those of the day."""
    unused = tuple(replace(one, when=_other_day(one.when, today)) for one in fact.unused)
    return replace(fact, when=_other_day(fact.when, today), unused=unused)


def _other_day(when: Moment | None, today: str) -> Moment | None:
    return None if when is not None and when.day == today else when


def _content(fact: Fact) -> list[object]:
    """What a fact says, and when it was said; that a value on record has become too old is a change too."""
    value = None if fact.on_record is None else to_plain(fact.on_record)
    return [fact.name, fact.state.value, fact.reason, value, fact.when.day if fact.when else ""]
