"""FHIR numbers keep the digits that were sent, and what is no JSON number is none.

Not for units.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.document import read_document
from adapter.fhir.elements import Quantity
from adapter.fhir.number import is_given, number, sent_number
from adapter.fhir.resources import Observation


def quantity(value: str) -> Quantity:
    raw = f'{{"resourceType":"Observation","valueQuantity":{{"value":{value}}}}}'.encode()
    resource = read_document(raw).records[0].resource
    assert isinstance(resource, Observation)
    assert resource.valueQuantity is not None
    return resource.valueQuantity


@pytest.mark.hazard("HZ-V23")
@pytest.mark.parametrize(
    "sent",
    ["1.50", "0.1000000000000000001", "210", "-0.5", "0", "0.0", "1E3", "1.5e-3", "123456789012345678901234567890"],
)
def test_a_number_keeps_its_digits(sent: str) -> None:
    value = quantity(sent).value
    assert sent_number(value) == sent
    found = number(value)
    assert found is not None
    assert found.as_tuple() == Decimal(sent).as_tuple()
    assert is_given(value)


@pytest.mark.hazard("HZ-V11")
@pytest.mark.parametrize(
    "sent", ['"210"', '"1.5"', '""', "true", "{}", "[210]", "1e999", "1" + "0" * 40, '"NaN"', '"1,5"', '"210 "']
)
def test_what_is_no_number_of_json_is_given_and_no_number(sent: str) -> None:
    value = quantity(sent).value
    assert (sent_number(value), number(value)) == (None, None)
    assert is_given(value)


def test_null_and_nothing_are_not_given() -> None:
    assert not is_given(quantity("null").value)
    assert number(quantity("null").value) is None
    assert not is_given(Quantity().value)
    assert number(Quantity().value) is None


def test_blanks_around_a_number_are_no_part_of_it() -> None:
    assert sent_number(quantity(" \n1.50 ").value) == "1.50"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=15))
def test_every_decimal_comes_back_as_it_was_sent(sent: Decimal) -> None:
    text = format(sent, "f")
    assert number(quantity(text).value) == sent
    assert str(number(quantity(text).value)) == str(Decimal(text))
