"""What is known of messages whose header was judged before: it differs in time and control id alone.

Nearly all messages of a link are of a few such kinds; only those that were accepted by their header, without anything
remarkable, are remembered. Not for judging (judge.py).
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from adapter.hl7v2 import AckForm, Header, ack_form
from adapter.mapping.site import Connection, Profile
from adapter.server.answer import Answer, ack_mode
from adapter.server.content import Content
from adapter.server.fields import sender, type_of
from adapter.server.judge import Judged
from adapter.server.reply import STORED_BLOCK, own_control_id
from adapter.store import Arrival

MOST: Final = 1024
"""Kinds of messages that are remembered."""

_OPENINGS: Final = (b"MSH|^~\\&|", b"MSH|^~\\&#|")
_TIME: Final = re.compile(rb"[0-9.+-]*")
_CONTROL_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,199}")


class Mark(NamedTuple):
    """A header taken apart: `kind` is the segment without MSH-7 and MSH-10, which are the others, as sent."""

    kind: bytes
    time: bytes
    control_id: bytes


def marked(raw: bytes) -> Mark | None:
    """The header of a message, taken apart; None for one that is to be judged by itself.

    That is any with other delimiters than the recommended ones, with bytes that are no ASCII, with a time or control
    id that holds more than they should, or that does not end with CR.
    """
    end = raw.find(b"\r")
    if end < 0 or not raw.startswith(_OPENINGS):
        return None
    msh = raw[:end]
    if not msh.isascii() or b"\n" in msh:
        return None
    fields = msh.split(b"|", 10)
    if len(fields) < 11 or not _TIME.fullmatch(fields[6]) or not _CONTROL_ID.fullmatch(fields[9]):
        return None
    time, control_id = fields[6], fields[9]
    fields[6] = fields[9] = b""
    return Mark(b"|".join(fields), time, control_id)


@dataclass(frozen=True, slots=True)
class Routine:
    """How messages of a kind are stored and answered; `form` is None where their sender wants no answer."""

    sender: str = field(repr=False)
    type: str
    content: Content
    profile: str
    zone: tzinfo | None
    answer: Answer
    form: AckForm | None

    def arrival(self, raw: bytes, mark: Mark, now: datetime) -> Arrival:
        """The row of a message of this kind."""
        content = self.content
        return Arrival(
            raw, now, self.sender, mark.control_id.decode("ascii"), self.type, content.state, content.reason,
            profile=self.profile,
        )  # fmt: skip

    def reply(self, mark: Mark, now: datetime) -> Answer:
        """The answer to a message of this kind once it is stored."""
        if self.form is None:
            return self.answer
        ack = self.form.filled(mark.control_id, control_id=own_control_id(), now=now)
        return Answer(ack, self.answer.code, commit_block=self.answer.commit_block)


@dataclass(slots=True)
class Routines:
    """The kinds of messages that came by connections of the same peer and certificate; the newest of them."""

    _known: dict[tuple[bytes, Connection], Routine] = field(default_factory=dict)

    def find(self, mark: Mark, connection: Connection) -> Routine | None:
        """How messages of this kind are dealt with; None where none has come."""
        return self._known.get((mark.kind, connection))

    def learn(self, mark: Mark, connection: Connection, header: Header, judged: Judged) -> None:
        """Remember how a message was dealt with, where all others of its kind are dealt with in the same way."""
        routine = _routine(header, judged) if not connection.charset else None
        if routine is None:
            return
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[mark.kind, connection] = routine


def _routine(header: Header, judged: Judged) -> Routine | None:
    content, profile = judged.content, judged.profile
    if judged.verdict != "A" or judged.errors or judged.outcome or content is None or not _is_plain(content, profile):
        return None
    mode = ack_mode(header, profile.acknowledge.mode)
    block = STORED_BLOCK if profile.acknowledge.commit_blocks else b""
    code = mode.code(judged.verdict)
    form = ack_form(header, code=code) if mode.wants(judged.verdict) else None
    answer = Answer(b"", code, commit_block=block)
    return Routine(sender(header), type_of(header), content, profile.name, profile.sender.zone, answer, form)


def _is_plain(content: Content, profile: Profile) -> bool:
    """Whether the header alone decides: nothing of the content is told to the sender, and no other exchange begins."""
    policy = profile.acknowledge
    judged_alone = policy.on_content_error == "AA" and not policy.sequence_numbers and not policy.application_to
    return judged_alone and content == Content(content.state, content.reason) and content.state != "quarantined"
