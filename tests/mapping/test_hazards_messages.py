"""Hazards of messages (HZ-M) as far as mapping and case decide them: what is one result, in the messages of each row.

What is one message is the store's affair (tests/store/test_append.py).
"""

from decimal import Decimal

import pytest

from tests.mapping.hazard_log import OBR, log_mapping, log_platelets, log_report
from tests.mapping.senders import fact, known, standing

PLATELETS = "platelets_10e9_l"
FIRST = log_report(log_platelets("210"))


@pytest.mark.hazard("HZ-M04")
def test_the_same_result_under_a_new_control_id_is_one_value() -> None:
    both = log_mapping(FIRST, log_report(log_platelets("210"), control="A2"))
    assert known(both, PLATELETS) == Decimal(210)
    (origin,) = fact(both, PLATELETS).origins
    assert fact(both, PLATELETS).unused == ()
    assert "A2" in origin.document


@pytest.mark.hazard("HZ-M04")
def test_another_value_of_the_same_moment_is_no_repetition() -> None:
    other = OBR.replace("R1^LAB", "R2^LAB")
    both = log_mapping(FIRST, log_report(log_platelets("35"), order=other, control="A2"))
    assert standing(both, PLATELETS)[0] == "conflicting"


@pytest.mark.hazard("HZ-M03")
def test_another_result_under_the_same_control_id_is_in_the_case() -> None:
    later = log_report(log_platelets("35"), order=OBR.replace("R1^LAB", "R2^LAB"))
    both = log_mapping(FIRST, later)
    places = {origin.document for origin in fact(both, PLATELETS).origins}
    assert standing(both, PLATELETS)[0] == "conflicting"
    assert len(places) == 1
    assert len(fact(both, PLATELETS).origins) == 2
