"""Own reads that must not happen, or whose answers must not be believed: strangers, hostile servers, tokens."""

import asyncio
import base64
import json
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from adapter.server.ehr import EhrReader, Exchange, FhirBase, ReadableServer, Reading
from adapter.server.ehr.exchange import Bearer
from adapter.server.ehr.reasons import WORDS, Reason
from adapter.server.hooks.services import SERVICES
from adapter.store import Store
from cds_hooks import Client, NotProvided, PreconditionFailed
from tests.server.fhir_servers import OUTCOME, Answer, FhirServer, bundle, fhir_server, linked
from tests.server.reading_app import HOOK, PATIENT, TOKEN, TYPES, application, card, example, grant, lacking, parsed

SERVICE = SERVICES[0]

OBSERVATION = {"resourceType": "Observation", "id": "o1"}
ISSUER = "https://ehr.example.org/fhir"


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with fhir_server() as running:
        yield running


@pytest.fixture
def stranger() -> Iterator[FhirServer]:
    with fhir_server() as running:
        yield running


def reader(server: FhirServer, *issuers: str) -> EhrReader:
    listed = ReadableServer(Exchange(FhirBase.parse(server.base)), frozenset(issuers))
    return EhrReader([listed], deadline=5.0)


def completed(request: dict[str, object], server: FhirServer, client: Client | None = None, *issuers: str) -> Reading:
    async def run() -> Reading:
        one = reader(server, *issuers)
        try:
            return await one.complete(replace(parsed(request), client=client), SERVICE)
        finally:
            await one.close()

    return asyncio.run(run())


def why(request: dict[str, object], server: FhirServer, key: str = "observations") -> Reason | None:
    """Why the key could not be read; it keeps its class then."""
    one = completed(request, server).keys[key]
    assert one.value == NotProvided()
    assert not one.own
    return one.why


@pytest.mark.hazard("HZ-X02")
@pytest.mark.hazard("HZ-X03")
def test_F2_a_server_that_is_not_listed_sees_nothing(store: Store, server: FhirServer, stranger: FhirServer) -> None:
    port = server.server_port
    with application(store, server) as client:
        for named in (
            stranger.base,
            f"http://127.0.0.1:{stranger.server_port}/",
            f"http://localhost:{port}/fhir",
            f"http://127.0.0.1:{port}/fhir/other",
            f"http://127.0.0.1:{port}/",
            f"http://127.0.0.1:{port}/fhir/../fhir",
            f"http://127.0.0.1:{port}/FHIR",
            f"http://127.0.0.1:{port}/fhir?x=1",
            f"http://127.0.0.1:{port}/fhir#x",
            f"https://127.0.0.1:{port}/fhir",
            f"https://127.0.0.1.example.org:{port}/fhir",
            "https://ehr.example.org/fhir",
        ):
            detail = card(client, lacking(server, "observations", fhirServer=named))
            assert f"not read by the adapter: {WORDS['server-not-listed']}" in detail, named
    assert (server.connections, stranger.connections) == (0, 0)


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize("named", ["file:///etc/passwd", "http://169.254.169.254/", "https://ehr@example.org/fhir"])
def test_addresses_that_carry_no_token_are_400(store: Store, server: FhirServer, named: str) -> None:
    with application(store, server) as client:
        assert client.post(HOOK, json=lacking(server, "observations", fhirServer=named)).status_code == 400
    assert server.connections == 0


def test_a_slash_at_the_end_of_a_base_makes_no_other_server(server: FhirServer) -> None:
    request = lacking(server, "observations", fhirServer=f"{server.base}/")
    assert completed(request, server).keys["observations"].own


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize(
    ("client", "read"), [(Client(ISSUER), True), (Client("https://other.example.org"), False), (None, False)]
)
def test_a_server_is_asked_for_the_clients_that_it_is_listed_for(
    server: FhirServer, client: Client | None, read: bool
) -> None:
    one = completed(lacking(server, "observations"), server, client, ISSUER).keys["observations"]
    assert (one.own, one.why) == (read, None if read else "server-not-listed")
    assert bool(server.connections) is read


@pytest.mark.hazard("HZ-X06")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: FhirServer, stranger: FhirServer, status: int) -> None:
    for elsewhere in (f"{stranger.base}/Observation", f"{server.base}/Procedure"):
        request = lacking(server, "observations")
        server.give("Observation", bundle(), status=status, headers={"location": elsewhere})
        assert why(request, server) == "redirect"
    assert stranger.connections == 0
    assert len(server.asked) == 2


@pytest.mark.hazard("HZ-X06")
def test_a_proxy_of_the_environment_sees_nothing(
    server: FhirServer, stranger: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{stranger.server_port}")
    assert completed(lacking(server, "observations"), server).keys["observations"].own
    assert stranger.connections == 0


@pytest.mark.hazard("HZ-X06")
def test_a_next_link_to_elsewhere_is_not_followed(store: Store, server: FhirServer, stranger: FhirServer) -> None:
    port = server.server_port
    with application(store, server) as client:
        request = lacking(server, "observations")
        whole = server.answers["Observation"].body
        assert isinstance(whole, dict)
        for url in (
            f"{stranger.base}/Observation?page=2",
            f"//127.0.0.1:{stranger.server_port}/fhir/Observation?page=2",
            f"http://127.0.0.1:{port}@127.0.0.1:{stranger.server_port}/fhir",
            f"http://127.0.0.1:{port}/other/Observation?page=2",
            f"{server.base}/../other",
            f"{server.base}/%2e%2e/other",
            f"{server.base}\\..\\other",
            f"https://127.0.0.1:{port}/fhir/Observation?page=2",
            "",
        ):
            server.give("Observation", {**whole, "link": linked("next", url)})
            detail = card(client, request)
            received = len(whole["entry"])
            assert f"observations: read by the adapter in part ({received} received, not all)" in detail, url
            assert WORDS["next-elsewhere"] in detail
    assert stranger.connections == 0
    assert {asked.target.split("?")[0] for asked in server.asked} == {"Observation"}


@pytest.mark.hazard("HZ-P01")
@pytest.mark.hazard("HZ-P02")
def test_another_patient_s_resource_stops_the_evaluation(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations", "patient")
        whole = server.answers["Observation"].body
        assert isinstance(whole, dict)
        foreign = {**whole["entry"][0]["resource"], "id": "x", "subject": {"reference": "Patient/somebody-else"}}
        server.give("Observation", {**whole, "entry": [*whole["entry"], {"resource": foreign}]})
        response = client.post(HOOK, json=request)
        assert (response.status_code, "other-patient" in response.text) == (412, True)
        assert "somebody-else" not in response.text
        server.give("Observation", whole)
        server.give("Patient/gw-60", {"resourceType": "Patient", "id": "somebody-else"})
        assert client.post(HOOK, json=request).status_code == 412


@pytest.mark.hazard("HZ-P01")
@pytest.mark.parametrize("page", [1, 2])
def test_an_answer_of_the_server_about_another_patient_stops_the_evaluation(
    store: Store, server: FhirServer, page: int
) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations")
        foreign = bundle(link=linked("self", f"{server.base}/Observation?patient=somebody-else"), total=0)
        server.give("Observation", foreign)
        if page == 2:
            server.give("Observation", bundle(link=linked("next", f"{server.base}/Observation?page=2")))
            server.give("Observation?page=2", foreign)
        response = client.post(HOOK, json=request)
        assert (response.status_code, "other-patient" in response.text) == (412, True)
        assert response.json()["issue"][0]["expression"] == ["read.observations"]
        assert "somebody-else" not in response.text


@pytest.mark.hazard("HZ-P01")
def test_an_answer_of_the_client_about_another_patient_is_not_read_anew(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations")
        other = linked("self", f"{server.base}/Condition?patient=somebody-else")
        request["prefetch"]["conditions"] = bundle(link=other)
        assert client.post(HOOK, json=request).status_code == 412
    assert server.asked == []


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("target", ["Observation?patient=", "Observation?patient=null", f"Condition?patient={PATIENT}"])
def test_nothing_found_by_another_query_of_the_server_is_not_none_on_record(
    store: Store, server: FhirServer, target: str
) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations")
        server.give("Observation", bundle(link=linked("self", f"{server.base}/{target}"), total=0))
        detail = card(client, request)
        assert f"observations: not provided by the EHR; not read by the adapter: {WORDS['misdirected']}" in detail


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("target", ["Observation?patient=undefined", f"Condition?patient={PATIENT}"])
def test_what_the_client_asked_for_nobody_is_read(store: Store, server: FhirServer, target: str) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations")
        request["prefetch"]["observations"] = bundle(link=linked("self", f"{server.base}/{target}"), total=0)
        assert "read by the adapter on the EHR's FHIR server: observations" in card(client, request)
        server.give("Observation", status=500)
        detail = card(client, request)
        assert "observations: the EHR sent a query" in detail
        assert "not read by the adapter: the FHIR server failed" in detail


@pytest.mark.parametrize("target", ["{base}/Observation?patient={base}/Patient/gw-60", "http://inner/r4?_getpages=1"])
def test_self_links_of_the_right_query_and_odd_ones_are_read(server: FhirServer, target: str) -> None:
    request = lacking(server, "observations")
    server.give("Observation", bundle(link=linked("self", target.format(base=server.base)), total=0))
    one = completed(request, server).keys["observations"]
    assert (one.kind, one.own, one.why) == ("nothing", True, None)


@pytest.mark.hazard("HZ-P01")
@pytest.mark.parametrize("patient", ["somebody-else", "Patient/somebody-else", "GW-60", f"{PATIENT} "])
def test_a_token_for_another_patient_is_412_and_nothing_is_read(store: Store, server: FhirServer, patient: str) -> None:
    with application(store, server) as client:
        for keys in ((), ("observations",)):
            request = lacking(server, *keys, fhirAuthorization=grant(patient=patient))
            response = client.post(HOOK, json=request)
            assert (response.status_code, "other-patient" in response.text) == (412, True)
            assert patient not in response.text
    assert server.connections == 0


@pytest.mark.parametrize("patient", [PATIENT, f"Patient/{PATIENT}"])
def test_a_token_for_this_patient_may_read(server: FhirServer, patient: str) -> None:
    request = lacking(server, "observations", fhirAuthorization=grant(patient=patient))
    assert completed(request, server).keys["observations"].own


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"scope": "patient/Patient.read patient/Condition.rs"}, "scope"),
        ({"scope": "patient/*.read", "patient": None}, "scope"),
        ({"scope": "patient/Observation.rs?category=laboratory"}, "scope"),
        ({"scope": "launch openid"}, "scope"),
        ({"expires_in": 0}, "token-expired"),
        ({"expires_in": -5}, "token-expired"),
        ({"access_token": "a\r\nx-injected: 1"}, "no-token"),
        ({"access_token": "tökén"}, "no-token"),
    ],
)
def test_a_token_that_does_not_allow_it_is_not_sent(
    server: FhirServer, members: dict[str, object], reason: str
) -> None:
    assert why(lacking(server, "observations", fhirAuthorization=grant(**members)), server) == reason
    assert server.connections == 0


def test_a_call_without_a_token_says_so(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = lacking(server, "observations")
        del request["fhirAuthorization"]
        assert f"observations: not provided by the EHR; not read by the adapter: {WORDS['no-token']}" in card(
            client, request
        )
    assert server.connections == 0


def test_scopes_are_judged_for_each_key(server: FhirServer) -> None:
    scope = "user/Observation.s patient/Procedure.read launch"
    request = lacking(server, "observations", "procedures", "statements", fhirAuthorization=grant(scope=scope))
    keys = completed(request, server).keys
    assert {name: keys[name].why for name in ("observations", "procedures", "statements")} == {
        "observations": None,
        "procedures": None,
        "statements": "scope",
    }
    assert len(server.asked) == 2


DEEP = b'{"resourceType":"Bundle","entry":' + b"[" * 70 + b"]" * 70 + b"}"


@pytest.mark.hazard("HZ-X08")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(OUTCOME, 401), "token-refused"),
        (Answer(OUTCOME, 403), "forbidden"),
        (Answer(OUTCOME, 404), "not-found"),
        (Answer(OUTCOME, 410), "not-found"),
        (Answer(OUTCOME, 500), "server-error"),
        (Answer(OUTCOME, 429), "server-error"),
        (Answer(bundle(), 201), "server-error"),
        (Answer(OUTCOME), "outcome"),
        (Answer(bundle(OUTCOME)), "outcome"),
        (Answer(bundle(), kind="text/html"), "not-fhir"),
        (Answer(bundle(), kind=""), "not-fhir"),
        (Answer(bundle(), kind="application/fhir+xml"), "not-fhir"),
        (Answer(bundle(), kind="application/fhir+json; charset=utf-16"), "not-fhir"),
        (Answer(bundle(), headers={"content-encoding": "gzip"}), "not-fhir"),
        (Answer(b"{"), "not-fhir"),
        (Answer(b'{"resourceType":"Bundle","resourceType":"Bundle"}'), "not-fhir"),
        (Answer(b'{"resourceType":"Bundle","total":NaN}'), "not-fhir"),
        (Answer(DEEP), "not-fhir"),
        (Answer([]), "not-fhir"),
        (Answer({"resourceType": "Bundle", "entry": "x"}), "not-fhir"),
        (Answer({"resourceType": "Bundle", "link": "x"}), "not-fhir"),
        (Answer(bundle(total=1), headers={"x-long": "x" * 200_000}), "unreachable"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_leaves_the_key_as_it_was(server: FhirServer, answer: Answer, reason: str) -> None:
    request = lacking(server, "observations")
    server.answers["Observation"] = answer
    assert why(request, server) == reason


@pytest.mark.hazard("HZ-X08")
def test_a_huge_page_is_given_up_while_it_comes(server: FhirServer) -> None:
    request = lacking(server, "observations")
    server.give("Observation", b" " * (4 * 1024 * 1024 + 1))
    assert why(request, server) == "too-large"
    whole = json.dumps(bundle(OBSERVATION)).encode()
    server.give("Observation", whole + b" " * (4 * 1024 * 1024 - len(whole)))
    assert completed(request, server).keys["observations"].own


def test_the_charset_may_be_missing_or_utf_8(server: FhirServer) -> None:
    request = lacking(server, "observations")
    for kind in ("application/json", "application/fhir+json;charset=utf-8", 'application/json+fhir; charset="UTF-8"'):
        server.give("Observation", bundle(OBSERVATION), kind=kind)
        assert completed(request, server).keys["observations"].own, kind


@pytest.mark.hazard("HZ-X19")
def test_a_server_that_drips_is_given_up_at_the_deadline(store: Store, server: FhirServer) -> None:
    with application(store, server, deadline=0.3) as client:
        request = lacking(server, "observations")
        server.give("Observation", bundle(OBSERVATION), drip=True)
        assert WORDS["deadline"] in card(client, request)


def test_a_server_that_is_gone_is_named(server: FhirServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        server.server_port = unused.getsockname()[1]
    assert why(lacking(server, "observations"), server) == "unreachable"


@pytest.mark.hazard("HZ-A03")
def test_P9_conditions_that_cannot_be_had_at_all_are_412_with_the_reason(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = lacking(server, "conditions", "observations")
        assert client.post(HOOK, json=request).status_code == 200
        server.give("Condition", OUTCOME, status=500)
        response = client.post(HOOK, json=request)
        assert response.status_code == 412
        (issue,) = response.json()["issue"]
        assert issue["details"]["text"].endswith(
            "not provided by the EHR; not read by the adapter: the FHIR server failed"
        )
        server.give("Condition", bundle(link=linked("next", "https://elsewhere.example.org/")))
        assert client.post(HOOK, json=request).status_code == 412


@pytest.mark.hazard("HZ-A03")
@pytest.mark.hazard("HZ-A04")
def test_P9_a_part_of_the_conditions_gives_a_card_that_says_so_and_never_silence(store: Store) -> None:
    with application(store) as client:
        for change in ({"total": 9}, {"entry": [{"resource": {"resourceType": "Condition", "code": 5}}]}):
            concerned, other = example(), example("09")
            for request in (concerned, other):
                whole = request["prefetch"]["conditions"]
                more = {"entry": whole["entry"] + change["entry"]} if "entry" in change else change
                request["prefetch"]["conditions"] = {**whole, **more}
            named = "incomplete (3 of 9)" if "total" in change else "1 resource(s) could not be read"
            assert f"conditions: {named}" in card(client, concerned).replace("\\", "")
            response = client.post(HOOK, json=other)
            assert (response.status_code, "data-unavailable" in response.text) == (412, True)


@pytest.mark.hazard("HZ-A04")
def test_a_part_that_cannot_be_completed_is_named_with_its_count(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = example()
        whole = request["prefetch"]["observations"]
        further = linked("next", f"{server.base}?page=2")
        request["prefetch"]["observations"] = {**whole, "entry": whole["entry"][:1], "total": 40, "link": further}
        assert "observations: incomplete (1 of 40); not read by the adapter: " in card(client, request)
    assert server.connections == 0


def test_P9_a_token_of_nobody_never_turns_conditions_into_silence(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        request = lacking(server, "conditions", fhirAuthorization=grant(patient=None))
        server.give("Condition", bundle())
        assert client.post(HOOK, json=request).status_code == 412
    assert server.connections == 0


SHAPES = [
    TOKEN,
    quote(TOKEN, safe=""),
    TOKEN.encode().hex(),
    base64.b64encode(TOKEN.encode()).decode().rstrip("="),
    base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("="),
]


@pytest.mark.hazard("HZ-X06")
@pytest.mark.hazard("HZ-X10")
@pytest.mark.hazard("HZ-X11")
def test_F2_the_token_and_the_patient_are_in_no_log_card_metric_or_repr(
    store: Store, server: FhirServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(1, logger="httpcore")
    seen: list[str] = []
    with application(store, server) as client, capture_logs() as lines:
        for answer in (
            Answer(bundle(OBSERVATION)),
            Answer({"resourceType": "OperationOutcome", "text": TOKEN}, 401, {"www-authenticate": TOKEN}),
            Answer(TOKEN.encode(), 500),
            Answer(bundle(), 302, {"location": f"{server.base}?{TOKEN}"}),
            Answer({**bundle(link=linked("next", f"https://e/{TOKEN}"))}),
            Answer(b"", headers={"content-length": "x"}),
        ):
            request = lacking(server, "observations", "procedures")
            server.answers["Observation"] = answer
            seen += [client.post(HOOK, json=request).text]
        call = parsed(request)
        asked = [one.headers["authorization"] for one in server.asked]
        seen += [client.get("/metrics").text, client.get("/healthz").text, repr(call), str(lines)]
        seen += [repr(reader(server)), repr(completed(request, server)), repr(Bearer(TOKEN)), *capfd.readouterr()]
    assert f"Bearer {TOKEN}" in asked, "the canary was not sent"
    own_log = [record for record in caplog.records if not record.name.startswith("httpcore")]
    seen += [str(record.__dict__) for record in own_log]
    for text in seen:
        assert not any(shape in text for shape in SHAPES)
    library = [str(record.__dict__) for record in caplog.records if record.name.startswith("httpcore")]
    assert library, "the library was not heard"
    assert not any(PATIENT in line for line in library)
    assert all(PATIENT not in str(line) for line in lines)


def test_each_call_is_asked_with_its_own_token_for_its_own_patient(store: Store, server: FhirServer) -> None:
    with application(store, server) as client:
        for number in range(20):
            patient = f"p{number}"
            call = {
                **example(),
                "context": {"userId": "Practitioner/u", "patientId": patient},
                "prefetch": {"conditions": None},
                "fhirServer": server.base,
                "fhirAuthorization": grant(access_token=f"token-of-{patient}", patient=patient),
            }
            assert client.post(HOOK, json=call).json() == {"cards": []}
    for asked in server.asked:
        token = asked.headers["authorization"].removeprefix("Bearer token-of-")
        assert asked.target.endswith((f"patient={token}", f"patient={token}&_sort=-date", f"Patient/{token}"))
    assert len(server.asked) == 20 * (len(TYPES) - 1)


def test_a_token_of_another_patient_is_refused_without_any_server() -> None:
    call = {**example(), "fhirServer": ISSUER, "fhirAuthorization": grant(patient="x")}
    with pytest.raises(PreconditionFailed, match="other-patient"):
        asyncio.run(EhrReader().complete(parsed(call), SERVICE))


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ("169.254.169.254", "address"),
        ("127.0.0.1", "address"),
        ("::1", "address"),
        ("::ffff:127.0.0.1", "address"),
        ("fe80::1%eth0", "address"),
        ("0.0.0.0", "address"),  # noqa: S104
        (None, "unreachable"),
    ],
)
def test_a_listed_name_that_stands_for_a_forbidden_address_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, found: str | None, reason: str
) -> None:
    async def getaddrinfo(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if found is None:
            raise socket.gaierror
        return [(2, 1, 6, "", ("192.0.2.1", 443)), (2, 1, 6, "", (found, 443))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)

    async def run() -> Reading:
        one = EhrReader([ReadableServer(Exchange(FhirBase.parse(ISSUER)))])
        call = {**example(), "prefetch": {}, "fhirServer": ISSUER, "fhirAuthorization": grant()}
        return await one.complete(parsed(call), SERVICE)

    assert {one.why for one in asyncio.run(run()).keys.values()} == {reason}
