"""The explanation page says what `ldt evaluate --explain` says, no more and no less, and does nothing else."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from adapter.advice.assessment import Assessment
from adapter.case.finding import Finding
from adapter.cli.console import show, show_explanation, show_findings
from adapter.server.explanation_page import explanation_page, missing_page
from tests.cli.test_renderings import EVERYONE

UNTIL = datetime(2026, 1, 12, 12, 15, tzinfo=UTC)
BLOCKS = {"h1", "h2", "li", "p", "summary", "td", "th", "title"}
TAGS = BLOCKS | {
    "body", "details", "footer", "head", "header", "html", "main", "meta", "section", "span", "strong", "style",
    "table", "tbody", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"charset", "class", "content", "lang", "name", "scope"}
BRANCHES = "│├└─ "


class Page(HTMLParser):
    """The lines that a reader sees: the text of each block without that of the blocks inside of it."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._open: list[int] = []
        self._style = False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._style = tag == "style"
        if tag in BLOCKS:
            self._open.append(len(self.lines))
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self._style = False
        if tag in BLOCKS:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and not self._style:
            self.lines[self._open[-1]] += data

    @property
    def said(self) -> list[str]:
        """The lines, blanks folded, without empty ones."""
        return [line for text in self.lines if (line := " ".join(text.split()))]


def printed(assessment: Assessment) -> list[str]:
    """The lines that the command prints, without the signs that draw its lists, trees and frames."""
    out = StringIO()
    console = Console(file=out, width=100_000)
    show(console, assessment)
    show_explanation(console, assessment)
    show_findings(console, "Findings", assessment.findings)
    lines = (line.strip().strip("│╭╮╰╯─").lstrip(BRANCHES).removeprefix("- ") for line in out.getvalue().splitlines())
    return [folded for line in lines if (folded := " ".join(line.split()))]


@pytest.mark.parametrize("name", EVERYONE)
def test_the_page_has_every_line_of_the_command_and_no_other(name: str) -> None:
    assessment = EVERYONE[name]
    page = Page(explanation_page(assessment, UNTIL)).said
    told = " ".join(page)
    missed = [line for line in printed(assessment) if line not in told and not _head(line)]
    assert missed == []
    command = " ".join(printed(assessment))
    own = {"Explanation of an advice", "Options", "Why and why not"}
    extra = [line for line in page if line not in command and line not in own and "Its link ends at" not in line]
    assert extra in ([], [page[1]])
    assert page[1].split(" ", 1)[0] in ("info", "warning", "critical")


def _head(line: str) -> bool:
    """The title of the frame: subject and indicator, which the page tells the other way round."""
    return line.endswith(("info", "warning", "critical"))


@pytest.mark.parametrize("name", EVERYONE)
def test_the_page_runs_nothing_and_leads_nowhere(name: str) -> None:
    page = Page(explanation_page(EVERYONE[name], UNTIL))
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


@pytest.mark.hazard("HZ-X01")
def test_text_of_a_sender_stays_text() -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e</style><script>alert(1)</script>"
    assessment = EVERYONE["07-not-avid-g2 fhir"]
    case = replace(assessment.case, subject=hostile)
    assessment = replace(assessment, case=case, findings=(Finding("odd", "warning", hostile, "hint"),), gaps=(hostile,))
    page = Page(explanation_page(assessment, UNTIL))
    assert page.tags <= TAGS
    assert sum("onerror" in line for line in page.said) == 4  # subject, gap, data problem, finding
    assert "\u202e" not in " ".join(page.said)


def test_the_page_says_when_its_link_ends() -> None:
    assert "Its link ends at 2026-01-12 12:15 UTC" in explanation_page(EVERYONE["nothing known"], UNTIL).decode()


def test_the_page_of_nothing_holds_nothing() -> None:
    page = Page(missing_page())
    assert page.tags <= TAGS
    assert page.said[1:] == [
        "There is no explanation at this address.",
        "Links to explanations end after a short time. Open the patient again: the new card brings a new link.",
    ]
