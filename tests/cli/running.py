"""Running `ldt` in the process of the tests, and the small inputs that they write.

Patients are synthetic; what is expected stands in the tests.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from adapter.cli.main import app
from tests.repository import ROOT

FIXTURES = ROOT / "fixtures"
AS_OF = ("--as-of", "2026-01-12")
OWN = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"
LOINC = "http://loinc.org"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON, numbers as Decimal."""
        return json.loads(self.out, parse_float=Decimal)

    @property
    def findings(self) -> list[dict[str, str]]:
        """The findings that belong to no patient: the lines of standard error that are no message for people."""
        return [json.loads(line) for line in self.err.splitlines() if not line.startswith("ldt: ")]


def ldt(*arguments: str | Path, columns: int = 200) -> Ran:
    """Run a command; nothing it prints may look like a crash. An exception that reaches the runner is raised."""
    runner = CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    result = runner.invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


def evaluate(*arguments: str | Path, columns: int = 200) -> Ran:
    """`ldt evaluate` as of the day of the fixtures."""
    return ldt("evaluate", *AS_OF, *arguments, columns=columns)


def message(
    *segments: str, control_id: str = "M1", pid: str = "PID|1||77^^^HOSP^MR||DOE^J||19600101|F", end: str = "\r"
) -> bytes:
    """One ORU message with these segments after a PID; a segment that begins with PID replaces it."""
    head = f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260112||ORU^R01^ORU_R01|{control_id}|P|2.5.1"
    return end.join([head, pid, "OBR|1||1|58410-2^^LN|||20260110", *segments, ""]).encode()


def result(number: int, code: str, value: str, unit: str = "", status: str = "F") -> str:
    """A numeric OBX."""
    return f"OBX|{number}|NM|{code}^^LN||{value}|{unit}|||||{status}"


DIAGNOSES = ("DG1|1||C7A.012^^I10C|||F", "DG1|2||C7B.02^^I10C|||F")


def patient(key: str, **more: object) -> dict[str, object]:
    """A Patient resource."""
    return {"resourceType": "Patient", "id": key, "birthDate": "1960-01-01", **more}


def observation(key: str, owner: str, code: str, value: str, unit: str) -> dict[str, object]:
    """A final Observation with a LOINC code and a UCUM unit; the number is written as given."""
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{owner}"},
        "effectiveDateTime": "2026-01-10",
        "valueQuantity": {"value": float(value), "system": "http://unitsofmeasure.org", "code": unit},
    }


def bundle(*resources: object) -> bytes:
    """A collection of these resources."""
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def ndjson(*resources: object) -> bytes:
    """One resource a line."""
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)


def case(subject: str, **facts: object) -> dict[str, object]:
    """One case of a case file."""
    return {"id": subject, "facts": facts}


def write(folder: Path, name: str, content: bytes | str | Sequence[object]) -> Path:
    """A file with this content; anything but text and bytes is written as JSON."""
    path = folder / name
    match content:
        case bytes():
            path.write_bytes(content)
        case str():
            path.write_bytes(content.encode())
        case _:
            path.write_bytes(json.dumps(content).encode())
    return path
