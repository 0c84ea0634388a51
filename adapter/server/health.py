"""Health and metrics: whether the server can take messages, what waits, and what is stuck. Counts only, no content.

Not for HTTP (app.py); thresholds and alarms are the operator's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response

from adapter import __version__
from adapter.fhir.write import write_json
from adapter.ldt import RuleSet
from adapter.server.certificates import Expiry
from adapter.server.clock import ClockWatch
from adapter.server.delivery import Deliverer
from adapter.server.problem import NO_STORE
from adapter.store import Backlog, Store, StoreHealth

_STATES = ("closed", "half-open", "open")


@dataclass(frozen=True, slots=True)
class Health:
    """What `/healthz` and `/metrics` look at."""

    store: Store
    rules: RuleSet
    deliverers: Sequence[Deliverer] = ()
    certificates: Sequence[Expiry] = ()
    clock: ClockWatch = field(default_factory=ClockWatch)

    def response(self) -> Response:
        """200 while the store can be read and written, 503 otherwise; what is stuck is a warning."""
        health = self.store.check()
        warnings = list(self._warnings(health.backlog))
        body: dict[str, object] = {
            "status": _status(health, warnings),
            "version": __version__,
            "rule_set": f"{self.rules.id}|{self.rules.edition}",
            "sqlite": health.sqlite_version,
        }
        if health.backlog is not None:
            body |= self._counts(health.backlog)
        body["circuits"] = {deliverer.name: deliverer.state for deliverer in self.deliverers}
        body["warnings"] = warnings
        status = 200 if health.healthy else 503
        return Response(write_json(body), status, headers=NO_STORE, media_type="application/json")

    def _counts(self, backlog: Backlog) -> dict[str, object]:
        return {
            "messages": sum(backlog.messages.values()),
            "quarantined": backlog.messages.get("quarantined", 0),
            "waiting": backlog.messages.get("received", 0),
            "states": dict(backlog.messages),
            "oldest_waiting_seconds": _age(backlog),
            "patients_to_review": backlog.reviews,
            "deliveries": {"waiting": backlog.delivering("waiting"), "dead": backlog.delivering("dead")},
            "acknowledgements": sum(backlog.acknowledgements.values()),
        }

    def _warnings(self, backlog: Backlog | None) -> Iterator[str]:
        if backlog is not None:
            if backlog.messages.get("quarantined"):
                yield "quarantined messages"
            if backlog.delivering("dead"):
                yield "dead deliveries"
            known = {deliverer.name for deliverer in self.deliverers}
            if any(state == "waiting" and name not in known for name, state in backlog.deliveries):
                yield "deliveries wait for a destination that is not set"
        if self.clock.warning:
            yield self.clock.warning
        now = datetime.now(UTC)
        yield from (f"{one.setting} ends on {one.end:%Y-%m-%d}" for one in self.certificates if one.is_near(now))
        yield from (f"circuit of {one.name} is open" for one in self.deliverers if one.state == "open")


def _status(health: StoreHealth, warnings: Sequence[str]) -> str:
    if not health.healthy:
        return "store unavailable"
    return "warning" if warnings else "ok"


def _age(backlog: Backlog) -> float:
    """Seconds since the oldest waiting message arrived; 0 where none waits."""
    if backlog.oldest is None:
        return 0.0
    return max(0.0, round((datetime.now(UTC) - backlog.oldest).total_seconds(), 1))


@dataclass(frozen=True, eq=False)
class BacklogCollector(Collector):
    """The same as Prometheus gauges, read when they are asked for. A store that cannot be read gives no counts."""

    health: Health

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read before somebody asks."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        found = self.health.store.check()
        yield GaugeMetricFamily("ldt_store_up", "Whether messages can be stored", value=float(found.healthy))
        if found.backlog is not None:
            yield from _gauges(found.backlog)
        circuits = GaugeMetricFamily("ldt_circuit", "State of a destination's circuit", labels=("destination", "state"))
        for deliverer in self.health.deliverers:
            for state in _STATES:
                circuits.add_metric((deliverer.name, state), float(deliverer.state == state))
        yield circuits


def _gauges(backlog: Backlog) -> Iterator[GaugeMetricFamily]:
    messages = GaugeMetricFamily("ldt_messages", "Stored messages", labels=("state",))
    for state in ("received", "mapped", "evaluated", "quarantined", "ignored", "discarded"):
        messages.add_metric((state,), float(backlog.messages.get(state, 0)))
    yield messages
    age = "Age of the oldest message that waits to be processed"
    yield GaugeMetricFamily("ldt_oldest_waiting_seconds", age, value=_age(backlog))
    reviews = "Patients who wait to be evaluated again"
    yield GaugeMetricFamily("ldt_patients_to_review", reviews, value=float(backlog.reviews))
    deliveries = GaugeMetricFamily("ldt_deliveries", "Deliveries of advice", labels=("destination", "state"))
    for (destination, state), count in sorted(backlog.deliveries.items()):
        deliveries.add_metric((destination, state), float(count))
    yield deliveries
    acks = "Application acknowledgements that wait to be delivered"
    yield GaugeMetricFamily("ldt_application_acks_waiting", acks, value=float(sum(backlog.acknowledgements.values())))
