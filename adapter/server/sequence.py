"""The sequence number protocol of MSH-13: which number is expected of a sender, also after a restart.

Off unless the profile of a sender asks for it. Source: HL7 v2.9.1 section 2.10.1.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapter.hl7v2 import AckError, Header, UnusableMessage, read_header
from adapter.server.fields import element
from adapter.store import Store

RESYNCHRONISE: Final = -1
"""Sent: the next number begins the sequence anew. Expected: any number will do."""
ASK: Final = 0
"""Sent: which number is expected?"""

OUT_OF_SEQUENCE: Final = AckError("207", "MSH[1]-13", "E", "This is not the sequence number that is expected.")
NO_NUMBER: Final = AckError("102", "MSH[1]-13", "E", "The sequence number is no whole number.")

_LONGEST: Final = 15  # NM of MSH-13


@dataclass(slots=True)
class Link:
    """The messages of one sender: the last number that was accepted, RESYNCHRONISE where any is expected.

    Its lock is held while a message is stored, so that two connections of a sender cannot pass each other.
    """

    last: int | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def expected(self) -> int:
        """The number for MSA-4."""
        return RESYNCHRONISE if self.last in (None, RESYNCHRONISE) else (self.last or 0) + 1

    def takes(self, number: int) -> bool:
        """Whether a message with the number may be stored: the expected one, the last one again, or a special one."""
        return number in (ASK, RESYNCHRONISE, self.expected, self.last) or self.expected == RESYNCHRONISE

    def accept(self, number: int) -> None:
        """The message with the number is stored."""
        if number != ASK:
            self.last = number


def sequence_number(header: Header) -> int | AckError | None:
    """MSH-13; None where it was not sent, an error where it is no number."""
    text = element(header, 13).strip()
    if not text:
        return None
    digits = text.removeprefix(b"-")
    if not digits.isdigit() or len(digits) > _LONGEST or int(text) < RESYNCHRONISE:
        return NO_NUMBER
    return int(text)


@dataclass(slots=True)
class SequenceNumbers:
    """The links of all senders; one that is asked for the first time is read from the store."""

    store: Store
    links: dict[str, Link] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def link(self, sender: str) -> Link:
        """The link of a sender (MSH-3 and MSH-4, as its messages are stored). Raises StoreUnavailable, StoreError.

        The first time it looks through all messages of the store, so that nothing else has to keep the number.
        """
        async with self._looking:  # those who ask first are served first
            if sender not in self.links:
                self.links[sender] = Link(await asyncio.to_thread(self._last, sender))
            return self.links[sender]

    def _last(self, sender: str) -> int | None:
        """The number of the last message of the sender that was accepted with one."""
        numbers = [m.id for m in self.store.messages() if m.sender == sender and m.reason != "incomplete-header"]
        return next(self._numbers(reversed(numbers)), None)

    def _numbers(self, messages: Iterator[int]) -> Iterator[int]:
        for message in messages:
            try:
                number = sequence_number(read_header(self.store.raw(message), default_charset="latin-1"))
            except UnusableMessage:
                continue
            if isinstance(number, int) and number != ASK:
                yield number
