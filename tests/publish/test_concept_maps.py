"""ConceptMaps against the mapper: what a map says of a code is what becomes of a message that sends it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapter.case.catalogue import catalogue
from adapter.case.fact import Standing
from adapter.case.tables import TableError
from adapter.case.value import Coded, Flag, Members, Quantity, Value
from adapter.ldt import rule_set
from adapter.mapping.schema import Needs
from adapter.mapping.tables import tables
from adapter.publish.canonical import Canonicals
from adapter.publish.concept_maps import concept_maps
from adapter.publish.equivalence import Entry, load_equivalences
from adapter.publish.vocabulary import vocabulary
from adapter.terminology.systems import DEFAULT_BASE as BASE
from tests.mapping.senders import (
    Resource,
    by_fhir,
    concept,
    condition,
    laboratory,
    medication,
    observation,
    order,
    procedure,
)
from tests.publish.published import FACT, Json, of_kind, one

MAPS = [found for found in of_kind("ConceptMap") if found["id"] not in ("ldt-answers", "ldt-codes-not-read")]
FACTS = {f"ldt-codes-{name.replace('_', '-')}": name for name in catalogue().facts}
CODES = {(code.system, code.code): code for codes in tables().codes.concepts.values() for code in codes}
ALONE = [row for row in tables().rows if row.needs == Needs()]


@dataclass(frozen=True)
class Arrow:
    """One source code and one of its targets, as published."""

    fact: str
    system: str
    code: str
    target: str
    equivalence: str
    comment: str

    @property
    def id(self) -> str:
        return f"{self.system.rsplit('/', 1)[1]}|{self.code}->{self.fact}:{self.target}"


def arrows(found: Json, fact: str = "") -> Iterator[Arrow]:
    for group in found["group"]:
        for element in group["element"]:
            for target in element["target"]:
                yield Arrow(
                    fact,
                    group["source"],
                    element["code"],
                    target.get("code", ""),
                    target["equivalence"],
                    target.get("comment", ""),
                )


EVERY = [arrow for found in MAPS for arrow in arrows(found, FACTS[found["id"]])]
DECIDES_ALONE = [arrow for arrow in EVERY if ", only " not in arrow.comment and "neither" not in arrow.comment]


def sent(arrow: Arrow) -> list[Resource]:
    """What a sender of the code would send: one resource for each kind of source that the map names."""
    code, system = arrow.code, arrow.system
    kinds: dict[str, Callable[[], Resource]] = {
        "a diagnosis": lambda: condition(code, system=system),
        "a procedure": lambda: procedure(code, system=system),
        "a drug given": lambda: medication("MedicationAdministration", code, system=system),
        "a draft order": lambda: order(code, system=system),
    }
    resources = [make() for words, make in kinds.items() if f"Read from {words}" in arrow.comment]
    return resources + (result(arrow) if "Read from a result" in arrow.comment else [])


def result(arrow: Arrow) -> list[Resource]:
    """An answer to the question that the row reads, or numbers in the units of the code, one of which is plausible."""
    if arrow.target == arrow.fact:
        unit = next(iter(sorted(CODES[arrow.system, arrow.code].units)), catalogue()[arrow.fact].unit)
        unit = {"ukat/L": "U/L", "mg/L": "mg/dL", "{ratio}": "%", "1": "%"}.get(unit, unit)
        return [laboratory(arrow.code, value, unit, system=arrow.system) for value in (1, 40, 400)]
    (row,) = (row for row in ALONE if row.fact == arrow.fact and arrow.target in row.answers.values())
    question = tables().codes.concepts[row.concepts[0]][0]
    answer = concept(arrow.system, arrow.code)
    return [observation(question.code, system=question.system, valueCodeableConcept=answer)]


def stated(resource: Resource, fact: str) -> list[Value]:
    """The values that the resource states for the fact."""
    statements = [s for patient in by_fhir(resource).patients for s in patient.statements]
    return [s.value for s in statements if s.fact == fact and s.standing is Standing.FINAL and s.value is not None]


def says(value: Value, arrow: Arrow) -> bool:
    match value:
        case Flag(yes):
            return yes and arrow.target == arrow.fact
        case Quantity():
            return arrow.target == arrow.fact
        case Coded(possible):
            return arrow.target in possible and (len(possible) == 1) == ("it says one of" not in arrow.comment)
        case Members(certain, one_of, _):
            open_members = {member for choice in one_of for member in choice}
            return arrow.target in (open_members if "it says one of" in arrow.comment else certain)
        case _:
            return False


@pytest.mark.parametrize("arrow", DECIDES_ALONE, ids=lambda arrow: arrow.id)
def test_a_code_that_decides_alone_states_what_the_map_says(arrow: Arrow) -> None:
    values = [value for resource in sent(arrow) for value in stated(resource, arrow.fact)]
    assert values
    assert all(says(value, arrow) for value in values)


def test_most_arrows_were_sent_through_the_mapper() -> None:
    assert len(DECIDES_ALONE) > 300
    assert len(EVERY) - len(DECIDES_ALONE) > 30


@pytest.mark.parametrize("arrow", [a for a in EVERY if a not in DECIDES_ALONE], ids=lambda arrow: arrow.id)
def test_a_code_that_needs_more_is_only_related_and_says_what_it_needs(arrow: Arrow) -> None:
    assert arrow.equivalence == "relatedto"
    assert len(arrow.comment) > 60


def test_a_code_that_leaves_it_open_is_mapped_to_narrower_targets() -> None:
    for arrow in DECIDES_ALONE:
        assert ("it says one of" in arrow.comment) <= (arrow.equivalence == "narrower"), arrow.id


@pytest.mark.parametrize(
    ("system", "code", "fact", "target", "equivalence", "words"),
    [
        ("http://www.ama-assn.org/go/cpt", "37243", "prior_liver_directed", "tae", "narrower", "it says one of tae"),
        (
            "http://snomed.info/sct",
            "94381002",
            "liver_metastases",
            "liver_metastases",
            "narrower",
            "any primary tumour",
        ),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C7B.02", "liver_metastases", "liver_metastases", "wider", "a diagnosis"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C22.0", "diagnosis", "hcc", "equivalent", "a diagnosis"),
        ("http://loinc.org", "1975-2", "bilirubin_mg_dl", "bilirubin_mg_dl", "wider", "carries the number"),
        ("http://snomed.info/sct", "54102005", "who_grade", "G1", "narrower", "WHO 2022 grade"),
        ("http://loinc.org", "2940-5", "serotonin_high", "serotonin_high", "relatedto", "the code alone says neither"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C7A.022", "primary_site", "midgut", "narrower", "midgut, other_gi"),
        (
            "http://snomed.info/sct",
            "879916008",
            "prior_liver_directed",
            "thermal_ablation",
            "relatedto",
            "Liver structure",
        ),
        ("http://snomed.info/sct", "107963000", "planned_therapies", "resection", "equivalent", "a draft order"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "845507", "planned_therapies", "everolimus", "wider", "order"),
    ],
)
def test_what_is_said_of_a_code(system: str, code: str, fact: str, target: str, equivalence: str, words: str) -> None:
    (found,) = [a for a in EVERY if (a.system, a.code, a.fact, a.target) == (system, code, fact, target)]
    assert found.equivalence == equivalence
    assert words in found.comment


def test_every_code_of_the_tables_is_in_a_map_or_declared_as_stating_nothing() -> None:
    mapped = {(arrow.system, arrow.code) for arrow in EVERY}
    nothing = {(arrow.system, arrow.code) for arrow in arrows(one("ConceptMap", "ldt-codes-not-read"))}
    assert mapped | nothing == set(CODES)
    assert mapped & nothing == set()


def test_a_code_that_states_nothing_has_its_reason_and_no_target() -> None:
    for arrow in arrows(one("ConceptMap", "ldt-codes-not-read")):
        assert (arrow.target, arrow.equivalence) == ("", "unmatched")
        assert len(arrow.comment) > 10
    reasons = {a.code: a.comment for a in arrows(one("ConceptMap", "ldt-codes-not-read"))}
    assert reasons["1263784000"] == "PSMA therapy is not PRRT."


def test_plain_answers_of_other_systems_are_mapped() -> None:
    found = {(a.system, a.code): (a.target, a.equivalence) for a in arrows(one("ConceptMap", "ldt-answers"))}
    assert found["http://terminology.hl7.org/CodeSystem/v2-0136", "Y"] == ("true", "equivalent")
    assert found["http://snomed.info/sct", "260413007"] == ("none", "equivalent")
    assert found["http://terminology.hl7.org/CodeSystem/v2-0532", "NASK"] == ("unknown", "wider")
    assert set(found) == {key for key in tables().answers if key[0] != FACT}


def test_groups_are_one_per_code_system_and_codes_stand_once() -> None:
    for found in of_kind("ConceptMap"):
        sources = [group["source"] for group in found["group"]]
        assert sources == sorted(set(sources))
        for group in found["group"]:
            codes = [element["code"] for element in group["element"]]
            assert codes == sorted(set(codes))
            assert (group["target"], group["targetVersion"]) == (FACT, found["version"])
            for element in group["element"]:
                targets = [target.get("code") for target in element["target"]]
                assert len(targets) == len(set(targets))


def table(folder: Path, *rows: str) -> Path:
    file = folder / "equivalence.csv"
    file.write_text("\n".join(("system,code,fact,equivalence,note", *rows, "")), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("http://example.org/x,1,ascites,equivalent,", "unknown code system"),
        ("SCT,389026000,ascites,same,", "none of equivalent, narrower, relatedto"),
        ("SCT,389026000,ascites,wider,said by default", "none of equivalent, narrower, relatedto"),
        ("SCT,389026000,ascites,narrower,", "needs a note"),
    ],
)
def test_a_wrong_row_names_its_line(tmp_path: Path, row: str, fault: str) -> None:
    with pytest.raises(TableError, match=f"equivalence.csv, line 2: .*{fault}|{fault}"):
        load_equivalences(table(tmp_path, row), tables().systems)


def test_a_row_that_stands_twice_is_refused(tmp_path: Path) -> None:
    row = "SCT,389026000,ascites,equivalent,"
    with pytest.raises(TableError, match="stands twice"):
        load_equivalences(table(tmp_path, row, row), tables().systems)


@pytest.mark.parametrize(
    ("code", "fact"),
    [("389026000", "bilirubin_mg_dl"), ("879916008", "prior_liver_directed"), ("314617008", "prior_liver_directed")],
)
def test_an_equivalence_is_refused_where_the_code_does_not_decide_alone(code: str, fact: str) -> None:
    places, rules = Canonicals(BASE, "1"), rule_set()
    known = {("http://snomed.info/sct", code, fact): Entry("equivalent", "")}
    with pytest.raises(ValueError, match=f"no row reads {fact} from"):
        list(concept_maps(places, rules.facts.facts.values(), tables(), known, vocabulary(rules)))
