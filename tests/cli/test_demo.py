"""`ldt demo`: what a newcomer sees first. A real server is started, and ended again."""

import re
from pathlib import Path

import pytest

from tests.cli.running import FIXTURES, ldt

PATIENTS = FIXTURES / "patients"
ONE_PAGE = 80
"""Most lines of what is shown at first."""


@pytest.mark.parametrize("long", [False, True])
def test_message_acknowledgement_card_and_where_to_look_next(long: bool) -> None:
    ran = ldt("demo", "--fixtures", PATIENTS, *(["--long"] if long else []))
    assert ran.status == 0
    parts = (
        "PID|1||8852017^^^HOSP^MR",
        "MSA|AA|900000012077",
        "made from these",
        "Advised now",
        "The advice is the same",
        "Where to look",
    )
    places = [ran.out.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert ("The whole answer" in ran.out, "a link to a page with everything" in ran.out) == (long, not long)
    told = re.search(r"goes on with (\d+) short lines", ran.out)
    assert long or (told and int(told[1]) > 5)
    assert long or len(ran.out.splitlines()) <= ONE_PAGE
    assert '"event"' not in ran.out + ran.err, "lines of the server's log"


def test_without_the_example_patients_it_says_so(tmp_path: Path) -> None:
    ran = ldt("demo", "--fixtures", tmp_path)
    assert (ran.status, "is not there" in ran.err) == (1, True)
