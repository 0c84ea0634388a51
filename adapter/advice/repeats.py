"""Which cards a user has dealt with before: the same advice on unchanged data, after the user's own feedback on it.

Off unless a site asks for it. Not for keeping feedback: the entries are given, and nothing here reads a clock.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapter.advice.assessment import Assessment, once
from adapter.advice.indicator import indicator
from adapter.case.fact import Fact
from adapter.case.value import to_plain
from adapter.mapping.interpret import MEMBER_LISTS

PASSING = frozenset({"age_years", "months_since_last_transarterial"})
"""Facts that change by the day alone. What they change in the advice counts, they themselves do not."""


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
    """What two cards share that say the same of the same patient on the same data by the same rules.

    A digest: nothing about the patient can be read from it.
    """
    return _keys(assessment)[0]


@once
def _keys(assessment: Assessment) -> Iterator[str]:
    advice = assessment.advice
    content = [
        assessment.patient.to_json(),
        f"{advice.rule_set}|{assessment.rules.edition}",
        indicator(assessment),
        advice.scope.value,
        [(t.code, t.strength.value, t.provisional, t.planned.value) for t in advice.therapies],
        [(danger.kind, danger.codes) for danger in advice.dangers],
        [remark.code for remark in (*advice.cautions, *advice.actions, *advice.notes)],
        [_content(fact) for name, fact in sorted(assessment.case.facts.items()) if name not in PASSING],
        sorted({finding.code for finding in assessment.findings}),
        [assessment.gaps, assessment.call, sorted(assessment.earlier)],
    ]
    yield hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


def _content(fact: Fact) -> list[object]:
    """What a fact says, and when it was said; that a value on record has become too old is a change too. A draft is of
    today on every day."""
    value = None if fact.on_record is None else to_plain(fact.on_record)
    day = fact.when.day if fact.when and fact.name not in MEMBER_LISTS["order"] else ""
    return [fact.name, fact.state.value, fact.reason, value, day]
