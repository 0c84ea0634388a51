"""The same data give the same answer: byte for byte, whatever the order of sets and the hash seed of the process."""

import os
import subprocess
import sys

import pytest

from adapter.advice.card import cards
from adapter.advice.careplan import care_plan
from adapter.fhir.write import write_json
from tests.advice.assessments import everyone, fixture
from tests.repository import ROOT

PROGRAM = """
import hashlib
from adapter.advice.card import cards
from adapter.advice.careplan import care_plan
from adapter.advice.report import report
from adapter.fhir.write import write_json
from tests.advice.assessments import everyone
for name, assessment in everyone().items():
    whole = [*(card.to_json() for card in cards(assessment)), care_plan(assessment), report(assessment)]
    print(name, hashlib.sha256(write_json(whole)).hexdigest())
"""


def answers(seed: int) -> str:
    """The digests of all answers in a process with this hash seed."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.hazard("HZ-A09")
def test_cards_careplans_and_reports_are_the_same_for_every_hash_seed() -> None:
    first = answers(0)
    assert len(first.splitlines()) == len(everyone())
    assert answers(1) == answers(9) == first


@pytest.mark.hazard("HZ-A09")
def test_the_same_assessment_is_rendered_the_same_a_hundred_times() -> None:
    rendered = {
        write_json([*(card.to_json() for card in cards(one)), care_plan(one)])
        for one in (fixture.__wrapped__("06-progression-after-prrt", "hl7v2") for _ in range(100))
    }
    assert len(rendered) == 1
