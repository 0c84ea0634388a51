"""Drafts of real clients: an object where FHIR has an array of one is read, and nothing else is made up."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapter.fhir.arrays import MOST_MENDED, decode_with_arrays
from adapter.fhir.document import read_document, with_arrays
from adapter.fhir.resources import Condition, Observation, ServiceRequest
from tests.fhir.resources import bundle, encoded, observation

DECODER = msgspec.json.Decoder(ServiceRequest)
TACE: dict[str, Any] = {"system": "http://snomed.info/sct", "code": "314617008"}


def request(**members: Any) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "id": "s1", "subject": {"reference": "Patient/p1"}, **members}


@pytest.mark.parametrize("members", [{"code": {"coding": TACE}}, {"code": {"coding": TACE}, "bodySite": {"text": "x"}}])
def test_objects_are_read_as_arrays_of_one(members: dict[str, Any]) -> None:
    order = decode_with_arrays(DECODER, encoded(request(**members)))
    assert order.code is not None
    assert [coding.code for coding in order.code.coding] == ["314617008"]


def test_every_element_of_an_array_on_the_way_is_mended() -> None:
    sites = [{"coding": [TACE]}, {"coding": TACE}, {"coding": TACE}]
    order = decode_with_arrays(DECODER, encoded(request(bodySite=sites)))
    assert [site.coding[0].code for site in order.bodySite] == ["314617008"] * 3


def test_numbers_keep_their_digits() -> None:
    raw = b'{"resourceType":"Observation","code":{"coding":{"code":"1"}},"valueQuantity":{"value":1.50}}'
    read = decode_with_arrays(msgspec.json.Decoder(Observation), raw)
    assert read.valueQuantity is not None
    assert isinstance(read.valueQuantity.value, msgspec.Raw)
    assert Decimal(bytes(read.valueQuantity.value).decode()) == Decimal("1.50")
    assert bytes(read.valueQuantity.value) == b"1.50"


@pytest.mark.parametrize(
    "members", [{"code": [TACE]}, {"code": {"coding": "x"}}, {"status": 1}, {"code": {"coding": [[TACE]]}}]
)
def test_any_other_wrong_type_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_with_arrays(DECODER, encoded(request(**members)))


@pytest.mark.parametrize(("depth", "read"), [(MOST_MENDED - 1, True), (MOST_MENDED + 1, False)])
def test_mending_has_an_end(depth: int, read: bool) -> None:
    extension: dict[str, Any] = {"url": "x"}
    for _ in range(depth):
        extension = {"url": "x", "extension": extension}
    raw = encoded({"resourceType": "Condition", "extension": extension})
    decoder = msgspec.json.Decoder(Condition)
    if read:
        assert decode_with_arrays(decoder, raw).extension[0].url == "x"
    else:
        with pytest.raises(msgspec.ValidationError):
            decode_with_arrays(decoder, raw)


def test_a_document_is_mended_where_it_has_faults_and_nowhere_else() -> None:
    broken = observation("o1", code={"coding": {"code": "777-3"}})
    hopeless = observation("o2", status=1)
    document = read_document(encoded(bundle(broken, hopeless, observation("o3"))))
    mended = with_arrays(document)
    assert [record.fault is None for record in document.records] == [False, False, True]
    assert [record.key for record in mended.records] == ["Observation/o1", "Bundle.entry[1].resource", "Observation/o3"]
    assert [record.fault is None for record in mended.records] == [True, False, True]
    assert mended.names["Observation/o1"] == "Observation/o1"
    assert with_arrays(mended) is not mended
    whole = read_document(encoded(bundle(observation("o3"))))
    assert with_arrays(whole) is whole
