"""Addresses of the published resources: every reference leads to a resource of the set, under any base."""

import re
from collections.abc import Iterator

import pytest

from adapter.advice.careplan import care_plan
from adapter.fhir.check import check_resource
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.publish import knowledge
from adapter.terminology.systems import DEFAULT_BASE as BASE
from tests.advice.assessments import everyone
from tests.publish.published import Json, as_read, elements, known, of_kind, one, resources, strings

URLS = {resource["url"] for resource in resources()}
PINNED = {f"{resource['url']}|{resource['version']}" for resource in resources()}


def test_every_resource_has_its_own_address() -> None:
    assert len(URLS) == len(resources()) > 150
    for resource in resources():
        assert resource["url"] == f"{BASE}/{resource['resourceType']}/{resource['id']}"
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])
        assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", resource["name"])
    assert len({resource["name"] for resource in of_kind("ValueSet")}) == len(of_kind("ValueSet"))


def named(value: object) -> Iterator[str]:
    """Every string within a value that is an address under our base."""
    return (text for text in strings(value) if text.startswith(f"{BASE}/"))


def test_every_address_that_is_named_is_that_of_a_published_resource() -> None:
    found = {text for resource in resources() for text in named(resource)}
    assert found - URLS - PINNED == set()
    assert len(found & PINNED) > 100


def test_canonical_references_name_the_version() -> None:
    for resource in resources():
        for element in elements(resource):
            for name in ("definitionCanonical", "library", "valueSet", "targetCanonical", "resource"):
                value = element.get(name, [])
                for reference in value if isinstance(value, list) else [value]:
                    if isinstance(reference, str) and not isinstance(element.get("include"), list):
                        assert reference in PINNED, (resource["id"], name, reference)


def test_every_resource_comes_before_those_that_refer_to_it() -> None:
    """But for a CodeSystem, which names the ValueSet of all its codes."""
    seen: set[str] = set()
    for resource in resources():
        mentioned = {text for text in named(resource) if "|" in text}
        assert mentioned <= seen or resource["resourceType"] == "CodeSystem", resource["id"]
        seen.add(f"{resource['url']}|{resource['version']}")


def test_every_resource_says_what_it_is_and_that_it_is_a_draft() -> None:
    for resource in resources():
        assert (resource["status"], resource["experimental"]) == ("draft", True)
        assert resource["version"] == rule_set().version
        assert resource["description"].endswith((".", "!", "?", ")"))
        assert "Not for emergency decisions" in resource["purpose"]
        assert "creativecommons.org/licenses/by/4.0" in resource["copyright"]
        assert resource["text"]["status"] == "generated"
        assert not {"publisher", "contact", "author", "date"} & resource.keys()


def test_the_bundle_puts_each_resource_under_its_id() -> None:
    bundle = as_read(known().bundle())
    assert bundle["type"] == "transaction"
    assert [entry["resource"] for entry in bundle["entry"]] == list(resources())
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == resource["url"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    check_resource(known().bundle())


def other_base() -> list[Json]:
    base = "https://hospital.example.net/ldt"
    return [as_read(resource) for resource in knowledge(rule_set(), tables(base), base).resources]


def test_another_base_is_in_every_address_and_changes_nothing_else() -> None:
    found = other_base()
    assert [text for resource in found for text in strings(resource) if BASE in text] == []
    assert repr(found).replace("https://hospital.example.net/ldt", BASE) == repr(list(resources()))


def test_texts_hold_nothing_that_markdown_would_take_for_html() -> None:
    for resource in resources():
        content = {name: value for name, value in resource.items() if name != "text"}
        assert [text for text in strings(content) if re.search(r"(?<!\\)<[A-Za-z/!?]", text)] == [], resource["id"]


@pytest.mark.parametrize("patient", everyone())
def test_a_careplan_instantiates_the_published_plan(patient: str) -> None:
    plan = one("PlanDefinition", "ldt-nelm")
    assert care_plan(everyone()[patient])["instantiatesCanonical"] == [f"{plan['url']}|{plan['version']}"]
