"""`make bench-hooks`: milliseconds of a patient-view call with 200 Observations, one call after another.

Each service gets the same body again and again, and a body of another patient with each call, so that nothing that a
service remembers of one call can flatter it. Services take turns in each round, so that a noisy machine is noisy for
all; p50 and p99 are over all rounds, and CPU is that of the service for a call, which the load of the machine bears on
least. Read the ratios. HealthChain takes part where HEALTHCHAIN_PYTHON names a Python that has it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import OBSERVATIONS, PATIENT, bundle
from benchmarks.hooks.patients import another_patient
from benchmarks.ports import free_port, wait_for
from benchmarks.settling import processor_time, settle

CALLS = int(os.environ.get("BENCH_CALLS", "150"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
HEALTHCHAIN = os.environ.get("HEALTHCHAIN_PYTHON", "")
LDT = (sys.executable, "-c", "from adapter.cli.main import main; main()")
AS_DEPLOYED = {"LDT_PUBLIC_URL": "https://ldt.example.org"}
"""Settings of `ldt serve`: with its pages of explanations, which a card without links does not need."""

WARM = 20
"""Calls before those that are measured."""
SAME, OTHERS = "the same body", "other patients"
KEYS = {
    "conditions": "Condition",
    "observations": "Observation",
    "procedures": "Procedure",
    "administrations": "MedicationAdministration",
    "statements": "MedicationStatement",
    "responses": "QuestionnaireResponse",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A service: what it is called, its command before the port, and the path of its patient-view."""

    name: str
    command: tuple[str, ...]
    path: str


def contenders(store: str) -> Iterator[Contender]:
    """Who takes part here."""
    yield Contender("bare FastAPI, orjson", (sys.executable, "-m", "benchmarks.hooks.bare"), "/cds-services/bare")
    serve = (*LDT, "serve", "--store", store, "--as-of", "2026-01-12", "--http-port")
    yield Contender("ldt serve", serve, "/cds-services/ldt-patient-view")
    if HEALTHCHAIN:
        file = str(Path(__file__).with_name("healthchain_service.py"))
        yield Contender("HealthChain", (HEALTHCHAIN, file), "/cds/cds-services/bench")


def call(number: int = 0) -> bytes:
    """The body: the example patient with 200 Observations, or another one, by the keys of our templates."""
    whole = json.loads(bundle(OBSERVATIONS))
    if number:
        whole = another_patient(whole, number)
    of_type: dict[str, list[object]] = {}
    for entry in whole["entry"]:
        of_type.setdefault(entry["resource"]["resourceType"], []).append({"resource": entry["resource"]})
    (patient,) = of_type["Patient"]
    assert isinstance(patient, dict)
    prefetch = {"patient": patient["resource"]}
    for key, kind in KEYS.items():
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": of_type.get(kind, [])}
    context = {"userId": "Practitioner/u1", "patientId": patient["resource"]["id"]}
    hook = {"hook": "patient-view", "hookInstance": str(UUID(int=number)), "context": context}
    return json.dumps({**hook, "prefetch": prefetch}).encode()


@dataclass(slots=True)
class Spent:
    """What calls of one kind took: milliseconds of each, and those of the service's processor for all of them."""

    wall: list[float] = field(default_factory=list)
    cpu: float = 0.0


@contextmanager
def running(contender: Contender) -> Iterator[tuple[str, int]]:
    """The URL of the service and its process, which runs meanwhile."""
    port = free_port()
    with subprocess.Popen(
        [*contender.command, str(port)], stderr=subprocess.DEVNULL, env=os.environ | AS_DEPLOYED
    ) as process:
        try:
            wait_for(port)
            settle(process.pid)
            yield f"http://127.0.0.1:{port}{contender.path}", process.pid
        finally:
            process.kill()


def measure(url: str, process: int, bodies: Sequence[bytes], spent: Spent) -> None:
    """Call with each body on one connection; the first ones only warm up."""
    with httpx.Client(headers={"content-type": "application/json"}, timeout=30) as client:
        for body in bodies[:WARM]:
            client.post(url, content=body).raise_for_status()
        before = processor_time(process)
        for body in bodies[WARM:]:
            began = time.perf_counter()
            client.post(url, content=body).raise_for_status()
            spent.wall.append((time.perf_counter() - began) * 1000)
        spent.cpu += processor_time(process) - before


def main() -> None:
    """Measure and print."""
    body, found = call(), dict[tuple[str, str], Spent]()
    streams = {SAME: [body] * (WARM + CALLS), OTHERS: [call(number) for number in range(1, WARM + CALLS + 1)]}
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/ldt.db"
        subprocess.run([*LDT, "store", "init", "--store", store], check=True, capture_output=True)
        for _ in range(ROUNDS):
            for contender in contenders(store):
                with running(contender) as (url, process):
                    for kind, bodies in streams.items():
                        measure(url, process, bodies, found.setdefault((contender.name, kind), Spent()))
    title = f"patient-view with {OBSERVATIONS} Observations ({len(body) / 1000:.0f} kB, {PATIENT.name})"
    Console(width=100).print(_table(title, found))


def _table(title: str, found: dict[tuple[str, str], Spent]) -> Table:
    table = Table(title=title)
    for column in ("service", "calls"):
        table.add_column(column)
    for column in ("p50 ms", "to bare", "p99 ms", "CPU ms", "to bare"):
        table.add_column(column, justify="right")
    p50 = {what: quantiles(spent.wall, n=100)[49] for what, spent in found.items()}
    cpu = {what: spent.cpu / len(spent.wall) for what, spent in found.items()}
    first, _ = next(iter(found))
    for what, spent in found.items():
        name, kind = what
        p99 = quantiles(spent.wall, n=100)[98]
        bare = p50[first, kind], cpu[first, kind]
        ratios = p50[what] / bare[0], cpu[what] / bare[1] if bare[1] else 0.0
        figures = p50[what], ratios[0], p99, cpu[what], ratios[1]
        table.add_row(name, kind, *(f"{figure:.1f}" for figure in figures))
    return table


if __name__ == "__main__":
    main()
