"""The record of each call of a service: who called, where the data of each key came from, what came of it.

Not for keeping it: `Audit` is the port, and the log is the first that takes it, without anything about the patient.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self
from uuid import UUID

from adapter.server.ehr.asked import Misdirected
from adapter.server.ehr.reading import Class, Reading
from adapter.server.ehr.reasons import Reason
from adapter.server.log import log
from cds_hooks import Card, Client, HookName, HookRequest, OrderDispatch, Service

OutcomeKind = Literal["cards", "silent", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: so many cards, silence, a refusal with its code and place, or a failure of our own; and the
    status of the answer."""

    kind: OutcomeKind
    cards: int = 0
    code: str = ""
    place: str = ""
    status: int = 200

    @classmethod
    def of(cls, cards: Sequence[Card]) -> Self:
        """The outcome of an answer."""
        return cls("cards" if cards else "silent", len(cards))


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One prefetch key: its class, whether the adapter read it itself, why that failed or stayed partial, and what was
    wrong with the query that it answers."""

    key: str
    kind: Class
    own: bool
    why: Reason | None
    misdirected: Misdirected | None = None

    def __str__(self) -> str:
        """Class and origin in one word each: `provided`, `provided/own`, `never-asked/no-patient/deadline`."""
        parts = (self.kind, self.misdirected or "", "own" if self.own else "", self.why or "")
        return "/".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call. `patient` and `user` are FHIR references, for an audit trail that may hold them: no log may."""

    service: str
    hook: HookName
    invocation: UUID
    client: Client | None
    keys: tuple[KeyRecord, ...]
    outcome: Outcome
    patient: str = field(repr=False)
    user: str = field(repr=False)


def call_record(request: HookRequest, service: Service, reading: Reading, outcome: Outcome) -> CallRecord:
    """The record of a call that has ended."""
    context = request.context
    return CallRecord(
        service=service.id,
        hook=request.hook,
        invocation=request.hook_instance,
        client=request.client,
        keys=tuple(KeyRecord(key, one.kind, one.own, one.why, one.misdirected) for key, one in reading.keys.items()),
        outcome=outcome,
        patient=f"Patient/{context.patient_id}",
        user="" if isinstance(context, OrderDispatch) else context.user_id,
    )


class Audit(Protocol):
    """Takes the record of each call before the call is answered; where that fails, the call fails."""

    async def record(self, call: CallRecord) -> None:
        """Keep it."""
        ...


class LogAudit:
    """One line of the operational log for each call."""

    async def record(self, call: CallRecord) -> None:
        """Log what is not about the patient."""
        client = call.client
        log().info(
            "service_called",
            service=call.service,
            hook=call.hook,
            invocation=str(call.invocation),
            issuer=client and client.issuer,
            tenant=client and client.tenant,
            token_id=client and client.token_id,
            keys={one.key: str(one) for one in call.keys},
            outcome=call.outcome.kind,
            code=call.outcome.code,
            place=call.outcome.place,
            status=call.outcome.status,
            count=call.outcome.cards,
        )
