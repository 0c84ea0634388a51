"""The shapes in which FHIR JSON comes: Bundle, single resource, array, NDJSON, Parameters; and what is none of them.

Not for entries that cannot be read, which have a file of their own.
"""

import pytest

from adapter.fhir.document import Document, NotFhir, read_document
from adapter.fhir.resources import Generic, Observation, Patient
from tests.fhir.resources import Json, bundle, encoded, observation, parameters, patient

BOM = b"\xef\xbb\xbf"


def _read(content: Json) -> Document:
    return read_document(encoded(content))


def _places(document: Document) -> list[tuple[str, str]]:
    return [(record.place, record.key) for record in document.records]


def test_a_bundle_gives_its_resources_in_order() -> None:
    document = _read(bundle(patient("p1"), observation("o1")))
    assert _places(document) == [
        ("Bundle.entry[0].resource", "Patient/p1"),
        ("Bundle.entry[1].resource", "Observation/o1"),
    ]
    first, second = document.records
    assert isinstance(first.resource, Patient)
    assert isinstance(second.resource, Observation)
    assert [record.fault for record in document.records] == [None, None]
    assert not document.partial


@pytest.mark.parametrize("content", [bundle(), {"resourceType": "Bundle"}, []])
def test_nothing_in_it_is_a_document_without_records(content: Json) -> None:
    assert _read(content).records == ()


def test_a_single_resource() -> None:
    document = _read(observation("o1"))
    assert _places(document) == [("Observation", "Observation/o1")]


def test_an_array_of_resources() -> None:
    document = _read([patient("p1"), observation("o1")])
    assert _places(document) == [("[0]", "Patient/p1"), ("[1]", "Observation/o1")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n"])
def test_newline_delimited_json_counts_its_lines(end: bytes) -> None:
    raw = end.join([encoded(patient("p1")), encoded(observation("o1"))]) + end
    document = read_document(raw)
    step = 2 if end == b"\n\n" else 1
    assert _places(document) == [("line 1", "Patient/p1"), (f"line {1 + step}", "Observation/o1")]


def test_parameters_give_bundles_and_single_resources() -> None:
    content: Json = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subject", "valueString": "Patient/p1"},
            {"name": "data", "resource": bundle(patient("p1"), observation("o1"))},
            {"name": "more", "resource": observation("o2")},
        ],
    }
    assert _places(_read(content)) == [
        ("Parameters.parameter[1].resource.Bundle.entry[0].resource", "Patient/p1"),
        ("Parameters.parameter[1].resource.Bundle.entry[1].resource", "Observation/o1"),
        ("Parameters.parameter[2].resource", "Observation/o2"),
    ]


@pytest.mark.parametrize(
    "raw", [encoded(observation("o1")), encoded([observation("o1")]), encoded(bundle(observation("o1")))]
)
def test_a_byte_order_mark_changes_nothing(raw: bytes) -> None:
    assert _places(read_document(BOM + raw)) == _places(read_document(raw))


def test_blanks_around_the_document_change_nothing() -> None:
    raw = b"\n \t" + encoded([observation("o1")]) + b"\r\n"
    assert _places(read_document(raw)) == [("[0]", "Observation/o1")]


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        (b"", "empty", "document"),
        (b" \r\n\t", "empty", "document"),
        (BOM, "empty", "document"),
        (b"{", "not-json", "document"),
        (b"[{}", "not-json", "document"),
        (b"MSH|^~\\&|LAB", "not-json", "document"),
        (b"<Patient/>", "not-json", "document"),
        (b"\xff\xfe{\x00}\x00", "not-json", "document"),
        (b"5", "not-fhir", "document"),
        (b'"Patient"', "not-fhir", "document"),
        (b"null", "not-fhir", "document"),
        (b'{"resourceType": 5}', "not-fhir", "document"),
        (b"{}", "not-fhir", "resourceType"),
        (b'{"resourceType": ""}', "not-fhir", "resourceType"),
        (b'{"hook": "patient-view"}', "not-fhir", "resourceType"),
        (b'{"resourceType": "Bundle", "entry": {}}', "bundle-unreadable", "Bundle"),
        (b'{"resourceType": "Bundle", "entry": 5}', "bundle-unreadable", "Bundle"),
        (b'{"resourceType": "Parameters", "parameter": {}}', "parameters-unreadable", "Parameters"),
    ],
)
def test_what_is_no_fhir_json_is_refused_with_code_and_place(raw: bytes, code: str, place: str) -> None:
    with pytest.raises(NotFhir) as caught:
        read_document(raw)
    assert (caught.value.code, caught.value.place) == (code, place)
    assert str(caught.value) == f"{code} at {place}"


@pytest.mark.hazard("HZ-V11")
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_does_not_know_as_a_number_is_no_json(number: str) -> None:
    with pytest.raises(NotFhir, match="not-json"):
        read_document(encoded(observation("o1"))[:-1] + f', "valueQuantity": {{"value": {number}}}}}'.encode())


@pytest.mark.parametrize(
    "raw",
    [
        encoded(observation("o1")) + b"\n" + b"{broken",
        b"{broken\n" + encoded(observation("o1")),
    ],
)
def test_a_broken_line_costs_that_line(raw: bytes) -> None:
    found = sorted((record.key, record.resource is None) for record in read_document(raw).records)
    assert ("Observation/o1", False) in found
    assert [unreadable for _, unreadable in found].count(True) == 1


def test_lines_of_which_none_is_a_resource_are_no_ndjson() -> None:
    with pytest.raises(NotFhir, match="not-json"):
        read_document(b"{broken\n{broken")


def test_a_type_that_is_not_read_is_kept_with_its_owner() -> None:
    content: Json = {"resourceType": "Immunization", "id": "i1", "patient": {"reference": "Patient/p1"}, "lotNumber": 5}
    (record,) = _read(bundle(content)).records
    assert (record.type, record.key, record.fault) == ("Immunization", "Immunization/i1", None)
    assert isinstance(record.resource, Generic)
    assert record.resource.patient is not None
    assert record.resource.patient.reference == "Patient/p1"
    assert record.raw == encoded(content)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType": "Observation", "id": "o1", "status": "final"}',
        b'{"id": "o1", "status": "final", "resourceType": "Observation"}',
        b' {\n\t"resourceType"\n:  "Observation", "id": "o1", "status": "final"}',
        b'{"resourceType": "Obs\\u0065rvation", "id": "o1", "status": "final"}',
        b'{"resourceType": "Patient", "id": "o1", "status": "final", "resourceType": "Observation"}',
        b'{"resourceType": "Basic", "id": "o1", "status": "final", "resourceType": "Observation"}',
    ],
)
def test_the_type_may_stand_anywhere_and_the_last_one_counts(raw: bytes) -> None:
    (record,) = read_document(raw).records
    assert (record.type, record.key) == ("Observation", "Observation/o1")
    assert isinstance(record.resource, Observation)
    assert record.resource.status == "final"


def test_a_resource_keeps_its_bytes() -> None:
    raw = b'{ "resourceType":"Observation",\n "id":"o1", "unread": 1.50 }'
    (record,) = read_document(b'{"resourceType":"Bundle","entry":[{"resource":' + raw + b"}]}").records
    assert record.raw == raw


def test_two_resources_under_one_id_are_both_kept() -> None:
    document = _read(bundle(observation("o1", status="preliminary"), observation("o1", status="final")))
    assert [record.key for record in document.records] == ["Observation/o1", "Observation/o1"]
    resources = [record.resource for record in document.records]
    assert [r.status for r in resources if isinstance(r, Observation)] == ["preliminary", "final"]


def test_without_an_id_the_full_url_names_a_resource_else_its_place() -> None:
    entries: Json = [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Observation"}},
        {"resource": {"resourceType": "Observation"}},
        {"fullUrl": "https://ehr.example.org/fhir/Observation/o3", "resource": observation("o3")},
    ]
    document = _read({"resourceType": "Bundle", "entry": entries})
    assert [record.key for record in document.records] == ["urn:uuid:1", "Bundle.entry[1].resource", "Observation/o3"]
    assert document.names["https://ehr.example.org/fhir/Observation/o3"] == "Observation/o3"
    assert document.names["Observation/o3"] == "Observation/o3"
    assert document.names["urn:uuid:1"] == "urn:uuid:1"


@pytest.mark.parametrize(
    ("full_url", "base"),
    [
        ("https://ehr.example.org/fhir/Observation/o1", "https://ehr.example.org/fhir"),
        ("https://ehr.example.org/fhir/Observation/o2", ""),
        ("https://ehr.example.org/fhir/Patient/o1", ""),
        ("urn:uuid:1", ""),
        ("", ""),
    ],
)
def test_the_full_url_names_the_server_of_a_resource(full_url: str, base: str) -> None:
    (record,) = _read(
        {"resourceType": "Bundle", "entry": [{"fullUrl": full_url, "resource": observation("o1")}]}
    ).records
    assert record.base == base


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize(("relations", "partial"), [(["self", "next"], True), (["self"], False), ([], False)])
def test_a_search_result_with_a_next_page_is_partial(relations: list[str], partial: bool) -> None:
    link: Json = [{"relation": relation, "url": "https://ehr.example.org/fhir?page=2"} for relation in relations]
    assert _read(bundle(observation("o1"), type="searchset", link=link)).partial is partial


@pytest.mark.hazard("HZ-A04")
def test_a_search_result_with_a_next_page_is_partial_inside_parameters_too() -> None:
    following: Json = [{"relation": "next", "url": "https://x?page=2"}]
    page = bundle(observation("o1"), type="searchset", link=following)
    assert _read(parameters(patient("p1"), page)).partial


@pytest.mark.hazard("HZ-X10")
def test_repr_of_what_was_read_shows_no_content() -> None:
    name: Json = [{"value": "canary"}]
    read = bundle(observation("o1", valueString="canary"), patient("p1", identifier=name, birthDate="1961-04-05"))
    document = _read(read)
    for thing in (document, *document.records, *(record.resource for record in document.records)):
        assert "canary" not in repr(thing), type(thing)
        assert "1961" not in repr(thing), type(thing)
