"""The published code systems and value sets: whatever the adapter emits or asks is a code of them, with one meaning."""

import json
import re
from dataclasses import replace

import pytest

from adapter.advice.assessment import Assessment
from adapter.advice.card import cards
from adapter.advice.careplan import care_plan
from adapter.case.catalogue import Kind, catalogue
from adapter.fhir.write import write_json
from adapter.ldt import Strength, rule_set
from adapter.ldt.rule import Rated
from adapter.mapping.row_words import CPT
from adapter.mapping.tables import tables
from adapter.publish.vocabulary import vocabulary
from adapter.terminology.systems import DEFAULT_BASE as BASE
from tests.advice.assessments import everyone, extreme
from tests.publish.published import FACT, STRENGTH, codings, concepts, of_kind, one, resources, strings

SYSTEMS = {system["url"]: {c["code"] for c in system["concept"]} for system in of_kind("CodeSystem")}
FACTS = concepts("ldt-fact")


def kinds(code: str) -> set[str]:
    return {said["valueString"] for said in FACTS[code]["property"] if said["code"] == "kind"}


def said(code: str, name: str) -> list[str]:
    return [v for p in FACTS[code]["property"] if p["code"] == name for key, v in p.items() if key.startswith("value")]


def own(value: object) -> set[tuple[str, str]]:
    """The codes of our own systems within a value."""
    return {(system, code) for system, code, _ in codings(value) if system.startswith(BASE)}


def unpublished(value: object) -> set[tuple[str, str]]:
    return {(system, code) for system, code in own(value) if code not in SYSTEMS.get(system, set())}


def emitted(assessment: Assessment) -> list[object]:
    """What leaves about a patient, as it is read."""
    plan = json.loads(write_json(care_plan(assessment)))
    return [plan, *(json.loads(json.dumps(card.to_json())) for card in cards(assessment))]


@pytest.mark.parametrize("patient", everyone())
def test_every_code_of_cards_and_careplans_is_published(patient: str) -> None:
    found = emitted(everyone()[patient])
    assert unpublished(found) == set()
    assert (f"{BASE}/CodeSystem/ldt-topic", "ldtnelm") in own(found)


@pytest.mark.parametrize("strength", Strength)
def test_every_code_that_a_careplan_could_ever_name_is_published(strength: Strength) -> None:
    found = emitted(extreme(strength))
    assert unpublished(found) == set()
    assert strength is Strength.NOT_RECOMMENDED or len(own(found)) > 130


def test_every_code_within_the_published_resources_is_published_with_its_display() -> None:
    displays = {(s["url"], c["code"]): c["display"] for s in of_kind("CodeSystem") for c in s["concept"]}
    for resource in resources():
        assert unpublished(resource) == set(), resource["id"]
        for system, code, display in codings(resource):
            if system.startswith(BASE):
                assert display == displays[system, code], resource["id"]


def test_what_the_mapper_reads_by_our_own_codes_is_published() -> None:
    answers = {code for (system, code) in tables().answers if system == tables().own_system}
    values = {value for fact in catalogue().facts.values() for value in fact.values}
    assert answers | values | set(catalogue().facts) | {"none"} <= SYSTEMS[FACT]
    assert set(rule_set().therapies) | set(rule_set().codes) <= SYSTEMS[FACT]
    assert len(FACTS) == len(one("CodeSystem", "ldt-fact")["concept"]) == one("CodeSystem", "ldt-fact")["count"]


def test_a_code_of_several_kinds_means_the_same_in_each() -> None:
    """Looked at one by one: a therapy as an answer is that therapy; to defer embolisation is strategy and action."""
    several = {code: kinds(code) for code in FACTS if len(kinds(code)) > 1}
    assert several.pop("defer_embolisation") == {"answer", "therapy", "action"}
    assert set(map(frozenset, several.values())) == {frozenset({"answer", "therapy"})}
    listed = {value for fact in catalogue().facts.values() if fact.kind is Kind.LIST for value in fact.values}
    assert set(several) <= listed


def test_a_code_that_would_mean_two_things_is_refused() -> None:
    rules = rule_set()
    row = rules.codes["mdt_review"].model_copy(update={"code": "ascites"})
    with pytest.raises(ValueError, match="ascites would mean two things: fact and action"):
        vocabulary(replace(rules, codes={**rules.codes, "ascites": row}))


def test_facts_carry_what_a_reader_must_know() -> None:
    for fact in catalogue().facts.values():
        assert kinds(fact.name) == {"fact"}
        assert (FACTS[fact.name]["display"], FACTS[fact.name]["definition"]) == (fact.label, fact.meaning)
        assert said(fact.name, "max-age") == [fact.max_age]
        expected = [] if fact.max_age == "no expiry" else ["assumption, unsigned"]
        assert said(fact.name, "max-age-basis") == expected
        assert said(fact.name, "unit") == ([fact.unit] if fact.unit else [])


def test_answers_name_the_questions_that_they_answer() -> None:
    for fact in catalogue().facts.values():
        for value in fact.values:
            assert fact.name in said(value, "answer-to")
    assert said("poor", "answer-to") == ["differentiation", "liver_reserve"]


def test_properties_are_declared_and_refer_to_codes_of_the_system() -> None:
    system = one("CodeSystem", "ldt-fact")
    types = {declared["code"]: declared["type"] for declared in system["property"]}
    used = set()
    for concept in system["concept"]:
        for found in concept["property"]:
            used.add(found["code"])
            key = "valueCode" if types[found["code"]] == "code" else "valueString"
            assert key in found
            assert types[found["code"]] != "code" or found[key] in SYSTEMS[FACT]
    assert used == set(types)


def listed(identifier: str) -> list[tuple[str, str]]:
    return [
        (include["system"], concept["code"])
        for include in one("ValueSet", identifier)["compose"]["include"]
        for concept in include["concept"]
    ]


def test_value_sets_of_facts_therapies_and_strengths_are_whole() -> None:
    assert [code for _, code in listed("ldt-facts")] == list(catalogue().facts)
    assert [code for _, code in listed("ldt-therapies")] == list(rule_set().therapies)
    assert listed("ldt-strengths") == [(STRENGTH, rated.value) for rated in Rated]
    assert SYSTEMS[STRENGTH] == {rated.value for rated in Rated}
    every = one("CodeSystem", "ldt-strength")["valueSet"]
    assert every == f"{BASE}/ValueSet/ldt-strengths|{rule_set().version}"


def test_answers_of_a_fact_are_a_value_set_and_the_options_of_its_question() -> None:
    for fact in catalogue().facts.values():
        if fact.values:
            none = ["none"] if fact.kind is Kind.LIST else []
            found = listed(f"ldt-answers-{fact.name.replace('_', '-')}")
            assert found == [(FACT, code) for code in [*fact.values, *none]]


def test_the_codes_of_each_fact_are_those_that_rows_read() -> None:
    known = tables()
    for row in known.rows:
        found = set(listed(f"ldt-codes-{row.fact.replace('_', '-')}-{row.kind}"))
        assert {(c.system, c.code) for concept in row.concepts for c in known.codes.concepts[concept]} <= found
    sets = [s for s in of_kind("ValueSet") if s["id"].startswith("ldt-codes-")]
    assert len(sets) == len({(row.fact, row.kind) for row in known.rows})


def test_no_list_holds_a_code_twice() -> None:
    for value_set in of_kind("ValueSet"):
        found = listed(value_set["id"])
        assert len(found) == len(set(found)), value_set["id"]


def test_no_cpt_descriptor_is_published() -> None:
    assert not any(display for system, _, display in codings([*resources()]) if system == CPT)
    listings = 0
    for resource in (*of_kind("ValueSet"), *of_kind("ConceptMap")):
        for part in resource.get("compose", {}).get("include", []) + resource.get("group", []):
            if CPT in (part.get("system"), part.get("source")):
                listings += 1
                assert not any("display" in member for member in part.get("concept") or part["element"])
    assert listings > 5


def test_no_text_holds_a_cpt_descriptor() -> None:
    """Where a comment names CPT codes, only commas stand between them."""
    comments = [text for resource in of_kind("ConceptMap") for text in strings(resource) if "CPT" in text]
    named = [part for text in comments for part in re.findall(r"\bCPT (\d[^;:]*)", text)]
    assert len(named) > 3
    assert all(re.fullmatch(r"[\d, ]+", part) for part in named)
