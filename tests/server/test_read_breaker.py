"""A FHIR server that does not answer gets a rest, and then one call tries it again."""

import pytest

from adapter.server.ehr.breaker import Breaker, Patience


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def failing(calls: int) -> tuple[Breaker, Time]:
    time = Time()
    breaker = Breaker(Patience(failures=3, rest=30), time)
    for _ in range(calls):
        breaker.tell(answered=False)
    return breaker, time


@pytest.mark.hazard("HZ-A01")
def test_three_calls_without_an_answer_in_a_row_begin_a_rest() -> None:
    breaker, _ = failing(2)
    assert breaker.may_ask()
    breaker.tell(answered=False)
    assert not breaker.may_ask()


def test_an_answer_between_them_begins_the_count_again() -> None:
    breaker, _ = failing(2)
    breaker.tell(answered=True)
    breaker.tell(answered=False)
    breaker.tell(answered=False)
    assert breaker.may_ask()


@pytest.mark.hazard("HZ-A01")
def test_after_the_rest_one_call_tries_and_decides_for_the_others() -> None:
    breaker, time = failing(3)
    time.now += 29
    assert not breaker.may_ask()
    time.now += 1
    assert [breaker.may_ask() for _ in range(3)] == [True, False, False]
    breaker.tell(answered=False)
    time.now += 29
    assert not breaker.may_ask()
    time.now += 1
    assert breaker.may_ask()
    breaker.tell(answered=True)
    assert breaker.may_ask()


def test_a_call_that_tries_and_is_never_heard_of_again_does_not_end_the_trying() -> None:
    breaker, time = failing(3)
    time.now += 30
    assert breaker.may_ask()
    time.now += 30
    assert breaker.may_ask()
