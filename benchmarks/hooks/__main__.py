"""`make bench-hooks`: milliseconds of a patient-view call with 200 Observations, one call after another.

Services take turns in each round, so that a noisy machine is noisy for all; p50 and p99 are over all rounds. Read the
ratios. HealthChain takes part where HEALTHCHAIN_PYTHON names a Python that has it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import OBSERVATIONS, PATIENT, bundle
from benchmarks.ports import free_port, wait_for

CALLS = int(os.environ.get("BENCH_CALLS", "150"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
HEALTHCHAIN = os.environ.get("HEALTHCHAIN_PYTHON", "")
LDT = (sys.executable, "-c", "from adapter.cli.main import main; main()")
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


def call() -> bytes:
    """The body: the example patient with 200 Observations, by the keys of our templates."""
    whole = json.loads(bundle(OBSERVATIONS))
    of_type: dict[str, list[object]] = {}
    for entry in whole["entry"]:
        of_type.setdefault(entry["resource"]["resourceType"], []).append({"resource": entry["resource"]})
    (patient,) = of_type["Patient"]
    assert isinstance(patient, dict)
    prefetch = {"patient": patient["resource"]}
    for key, kind in KEYS.items():
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": of_type.get(kind, [])}
    context = {"userId": "Practitioner/u1", "patientId": patient["resource"]["id"]}
    hook = {"hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return json.dumps({**hook, "prefetch": prefetch}).encode()


@contextmanager
def running(contender: Contender) -> Iterator[str]:
    """The URL of the service, which runs meanwhile."""
    port = free_port()
    with subprocess.Popen([*contender.command, str(port)], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}{contender.path}"
        finally:
            process.kill()


def measured(url: str, body: bytes) -> list[float]:
    """Milliseconds of each call on one connection, after some that warm up."""
    spent = []
    with httpx.Client(headers={"content-type": "application/json"}, timeout=30) as client:
        for number in range(CALLS + 20):
            began = time.perf_counter()
            client.post(url, content=body).raise_for_status()
            if number >= 20:
                spent.append((time.perf_counter() - began) * 1000)
    return spent


def main() -> None:
    """Measure and print."""
    body, found = call(), dict[str, list[float]]()
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/ldt.db"
        subprocess.run([*LDT, "store", "init", "--store", store], check=True, capture_output=True)
        for _ in range(ROUNDS):
            for contender in contenders(store):
                with running(contender) as url:
                    found.setdefault(contender.name, []).extend(measured(url, body))
    title = f"patient-view with {OBSERVATIONS} Observations ({len(body) / 1000:.0f} kB, {PATIENT.name})"
    Console(width=100).print(_table(title, found))


def _table(title: str, found: dict[str, list[float]]) -> Table:
    table = Table(title=title)
    table.add_column("service")
    for column in ("p50 ms", "to bare", "p99 ms"):
        table.add_column(column, justify="right")
    p50 = {name: quantiles(spent, n=100)[49] for name, spent in found.items()}
    bare = next(iter(p50.values()))
    for name, spent in found.items():
        p99 = quantiles(spent, n=100)[98]
        table.add_row(name, f"{p50[name]:.1f}", f"{p50[name] / bare:.1f}", f"{p99:.1f}")
    return table


if __name__ == "__main__":
    main()
