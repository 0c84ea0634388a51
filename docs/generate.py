"""Writes the generated pages: `make docs`, or `python -m docs.generate`.

The pages say only what the rule set, the catalogue, the mapping tables and the worked cases say; a test fails when one
of them is older than these.
"""

from pathlib import Path

from adapter.ldt import rule_set
from docs.pages.cases import cases_page
from docs.pages.conflicts import conflicts_page
from docs.pages.facts import facts_page
from docs.pages.hl7v2 import hl7v2_page
from docs.pages.index import index_page, signoff_page
from docs.pages.links import Links
from docs.pages.numbers import numbers_page
from docs.pages.patients import patients_page
from docs.pages.sections import section_pages
from docs.pages.situations import situations
from docs.pages.terms import terms_page
from docs.pages.therapies import therapies_page

DOCS = Path(__file__).parent
RULES = DOCS / "rules"


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    rules = rule_set()
    links, known = Links(rules), situations(rules)
    found = {
        "README.md": index_page(rules, links, known),
        "therapies.md": therapies_page(rules, links),
        "conflicts.md": conflicts_page(rules, links),
        "numbers.md": numbers_page(rules, links),
        "terms.md": terms_page(rules, links),
        "cases.md": cases_page(rules, links, known),
        "patients.md": patients_page(rules, links, known),
        "signoff.md": signoff_page(rules, links),
        **section_pages(rules, links, known),
    }
    return {DOCS / "facts.md": facts_page(), DOCS / "hl7v2.md": hl7v2_page()} | {
        RULES / name: text for name, text in found.items()
    }


def write() -> None:
    """Write them all, and remove pages of rules that are no more."""
    made = pages()
    RULES.mkdir(exist_ok=True)
    for old in RULES.glob("*.md"):
        if old not in made:
            old.unlink()
    for page, text in made.items():
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
