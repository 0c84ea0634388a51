"""The generated pages are those that the rule set, the tables and the worked cases make, and every link of them leads
somewhere."""

import re
from pathlib import Path

import pytest

from docs.generate import DOCS, RULES, pages, write
from tests.repository import ROOT, files

PAGES = pages()
MARKDOWN = [path for path in files("docs", "README.md", "CHANGELOG.md", "cds_hooks/README.md") if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that Markdown renderers make of the headings."""
    headings = re.findall(r"^#{1,6} (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


ANCHORS = {path.resolve(): anchors(path.read_text(encoding="utf-8")) for path in MARKDOWN}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_as_new_as_what_it_is_made_from(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page], "run: make docs"


def test_the_folder_of_rule_pages_holds_no_other_page() -> None:
    assert set(RULES.iterdir()) == {page for page in PAGES if page.parent == RULES}


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page.resolve()
        assert target.exists(), link
        assert not anchor or anchor in ANCHORS[target], link


def test_writing_the_pages_brings_them_back_and_removes_what_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docs.generate.DOCS", tmp_path)
    monkeypatch.setattr("docs.generate.RULES", tmp_path / "rules")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/10-gone.md").write_text("old", encoding="utf-8")
    write()
    made = {path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.md")}
    assert made == {page.relative_to(DOCS): text for page, text in PAGES.items()}
