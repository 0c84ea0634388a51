"""What a call lacks is read from the EHR's FHIR server, and the card says which data that were."""

import asyncio
import re
import time
from pathlib import Path
from ssl import Purpose, SSLContext, create_default_context

import pytest
import trustme

from adapter.server.ehr import DEADLINE, EhrReader, Exchange, FhirBase, PageLimits, ReadableServer, Reading
from adapter.server.ehr.reasons import WORDS
from adapter.server.hooks.services import SERVICES
from adapter.store import Store
from cds_hooks import ExplicitNothing, Partial, Provided
from cds_hooks.prefetch import count_matches
from tests.repository import ROOT
from tests.server.fhir_servers import OUTCOME, FhirServer, bundle, fhir_server, linked
from tests.server.reading_app import HOOK, TOKEN, TYPES, application, card, example, grant, lacking, parsed

SERVICE = SERVICES[0]


def completed(
    request: dict[str, object], server: FhirServer, *, limits: PageLimits | None = None, deadline: float = 5.0
) -> Reading:
    """What the reader makes of the call, with this one server listed."""

    async def run() -> Reading:
        reader = EhrReader([ReadableServer(Exchange(FhirBase.parse(server.base)))], deadline=deadline, limits=limits)
        try:
            return await reader.complete(parsed(request), SERVICE)
        finally:
            await reader.close()

    return asyncio.run(run())


def without_sources(detail: str) -> str:
    before, _, rest = detail.partition("**Where the data came from**")
    return before + rest.partition("\n\n**")[2]


def test_P6_a_call_without_prefetch_gets_the_card_of_the_same_data(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, *TYPES)
        del request["prefetch"]
        read, sent = card(client, request), card(client, example())
        assert without_sources(read) == without_sources(sent)
        assert "read by the adapter on the EHR's FHIR server: patient, conditions, observations" in read
        assert "sent with the call: patient, conditions, observations" in sent
        assert server.targets == [
            "Condition?patient=gw-60",
            "MedicationAdministration?patient=gw-60",
            "MedicationStatement?patient=gw-60",
            "Observation?patient=gw-60&_sort=-date",
            "Patient/gw-60",
            "Procedure?patient=gw-60",
            "QuestionnaireResponse?patient=gw-60",
        ]


def test_P7_only_what_is_missing_is_read(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        detail = card(client, lacking(server, "observations"))
        assert "read by the adapter on the EHR's FHIR server: observations" in detail
        assert "Data that could not be had" not in detail
        assert server.targets == ["Observation?patient=gw-60&_sort=-date"]
        card(client, example())
        assert len(server.asked) == 1


def test_F1_every_request_carries_the_token_and_nothing_of_the_one_before(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations", "conditions")
        for target, answer in list(server.answers.items()):
            server.give(target, answer.body, headers={"set-cookie": "session=somebody"})
        card(client, request)
        card(client, {**request, "fhirAuthorization": grant(access_token="second")})
        sent = [asked.headers["authorization"] for asked in server.asked]
        assert sent == [f"Bearer {TOKEN}"] * 2 + ["Bearer second"] * 2
        assert all("cookie" not in asked.headers for asked in server.asked)
        assert {asked.headers["accept-encoding"] for asked in server.asked} == {"identity"}


def test_an_empty_answer_is_an_explicit_nothing_also_when_we_asked(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations")
        server.give("Observation", bundle(total=0))
        detail = card(client, request)
        assert "none on record, as the EHR's FHIR server says: observations" in detail
        assert "Data that could not be had" not in detail


@pytest.mark.hazard("HZ-A03")
@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize("lack", ["unresolved", "partial", "not-a-resource"])
def test_what_came_unasked_in_part_or_unreadable_is_read_again(store: Store, lack: str) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations")
        whole = server.answers["Observation"].body
        assert isinstance(whole, dict)
        unresolved = linked("self", "https://e/Observation?patient={{context.patientId}}")
        request["prefetch"]["observations"] = {
            "unresolved": bundle(link=unresolved),
            "partial": {**whole, "entry": whole["entry"][:3], "link": linked("next", "https://e/?page=2")},
            "not-a-resource": {"error": "timeout"},
        }[lack]
        assert without_sources(card(client, request)) == without_sources(card(client, example()))


def test_P8_what_the_client_tried_in_vain_is_not_tried_again(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations")
        request["prefetch"]["observations"] = OUTCOME
        assert "observations: the EHR answered with an error" in card(client, request)
        assert server.asked == []


@pytest.mark.hazard("HZ-A04")
def test_a_part_that_the_client_sent_is_not_replaced_by_less(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations")
        whole = server.answers["Observation"].body
        assert isinstance(whole, dict)
        request["prefetch"]["observations"] = {**whole, "total": 90}
        for fewer in (bundle(), {**whole, "entry": whole["entry"][1:], "total": len(whole["entry"]) - 1}):
            server.give("Observation", fewer)
            detail = card(client, request)
            received = len(whole["entry"])
            assert f"observations: incomplete ({received} of 90); not read by the adapter" in detail
            assert "answered with less than the EHR had sent" in detail
            assert "Target lesions: 21" in detail


def observations(*ids: str) -> list[dict[str, str]]:
    return [{"resourceType": "Observation", "id": name} for name in ids]


def paged(server: FhirServer) -> dict[str, object]:
    """Three pages of two, two and one observations, by links as servers write them: absolute, relative, escaped."""
    request = lacking(server, "observations")
    first, second = f"{server.base}?_getpages=a%7Cb&page=2", "?_getpages=a%7Cb&page=3"
    server.give("Observation", bundle(*observations("1", "2"), link=linked("next", first), total=5))
    server.give("?_getpages=a%7Cb&page=2", bundle(*observations("3", "4"), link=linked("next", second)))
    server.give("?_getpages=a%7Cb&page=3", bundle(*observations("5")))
    return request


def test_P11_all_pages_are_read_with_the_token() -> None:
    with fhir_server() as server:
        one = completed(paged(server), server).keys["observations"]
        assert isinstance(one.value, Provided)
        assert count_matches(one.value.raw) == 5
        assert (one.own, one.why) == (True, None)
        assert len(server.asked) == 3
        assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize(
    ("limits", "why", "received"),
    [
        (PageLimits(pages=2), "more-pages", 4),
        (PageLimits(entries=4), "too-large", 4),
        (PageLimits(entries=3), "too-large", 2),
        (PageLimits(bytes=500), "too-large", 2),
    ],
)
def test_P11_pages_beyond_a_limit_are_named_as_missing(limits: PageLimits, why: str, received: int) -> None:
    with fhir_server() as server:
        one = completed(paged(server), server, limits=limits).keys["observations"]
        assert isinstance(one.value, Partial)
        assert (one.value.received, one.value.total, one.own, one.why) == (received, 5, True, why)
        assert one.gap.startswith(f"read by the adapter in part ({received} of 5): ")


def test_P11_a_total_above_what_all_pages_hold_is_partial() -> None:
    with fhir_server() as server:
        request = lacking(server, "observations")
        server.give("Observation", bundle(*observations("1"), total=7))
        one = completed(request, server).keys["observations"]
        assert (type(one.value), one.gap) == (Partial, "read by the adapter in part (1 of 7)")


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize("spelled", ["{base}/Observation?page=1", "Observation?page=1"])
def test_P11_pages_that_lead_in_a_circle_end_and_are_named(spelled: str) -> None:
    with fhir_server() as server:
        request = lacking(server, "observations")
        following = spelled.format(base=server.base)
        server.give("Observation", bundle(*observations("1"), link=linked("next", following)))
        one = completed(request, server, limits=PageLimits(pages=5)).keys["observations"]
        assert (type(one.value), one.why) == (Partial, "next-repeats")
        assert one.gap.endswith("the pages lead in a circle, so that the FHIR server never came to the last one")
        assert len(server.asked) == 2


def test_P11_pages_without_end_are_bounded() -> None:
    with fhir_server() as server:
        request = lacking(server, "observations")
        for page in range(9):
            link = linked("next", f"{server.base}/Observation?page={page + 1}")
            server.give(f"Observation?page={page}", bundle(*observations(str(page)), link=link))
        server.give("Observation", server.answers["Observation?page=0"].body)
        one = completed(request, server, limits=PageLimits(pages=5)).keys["observations"]
        assert (one.why, len(server.asked)) == ("more-pages", 5)


@pytest.mark.hazard("HZ-A01")
def test_C5_keys_are_read_at_the_same_time_within_one_deadline(store: Store) -> None:
    with fhir_server() as server, application(store, server, deadline=2.0) as client:
        request = lacking(server, *TYPES)
        for target, answer in list(server.answers.items()):
            server.give(target, answer.body, pause=0.35)
        server.give("Observation", server.answers["Observation"].body, pause=10.0)
        started = time.monotonic()
        detail = card(client, request)
        assert time.monotonic() - started < 8
        assert (
            "observations: not provided by the EHR; not read by the adapter: the FHIR server did not answer" in detail
        )
        assert "read by the adapter on the EHR's FHIR server: patient, conditions, procedures" in detail


@pytest.mark.hazard("HZ-A01")
def test_a_server_that_never_answers_is_left_alone_for_a_while(store: Store) -> None:
    with fhir_server() as server, application(store, server, deadline=0.4) as client:
        request = lacking(server, "observations")
        server.give("Observation", bundle(), pause=20.0)
        details, seconds = [], []
        for _ in range(20):
            started = time.monotonic()
            details.append(card(client, request))
            seconds.append(time.monotonic() - started)
        assert max(seconds) < 5
        assert 1 <= server.connections <= 3
        assert all("observations: not provided by the EHR; not read by the adapter" in detail for detail in details)
        assert "did not answer in time" in details[0]
        assert "is left alone for a while" in details[19]


@pytest.mark.hazard("HZ-A01")
def test_the_default_deadline_leaves_time_within_half_a_second() -> None:
    with fhir_server() as server:
        request = lacking(server, "observations")
        server.give("Observation", bundle(), pause=20.0)

        async def run() -> float:
            reader = EhrReader([ReadableServer(Exchange(FhirBase.parse(server.base)))])
            started = time.monotonic()
            await reader.complete(parsed(request), SERVICE)
            taken = time.monotonic() - started
            await reader.close()
            return taken

        assert DEADLINE <= 0.45
    assert asyncio.run(run()) < 5


def tls_of(authority: trustme.CA, name: str = "localhost") -> SSLContext:
    context = create_default_context(Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(("name", "trusted", "why"), [
    ("localhost", True, None),
    ("localhost", False, "unreachable"),
    ("ehr.example.org", True, "unreachable"),
])  # fmt: skip
def test_the_server_proves_its_name_before_it_sees_the_token(
    tmp_path: Path, name: str, trusted: bool, why: str | None
) -> None:
    authority, ca = trustme.CA(), tmp_path / "ca.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(ca))
    with fhir_server(tls_of(authority, name)) as server:
        request = lacking(server, "observations")

        async def run() -> Reading:
            reader = EhrReader([ReadableServer(Exchange(FhirBase.parse(server.base), ca))], deadline=5.0)
            try:
                return await reader.complete(parsed(request), SERVICE)
            finally:
                await reader.close()

        one = asyncio.run(run()).keys["observations"]
        assert one.why == why
        assert len(server.asked) == (1 if why is None else 0)


def test_a_read_that_answers_another_type_is_no_answer() -> None:
    with fhir_server() as server:
        request = lacking(server, "patient", "observations")
        server.give("Patient/gw-60", bundle())
        server.give("Observation", {"resourceType": "Observation", "id": "1"})
        keys = completed(request, server).keys
        assert (keys["patient"].why, keys["observations"].why) == ("not-fhir", "not-fhir")


def test_own_reads_are_counted_without_a_word_of_the_call(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "observations", "procedures", "statements")
        server.give("Procedure", bundle())
        server.give("MedicationStatement", status=500)
        client.post(HOOK, json=request)
        metrics = client.get("/metrics").text
        for outcome in ("provided", "nothing", "server-error"):
            assert f'ldt_own_reads_total{{outcome="{outcome}"}} 1.0' in metrics


def test_without_listed_servers_nothing_is_read_and_nothing_more_is_said(store: Store) -> None:
    with fhir_server() as server, application(store) as client:
        detail = card(client, lacking(server, "observations"))
        assert "- observations: not provided by the EHR\n" in detail
        assert server.connections == 0


def test_an_explicit_nothing_of_the_client_is_believed(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client:
        request = lacking(server, "procedures")
        request["prefetch"]["procedures"] = None
        reading = completed(request, server)
        assert isinstance(reading.values["procedures"], ExplicitNothing)
        assert "none on record, as the EHR says: procedures" in card(client, request)
        assert server.asked == []


def test_every_reason_is_explained_in_the_words_of_the_card() -> None:
    page = (ROOT / "docs/cds-hooks.md").read_text(encoding="utf-8")
    section = page.split("| reason | words on the card |")[1].split("\n\n")[0]
    assert dict(re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", section, re.MULTILINE)) == WORDS
