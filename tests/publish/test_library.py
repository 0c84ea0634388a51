"""The Library: a data requirement for each way in which a fact is read, and the words of the conditions."""

from base64 import b64decode

import pytest

from adapter.case.catalogue import catalogue
from adapter.fhir.paths import compile_path
from adapter.fhir.resources import READ
from adapter.ldt import rule_set
from adapter.mapping.schema import Row
from adapter.mapping.tables import tables
from tests.publish.published import FACT, Json, of_kind, one

LIBRARY = one("Library", "ldt-nelm")
NEEDS = LIBRARY["dataRequirement"]
VALUE_SETS = {f"{found['url']}|{found['version']}": found for found in of_kind("ValueSet")}


def codes_of(need: Json) -> set[tuple[str, str]]:
    """The codes that a requirement asks for."""
    found: set[tuple[str, str]] = set()
    for part in need.get("codeFilter", []):
        found |= {(code["system"], code["code"]) for code in part.get("code", [])}
        for include in VALUE_SETS[part["valueSet"]]["compose"]["include"] if "valueSet" in part else []:
            found |= {(include["system"], concept["code"]) for concept in include["concept"]}
    return found


@pytest.mark.parametrize("fact", catalogue().facts)
def test_every_fact_can_be_had_by_its_own_code(fact: str) -> None:
    found = [need for need in NEEDS if need["type"] == "Observation" and (FACT, fact) in codes_of(need)]
    assert len(found) == 1


@pytest.mark.parametrize("row", tables().rows, ids=lambda row: str(row.id))
def test_every_row_of_the_mapping_is_covered_by_each_resource_that_carries_it(row: Row) -> None:
    known = tables()
    wanted = {(code.system, code.code) for concept in row.concepts for code in known.codes.concepts[concept]}
    sources = [source for source in known.sources.fhir if source.kind == row.kind]
    assert sources
    for source in sources:
        (need,) = (need for need in NEEDS if need["id"] == f"{row.fact.replace('_', '-')}-{source.resource}")
        assert wanted <= codes_of(need)
        assert need["codeFilter"][0]["path"] == source.code


def test_ids_are_unique_and_elements_are_those_that_the_reader_has() -> None:
    assert len({need["id"] for need in NEEDS}) == len(NEEDS)
    choices = {"effective", "onset", "performed", "abatement", "value"}
    for need in NEEDS:
        for path in set(need.get("mustSupport", [])) - choices:
            compile_path(READ[need["type"]], path)


def test_what_a_row_needs_beside_the_code_is_asked_for() -> None:
    by_id = {need["id"]: need for need in NEEDS}
    assert "bodySite" in by_id["prior-liver-directed-Procedure"]["mustSupport"]
    assert "usedCode" in by_id["prior-liver-directed-Procedure"]["mustSupport"]
    assert "bodySite" not in by_id["biliary-instrumentation-Procedure"]["mustSupport"]
    assert by_id["bilirubin-mg-dl-Observation"]["mustSupport"] == [
        "code",
        "status",
        "value",
        "effective",
        "issued",
        "meta.lastUpdated",
    ]


def test_answers_and_the_date_of_birth_are_asked_for() -> None:
    types = {need["id"]: need["type"] for need in NEEDS}
    assert (types["patient"], types["answers"]) == ("Patient", "QuestionnaireResponse")


def test_the_attachment_holds_every_predicate_with_condition_and_meaning() -> None:
    (attachment,) = LIBRARY["content"]
    text = b64decode(attachment["data"]).decode()
    lines = text.splitlines()
    assert attachment["contentType"] == "text/x-ldt-condition"
    assert lines[0].startswith("# ")
    predicates = rule_set().predicates.values()
    assert lines[1:] == [f"{p.name} := {p.when}  # {p.meaning}" for p in predicates]


def test_it_depends_on_the_form_and_all_terminology() -> None:
    named = {artifact["resource"] for artifact in LIBRARY["relatedArtifact"]}
    kinds = ("CodeSystem", "ValueSet", "ConceptMap", "Questionnaire")
    assert named == {f"{r['url']}|{r['version']}" for kind in kinds for r in of_kind(kind)}
