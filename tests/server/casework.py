"""Casework in the test's own process, in place of worker processes; single steps can be replaced."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapter.advice.hl7v2 import Link
from adapter.ldt import rule_set
from adapter.mapping.site import Site, plain_site
from adapter.server.casework import Casework, Outcome, Task
from adapter.server.seen import Seen
from adapter.store import Judgement, Store

KEY = "HOSP/MR/P1"
"""The patient of the feeds."""


@dataclass
class InPlace:
    """What `Workers` do, without processes. `judging` and `evaluating` replace the real steps."""

    store: Store
    site: Site | None = None
    link: Link | None = None
    judging: Callable[[int], Judgement] | None = None
    evaluating: Callable[[Task], Outcome] | None = None
    at_once: int = 1

    @property
    def casework(self) -> Casework:
        """The real work."""
        return Casework(
            self.store,
            self.site or plain_site(),
            rule_set(),
            "https://ldt-adapter.example.org/fhir",
            link=self.link,
        )

    async def judge(self, numbers: Sequence[int]) -> list[Seen]:
        if self.judging is not None:
            return [Seen.of(self.judging(number)) for number in numbers]
        return [self.casework.judge(number) for number in numbers]

    async def evaluate(self, task: Task) -> Outcome:
        return (self.evaluating or self.casework.evaluate)(task)


def judge_all(store: Store, site: Site | None = None) -> None:
    """Judge what was received, as processing does behind the acknowledgement; nothing is evaluated."""
    casework = InPlace(store, site).casework
    waiting = [message.id for message in store.messages(state="received")]
    if waiting:
        store.judge([casework.judge(number).judgement for number in waiting])


def states(store: Store) -> list[tuple[str, str]]:
    """State and reason of every message."""
    return [(message.state, message.reason) for message in store.messages()]


def plan(store: Store, key: str = KEY) -> dict[str, Any]:
    """The CarePlan that holds for a patient."""
    found = store.evaluation(key)
    assert found is not None
    content: dict[str, Any] = json.loads(found.evaluated.care_plan)
    return content
