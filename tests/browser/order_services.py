"""Services for orders, made of cds_hooks alone, that show every member of a card and keep what they are asked.

For tests of the page and of the protocol; nothing medical.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import FastAPI

from cds_hooks import (
    Action,
    CallHead,
    Card,
    Client,
    Coding,
    Cors,
    HookName,
    HookRequest,
    Link,
    MemoryFeedback,
    OverrideReason,
    Registry,
    Service,
    Source,
    Suggestion,
    router,
)
from cds_hooks.trust import Audience, FixedKeys, JwtCheck, MemoryReplayStore, TrustedIssuer, read_key_set
from tests.browser.ehr import ISSUER, JKU
from tests.cds_hooks.serving import serving

PATIENT = "Patient/{{context.patientId}}"
SYSTEM = "https://ldt-adapter.example.org/fhir/CodeSystem/test-reasons"
CARD = Card(
    summary="Octreotide is ordered: is prophylaxis planned?",
    indicator="critical",
    source=Source("Test service", "https://example.org/about", topic=Coding("prophylaxis", SYSTEM, "Prophylaxis")),
    detail=(
        "**Why** \\<b\\>bold\\</b\\> stays text\n\n| Drug | Dose |\n| --- | --- |\n| octreotide | *not* told |\n\n"
        "- [a paper](https://example.org/paper)"
    ),
    uuid=UUID("4e0a3a1e-3f44-4f6b-8a57-5d7d5a1f2b3c"),
    suggestions=(
        Suggestion(
            "Ask the tumour board",
            (Action("create", "A request to the tumour board", {"resourceType": "ServiceRequest", "status": "draft"}),),
            uuid=UUID("7c2f8f8e-0b1d-4a53-9a3a-2f1f0c9d8e7f"),
            is_recommended=True,
        ),
        Suggestion("Ask nobody", uuid=UUID("0d9b1c52-6a43-4b7e-8f25-9c3e4d5f6a7b")),
    ),
    selection_behavior="any",
    override_reasons=(
        OverrideReason("known", SYSTEM, "Known and weighed"),
        OverrideReason("other-plan", SYSTEM, "Another plan"),
    ),
    links=(Link("Explanation", "https://example.org/why", "absolute"),),
)


@dataclass(slots=True)
class OrderServices:
    """The running services: their address, what they were asked, what feedback they got."""

    url: str = ""
    asked: list[HookRequest] = field(default_factory=list)
    feedback: MemoryFeedback = field(default_factory=MemoryFeedback)

    async def answer(self, request: HookRequest) -> Sequence[Card]:
        """The card that has everything."""
        self.asked.append(request)
        return [CARD]


@contextmanager
def order_services(key_set: bytes, origin: str) -> Iterator[OrderServices]:
    """`test-order-select` and `test-order-sign`, called by the EHR of this origin and with this key alone."""
    running = OrderServices()
    keys, used = FixedKeys(read_key_set(key_set)), MemoryReplayStore()

    async def trusted(head: CallHead) -> Client:
        issuer = TrustedIssuer(ISSUER, keys, Audience((running.url,)), JKU)
        return await JwtCheck([issuer], used, refused=lambda refusal: None)(head)

    hooks: tuple[HookName, ...] = ("order-select", "order-sign")
    services = [Service(f"test-{hook}", hook, "For tests.", prefetch={"patient": PATIENT}) for hook in hooks]
    app = FastAPI()
    handlers = {service.id: running.answer for service in services}
    app.include_router(router(Registry(services), handlers, before=trusted, feedback=running.feedback))
    with serving(Cors(app, [origin])) as base:
        running.url = base
        yield running
