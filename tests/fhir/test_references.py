"""References: the forms that mean one resource, and those that must not be taken for it.

Not for whose a resource is, which the mapping decides.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.document import read_document
from adapter.fhir.elements import Identifier, Reference
from adapter.fhir.reference import key_of, one_spelling, resolve
from tests.fhir.resources import Json, encoded, observation, patient

SERVER = "https://ehr.example.org/fhir"
UUID = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize(
    "text",
    [
        "Patient/P1",
        f"{SERVER}/Patient/P1",
        "Patient/P1/_history/3",
        f"{SERVER}/Patient/P1/_history/3",
    ],
)
@pytest.mark.parametrize("server", [SERVER, SERVER + "/"])
def test_forms_of_one_reference(text: str, server: str) -> None:
    assert key_of(text, server=server) == "Patient/P1"
    assert resolve(Reference(text), {}, server=server) == "Patient/P1"


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize(
    "base",
    [
        "https://other.example.org/fhir",
        "http://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/v2",
        "https://ehr.example.org",
        "https://ehr.example.org.evil.net/fhir",
        "https://ehr.example.org:444/fhir",
    ],
)
def test_a_resource_of_another_server_is_another_resource(base: str) -> None:
    assert key_of(f"{base}/Patient/P1", server=SERVER) == f"{base}/Patient/P1"
    assert resolve(Reference(f"{base}/Patient/P1"), {"Patient/P1": "Patient/P1"}, server=SERVER) != "Patient/P1"


def test_without_a_known_server_an_absolute_reference_stays_absolute() -> None:
    assert key_of(f"{SERVER}/Patient/P1") == f"{SERVER}/Patient/P1"


@pytest.mark.hazard("HZ-P12")
@pytest.mark.parametrize("text", ["Patient/p1", "Patient/P01", "patient/P1", "Person/P1"])
def test_ids_and_types_are_compared_as_they_are(text: str) -> None:
    assert key_of(text) != key_of("Patient/P1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P1",
        "#p1",
        "Patient/",
        "/P1",
        "Patient/P1#a",
        "Patient/P1?active=true",
        "Patient?identifier=x",
        "Patient/P 1",
        "Patient/P1/",
        "Patient/P1/Observation",
        "ftp://ehr.example.org/Patient/P1",
        "../Patient/P1",
        "Patient/P1\n",
        "Patient/" + "x" * 256,
    ],
)
def test_what_is_no_reference_to_a_resource(text: str) -> None:
    assert key_of(text, server=SERVER) is None
    assert resolve(Reference(text), {"Patient/P1": "Patient/P1"}, server=SERVER) is None


@pytest.mark.parametrize("text", [UUID, "urn:oid:1.2.3"])
def test_a_urn_is_its_own_key(text: str) -> None:
    assert key_of(text, server=SERVER) == text


def test_a_reference_by_identifier_alone_means_no_resource() -> None:
    assert resolve(None, {}) is None
    assert resolve(Reference(identifier=Identifier("urn:x", "P1")), {"Patient/P1": "Patient/P1"}) is None
    assert resolve(Reference(type="Patient"), {}) is None


def _names(*entries: tuple[str, dict[str, Json]]) -> dict[str, str]:
    content: Json = {
        "resourceType": "Bundle",
        "entry": [({"fullUrl": url} if url else {}) | {"resource": resource} for url, resource in entries],
    }
    return dict(read_document(encoded(content)).names)


def test_references_inside_a_bundle_mean_its_entries() -> None:
    names = _names((UUID, {"resourceType": "Patient"}), (f"{SERVER}/Patient/P1", patient("P1")), ("", patient("P2")))
    for text, key in [
        (UUID, UUID),
        (f"{SERVER}/Patient/P1", "Patient/P1"),
        (f"{SERVER}/Patient/P1/_history/3", "Patient/P1"),
        ("Patient/P1", "Patient/P1"),
        ("Patient/P1/_history/3", "Patient/P1"),
        ("Patient/P2", "Patient/P2"),
    ]:
        assert resolve(Reference(text), names) == key


def test_a_urn_entry_with_an_id_is_found_under_both_names() -> None:
    names = _names((UUID, patient("P1")), ("", observation("o1")))
    assert resolve(Reference(UUID), names) == resolve(Reference("Patient/P1"), names) == "Patient/P1"


def test_a_resource_that_is_not_in_the_bundle_keeps_its_own_key() -> None:
    names = _names(("", patient("P1")))
    assert resolve(Reference("Patient/P9"), names) == "Patient/P9"


FOREIGN = "https://other.example.org/fhir"


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize("reverse", [False, True])
def test_two_servers_use_one_id_for_two_resources(reverse: bool) -> None:
    entries = [(f"{FOREIGN}/Patient/P1", patient("P1")), (f"{SERVER}/Patient/P1", patient("P1"))]
    names = _names(*(reversed(entries) if reverse else entries))
    here, there = (resolve(Reference(f"{base}/Patient/P1"), names, server=SERVER) for base in (SERVER, FOREIGN))
    assert here != there
    for base in (SERVER, FOREIGN):
        absolute = resolve(Reference(f"{base}/Patient/P1"), names, server=SERVER)
        assert resolve(Reference("Patient/P1"), names, server=SERVER, base=base) == absolute


@pytest.mark.hazard("HZ-P04")
def test_an_entry_without_full_url_is_not_that_of_another_server() -> None:
    names = _names((f"{FOREIGN}/Patient/P1", patient("P1")), ("", patient("P1")))
    assert resolve(Reference("Patient/P1"), names) == "Patient/P1"
    assert resolve(Reference(f"{FOREIGN}/Patient/P1"), names) == f"{FOREIGN}/Patient/P1"


@pytest.mark.hazard("HZ-P04")
def test_an_entry_of_another_server_is_not_taken_for_a_resource_of_this_one() -> None:
    """The Bundle of a proxy holds only the other server's Patient/P1."""
    names = _names((f"{FOREIGN}/Patient/P1", patient("P1")), ("", observation("o1")))
    assert resolve(Reference(f"{FOREIGN}/Patient/P1"), names, server=SERVER) != "Patient/P1"


def test_an_entry_of_this_server_is_found_by_its_full_url() -> None:
    names = _names((f"{SERVER}/Patient/P1", {"resourceType": "Patient"}))
    assert resolve(Reference(f"{SERVER}/Patient/P1"), names, server=SERVER) == f"{SERVER}/Patient/P1"


def test_a_bundle_of_one_server_has_short_keys() -> None:
    names = _names((f"{FOREIGN}/Patient/P1", patient("P1")), (f"{FOREIGN}/Observation/o1", observation("o1")))
    for text in ("Patient/P1", f"{FOREIGN}/Patient/P1"):
        assert resolve(Reference(text), names, base=FOREIGN) == "Patient/P1"


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("HTTPS://EHR.example:443/Fhir/Patient/P1", "https://ehr.example/Fhir/Patient/P1"),
        ("http://ehr.example.:80/fhir/", "http://ehr.example/fhir/"),
        ("https://[2001:DB8::1]:443/fhir", "https://[2001:db8::1]/fhir"),
        ("https://ehr.example:08443/fhir", "https://ehr.example:8443/fhir"),
        ("https://user@ehr.example/fhir", "https://user@ehr.example/fhir"),
        ("urn:uuid:ABC", "urn:uuid:ABC"),
        ("Patient/P1", "Patient/P1"),
    ],
)
def test_an_address_has_one_spelling(text: str, same: str) -> None:
    assert one_spelling(text) == same
    assert one_spelling(same) == same


@given(st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_a_spelling_is_changed_once(text: str) -> None:
    assert one_spelling(one_spelling(text)) == one_spelling(text)
