"""`ldt demo`: the main job on an example patient, as an integration team would do it by hand.

The same patient by FHIR and by HL7 v2, then the running server asked by an EHR. It starts from the example files.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

from adapter.advice.folded import FOLDED
from adapter.fhir.write import write_json

# A client of its own: numbers stay as they are written.
_JSON = msgspec.json.Decoder(float_hook=Decimal)

AS_OF = "2026-01-12"
PATIENT = "07-not-avid-g2"
KEYS = {
    "conditions": "Condition",
    "observations": "Observation",
    "procedures": "Procedure",
    "administrations": "MedicationAdministration",
    "statements": "MedicationStatement",
    "responses": "QuestionnaireResponse",
}
START_SECONDS = 30


def demo(
    fixtures: Path = typer.Option(
        Path("fixtures/patients"), metavar="FOLDER", help="Folder with the example patients."
    ),
    long: bool = typer.Option(False, "--long", help="Print the whole advice, from FHIR, from HL7 v2 and on the card."),
) -> None:
    """Show the adapter at work: a running server takes an HL7 v2 message and answers an EHR with a card.

    The example patient is invented. With --long the whole advice is printed from both wires first, some 600 lines.
    """
    folder = fixtures / PATIENT
    if not folder.is_dir():
        typer.echo(
            f"ldt demo: {folder} is not there; run it in the root of the repository, or say --fixtures", err=True
        )
        raise typer.Exit(1)
    console = Console()
    if long:
        console.rule("The patient's FHIR resources: ldt evaluate bundle.json")
        _run("evaluate", str(folder / "bundle.json"), "--as-of", AS_OF)
        console.rule("The same patient as HL7 v2 messages: ldt evaluate messages.hl7")
        _run("evaluate", str(folder / "messages.hl7"), "--as-of", AS_OF)
    with tempfile.TemporaryDirectory() as scratch:
        _serve_and_ask(console, folder, Path(scratch), long=long)
    console.rule("3. The same patient, once as FHIR resources and once as HL7 v2 messages")
    console.print(_same(folder))
    _next_steps(console, folder)


def _ldt(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from adapter.cli.main import main; main()", *arguments]


def _run(*arguments: str) -> None:
    finished = subprocess.run(_ldt(*arguments), check=False)  # noqa: S603
    if finished.returncode:
        raise typer.Exit(finished.returncode)


def _advice(path: Path) -> dict[str, object]:
    command = _ldt("evaluate", str(path), "--as-of", AS_OF, "--json")
    finished = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    found = _JSON.decode(finished.stdout)[0]
    lists = ("preferred", "reasonable", "not_recommended", "contraindicated", "cautions", "actions", "missing", "rules")
    return {name: found[name] for name in (*lists, "indicator")}


def _same(folder: Path) -> str:
    if _advice(folder / "bundle.json") == _advice(folder / "messages.hl7"):
        return "[green]The advice is the same.[/]\n"
    typer.echo("ldt demo: the two wires disagree", err=True)
    raise typer.Exit(1)


def _serve_and_ask(console: Console, folder: Path, scratch: Path, *, long: bool) -> None:
    store, port = f"sqlite:///{scratch / 'demo.db'}", _free_port()
    subprocess.run(_ldt("store", "init", "--store", store), check=True, capture_output=True)  # noqa: S603
    command = _ldt("serve", "--store", store, "--http-port", str(port), "--as-of", AS_OF)
    # With an address of explanation pages a card has its first screen and a link; without one it holds everything.
    linked = {} if long else {"LDT_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    log = scratch / "server.log"
    with log.open("wb") as errors, subprocess.Popen(command, env={**os.environ, **linked}, stderr=errors) as server:  # noqa: S603
        try:
            _wait(server, port, log)
            _message(console, port, folder)
            _call(console, port, folder)
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the server is healthy; a server that ended, or does not start in time, fails the demonstration."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if _request(port, "GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    typer.echo(f"ldt demo: the server did not start\n{log.read_text(encoding='utf-8')}", err=True)
    raise typer.Exit(1)


def _request(port: int, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _message(console: Console, port: int, folder: Path) -> None:
    console.rule("1. A message goes in: POST /hl7v2")
    raw = (folder / "messages.hl7").read_bytes()
    first = raw.split(b"\rMSH")[0] + b"\r"
    _print_segments(console, first)
    status, answer = _request(port, "POST", "/hl7v2", first, "application/hl7-v2")
    console.print(f"It is stored, and acknowledged (status {status}):")
    _print_segments(console, answer)


def _print_segments(console: Console, raw: bytes) -> None:
    console.print(raw.decode("utf-8").replace("\r", "\n"), markup=False, highlight=False, soft_wrap=True)


def _call(console: Console, port: int, folder: Path) -> None:
    console.rule("2. An EHR opens the patient: POST /cds-services/ldt-patient-view")
    request = hook_request(_JSON.decode((folder / "bundle.json").read_bytes()))
    body = write_json(request)
    status, answer = _request(port, "POST", "/cds-services/ldt-patient-view", body, "application/json")
    cards = _JSON.decode(answer).get("cards", [])
    if status != 200 or not cards:
        typer.echo("ldt demo: the server gave no card", err=True)
        raise typer.Exit(1)
    console.print(
        "The EHR sends the same patient as FHIR resources with its call, and the card is made from these\n"
        f"alone, not from the message above. The answer (status {status}) is one card:",
        highlight=False,
        soft_wrap=True,
    )
    for card in cards:
        first, folded, below = card["detail"].partition(f"**{FOLDED}**")
        console.print(Panel(Markdown(f"**{card['summary']}**\n\n{first}"), title=card["indicator"], title_align="left"))
        if folded:
            count = sum(line.startswith("- ") for line in below.splitlines())
            console.print(
                f"In an EHR it goes on with {count} short lines on the rest, and a link to a page with everything.\n"
                "The server of this demonstration is gone with it; `ldt demo --long` prints everything.\n",
                highlight=False,
                soft_wrap=True,
            )


def _next_steps(console: Console, folder: Path) -> None:
    console.rule("Where to look next")
    messages = folder / "messages.hl7"
    console.print(
        "The whole advice, from both forms:  .venv/bin/ldt demo --long\n"
        f"Why, rule by rule:                  .venv/bin/ldt evaluate {messages} --as-of {AS_OF} --explain\n"
        "A server of your own:               README.md, under 'Try it'\n"
        "HL7 v2 facts on cards of an EHR:    docs/cds-hooks.md, under 'Stored HL7 v2 facts'\n"
        "All pages, by what you want to do:  README.md, under 'Where to go next'",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def hook_request(bundle: dict[str, list[dict[str, dict[str, object]]]]) -> dict[str, object]:
    """The patient-view call that an EHR would make for the patient of a Bundle, with its prefetch filled."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    patient = next(resource for resource in resources if resource["resourceType"] == "Patient")
    prefetch: dict[str, object] = {"patient": patient}
    for key, kind in KEYS.items():
        entries = [{"resource": resource} for resource in resources if resource["resourceType"] == kind]
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/demo", "patientId": patient["id"]},
        "prefetch": prefetch,
    }
