"""The store as its users see it: append messages durably, read them, ask whether it is well, close it.

Not for making one (create.py): opening never creates a file.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from adapter.store.ack_queue import AckQueue
from adapter.store.advised import count_held, evaluations_of
from adapter.store.card_book import CardBook
from adapter.store.deliveries import (
    catch_up,
    deliveries_in,
    deliveries_of,
    due_deliveries,
    revive_delivery,
    settle_delivery,
)
from adapter.store.effect import Delivery, DeliveryState, Effect, Evaluation, Judgement, Review, Settled, UsedMessage
from adapter.store.effects import (
    applied_ids,
    evaluation_of,
    evaluations_because_of,
    finish,
    joined_keys,
    latest_evaluation,
    record,
    settle_messages,
    used_messages,
)
from adapter.store.errors import StoreError, StoreUnavailable
from adapter.store.health import StoreHealth, read_backlog
from adapter.store.jobs import one_by_one
from adapter.store.journal import Page, read_page, read_raw, read_taken, store_arrivals, waiting_numbers
from adapter.store.location import store_path
from adapter.store.message import Arrival, MessageState, Receipt, StoredMessage, TakenMessage
from adapter.store.passing import entangled_keys, judge_and_finish, linked_keys
from adapter.store.revision import (
    discard_message,
    replay_messages,
    review_advised,
    review_patients_of,
    settle_judgements,
    waiting_reviews,
)
from adapter.store.sqlite import (
    StoreInfo,
    examine,
    process_lock,
    reading_engine,
    require_file,
    require_version,
    writing_engine,
)
from adapter.store.tokens import UsedTokens
from adapter.store.writer import NoWriter, Writer, cause_of

T = TypeVar("T")

LONGEST_BUSY: Final = 5.0
"""Seconds after which senders give up on an acknowledgement; the busy time-out stays below."""
PAGE: Final = 500
LARGE: Final = 64 * 1024
"""The most bytes of a message that is read together with others."""
_SMALL: Final = 1024
"""About how many bytes a job writes that stores no message."""


class Store:
    """An open store. Every method may be called from any thread; made by `open_store` or `read_store`.

    `cards` is the book of cards that left and of what was reported of them, `tokens` the memory of used tokens, `acks`
    the queue of acknowledgements that have an exchange of their own.
    One that is open for reading raises StoreUnavailable from every method that writes.
    """

    def __init__(self, writer: Writer | NoWriter, readers: Engine, info: StoreInfo, held: ExitStack) -> None:
        self._writer: Final = writer
        self._readers: Final = readers
        self._held: Final = held
        self.info: Final = info
        self.cards: Final = CardBook(writer, self._read)
        self.tokens: Final = UsedTokens(writer)
        self.acks: Final = AckQueue(writer, self._read)

    def submit(self, arrival: Arrival) -> Future[Receipt]:
        """Queue a message; the future has its receipt after the commit, or StoreUnavailable."""
        return self._writer.submit(store_arrivals, arrival, len(arrival.raw))

    def append(self, arrival: Arrival) -> Receipt:
        """Store a message and return after the commit, disk sync included.

        The same message again (sender, control id and bytes) gives the first one's number and stores nothing. Raises
        StoreUnavailable where it was not stored.
        """
        return self.submit(arrival).result()

    def append_async(self, arrival: Arrival) -> Awaitable[Receipt]:
        """`append` for asyncio; no thread waits."""
        return self._writer.run(store_arrivals, arrival, len(arrival.raw))

    def append_soon(self, arrival: Arrival, told: Callable[[Receipt | StoreUnavailable], None]) -> None:
        """`append` within asyncio; `told` is called there after the commit, or when it is known that there is none."""
        self._writer.tell(store_arrivals, arrival, len(arrival.raw), told)

    def messages(
        self, *, after: int = 0, state: MessageState | None = None, patient_key: str | None = None
    ) -> Iterator[StoredMessage]:
        """The messages in order of arrival, without their bytes: those after a number, of a state, of a patient.

        Messages that arrive during the iteration are included. Raises StoreUnavailable.
        """
        while found := self._read(partial(read_page, Page(after, PAGE, state, patient_key))):
            yield from found
            after = found[-1].id

    def message(self, number: int) -> StoredMessage:
        """One message by its number; KeyError where there is none."""
        found = self._read(partial(read_page, Page(number - 1, 1, None, None)))
        if not found or found[0].id != number:
            raise KeyError(number)
        return found[0]

    def raw(self, number: int) -> bytes:
        """The bytes of a message as received; KeyError where there is none.

        Raises StoreError where they are no longer those that were stored, StoreUnavailable where they cannot be read.
        """
        found = self._read(partial(read_raw, number))
        if found is None:
            raise KeyError(number)
        raw, sha256 = found
        if hashlib.sha256(raw).digest() != sha256:
            raise StoreError(f"message {number} is damaged in the store: its checksum does not match")
        return raw

    def taken(self, numbers: Sequence[int]) -> list[TakenMessage]:
        """Messages as they were taken, in one look; those that are large or damaged are not among them, and are to be
        read one by one (`message`, `raw`). Raises StoreUnavailable."""
        return self._read(partial(read_taken, numbers, LARGE))

    def in_use(self, keys: Sequence[str]) -> list[UsedMessage]:
        """The messages that make up the facts under these numbers, in order of arrival."""
        return self._read(partial(used_messages, keys))

    def joined(self, patient_key: str) -> tuple[str, ...]:
        """All numbers that messages have merged with this one, itself included; always in the same order."""
        return self._read(partial(joined_keys, patient_key))

    def entangled(self, keys: Collection[str]) -> set[str]:
        """Those of these numbers that are joined with others, wait for a review, or for which something was advised."""
        return self._read(partial(entangled_keys, keys))

    def linked(self, keys: Collection[str]) -> set[str]:
        """Those of these numbers about which there is a judged message, of whatever state."""
        return self._read(partial(linked_keys, keys))

    def waiting(self, limit: int, after: int = 0) -> list[int]:
        """The numbers of the messages that wait to be judged or processed, in order of arrival, at most so many after a
        number."""
        return self._read(partial(waiting_numbers, limit, after))

    def record(self, *effects: Effect) -> tuple[int, ...]:
        """Store what processing did, all of it or nothing; the numbers of the evaluations that are new.

        The same effect again changes nothing. Raises StoreUnavailable.
        """
        return self._write(partial(record, effects))

    def finish(self, effects: Sequence[Effect], settled: Sequence[Settled]) -> tuple[int, ...]:
        """Store what processing did together with what became of its messages, all of it or nothing; as `record`."""
        return self._write(partial(finish, effects, settled))

    def settle_all(self, settled: Sequence[Settled]) -> None:
        """Give messages that were processed their states, all or none. One that is discarded meanwhile stays so."""
        self._write(partial(settle_messages, settled))

    def replay(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Let messages be received again, to be judged and processed anew; those that there are and that do not wait.

        What counts goes on counting until then, and what does not count does not count before.
        """
        return self._write(partial(replay_messages, numbers))

    def judge(self, judged: Sequence[Judgement]) -> None:
        """Give messages that were received what they turned out to be, all or none."""
        self._write(partial(settle_judgements, judged))

    def judge_and_finish(self, judged: Sequence[Judgement], passed: Mapping[int, str], at: datetime) -> frozenset[int]:
        """`judge`, and of the messages that are passed, each with its patient, note that they were applied and are done
        with; all or nothing. The numbers of those that were still to be judged. Of one that is passed and is not among
        those judged there is nothing to say but whom it is about."""
        return self._write(partial(judge_and_finish, judged, passed, at))

    def discard(self, number: int, reason: str) -> bool:
        """Let a message count no longer, and its patients be evaluated again; whether there was one that counted.

        Nothing is deleted: `replay` brings it back.
        """
        return self._write(partial(discard_message, number, reason))

    def review(self, number: int) -> None:
        """Let the patients that a message is about be evaluated again."""
        self._write(partial(review_patients_of, number))

    def review_advised(self) -> None:
        """Let every patient on whom something is advised be evaluated again."""
        self._write(review_advised)

    def catch_up(self, destinations: Sequence[str], now: datetime) -> None:
        """Let the newest evaluation of patients go to destinations that have only an older one, because they were not
        set when it was made."""
        self._write(partial(catch_up, destinations, now))

    def reviews(self, limit: int) -> list[Review]:
        """Patients who are to be evaluated again although nothing of theirs arrived."""
        return self._read(partial(waiting_reviews, limit))

    def evaluation(self, patient_key: str) -> Evaluation | None:
        """What is advised for a patient now; None where nothing ever was."""
        return self._read(partial(latest_evaluation, patient_key))

    def evaluation_by_number(self, number: int) -> Evaluation:
        """One evaluation; KeyError where there is none."""
        found = self._read(partial(evaluation_of, number))
        if found is None:
            raise KeyError(number)
        return found

    def evaluations_because_of(self, message: int) -> list[Evaluation]:
        """The evaluations that a message led to."""
        return self._read(partial(evaluations_because_of, message))

    def evaluations_of(self, patient_keys: Sequence[str], limit: int) -> list[Evaluation]:
        """The newest evaluations under these patient numbers, the newest first, at most so many."""
        return self._read(partial(evaluations_of, patient_keys, limit))

    def held(self, patient_keys: Sequence[str], reasons: Collection[str]) -> int:
        """How many messages about these patient numbers are in quarantine for one of these reasons."""
        return self._read(partial(count_held, patient_keys, reasons))

    def due(self, destination: str, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries to be tried now."""
        return self._read(partial(due_deliveries, destination, now, limit))

    def deliveries(self, state: DeliveryState | None = None) -> list[Delivery]:
        """All deliveries, or those of a state."""
        return self._read(partial(deliveries_in, state))

    def deliveries_of(self, evaluation: int) -> list[Delivery]:
        """Where one evaluation went."""
        return self._read(partial(deliveries_of, evaluation))

    def settle_delivery(self, number: int, state: DeliveryState, due_at: datetime, error: str = "") -> None:
        """Note an attempt to deliver."""
        self._write(partial(settle_delivery, number, state, due_at, error))

    def revive(self, number: int, now: datetime) -> bool:
        """Let a dead delivery be tried again; whether there was one."""
        return self._write(partial(revive_delivery, number, now))

    def applied(self) -> list[tuple[str, str]]:
        """The control id and the patient of every application of a message."""
        return self._read(lambda connection: list(applied_ids(connection)))

    def check(self) -> StoreHealth:
        """The state of the store now; never raises for a store that fails."""
        info = self.info
        try:
            backlog = self._read(read_backlog)
        except StoreUnavailable:
            return StoreHealth(False, self._writer.state, None, info.sqlite_version, info.synchronous)
        return StoreHealth(True, self._writer.state, backlog, info.sqlite_version, info.synchronous)

    def close(self) -> None:
        """Finish what waits, then let go of the file; afterwards nothing can be stored."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._writer.submit(one_by_one, work, _SMALL).result()

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._readers.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            cause = cause_of(error)
        raise StoreUnavailable(cause)  # outside the handler: the chained error would carry SQL and parameters


def open_store(url: str, *, busy_timeout: float = 4.0) -> Store:
    """Open a store that `ldt store init` has made, for this process alone.

    `busy_timeout` is how long, in seconds, a write waits for a lock of another program; below 5, else `ValueError`.
    Raises StoreError where the URL is wrong, the file is missing, empty, damaged, no store or of another schema
    version, where another process has it open, or where SQLite does not sync at each commit.
    """
    if not 0 <= busy_timeout < LONGEST_BUSY:
        raise ValueError(f"busy_timeout must be from 0 to less than {LONGEST_BUSY:g} seconds")
    path = store_path(url)
    require_file(path, url)
    with ExitStack() as held:
        held.enter_context(process_lock(path))
        readers, writing = reading_engine(path, busy_timeout), writing_engine(path, busy_timeout)
        held.callback(writing.dispose)
        info = examine(readers, writing, path, url)
        writer = Writer(writing)
        held.callback(writer.close)
        held.callback(readers.dispose)  # first: the writer's connection is the last, and alone checkpoints
        return Store(writer, readers, info, held.pop_all())


def read_store(url: str, *, busy_timeout: float = 4.0) -> Store:
    """Open a store for reading alone, also while a server has it open; what would write raises StoreUnavailable.

    Raises StoreError where the URL is wrong, the file is missing, empty, no store or of another schema version. Whether
    the file is damaged is not checked: that takes a while, and the server does it.
    """
    path = store_path(url)
    require_file(path, url)
    with ExitStack() as held:
        readers = reading_engine(path, busy_timeout)
        held.callback(readers.dispose)
        info = require_version(readers, path, url)
        return Store(NoWriter(), readers, info, held.pop_all())
