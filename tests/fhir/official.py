"""Asking a validator that is not ours what it finds in resources; not for tests of what we read."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adapter.fhir.write import write_json
from tests.repository import ROOT

NODE = ROOT / "tests/node"


def issues(resources: Iterable[dict[str, object]], packages: Path) -> list[dict[str, Any]]:
    """For each resource the issues, and how many codes were looked up in required value sets."""
    run = subprocess.run(
        ["node", str(NODE / "validate.mjs"), str(packages)],
        input=b"\n".join(write_json(resource) for resource in resources),
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines()]
