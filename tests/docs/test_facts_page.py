"""docs/facts.md says what an analyst looks for."""

import csv
import re

import pytest

from adapter.case.catalogue import catalogue
from docs.pages.facts import DERIVED, facts_page
from tests.repository import ROOT

TEXT = facts_page()
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))


def test_every_fact_has_its_section_and_no_other() -> None:
    assert list(SECTIONS) == list(catalogue().facts)
    assert len(catalogue().inputs) == 65


@pytest.mark.parametrize("name", catalogue().facts)
def test_ages_and_bounds_are_marked_as_unsigned(name: str) -> None:
    fact, section = catalogue()[name], SECTIONS[name]
    [age] = re.findall(r"^- Maximum age: (.*)$", section, re.MULTILINE)
    assert age.endswith("(assumption, not signed)")
    assert ("no expiry" in age) == (fact.max_age == "no expiry")
    bounds = re.findall(r"^- Plausible bounds: (.*)$", section, re.MULTILINE)
    assert [bound.endswith("(assumption, not signed)") for bound in bounds] == [True] * (fact.plausible is not None)
    for value in fact.values:
        assert f"`{value}`" in section


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("bilirubin_mg_dl", "Maximum age: 30 days; 14 days while an order for a procedure is being signed"),
        ("bilirubin_mg_dl", "1975-2 Bilirubin.total [Mass/volume] in Serum or Plasma"),
        ("age_years", "Maximum age: 1 year ("),
        ("carcinoid_crisis_active", "Maximum age: 1 day ("),
        ("nlr_6_months", "between 5 and 7 months"),
        ("nlr_baseline", "14 days before the last TACE"),
        ("resectability", "Standard codes: none; only the project's own code"),
        ("ecog", "Observed: no rule reads it"),
        ("largest_lesion_cm", "the largest of the newest day"),
    ],
)
def test_what_is_said_of_a_fact(fact: str, said: str) -> None:
    assert said in SECTIONS[fact]


def test_every_derivation_belongs_to_a_fact() -> None:
    assert DERIVED.keys() <= catalogue().facts.keys()


def test_no_cpt_descriptor_is_on_the_page() -> None:
    """Codes of CPT stand alone: between commas, or at the end of their list."""
    with (ROOT / "mappings/codes.csv").open(encoding="utf-8", newline="") as table:
        codes = [row["code"] for row in csv.DictReader(table) if row["system"] == "http://www.ama-assn.org/go/cpt"]
    assert codes
    found = re.findall(r"CPT (\d[^;|]*?)(?:;| \||$)", TEXT, re.MULTILINE)
    assert len(found) > 3
    assert {code.strip() for listed in found for code in listed.split(",")} <= set(codes)
