"""The cards of the example patients as a clinician sees them in an EHR, and the explanation behind their link."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from adapter.advice.indicator import indicator
from adapter.advice.names import short_name
from adapter.advice.parts import parts
from adapter.advice.summary import summary
from adapter.ldt import Strength
from tests.advice.assessments import PATIENTS, fixture
from tests.browser.chart import Chart
from tests.browser.ehr import Ehr
from tests.browser.order_services import CARD, OrderServices, order_services
from tests.browser.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SILENT = "09-not-a-net"
NAMES = [folder.name for folder in PATIENTS if folder.name != SILENT]
COLOURS = {"info": "rgb(0, 121, 190)", "warning": "rgb(255, 174, 66)", "critical": "rgb(229, 0, 0)"}
MARKDOWN = re.compile(r"\*\*|\| ?-{3}|\\[*_|<>\[\]]|&(?:lt|gt|amp);")
WIDE = "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length"


@pytest.fixture
def chart(page: Page, origin: str, server: Server) -> Chart:
    chart = Chart(page, origin)
    chart.connect(server.services)
    return chart


@pytest.fixture(scope="module")
def orders(ehr: Ehr, origin: str) -> Iterator[OrderServices]:
    with order_services(ehr.key_set, origin) as running:
        yield running


@pytest.mark.parametrize("name", NAMES)
def test_the_card_of_an_example_patient_can_be_read(chart: Chart, name: str) -> None:
    assessment = fixture(name, "fhir")
    chart.open(name)
    [card] = chart.cards.all()
    assert card.locator("h2").inner_text() == summary(assessment)
    colour = card.evaluate("card => getComputedStyle(card).borderTopColor")
    assert colour == COLOURS[indicator(assessment)]
    assert MARKDOWN.findall(card.inner_text()) == []
    said = card.locator(".detail").inner_text()
    assert [t.code for t in assessment.advice.therapies if short_name(assessment, t.code) not in said] == []
    assert chart.page.evaluate(WIDE) == 0


@pytest.mark.parametrize("name", NAMES)
def test_what_the_summary_prefers_stands_in_the_first_lines(chart: Chart, name: str) -> None:
    assessment = fixture(name, "fhir")
    preferred = [short_name(assessment, one.code) for one in assessment.advice.by_strength(Strength.PREFERRED)]
    chart.open(name)
    lines = chart.cards.locator(".detail").inner_text().splitlines()
    first = [line for line in lines[:4] if "preferred (+++)" in line]
    assert all(any(name in line for line in first) for name in preferred)
    assert all(name in chart.cards.locator("h2").inner_text() for name in preferred)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_advised_and_what_is_missing_is_seen_without_scrolling(chart: Chart, name: str) -> None:
    """On 1000 by 900 pixels, with the head of the chart above it."""
    chart.open(name)
    below = chart.cards.locator(".detail strong", has_text="More, in full").bounding_box()
    top = chart.cards.locator("h2").bounding_box()
    assert below is not None
    assert top is not None
    assert below["y"] - top["y"] < 700


def test_a_patient_without_a_neuroendocrine_tumour_is_left_in_peace(chart: Chart) -> None:
    assert chart.open(SILENT) == "ldt-patient-view answered 200 with 0 card(s)"
    assert chart.cards.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_link_opens_the_explanation_of_this_card(chart: Chart, name: str) -> None:
    chart.open(name)
    said = chart.cards.locator("h2").inner_text()
    page = explanation(chart)
    assert page.inner_text("h1") == said
    shown = page.locator("h2").all_inner_texts()
    named = {part.title for part in parts(fixture(name, "fhir")) if part.lines and part.title}
    assert named <= set(shown)
    page.locator("summary").first.click()
    assert page.locator("details[open] .rule").count() > 0


def explanation(chart: Chart) -> Page:
    with chart.page.context.expect_page() as opened:
        chart.cards.locator("a.link").click()
    opened.value.wait_for_load_state()
    return opened.value


def test_the_explanation_asks_for_nothing_and_runs_nothing(chart: Chart) -> None:
    chart.open("07-not-avid-g2")
    url = chart.cards.locator("a.link").get_attribute("href")
    page, asked, said = chart.page.context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(str(url))
    page.wait_for_load_state("networkidle")
    assert asked == [url]
    assert said == []
    assert page.evaluate("getComputedStyle(document.querySelector('header')).borderLeftWidth") == "8px", (
        "it has its style"
    )
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=/x><b onclick=alert(1)>b</b>')")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    page.locator("b").click()
    assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in text for text in said) == 3


def test_the_explanation_tells_no_other_site_where_it_was(chart: Chart) -> None:
    chart.open("07-not-avid-g2")
    page = explanation(chart)
    assert page.evaluate("document.referrer") == ""
    assert page.evaluate("window.opener") is None


def test_printed_the_explanation_shows_all_reasons(chart: Chart) -> None:
    chart.open("07-not-avid-g2")
    page = explanation(chart)
    rule = page.locator("details .rule").first
    assert not rule.is_visible()
    page.emulate_media(media="print")
    assert rule.evaluate("rule => rule.getBoundingClientRect().height") > 0
    assert rule.is_visible()


def test_everything_that_a_card_can_have_is_shown(page: Page, origin: str, orders: OrderServices) -> None:
    chart = Chart(page, origin)
    chart.connect(f"{orders.url}/cds-services")
    chart.sign()
    [card] = chart.cards.all()
    assert card.evaluate("card => getComputedStyle(card).borderTopColor") == COLOURS["critical"]
    assert card.locator(".source").inner_text() == "Source: Test service (Prophylaxis)"
    assert card.locator(".source a").get_attribute("href") == CARD.source.url
    assert card.locator(".detail p").inner_text() == "Why <b>bold</b> stays text"
    assert card.locator(".detail td").all_inner_texts() == ["octreotide", "not told"]
    assert card.locator(".suggestion").all_inner_texts() == ["Ask the tumour board", "Ask nobody"]
    assert card.locator(".suggestion.recommended").get_attribute("title") == "A request to the tumour board"
    assert card.locator("a.link").get_attribute("href") == CARD.links[0].url
    assert card.locator(".dismissal option").all_inner_texts() == ["Known and weighed", "Another plan"]


@pytest.mark.hazard("HZ-X01")
def test_active_content_of_another_service_would_not_run_in_this_page(page: Page, origin: str) -> None:
    """The page is no proof against our own cards: it would not do harm, whatever they held."""
    chart = Chart(page, origin)
    hostile = "<img src=x onerror='window.ran=1'><script>window.ran=1</script> [x](javascript:window.ran=1)"
    page.evaluate(
        """async (detail) => (await import('/cards.js')).showCards(document.getElementById('cards'),
        [{summary: 's', indicator: 'info', source: {label: 's'}, detail}], () => {})""",
        hostile,
    )
    page.wait_for_load_state("networkidle")
    assert chart.cards.locator("script").count() == 0
    assert chart.cards.locator("a[href]").count() == 0
    assert page.evaluate("window.ran") is None
