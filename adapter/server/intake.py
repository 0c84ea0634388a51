"""The intake of HL7 v2: one received message is judged, stored, and only then answered.

Not for sockets and HTTP; MLLP and `POST /hl7v2` both hand their bytes to this and send back what it says.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from adapter.hl7v2 import AckError, Header, acknowledge, acknowledge_unreadable
from adapter.server.acceptance import Acceptance, missing, refusals
from adapter.server.answer import Answer, Verdict, ack_mode
from adapter.server.content import Content, read_content
from adapter.server.faults import report
from adapter.server.fields import control_id, indexed, sender, type_of
from adapter.server.header import Opened, open_message
from adapter.server.log import log
from adapter.server.message_types import ACKNOWLEDGEMENTS, USED
from adapter.store import Arrival, Noted, Receipt, Store, StoreUnavailable

Outcome = Literal[
    "received",
    "quarantined",
    "ignored",
    "duplicate",
    "control-id-reused",
    "mapping-failed",
    "incomplete-header",
    "refused",
    "too-large",
    "acknowledgement",
    "store-unavailable",
    "internal-error",
]
"""What became of a message; a message may count under several."""

_INLINE_BYTES: Final = 8 * 1024

_NO_MESSAGE: Final = {
    "empty": AckError("100", "MSH", "E", "There are no bytes where a message should be."),
    "not-hl7": AckError("100", "MSH", "E", "The bytes do not begin with MSH."),
}
_NO_HEADER: Final = {
    "delimiters": AckError("102", "MSH[1]-2", "E", "The delimiters cannot be used."),
    "charset-unsupported": AckError("103", "MSH[1]-18", "E", "The character set cannot be read."),
}
_UNREAD_AT: Final = {"charset-unsupported": "MSH[1]-18", "too-many-parts": ""}
_NOT_STORED: Final = AckError("207", "", "E", "The message was not stored; it may be sent again unchanged.")
_TOO_LARGE: Final = AckError("207", "", "E", "The message is larger than this receiver takes.")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A verdict on a message: why, what to count, and its row for the journal where it is to be stored."""

    verdict: Verdict
    errors: tuple[AckError, ...] = ()
    outcome: Outcome | None = None
    content: Content | None = None


@dataclass(slots=True)
class Intake:
    """Takes messages for one store under the settings of a link.

    `outcomes` counts what became of them. `now` gives the time of arrival, aware.
    """

    store: Store
    acceptance: Acceptance = field(default_factory=Acceptance)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    async def receive(self, raw: bytes) -> Answer:
        """Judge and store the bytes of one message; the answer is given after the commit.

        Accepted, quarantined and unused types: AA. MSH without type or control id: AE, stored. Wrong type, event,
        version, processing id or receiver, or no message at all: AR, not stored. Store unavailable: AR with `retry`.
        In enhanced mode CA, CE and CR, and CE where the store is unavailable. Never raises for any bytes.
        """
        opened = Opened(None)
        try:
            opened, judged = await self._read(raw)
            return await self._settle(raw, opened, judged)
        except Exception as error:  # noqa: BLE001  the edge of MLLP and HTTP: the sender keeps the message
            self.outcomes["internal-error"] += 1
            report("intake_failed", error)
            return self._not_stored(raw, opened)

    async def _read(self, raw: bytes) -> tuple[Opened, _Judged]:
        if len(raw) <= _INLINE_BYTES:
            return self._judge(raw)
        return await asyncio.to_thread(self._judge, raw)  # other connections are served meanwhile

    def _judge(self, raw: bytes) -> tuple[Opened, _Judged]:
        opened = open_message(raw, self.acceptance)
        if opened.header is None:
            return opened, _without_header(opened.fault)
        return opened, self._judge_header(opened, opened.header)

    def _judge_header(self, opened: Opened, header: Header) -> _Judged:
        if header.code in ACKNOWLEDGEMENTS:
            return _Judged("A", outcome="acknowledgement")
        if opened.fault == "too-large":
            return _Judged("E", (_TOO_LARGE,), "too-large")
        if errors := missing(header):
            return _Judged(
                "E", errors, "incomplete-header", _held("incomplete-header", *(error.location for error in errors))
            )
        if errors := refusals(header, self.acceptance):
            return _Judged("R", errors, "refused")
        return self._judge_content(opened, header)

    def _judge_content(self, opened: Opened, header: Header) -> _Judged:
        if header.code not in USED:
            return _Judged("A", content=Content("ignored", "type-not-used"))
        if opened.message is None:
            return _Judged("A", content=_held(opened.fault, _UNREAD_AT[opened.fault]))
        try:
            return _Judged("A", content=read_content(opened.message, self.acceptance.zone))
        except Exception as error:  # noqa: BLE001  our own fault must not cost the message: it is kept and named
            report("mapping_failed", error)
            return _Judged("A", outcome="mapping-failed", content=Content("quarantined", "mapping-failed"))

    async def _settle(self, raw: bytes, opened: Opened, judged: _Judged) -> Answer:
        if judged.outcome is not None:
            self.outcomes[judged.outcome] += 1
        if judged.errors:
            log().warning("message_refused", code=judged.errors[0].code, status=judged.outcome)
        if judged.outcome == "acknowledgement":
            return Answer(b"", "")
        if judged.content is not None:
            try:
                receipt = await self.store.append_async(self._arrival(raw, opened.header, judged.content))
            except StoreUnavailable as error:
                self.outcomes["store-unavailable"] += 1
                report("store_unavailable", error, code=error.cause)
                return self._not_stored(raw, opened)
            self._count(receipt, judged.content)
        return self._answer(raw, opened, judged.verdict, judged.errors)

    def _count(self, receipt: Receipt, content: Content) -> None:
        self.outcomes["duplicate" if receipt.duplicate else content.state] += 1
        self.outcomes["control-id-reused"] += receipt.control_id_reused
        if content.state == "quarantined" and not receipt.duplicate:
            log().warning("message_quarantined", message=receipt.message, code=content.reason)
        if receipt.control_id_reused:
            log().warning("control_id_reused", message=receipt.message)

    def _arrival(self, raw: bytes, header: Header | None, content: Content) -> Arrival:
        return Arrival(
            raw=raw,
            received_at=self.now(),
            sender=sender(header) if header else "",
            control_id=control_id(header) if header else "",
            type=type_of(header) if header else "",
            state=content.state,
            reason=content.reason,
            findings=content.findings,
            patient_keys=tuple(indexed(key) for key in content.patient_keys),
        )

    def _not_stored(self, raw: bytes, opened: Opened) -> Answer:
        verdict: Verdict = "E" if ack_mode(opened.header).enhanced else "R"
        return self._answer(raw, opened, verdict, (_NOT_STORED,), retry=True)

    def _answer(
        self, raw: bytes, opened: Opened, verdict: Verdict, errors: Sequence[AckError], *, retry: bool = False
    ) -> Answer:
        mode = ack_mode(opened.header)
        code = mode.code(verdict)
        if not mode.wants(verdict):
            return Answer(b"", code, retry)
        own = secrets.token_hex(10)  # MSH-10 takes 20 characters
        if opened.header is None:
            return Answer(
                acknowledge_unreadable(raw, code=code, control_id=own, now=self.now(), errors=errors), code, retry
            )
        return Answer(acknowledge(opened.header, code=code, control_id=own, now=self.now(), errors=errors), code, retry)


def _without_header(fault: str) -> _Judged:
    if fault in _NO_MESSAGE:
        return _Judged("R", (_NO_MESSAGE[fault],), "refused")
    error = _NO_HEADER[fault]
    return _Judged("E", (error,), "incomplete-header", _held(fault, error.location))


def _held(reason: str, *places: str) -> Content:
    """Kept as it is, with the places of what is wrong."""
    return Content("quarantined", reason, tuple(Noted(reason, place) for place in places))
