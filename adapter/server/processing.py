"""Processing: what arrived is applied to its patients behind the acknowledgement, one patient after another.

Everything it does can be interrupted anywhere and done again: what is to be done follows from the states in the store,
and every effect has a key. A fault with one patient's messages puts those into quarantine and stops nobody else's.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Final

from adapter.mapping.hl7v2_plain import Plain
from adapter.server.bystanders import Bystander, Bystanders, with_all
from adapter.server.casework import Outcome, Task
from adapter.server.faults import report
from adapter.server.judging import Judging
from adapter.server.log import log
from adapter.server.seen import Seen
from adapter.server.unapplied import FAILED, OWN_FAULTS
from adapter.server.work import Work
from adapter.store import (
    Effect,
    Judgement,
    MessageState,
    Noted,
    Review,
    Settled,
    Store,
    StoreUnavailable,
)

BATCH: Final = 500
"""Messages looked at together; those of one patient are applied in one go."""

GATHERING: Final = 0.25
"""Seconds in which messages gather after fewer than BATCH were looked at: each look costs the receiver as much time as
many messages do. What arrives after a silence never waits for that, and nothing waits for longer than that before all
that came before it is processed and it is looked at itself, however many come."""

IDLE: Final = 1.0
"""Seconds until the store is looked at again where nobody said that something arrived."""

PATIENCE: Final = 900.0
"""Seconds until a patient whom a fault of ours kept from being evaluated again is tried once more."""

UNMATCHED: Final = Noted("withdrawal-unmatched", "")


@dataclass(slots=True)
class _Due:
    """What patients of joined numbers are to be evaluated for: messages, each with the number it is applied to."""

    applied: list[tuple[int, str]] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)

    @property
    def messages(self) -> list[int]:
        """The numbers of the messages."""
        return list(dict.fromkeys(number for number, _ in self.applied))


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of messages, and the effect that is still to be stored, with those of the other patients."""

    settled: list[Settled]
    effect: Effect | None = None
    bystander: Bystander | None = None


@dataclass(slots=True)
class Processor:
    """Judges what was received, applies it to patients, and keeps what is advised.

    `now` is the time of judging; `destinations` are where new advice goes, and `queued` is called when there is some.
    """

    store: Store
    work: Work
    now: Callable[[], datetime]
    destinations: tuple[str, ...] = ()
    queued: Callable[[], None] = lambda: None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: dict[int, float] = field(default_factory=dict)
    _reviewed: date | None = None
    _bystanders: Bystanders = field(default_factory=Bystanders)
    _judging: Judging = field(init=False)

    def __post_init__(self) -> None:
        self._judging = Judging(self.store, self.work)

    def wake(self) -> None:
        """Say that something arrived."""
        self._arrived.set()

    async def run(self) -> None:
        """Process until cancelled; the edge where a fault of ours costs a pause and never the messages."""
        try:
            while True:
                self._arrived.clear()
                await self._process_all()
                await self._pause()
        finally:
            self._judging.stop()

    async def _process_all(self) -> None:
        try:
            await self.review_daily()
            while done := await self.step():
                if done < BATCH:
                    await asyncio.sleep(GATHERING)
        except StoreUnavailable as error:
            report("processing_postponed", error, code=error.cause)
        except Exception as error:  # noqa: BLE001  the edge of processing: what is stored stays to be done
            report("processing_failed", error)

    async def review_daily(self) -> None:
        """Once a day, and at the start, let all advice that holds be looked at again: facts grow old, results of the
        future come true, and the rule set or the site may be another."""
        today = self.now().date()
        if self._reviewed != today:
            await asyncio.to_thread(self.store.review_advised)
            self._reviewed = today

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._arrived.wait()
        except TimeoutError:
            return

    async def step(self) -> int:
        """Process what waits, at most a batch of it; how much there was."""
        waiting = await asyncio.to_thread(self.store.waiting, BATCH, 0)
        seen = await self._judging.judge(waiting) if waiting else []
        if len(waiting) == BATCH:
            self._judging.go_ahead(waiting[-1], BATCH)
        judged, due = await asyncio.to_thread(self._pass_by, seen, asyncio.get_running_loop().time())
        if due or judged:
            await self._evaluate(judged, due)
        return len(waiting) + sum(len(one.reviews) for one in due.values())

    async def _evaluate(self, judged: Sequence[Judgement], due: Mapping[tuple[str, ...], _Due]) -> None:
        """Apply what was judged to the patients for whom it waits, and keep what comes of it."""
        states = {one.message: Settled(one.message, "mapped") for one in judged}
        free = asyncio.Semaphore(self.work.at_once)
        done = await self._all(due, frozenset(), free)
        for one in (settled for patient in done for settled in patient.settled):
            states[one.message] = _worse(states.get(one.message, one), one)
        recorded = [patient.effect for patient in done if patient.effect is not None]
        if states or recorded:
            await asyncio.to_thread(self._settle, recorded, tuple(states.values()))
        for (key, *_), patient in zip(due, done[-len(due) :], strict=True):
            if patient.bystander is not None:
                self._bystanders.keep(key, patient.bystander)

    async def _all(
        self, due: Mapping[tuple[str, ...], _Due], without: frozenset[int], free: asyncio.Semaphore
    ) -> list[_Done]:
        """Evaluate all patients. A message that is held for one of them counts for none: the others are evaluated again
        without it, before anything is stored."""
        done = await asyncio.gather(*(self._patient(keys, one, without, free) for keys, one in due.items()))
        held = [one for patient in done for one in patient.settled if one.state == "quarantined"]
        if not held:
            return done
        return [_Done(held), *await self._all(due, without | {one.message for one in held}, free)]

    def _pass_by(self, seen: Sequence[Seen], now: float) -> tuple[Sequence[Judgement], Mapping[tuple[str, ...], _Due]]:
        """Store what the messages turned out to be, and with it the end of those about bystanders. The others that can
        be used, and what waits for each patient then. It is done by one thread in one go: each change between threads
        keeps the receiver waiting."""
        judged = self._judged(seen) if seen else []
        self._note_quarantined(judged)
        usable = [one for one in judged if one.state == "received"]
        due = self._patients(usable, self._reviews(now))
        self._bystanders.forget(key for keys in due for key in keys)
        return usable, due

    def _judged(self, seen: Sequence[Seen]) -> list[Judgement]:
        """Store the judgements, and with them the end of all messages about bystanders; those of the others."""
        found = self._found_bystanders(seen)
        passed = {one.message: one.plain.key for one in seen if one.plain and one.plain.key in found}
        noted = [one.judgement for one in seen if one.noted or one.message not in passed]
        due = self.store.judge_and_finish(noted, passed, self.now())
        for key, known in found.items():
            self._bystanders.keep(key, known)
        self._bystanders.forget(key for number, key in passed.items() if number not in due)
        return [one for one in noted if one.message not in passed]

    def _found_bystanders(self, seen: Sequence[Seen]) -> dict[str, Bystander]:
        """Those whom the messages leave bystanders: of whom nothing was stored before, or who were some already."""
        told: dict[str, list[tuple[int, Plain]]] = {}
        others: set[str] = set()
        for one in seen:
            if one.plain is not None:
                told.setdefault(one.plain.key, []).append((one.message, one.plain))
            elif one.judgement.state == "received":
                others.update(one.judgement.patient_keys)
        others |= self.store.entangled(told.keys())
        unknown = [key for key in told if self._bystanders.get(key) is None]
        others |= self.store.linked(unknown) if unknown else set()
        found: dict[str, Bystander] = {}
        for key, messages in told.items():
            known = None if key in others else with_all(self._bystanders.get(key), messages)
            if known is not None:
                found[key] = known
        return found

    def _reviews(self, now: float) -> list[Review]:
        """The patients to be evaluated again, but for those whom a fault kept from it a short while ago."""
        self._failed = {number: since for number, since in self._failed.items() if now < since + PATIENCE}
        found = self.store.reviews(BATCH + len(self._failed))
        return [review for review in found if review.id not in self._failed][:BATCH]

    def _patients(self, judged: Iterable[Judgement], reviews: Iterable[Review]) -> dict[tuple[str, ...], _Due]:
        """What waits for each patient, numbers that were merged together, in order of the first message."""
        joined = cache(self.store.joined)
        found: dict[tuple[str, ...], _Due] = {}
        for one in judged:
            for key in one.applied_to:
                found.setdefault(joined(key), _Due()).applied.append((one.message, key))
        for review in reviews:
            found.setdefault(joined(review.patient_key), _Due()).reviews.append(review)
        return found

    async def _patient(
        self, keys: tuple[str, ...], due: _Due, without: frozenset[int], free: asyncio.Semaphore
    ) -> _Done:
        """Apply the new messages of joined numbers; what becomes of them, and of earlier ones that cannot be used."""
        try:
            async with free:
                outcome = await self.work.evaluate(Task(keys, self.now(), secrets.token_hex(16), without))
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one patient's fault must not stop the others
            report("patient_failed", error)
            if not due.applied:
                since = asyncio.get_running_loop().time()
                self._failed.update({review.id: since for review in due.reviews})
            return _Done([_held(number, FAILED) for number in due.messages if number not in without])
        unused = without | outcome.held.keys()
        applied = tuple((number, key) for number, key in due.applied if number not in unused)
        used = [_used(number, key, outcome) for number, key in applied]
        held = [_held(number, reason) for number, reason in outcome.held.items()]
        if not applied and not due.reviews:
            return _Done(held, bystander=outcome.bystander)
        effect = Effect(applied, self.now(), outcome.evaluated, self.destinations, tuple(due.reviews))
        return _Done([*used, *held], effect, outcome.bystander)

    def _settle(self, effects: Sequence[Effect], settled: tuple[Settled, ...]) -> None:
        if self.store.finish(effects, settled):
            self.queued()
        self._note_quarantined(settled)

    def _note_quarantined(self, done: Iterable[Judgement | Settled]) -> None:
        """Name what cannot be used; where that is a fault of ours, the advice on its patients has to say so. A restart
        before that looks at all advice again."""
        for one in done:
            if one.state == "quarantined":
                log().warning("message_quarantined", message=one.message, code=one.reason)
                if one.reason in OWN_FAULTS:
                    self.store.review(one.message)


def _state(key: str, outcome: Outcome) -> MessageState:
    """What became of a message that was applied to a patient."""
    return "evaluated" if outcome.survivors.get(key, key) in outcome.evaluated else "mapped"


def _used(number: int, key: str, outcome: Outcome) -> Settled:
    """A message that counts, with a finding where it takes back what is not there."""
    noted = (UNMATCHED,) if number in outcome.unmatched else ()
    return Settled(number, _state(key, outcome), findings=noted)


def _held(number: int, reason: str) -> Settled:
    return Settled(number, "quarantined", reason, (Noted(reason, ""),))


_ORDER: Final = ("mapped", "evaluated", "quarantined")


def _worse(one: Settled, other: Settled) -> Settled:
    """A message about several patients: quarantined for one of them is quarantined, evaluated for one is evaluated;
    what was found for any of them stays."""
    worse = max(one, other, key=lambda settled: _ORDER.index(settled.state))
    return replace(worse, findings=tuple(dict.fromkeys((*one.findings, *other.findings))))
