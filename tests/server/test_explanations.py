"""Explanations behind links: who gets the page of whom, for how long, and what everybody else sees."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.advice.card import IN_FULL
from adapter.advice.folded import FOLDED
from adapter.advice.parts import PRINTED
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app, shown_by
from adapter.server.explanation_page import HEADERS
from adapter.server.explanation_shelf import MemoryShelf
from adapter.server.explanations import PATH, Explanations, explanations_of, warn_of_short_links
from adapter.server.intake import Intake
from adapter.server.log import ALLOWED
from adapter.server.settings import Settings, SettingsError, load_settings
from adapter.server.ticket import Ticket, is_genuine, new_key, read_ticket, sign_ticket
from adapter.store import Store
from cds_hooks import HOOK_NAMES
from tests.advice.assessments import fixture
from tests.advice.parts import parts
from tests.repository import ROOT
from tests.server.hooks.calling import answer, example
from tests.server.hooks.test_examples import EXPECTED
from tests.server.test_explanation_page import Page

PUBLIC = "https://ldt.hospital.example"
HOOK = "/cds-services/ldt-patient-view"
KEY = b"k" * 32
OF_CALLS = ("About this call", "Where the data came from", "Data that could not be had")
START = 1_768_219_200
SPEAKING = [name for name, wanted in EXPECTED.items() if wanted["cards"]]
LINK = re.compile(re.escape(PUBLIC) + r"/explain/[0-9a-f]{32}-[0-9]{10}-[0-9a-f]{64}")


class Clock:
    def __init__(self) -> None:
        self.now = float(START)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def explanations(clock: Clock) -> Explanations:
    return Explanations(PUBLIC + "/", 900, KEY, MemoryShelf(clock), clock)


@pytest.fixture
def browser(explanations: Explanations) -> TestClient:
    app = FastAPI()
    app.add_api_route(PATH + "/{ticket:path}", shown_by(explanations))
    return TestClient(app)


def linked(explanations: Explanations, name: str = "07-not-avid-g2") -> str:
    return asyncio.run(explanations.link(fixture(name, "fhir"))).url.removeprefix(PUBLIC)


@pytest.fixture
def served(store: Store) -> Callable[..., TestClient]:
    def serve(**told: Any) -> TestClient:
        settings = Settings.model_validate({"as_of": "2026-01-12", **told})
        return TestClient(build_app(settings, store, Intake(store), tables(), rule_set()))

    return serve


def call(**members: object) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((ROOT / "fixtures/hooks/patient-view-07.json").read_bytes())
    return {**body, **members}


def test_a_card_links_to_its_explanation_where_the_public_url_is_known(served: Callable[..., TestClient]) -> None:
    client = served(public_url=PUBLIC)
    [card] = client.post(HOOK, json=call()).json()["cards"]
    [link] = card["links"]
    assert (link["label"], link["type"]) == ("Why and why not: rules, facts, sources", "absolute")
    assert LINK.fullmatch(link["url"])
    shown = client.get(link["url"].removeprefix(PUBLIC))
    assert shown.status_code == 200
    assert card["summary"] in shown.text
    assert "R-107" in shown.text


@pytest.mark.parametrize("name", SPEAKING)
def test_the_cards_of_every_service_link_to_a_page_with_their_sections(
    served: Callable[..., TestClient], name: str
) -> None:
    client = served(public_url=PUBLIC)
    [card] = answer(client, example(name)).json()["cards"]
    [link] = card["links"]
    said = Page(client.get(link["url"].removeprefix(PUBLIC)).content).said
    [plain] = answer(served(), example(name)).json()["cards"]
    whole = parts(plain["detail"].split(f"**{IN_FULL}**\n\n")[1]).sections
    assert [line for line in said if line in {*whole, PRINTED}] == [*_with_printed(whole)]
    assert {line for title in OF_CALLS for line in whole.get(title, ())} <= set(said)
    assert FOLDED in parts(card["detail"]).sections


def _with_printed(titles: Iterable[str]) -> Iterator[str]:
    """The page has what the card leaves to it, too."""
    for title in titles:
        yield title
        if title == "The documents disagree":
            yield PRINTED


def test_every_hook_has_a_call_that_is_answered_with_a_link() -> None:
    assert {example(name)["hook"] for name in SPEAKING} == HOOK_NAMES


def test_without_a_public_url_there_are_neither_links_nor_pages(served: Callable[..., TestClient]) -> None:
    client = served()
    [card] = client.post(HOOK, json=call()).json()["cards"]
    assert "links" not in card
    assert client.get(PATH + "/x").headers["content-type"] == "application/fhir+json"


def test_every_call_has_a_link_of_its_own(served: Callable[..., TestClient]) -> None:
    client = served(public_url=PUBLIC)
    first, second = (client.post(HOOK, json=call()).json()["cards"][0] for _ in range(2))
    assert first["links"] != second["links"]
    assert first["uuid"] == second["uuid"]


@pytest.mark.hazard("HZ-X10")
def test_neither_link_nor_log_nor_metrics_tell_of_the_patient(served: Callable[..., TestClient]) -> None:
    client = served(public_url=PUBLIC)
    with capture_logs() as lines:
        [card] = client.post(HOOK, json=call()).json()["cards"]
        path = card["links"][0]["url"].removeprefix(PUBLIC)
        assert client.get(path).status_code == 200
        assert client.get(path[:-1]).status_code == 404
    assert LINK.fullmatch(PUBLIC + path)
    assert [line["event"] for line in lines] == ["service_called", "explanation_refused"]
    assert all(line.keys() - {"log_level"} <= ALLOWED for line in lines)
    ticket = path.rsplit("/", 1)[1]
    assert not any(part in str(lines) + client.get("/metrics").text for part in ticket.split("-"))


def test_the_page_is_kept_nowhere_and_tells_nobody(browser: TestClient, explanations: Explanations) -> None:
    answer = browser.get(linked(explanations))
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "set-cookie" not in answer.headers


def test_the_page_can_only_be_read(browser: TestClient, explanations: Explanations) -> None:
    path = linked(explanations)
    assert {browser.request(method, path).status_code for method in ("POST", "PUT", "DELETE", "PATCH")} == {405}


def test_a_link_opens_one_advice_on_one_patient(browser: TestClient, explanations: Explanations) -> None:
    one, other = linked(explanations, "01-progressive-on-ssa"), linked(explanations, "07-not-avid-g2")
    assert "not DOTA-avid" in browser.get(other).text
    assert "not DOTA-avid" not in browser.get(one).text
    crossed = f"{PATH}/{one.rsplit('/', 1)[1][:32]}{other.rsplit('/', 1)[1][32:]}"
    assert browser.get(crossed).status_code == 404


def test_a_shelf_that_gives_another_page_opens_nothing(explanations: Explanations) -> None:
    class Wrong(MemoryShelf):
        async def get(self, name: str) -> bytes | None:
            return b"the page of somebody else"

    wrong = Explanations(PUBLIC, 900, KEY, Wrong(explanations.clock), explanations.clock)
    ticket = linked(wrong).rsplit("/", 1)[1]
    assert asyncio.run(wrong.page(ticket)) is None


def test_a_link_ends(browser: TestClient, explanations: Explanations, clock: Clock) -> None:
    path = linked(explanations)
    clock.now += 899
    assert browser.get(path).status_code == 200
    clock.now += 1
    assert browser.get(path).status_code == 404


def test_all_that_leads_nowhere_looks_the_same(browser: TestClient, explanations: Explanations, clock: Clock) -> None:
    expired = linked(explanations)
    clock.now += 901
    good = linked(explanations)
    stranger = Explanations(PUBLIC, 900, b"x" * 32, explanations.shelf, clock)
    fresh = good.rsplit("/", 1)[1].split("-")
    tried = {
        "expired": expired,
        "forged": linked(stranger),
        "prolonged": f"{PATH}/{fresh[0]}-{int(fresh[1]) + 600}-{fresh[2]}",
        "of no page": f"{PATH}/{sign_ticket(KEY, '0' * 32, START + 1800, b'')}",
        "no ticket": f"{PATH}/Patient-1",
        "a path": f"{PATH}/x/y",
        "nothing": f"{PATH}/",
        "upper case": good.upper().replace("/EXPLAIN", PATH),
    }
    with capture_logs() as lines:
        answers = {name: browser.get(path) for name, path in tried.items()}
    reasons = ["expired", "forged", "forged", "unknown", *["malformed"] * 4]
    assert [line["error"] for line in lines] == reasons
    assert {(answer.status_code, answer.content) for answer in answers.values()} == {(404, answers["forged"].content)}
    assert len({tuple(answer.headers.items()) for answer in answers.values()}) == 1
    shown = browser.get(good)
    assert {name: answers["expired"].headers[name] for name in HEADERS} == {
        name: shown.headers[name] for name in HEADERS
    }
    assert "no explanation at this address" in answers["expired"].text


@given(st.text("0123456789abcdef-", min_size=100, max_size=110) | st.text(max_size=200))
def test_no_text_is_a_genuine_ticket_by_chance(text: str) -> None:
    ticket = read_ticket(text)
    assert ticket is None or not is_genuine(KEY, ticket, b"page")


@given(st.data())
def test_a_ticket_with_any_other_character_is_not_genuine(data: st.DataObject) -> None:
    text = str(sign_ticket(KEY, "ab" * 16, START, b"page"))
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != text[place]))
    changed = read_ticket(text[:place] + other + text[place + 1 :])
    assert changed is None or not is_genuine(KEY, changed, b"page")


def test_a_ticket_is_genuine_for_its_key_and_page_alone() -> None:
    ticket = sign_ticket(KEY, "ab" * 16, START, b"page")
    assert read_ticket(str(ticket)) == ticket
    assert is_genuine(KEY, ticket, b"page")
    assert not is_genuine(KEY, ticket, b"another page")
    assert not is_genuine(new_key(), ticket, b"page")
    assert not is_genuine(KEY, Ticket("cd" * 16, START, ticket.signature), b"page")


def test_the_shelf_makes_room_and_forgets(clock: Clock) -> None:
    async def run() -> None:
        shelf = MemoryShelf(clock, kept=2)
        names = [await shelf.put(page, START + 10) for page in (b"1", b"2", b"3")]
        assert [await shelf.get(name) for name in names] == [None, b"2", b"3"]
        later = await shelf.put(b"4", START + 5)
        clock.now += 5
        assert await shelf.get(later) is None
        assert await shelf.get(names[2]) == b"3"
        clock.now += 5
        assert [await shelf.get(name) for name in names] == [None, None, None]

    asyncio.run(run())


def test_the_key_is_read_from_a_file_of_its_owner_alone(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "explanation.key"
    path.write_bytes(KEY)
    path.chmod(0o600)
    made = explanations_of(Settings(public_url=PUBLIC, explanation_key=path))
    assert made is not None
    assert made.key == KEY


@pytest.mark.parametrize(
    ("mode", "content", "word"),
    [(0o640, KEY, "chmod 600"), (0o604, KEY, "chmod 600"), (0o600, KEY[1:], "32 bytes"), (0o600, None, "No such file")],
)
def test_a_key_file_that_cannot_be_used_stops_the_start(
    tmp_path: Path, mode: int, content: bytes | None, word: str
) -> None:
    path = tmp_path / "explanation.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(SettingsError, match=f"explanation_key: .*{word}"):
        explanations_of(Settings(public_url=PUBLIC, explanation_key=path))


def test_the_start_warns_where_links_end_with_the_process(tmp_path: Path) -> None:
    with capture_logs() as lines:
        warn_of_short_links(Settings())
        warn_of_short_links(Settings(public_url=PUBLIC, explanation_key=tmp_path / "key"))
        assert lines == []
        warn_of_short_links(Settings(public_url=PUBLIC))
    assert [(line["event"], line["setting"]) for line in lines] == [("explanation_key_made", "explanation_key")]


@pytest.mark.parametrize(
    "url", ["http://ldt.hospital.example", "ldt.hospital.example", "https://h.example/?a", "https://h.example/#a", "x"]
)
def test_a_public_url_that_would_show_patients_to_others_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="public_url: an https address"):
        load_settings(None, {"public_url": url})


def test_public_urls_that_can_be_used() -> None:
    for url in (PUBLIC, "http://127.0.0.1:8080", "http://localhost:8080/ldt", "https://h.example/ldt/"):
        assert load_settings(None, {"public_url": url}).public_url == url
    assert load_settings(None, {"public_url": "http://h.example", "insecure": True}).public_url == "http://h.example"
