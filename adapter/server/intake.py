"""The intake of HL7 v2: one received message is judged, stored, and only then answered.

Not for sockets and HTTP; MLLP and `POST /hl7v2` both hand their bytes to this and send back what it says.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal

from adapter.hl7v2 import AckError, Batch, Header, acknowledge_batch, read_batch
from adapter.mapping.site import ANY_PROFILE, Connection, Profile, Site, plain_site
from adapter.server.answer import Answer, Verdict, joined
from adapter.server.clock import ClockWatch
from adapter.server.content import Content
from adapter.server.faults import report
from adapter.server.fields import control_id, indexed, named, sender, type_of
from adapter.server.header import MessageLimits, Opened, is_header_alone
from adapter.server.judge import Judged, Refusal, judge
from adapter.server.log import log
from adapter.server.reply import not_stored, own_control_id, reply
from adapter.server.routine import Mark, Routine, Routines, marked
from adapter.server.sequence import ASK, OUT_OF_SEQUENCE, RESYNCHRONISE, SequenceNumbers, sequence_number
from adapter.store import Arrival, MessageState, Noted, Receipt, Store, StoreUnavailable

Outcome = (
    MessageState
    | Refusal
    | Literal["duplicate", "sent-again", "control-id-reused", "store-unavailable", "internal-error"]
)
"""What became of a message; a message may count under several."""

_INLINE_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class Intake:
    """Takes messages for one store, of the senders of one site.

    `outcomes` counts what became of them. `now` gives the time of arrival, aware. `deliver` is given the destinations
    for which acknowledgements were queued; `arrived` is called after a message to be used was stored.
    """

    store: Store
    site: Site = field(default_factory=plain_site)
    limits: MessageLimits = field(default_factory=MessageLimits)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    deliver: Callable[[str], None] = lambda _: None
    arrived: Callable[[], None] = lambda: None
    clock: ClockWatch = field(default_factory=ClockWatch)
    _routines: Routines = field(default_factory=Routines)
    _sequences: SequenceNumbers = field(init=False)

    def __post_init__(self) -> None:
        self._sequences = SequenceNumbers(self.store)

    async def receive(self, raw: bytes, connection: Connection | None = None) -> Answer:
        """Judge and store the bytes of one message, or each message of a batch; the answer is given after the commit.

        Accepted, quarantined and unused types: AA, or AE for content at fault where the sender's profile wants it. MSH
        without type or control id: AE, stored. A sender that the connection may not be, wrong type, event, version,
        processing id or receiver, or no message at all: AR, not stored. Store unavailable: AR with `retry`. In enhanced
        mode CA, CE and CR, and CE where the store is unavailable. A batch is answered by a batch of such answers. Never
        raises for any bytes.
        """
        try:
            batch = read_batch(raw) if len(raw) <= self.limits.most_bytes else None
            if batch is None:
                answer = await self._receive_one(raw, connection or Connection())
            else:
                answer = await self._receive_batch(batch, connection or Connection())
            for to in dict.fromkeys(ack.to for ack in answer.elsewhere):
                self.deliver(to)
            return answer
        except Exception as error:  # noqa: BLE001  the edge of MLLP and HTTP: the sender keeps the message
            return self._failed(raw, Opened(None), error)

    def take(self, raw: bytes, connection: Connection, answered: Callable[[Answer], None]) -> bool:
        """Take a message whose header says what that of others said, without a task of its own; whether it is one.

        `answered` is given what `receive` would say, after the commit and in a later turn of the loop. Of any other
        message nothing has happened yet.
        """
        mark = marked(raw) if len(raw) <= self.limits.within else None
        routine = self._routines.find(mark, connection) if mark else None
        if mark is None or routine is None:
            return False
        try:
            now = self.now()
            self.clock.note(routine.sender, mark.time.decode("ascii"), routine.zone, now)
            arrival = routine.arrival(raw, mark, now)
            self.store.append_soon(arrival, partial(self._taken, raw, connection, mark, routine, answered))
        except Exception as error:  # noqa: BLE001  the edge of one message: its sender is answered in its own mode
            asyncio.get_running_loop().call_soon(answered, self._failed_again(raw, connection, error))
        return True

    def _taken(
        self,
        raw: bytes,
        connection: Connection,
        mark: Mark,
        routine: Routine,
        answered: Callable[[Answer], None],
        receipt: Receipt | StoreUnavailable,
    ) -> None:
        try:
            answer = self._answered(raw, connection, mark, routine, receipt)
        except Exception as error:  # noqa: BLE001  as in `take`
            answer = self._failed_again(raw, connection, error)
        answered(answer)

    def _answered(
        self, raw: bytes, connection: Connection, mark: Mark, routine: Routine, receipt: Receipt | StoreUnavailable
    ) -> Answer:
        if isinstance(receipt, Receipt):
            self._count(receipt, routine.content)
            return routine.reply(mark, self.now())
        self._unavailable(receipt)
        opened, judged = judge(raw, connection, self.site, self.limits, self.now())
        return not_stored(raw, opened.header, judged.profile, self.now())

    def _failed_again(self, raw: bytes, connection: Connection, error: Exception) -> Answer:
        """The answer to a fault of our own where only the mark of the header was read; it raises nothing."""
        try:
            opened, judged = judge(raw, connection, self.site, self.limits, self.now())
        except Exception as another:  # noqa: BLE001  nobody else would answer
            return self._failed(raw, Opened(None), another)
        return self._failed(raw, opened, error, judged.profile)

    async def _receive_one(self, raw: bytes, connection: Connection) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self.take(raw, connection, partial(_settle, future)):
            return await future
        mark = marked(raw) if len(raw) <= self.limits.within else None
        opened, judged = await self._judge(raw, connection)
        if opened.header is not None:
            self.clock.note(sender(opened.header), opened.header.time, judged.profile.sender.zone, self.now())
            if mark:
                self._routines.learn(mark, connection, opened.header, judged)
        return await self._settle(raw, opened, judged)

    async def _receive_batch(self, batch: Batch, connection: Connection) -> Answer:
        """Each message has its own outcome; they are stored in their order, and share commits."""
        judged = [await self._judge(raw, connection) for raw in batch.messages]
        kept = await self._keep_envelope(batch)
        settling = (self._settle(raw, *one) for raw, one in zip(batch.messages, judged, strict=True))
        answers = await asyncio.gather(*settling)
        acks = [answer.ack for answer in answers]
        ack = acknowledge_batch(batch, acks, control_id=own_control_id, now=self.now())
        return joined(answers, ack if any(acks) or not acks else b"", kept)

    async def _judge(self, raw: bytes, connection: Connection) -> tuple[Opened, Judged]:
        if len(raw) <= _INLINE_BYTES:
            return judge(raw, connection, self.site, self.limits, self.now())
        # other connections are served meanwhile
        return await asyncio.to_thread(judge, raw, connection, self.site, self.limits, self.now())

    async def _settle(self, raw: bytes, opened: Opened, judged: Judged) -> Answer:
        """Store what is to be stored, acknowledgements for elsewhere too, count, and answer."""
        try:
            answer = await self._settled(raw, opened.header, judged)
            for ack in answer.elsewhere:
                await self.store.acks.put(ack.to, hashlib.sha256(raw).digest(), ack.ack)
            return answer
        except StoreUnavailable as error:
            self._unavailable(error)
            return not_stored(raw, opened.header, judged.profile, self.now())
        except Exception as error:  # noqa: BLE001  the edge of one message: the others of its batch have their answers
            return self._failed(raw, opened, error, judged.profile)

    async def _settled(self, raw: bytes, header: Header | None, judged: Judged) -> Answer:
        if header is not None and judged.content is not None and judged.profile.acknowledge.sequence_numbers:
            return await self._in_sequence(raw, header, judged)
        if await self._kept(raw, header, judged):
            return reply(raw, header, judged, self.now())
        return not_stored(raw, header, judged.profile, self.now())

    async def _in_sequence(self, raw: bytes, header: Header, judged: Judged) -> Answer:
        """Store it only where its number is the one that is expected; MSA-4 says which."""
        number = sequence_number(header)
        if isinstance(number, AckError):
            return reply(raw, header, self._refused(header, judged, "E", number), self.now())
        if number in (ASK, RESYNCHRONISE) and is_header_alone(raw):
            judged = Judged("A", content=Content("ignored", "sequence-only"), profile=judged.profile)
        link = await self._sequences.link(sender(header))
        async with link.lock:
            if number is not None and not link.takes(number):
                return self._out_of_sequence(raw, header, judged, link.expected)
            if not await self._kept(raw, header, judged):
                return not_stored(raw, header, judged.profile, self.now())
            if number is None:
                return reply(raw, header, judged, self.now())
            link.accept(number)
            return reply(raw, header, judged, self.now(), link.expected)

    def _out_of_sequence(self, raw: bytes, header: Header, judged: Judged, expected: int | None) -> Answer:
        return reply(raw, header, self._refused(header, judged, "R", OUT_OF_SEQUENCE), self.now(), expected)

    def _refused(self, header: Header, judged: Judged, verdict: Verdict, error: AckError) -> Judged:
        """Not stored for its sequence number."""
        refused = Judged(verdict, (error,), "out-of-sequence", profile=judged.profile, peer=judged.peer)
        self._note(header, refused)
        return refused

    async def _kept(self, raw: bytes, header: Header | None, judged: Judged) -> bool:
        """Whether it is stored, or was not to be stored."""
        self._note(header, judged)
        if judged.content is None:
            return True
        return await self._stored(self._arrival(raw, header, judged.content, judged.profile.name), judged.content)

    def _note(self, header: Header | None, judged: Judged) -> None:
        if judged.outcome is not None:
            self.outcomes[judged.outcome] += 1
        if judged.errors:
            who = {"address": judged.peer, "profile": judged.profile.name, **named(header)}
            log().warning("message_refused", code=judged.errors[0].code, status=judged.outcome, **who)

    async def _stored(self, arrival: Arrival, content: Content) -> bool:
        """Store and count; whether it is stored."""
        try:
            receipt = await self.store.append_async(arrival)
        except StoreUnavailable as error:
            self._unavailable(error)
            return False
        self._count(receipt, content)
        return True

    def _unavailable(self, error: StoreUnavailable) -> None:
        self.outcomes["store-unavailable"] += 1
        report("store_unavailable", error, code=error.cause)

    def _count(self, receipt: Receipt, content: Content) -> None:
        self.outcomes["duplicate" if receipt.duplicate else content.state] += 1
        if content.state == "quarantined" and not receipt.duplicate:
            log().warning("message_quarantined", message=receipt.message, code=content.reason)
        if receipt.discarded:
            self.outcomes["sent-again"] += 1
            log().warning("discarded_message_again", message=receipt.message)
        if receipt.control_id_reused:
            self.outcomes["control-id-reused"] += 1
            log().warning("control_id_reused", message=receipt.message)
        if content.state == "received" and not receipt.duplicate:
            self.arrived()

    async def _keep_envelope(self, batch: Batch) -> bool:
        """Store the batch segments; in quarantine where their counts do not hold, since a message may be missing."""
        content = Content("ignored", "batch-envelope")
        if batch.faults:
            noted = tuple(Noted(code, place) for code, place in batch.faults)
            content = Content("quarantined", noted[0].code, noted)
        arrival = replace(
            self._arrival(b"\r".join(batch.envelope), None, content),
            sender=indexed("|".join(batch.field(number).decode("latin-1") for number in (3, 4))),
            control_id=indexed(batch.field(11).decode("latin-1")),
            type=batch.envelope[0][:3].decode("ascii"),
        )
        return await self._stored(arrival, content)

    def _arrival(self, raw: bytes, header: Header | None, content: Content, profile: str = "") -> Arrival:
        return Arrival(
            raw=raw,
            received_at=self.now(),
            sender=sender(header) if header else "",
            control_id=control_id(header) if header else "",
            type=type_of(header) if header else "",
            state=content.state,
            reason=content.reason,
            findings=content.findings,
            patient_keys=content.patient_keys,
            profile=profile,
        )

    def _failed(self, raw: bytes, opened: Opened, error: Exception, profile: Profile = ANY_PROFILE) -> Answer:
        """The answer to a fault of our own: the sender keeps the message and sends it again."""
        self.outcomes["internal-error"] += 1
        report("intake_failed", error)
        return not_stored(raw, opened.header, profile, self.now())


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():  # else whoever waited was cancelled
        future.set_result(answer)
