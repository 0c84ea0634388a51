"""The answer to a judged message: which acknowledgements go back, in which mode, by which way.

Not for judging (judge.py) nor for writing acknowledgements (hl7v2). Source: HL7 v2.9.1 sections 2.8.2 and 2.8.3.
"""

import secrets
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

from adapter.hl7v2 import AckError, Header, acknowledge, acknowledge_unreadable
from adapter.mapping.site import SAME_CONNECTION, Profile
from adapter.server.answer import Answer, ApplicationAck, Verdict, ack_mode, application_code
from adapter.server.judge import Judged

_NOT_STORED: Final = AckError("207", "", "E", "The message was not stored; it may be sent again unchanged.")
STORED_BLOCK: Final = b"\x06"
"""The block by which MLLP release 2 acknowledges storage."""
_RUN: Final = secrets.token_hex(6)
_COUNT: Final = count(1)
_NOT_STORED_BLOCK: Final = b"\x15"


def reply(raw: bytes, header: Header | None, judged: Judged, now: datetime, expected: int | None = None) -> Answer:
    """The answer to a message that was dealt with; `expected` is the sequence number for MSA-4."""
    if judged.outcome == "acknowledgement":
        return Answer(b"", "")
    policy = judged.profile.acknowledge
    mode = ack_mode(header, policy.mode)
    later = _application_ack(header, judged, now) if mode.enhanced else None
    verdict, errors = judged.verdict, judged.errors
    if judged.content_errors and later is None:
        verdict, errors = "E", judged.content_errors
    code = mode.code(verdict)
    answer = Answer(b"", code, commit_block=STORED_BLOCK if policy.commit_blocks else b"")
    if later is not None and later.to == SAME_CONNECTION:
        answer = replace(answer, more=(later.ack,))
    elif later is not None:
        answer = replace(answer, elsewhere=(later,))
    if not mode.wants(verdict):
        return answer
    own = own_control_id()
    if header is None:
        return replace(answer, ack=acknowledge_unreadable(raw, code=code, control_id=own, now=now, errors=errors))
    ack = acknowledge(header, code=code, control_id=own, now=now, errors=errors, expected=expected)
    return replace(answer, ack=ack)


def not_stored(raw: bytes, header: Header | None, profile: Profile, now: datetime) -> Answer:
    """The answer where nothing was stored for a reason that passes: the sender may send it again unchanged."""
    verdict: Verdict = "E" if ack_mode(header, profile.acknowledge.mode).enhanced else "R"
    answer = reply(raw, header, Judged(verdict, (_NOT_STORED,), profile=profile), now)
    return replace(answer, retry=True, commit_block=_NOT_STORED_BLOCK if answer.commit_block else b"")


def _application_ack(header: Header | None, judged: Judged, now: datetime) -> ApplicationAck | None:
    """The application acknowledgement of a message that is committed, where it is asked for and has somewhere to go."""
    to = judged.profile.acknowledge.application_to
    if header is None or judged.verdict != "A" or not to:
        return None
    code = application_code(header, "E" if judged.content_errors else "A")
    if code is None:
        return None
    errors, own = judged.content_errors, own_control_id()
    ack = acknowledge(header, code=code, control_id=own, now=now, errors=errors, exchange=True)
    return ApplicationAck(to, ack)


def own_control_id() -> str:
    """A control id of our own, no other of which is the same; MSH-10 takes 20 characters."""
    return f"{_RUN}{next(_COUNT):08x}"
