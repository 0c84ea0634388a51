from collections.abc import Mapping
from uuid import UUID

import msgspec
import pytest

from cds_hooks import (
    EPIC_LIKE,
    SANDBOX,
    SPEC,
    BadRequest,
    Client,
    EncounterStart,
    FhirAuthorization,
    HookContext,
    HookName,
    HookRequest,
    OrderDispatch,
    OrderSelect,
    OrderSign,
    PatientView,
    ProblemListItemCreate,
    Provided,
    Service,
    read_request,
)
from tests.cds_hooks.calls import CANARY, CONTEXTS, INSTANCE, call_body, encoded, service

TOKEN: Mapping[str, object] = {
    "access_token": CANARY,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read user/*.read",
    "subject": "cds-service4",
    "patient": "P1",
}
SERVER = "https://ehr.example.org/fhir"


def read(body: Mapping[str, object], hook: HookName = "patient-view") -> HookRequest:
    return read_request(encoded(body), service(hook))


def refused(body: object, hook: HookName = "patient-view") -> tuple[str, str]:
    with pytest.raises(BadRequest) as caught:
        read_request(encoded(body), service(hook))
    return caught.value.code, caught.value.place


def with_context(hook: HookName, **members: object) -> dict[str, object]:
    context = {name: value for name, value in {**CONTEXTS[hook], **members}.items() if value is not None}
    return call_body(hook, context=context)


def test_C1_the_smallest_request_is_read() -> None:
    request = read(call_body())
    assert request.hook == "patient-view"
    assert request.hook_instance == UUID(INSTANCE)
    assert request.context == PatientView("Practitioner/u1", "P1", None)
    assert (request.fhir_server, request.fhir_authorization, request.extension) == (None, None, None)
    assert request.prefetch == {}


RAW_BUNDLE = msgspec.Raw(b'{"resourceType": "Bundle", "entry": []}')
EXPECTED: Mapping[HookName, HookContext] = {
    "patient-view": PatientView("Practitioner/u1", "P1", None),
    "order-select": OrderSelect("Practitioner/u1", "P1", "E1", ("MedicationRequest/m1",), RAW_BUNDLE),
    "order-sign": OrderSign(
        "PractitionerRole/u1",
        "P1",
        None,
        msgspec.Raw(b'{"resourceType": "Bundle", "type": "collection", "entry": []}'),
    ),
    "order-dispatch": OrderDispatch(
        "P1",
        ("ServiceRequest/s1", "ServiceRequest/s2"),
        "Organization/o1",
        (msgspec.Raw(b'{"resourceType": "Task", "status": "draft"}'),),
    ),
    "encounter-start": EncounterStart("Practitioner/u1", "P1", "E1"),
    "problem-list-item-create": ProblemListItemCreate("Practitioner/u1", "P1", None, RAW_BUNDLE),
}


@pytest.mark.parametrize("hook", CONTEXTS)
def test_C3_each_hook_has_its_typed_context(hook: HookName) -> None:
    assert read(call_body(hook), hook).context == EXPECTED[hook]


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_C1_a_missing_required_member_is_named(member: str) -> None:
    body = call_body()
    del body[member]
    assert refused(body) == ("missing-member", member)
    assert refused({**body, member: None}) == ("missing-member", member)


REQUIRED_CONTEXT: list[tuple[HookName, str]] = [
    ("patient-view", "userId"),
    ("patient-view", "patientId"),
    ("order-select", "userId"),
    ("order-select", "patientId"),
    ("order-select", "selections"),
    ("order-select", "draftOrders"),
    ("order-sign", "userId"),
    ("order-sign", "patientId"),
    ("order-sign", "draftOrders"),
    ("order-dispatch", "patientId"),
    ("order-dispatch", "dispatchedOrders"),
    ("order-dispatch", "performer"),
    ("encounter-start", "userId"),
    ("encounter-start", "patientId"),
    ("encounter-start", "encounterId"),
    ("problem-list-item-create", "userId"),
    ("problem-list-item-create", "patientId"),
    ("problem-list-item-create", "conditions"),
]


@pytest.mark.parametrize(("hook", "member"), REQUIRED_CONTEXT)
def test_C3_a_missing_context_member_is_named(hook: HookName, member: str) -> None:
    assert refused(with_context(hook, **{member: None}), hook) == ("missing-member", f"context.{member}")


@pytest.mark.parametrize(
    ("hook", "member", "value", "code", "place"),
    [
        ("patient-view", "patientId", "Patient/P1", "wrong-form", "context.patientId"),
        ("patient-view", "patientId", "", "wrong-form", "context.patientId"),
        ("patient-view", "patientId", 5, "wrong-type", "context.patientId"),
        ("patient-view", "patientId", "P1\n", "wrong-form", "context.patientId"),
        ("patient-view", "userId", "u1", "wrong-form", "context.userId"),
        ("patient-view", "encounterId", "Encounter/E1", "wrong-form", "context.encounterId"),
        ("order-select", "selections", "MedicationRequest/m1", "wrong-type", "context.selections"),
        ("order-select", "selections", ["MedicationRequest/m1", "m2"], "wrong-form", "context.selections[1]"),
        ("order-select", "selections", [1], "wrong-type", "context.selections[0]"),
        ("order-select", "draftOrders", [], "wrong-type", "context.draftOrders"),
        ("order-sign", "draftOrders", "x", "wrong-type", "context.draftOrders"),
        ("order-dispatch", "performer", "o1", "wrong-form", "context.performer"),
        ("order-dispatch", "fulfillmentTasks", {}, "wrong-type", "context.fulfillmentTasks"),
        ("order-dispatch", "fulfillmentTasks", ["x"], "wrong-type", "context.fulfillmentTasks[0]"),
        ("order-dispatch", "fulfillment-tasks", [{}], "two-spellings", "context.fulfillmentTasks"),
        ("problem-list-item-create", "conditions", 1, "wrong-type", "context.conditions"),
    ],
)
def test_ord_1_a_malformed_context_member_is_named(
    hook: HookName, member: str, value: object, code: str, place: str
) -> None:
    assert refused(with_context(hook, **{member: value}), hook) == (code, place)


def test_C3_what_real_clients_send_is_read() -> None:
    long_id = "eA_" + "x" * 97
    context = {"patientId": long_id, "userId": f"{SERVER}/Practitioner/{long_id}", "unknown": {"x": 1}}
    read_context = read(call_body(context=context)).context
    assert read_context == PatientView(f"{SERVER}/Practitioner/{long_id}", long_id, None)


def test_C3_the_older_spelling_of_fulfillment_tasks_is_read() -> None:
    tasks = [{"resourceType": "Task"}]
    body = with_context("order-dispatch", **{"fulfillmentTasks": None, "fulfillment-tasks": tasks})
    context = read(body, "order-dispatch").context
    assert isinstance(context, OrderDispatch)
    assert context.fulfillment_tasks == (msgspec.Raw(b'{"resourceType": "Task"}'),)


@pytest.mark.parametrize("instance", ["x", "", 1, INSTANCE + "0", "{" + INSTANCE + "}"])
def test_C1_hook_instance_is_a_uuid(instance: object) -> None:
    assert refused(call_body(hookInstance=instance))[1] == "hookInstance"


def test_C1_a_version_1_uuid_is_read() -> None:
    instance = "6bc883b2-b795-4dcb-b661-34884a31d472".replace("-4dcb", "-11ee").upper()
    assert read(call_body(hookInstance=instance)).hook_instance == UUID(instance)


def test_D7_the_hook_of_the_body_chooses_among_services_that_share_an_id() -> None:
    view = Service("test", "patient-view", "V.", prefetch={"a": "Patient/{{context.patientId}}"})
    sign = Service("test", "order-sign", "S.", prefetch={"b": "Patient/{{context.patientId}}"})
    assert set(read_request(encoded(call_body()), view, sign).prefetch) == {"a"}
    request = read_request(encoded(call_body("order-sign")), view, sign)
    assert (request.hook, set(request.prefetch)) == ("order-sign", {"b"})
    with pytest.raises(BadRequest, match="wrong-hook") as caught:
        read_request(encoded(call_body("encounter-start")), view, sign)
    assert "patient-view or order-sign" in caught.value.hint


def test_J8_the_request_says_who_called() -> None:
    client = Client("https://ehr.example.org", "north")
    assert read_request(encoded(call_body()), service(), client=client).client == client
    assert read(call_body()).client is None


def test_D7_the_hook_of_the_body_must_be_the_hook_of_the_service() -> None:
    assert refused(call_body("order-sign")) == ("wrong-hook", "hook")
    assert refused({**call_body(), "hook": CANARY}) == ("wrong-hook", "hook")


@pytest.mark.parametrize("body", [[], "x", 1, None, [call_body()]])
def test_C1_the_body_is_an_object(body: object) -> None:
    assert refused(body) == ("wrong-type", "$this")


def test_F3_the_authorization_is_read() -> None:
    request = read(call_body(fhirServer=SERVER, fhirAuthorization=TOKEN))
    assert request.fhir_server == SERVER
    expected = FhirAuthorization(CANARY, 300, "patient/*.read user/*.read", "cds-service4", "P1")
    assert request.fhir_authorization == expected


def test_F3_the_patient_of_the_token_is_optional() -> None:
    token = {name: value for name, value in TOKEN.items() if name != "patient"}
    authorization = read(call_body(fhirServer=SERVER, fhirAuthorization=token)).fhir_authorization
    assert authorization is not None
    assert authorization.patient is None


@pytest.mark.parametrize("member", ["access_token", "token_type", "expires_in", "scope", "subject"])
def test_F3_a_missing_member_of_the_authorization_is_named(member: str) -> None:
    token = {name: value for name, value in TOKEN.items() if name != member}
    body = call_body(fhirServer=SERVER, fhirAuthorization=token)
    assert refused(body) == ("missing-member", f"fhirAuthorization.{member}")


@pytest.mark.parametrize(
    ("member", "value"), [("token_type", "MAC"), ("expires_in", "300"), ("expires_in", 300.5), ("scope", 1)]
)
def test_F3_a_malformed_member_of_the_authorization_is_named(member: str, value: object) -> None:
    body = call_body(fhirServer=SERVER, fhirAuthorization={**TOKEN, member: value})
    assert refused(body)[1] == f"fhirAuthorization.{member}"


def test_C2_authorization_without_server_is_refused() -> None:
    assert refused(call_body(fhirAuthorization=TOKEN)) == ("missing-member", "fhirServer")


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize(
    "server",
    ["file:///etc/passwd", "ehr.example.org", "/fhir", "https://", "https://u:p@ehr.example.org/fhir", "ftp://x/y",
     "https://ehr.example.org/a b", "https://ehr.example.org\\@evil.net/", "https://[::1", "https://x:99999/", 5, ""],
)  # fmt: skip
def test_C2_fhir_server_is_an_absolute_http_url(server: object) -> None:
    assert refused(call_body(fhirServer=server))[1] == "fhirServer"


def test_C2_a_token_for_a_plain_http_server_is_refused() -> None:
    body = call_body(fhirServer="http://ehr.example.org/fhir", fhirAuthorization=TOKEN)
    for profile in (SPEC, EPIC_LIKE):
        with pytest.raises(BadRequest) as caught:
            read_request(encoded(body), service(), profile=profile)
        assert (caught.value.code, caught.value.place) == ("plain-http", "fhirServer")
    assert read_request(encoded(body), service(), profile=SANDBOX).fhir_authorization is not None
    here = call_body(fhirServer="http://localhost:8080/r4", fhirAuthorization=TOKEN)
    assert read(here).fhir_authorization is not None


def test_C2_the_sandbox_sends_a_plain_http_server() -> None:
    assert read(call_body(fhirServer="http://localhost:8080/r4")).fhir_server == "http://localhost:8080/r4"


@pytest.mark.parametrize("member", ["prefetch", "extension", "fhirAuthorization"])
def test_C3_an_optional_member_that_is_null_counts_as_absent(member: str) -> None:
    body = encoded({**call_body(), member: None})
    request = read_request(body, service())
    assert (request.prefetch, request.extension, request.fhir_authorization) == ({}, None, None)


@pytest.mark.parametrize("member", ["prefetch", "extension", "fhirAuthorization", "context"])
def test_C3_a_member_that_is_no_object_is_refused(member: str) -> None:
    assert refused({**call_body(), "fhirServer": SERVER, member: [1]}) == ("wrong-type", member)


def test_G7_the_extension_is_kept_and_unknown_members_are_ignored() -> None:
    request = read(call_body(extension={"com.example.x": 1.50}, somethingNew=[1]))
    assert request.extension == msgspec.Raw(b'{"com.example.x": 1.5}')


def test_prefetch_values_keep_every_digit_and_character() -> None:
    raw = b'{ "resourceType":"Observation","valueQuantity":{"value":1.50,"x":1e-07,"y":100000000000000000001.10} }'
    body = encoded(call_body())[:-1] + b',"prefetch":{"o": ' + raw + b" }}"
    value = read_request(body, service()).prefetch["o"]
    assert isinstance(value, Provided)
    assert bytes(value.raw) == raw


@pytest.mark.hazard("HZ-X06")
def test_F2_neither_token_nor_patient_data_is_in_repr() -> None:
    context = {"userId": f"Practitioner/{CANARY}", "patientId": CANARY, "encounterId": CANARY}
    patient = {"resourceType": "Patient", "id": CANARY}
    body = call_body(
        context=context, fhirServer=SERVER + "/" + CANARY, fhirAuthorization=TOKEN, extension={"a": CANARY}
    )
    request = read({**body, "prefetch": {CANARY: patient}})
    shown = [
        repr(request),
        repr(request.context),
        repr(request.fhir_authorization),
        *map(repr, request.prefetch.values()),
    ]
    assert CANARY not in "".join(shown)
    assert request.hook in repr(request)


@pytest.mark.parametrize("hook", CONTEXTS)
def test_no_context_shows_its_values(hook: HookName) -> None:
    shown = repr(EXPECTED[hook])
    assert not any(value in shown for value in ("P1", "u1", "E1", "m1", "s1", "o1", "Bundle", "Task"))
