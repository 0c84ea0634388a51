"""A broken entry costs that entry: a finding with its path and without content, all others read.

Not for input that is no FHIR at all.
"""

import pytest

from adapter.case.finding import Finding
from adapter.fhir.document import Document, read_document
from tests.fhir.resources import Json, bundle, encoded, observation, parameters, patient

ENTRY = "Bundle.entry[1].resource"


def _read(content: Json) -> Document:
    return read_document(encoded(content))


def _fault(document: Document, number: int = 1) -> Finding:
    record = document.records[number]
    assert record.resource is None
    assert record.type == ""
    assert record.fault is not None
    return record.fault


BROKEN: list[tuple[Json, str]] = [
    (observation("o1", status=7357), ".status"),
    (observation("o1", status=None), ".status"),
    (observation("o1", code={"coding": {"code": "canary"}}), ".code.coding"),
    (observation("o1", code={"coding": [{"code": "777-3"}, {"code": 7357}]}), ".code.coding[1].code"),
    (observation("o1", code=[{"text": "canary"}]), ".code"),
    (observation("o1", component={"valueString": "canary"}), ".component"),
    (observation("o1", component=[{"code": "canary"}]), ".component[0].code"),
    (observation("o1", valueQuantity="7357 canary"), ".valueQuantity"),
    (observation("o1", valueQuantity={"value": 1, "unit": 7357}), ".valueQuantity.unit"),
    (observation("o1", valueBoolean="canary"), ".valueBoolean"),
    (observation("o1", subject="Patient/canary"), ".subject"),
    (observation("o1", subject=[{"reference": "Patient/canary"}]), ".subject"),
    (observation("o1") | {"id": 7357}, ".id"),
    ({"resourceType": 7357}, ".resourceType"),
    ({"resourceType": "Immunization", "patient": "canary"}, ".patient"),
]


@pytest.mark.parametrize(("broken", "path"), BROKEN, ids=[path for _, path in BROKEN])
def test_a_member_of_the_wrong_json_type_costs_its_resource(broken: Json, path: str) -> None:
    document = _read(bundle(patient("p1"), broken, observation("o2")))
    fault = _fault(document)
    assert (fault.code, fault.severity, fault.place) == ("resource-unreadable", "error", ENTRY + path)
    assert [record.key for record in document.records] == ["Patient/p1", ENTRY, "Observation/o2"]
    assert document.records[1].raw == encoded(broken)
    assert "canary" not in repr(fault)
    assert "7357" not in repr(fault)


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({}, ""),
        ({"fullUrl": "urn:uuid:1"}, ""),
        (None, ""),
        ("canary", ""),
        ([], ""),
        ({"fullUrl": 7357, "resource": patient("p2")}, ".fullUrl"),
    ],
)
def test_an_entry_that_is_none_costs_that_entry(entry: Json, path: str) -> None:
    resources: Json = [{"resource": patient("p1")}, entry, {"resource": observation("o2")}]
    document = _read({"resourceType": "Bundle", "entry": resources})
    assert _fault(document).place == f"Bundle.entry[1]{path}"
    assert [record.resource is None for record in document.records] == [False, True, False]


@pytest.mark.parametrize("resource", [None, "canary", [], 7357, {}, {"id": "canary"}])
def test_a_resource_that_is_none_costs_that_entry(resource: Json) -> None:
    document = _read(bundle(patient("p1"), resource, observation("o2")))
    fault = _fault(document)
    assert fault.place == ENTRY
    assert "canary" not in repr(fault)
    assert [record.resource is None for record in document.records] == [False, True, False]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (parameters(patient("p1"), observation("o1", status=5)), "Parameters.parameter[1].resource.status"),
        (
            parameters(patient("p1"), bundle(observation("o1", status=5))),
            "Parameters.parameter[1].resource.Bundle.entry[0].resource.status",
        ),
        (parameters(patient("p1"), {"resourceType": 5}), "Parameters.parameter[1].resource.resourceType"),
        ([patient("p1"), observation("o1", status=5)], "[1].status"),
        ([patient("p1"), 5], "[1]"),
    ],
)
def test_the_place_of_a_broken_resource_outside_of_a_bundle(document: Json, place: str) -> None:
    found = _read(document)
    assert _fault(found).place == place
    assert found.records[0].key == "Patient/p1"


def test_a_broken_bundle_among_parameters_costs_that_parameter() -> None:
    broken: Json = {"resourceType": "Bundle", "entry": {"resource": "canary"}}
    document = _read(parameters(patient("p1"), broken, observation("o2")))
    assert [record.resource is None for record in document.records] == [False, True, False]


def test_a_broken_line_names_its_line() -> None:
    document = read_document(encoded(patient("p1")) + b"\n" + encoded(observation("o1", status=5)))
    assert _fault(document).place == "line 2.status"


def test_bytes_that_are_no_utf_8_cost_their_entry() -> None:
    raw = encoded(bundle(patient("p1"), observation("o1", status="canary"), observation("o2")))
    document = read_document(raw.replace(b"canary", b"\xb5"))
    assert [record.resource is None for record in document.records] == [False, True, False]
