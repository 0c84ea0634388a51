"""Every fact arrives by its own code: as an Observation, as an OBX and as an answer to the project's Questionnaire.

Standard codes and the rows that read them are in test_rows.py.
"""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from adapter.case.catalogue import FactDefinition, Kind, catalogue
from adapter.case.value import to_plain
from adapter.mapping.patient import Mapping
from tests.mapping.senders import (
    OWN,
    UCUM,
    Json,
    Resource,
    by_fhir,
    by_hl7,
    concept,
    fact,
    finding_codes,
    known,
    medication,
    message,
    observation,
    obx,
    order,
    procedure,
    quantity,
    questionnaire,
    report,
    standing,
)

FACTS = list(catalogue().facts.values())
LDT = "99LDT"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"


@dataclass(frozen=True)
class Sent:
    """One value of one fact as each carrier writes it, and what it is."""

    fact: str
    said: str
    value: object
    observation: Resource
    obx: tuple[str, str, str]
    answers: tuple[Resource, ...]

    @property
    def id(self) -> str:
        return f"{self.fact}={self.said}"


def sent(definition: FactDefinition) -> list[Sent]:
    match definition.kind:
        case Kind.FLAG:
            return _flags(definition.name)
        case Kind.CODED:
            return [_coded(definition.name, code) for code in definition.values]
        case Kind.LIST:
            every = [_members(definition.name, (code,)) for code in definition.values]
            return [_members(definition.name, ()), *every, _members(definition.name, definition.values[-2:])]
        case Kind.QUANTITY:
            return [_number(definition)]
        case Kind.DAY:
            day: Resource = {"valueDate": "1961-04-05"}
            return [
                Sent(
                    definition.name,
                    "day",
                    "1961-04-05",
                    {"valueDateTime": "1961-04-05"},
                    ("DT", "19610405", ""),
                    (day,),
                )
            ]


def _flags(name: str) -> list[Sent]:
    return [flag for letter in "YN" for flag in (_boolean(name, letter), _letter(name, letter))]


def _boolean(name: str, letter: str) -> Sent:
    yes: Resource = {"valueBoolean": letter == "Y"}
    return Sent(name, f"{letter} (boolean)", letter == "Y", yes, ("CWE", f"{letter}^^HL70136", ""), (yes,))


def _letter(name: str, letter: str) -> Sent:
    coding: Resource = {"system": YES_NO, "code": letter}
    coded: Resource = {"valueCodeableConcept": {"coding": [coding]}}
    return Sent(name, f"{letter} (code)", letter == "Y", coded, ("ID", letter, ""), ({"valueCoding": coding},))


def _coded(name: str, code: str) -> Sent:
    coding: Resource = {"system": OWN, "code": code}
    return Sent(
        name,
        code,
        code,
        {"valueCodeableConcept": {"coding": [coding]}},
        ("CWE", f"{code}^^{LDT}", ""),
        ({"valueCoding": coding},),
    )


def _members(name: str, codes: tuple[str, ...]) -> Sent:
    said = codes or ("none",)
    parts: list[Json] = [{"code": concept(OWN, name), "valueCodeableConcept": concept(OWN, code)} for code in said]
    single: Resource = {"valueCodeableConcept": concept(OWN, said[0])}
    return Sent(
        name,
        "+".join(said),
        sorted(codes),
        single if len(said) == 1 else {"component": parts},
        ("CWE", "~".join(f"{code}^^{LDT}" for code in said), ""),
        tuple({"valueCoding": {"system": OWN, "code": code}} for code in said),
    )


def _number(definition: FactDefinition) -> Sent:
    # 64 is the age that the date of birth of the invented patient gives; the others lie within every bound.
    text = "64" if definition.name == "age_years" else "5.5" if definition.unit == "%" else "5.00"
    unit = definition.unit
    return Sent(
        definition.name,
        "number",
        Decimal(text),
        {"valueQuantity": quantity(float(text), unit)},
        ("NM", text, f"{unit}^^UCUM"),
        ({"valueDecimal": float(text)},),
    )


SENT = [one for definition in FACTS for one in sent(definition)]


# On the day itself: one of the facts holds for a day only.
TODAY = "2026-01-12T08:00:00Z"


def by_observation(one: Sent) -> Mapping:
    return by_fhir(observation(one.fact, system=OWN, **{"effectiveDateTime": TODAY, **one.observation}))


def by_obx(one: Sent) -> Mapping:
    kind, value, unit = one.obx
    return by_hl7(report(obx(f"{one.fact}^^{LDT}", value, unit, kind=kind, when="20260112080000+0000")))


def by_questionnaire(one: Sent) -> Mapping:
    answers: list[Json] = list(one.answers)
    return by_fhir(questionnaire(item=[{"linkId": one.fact, "answer": answers}], authored=TODAY))


def test_all_sixty_five_inputs_are_sent() -> None:
    assert len({one.fact for one in SENT} & {definition.name for definition in catalogue().inputs}) == 65


@pytest.mark.parametrize("one", SENT, ids=lambda one: str(one.id))
def test_every_carrier_gives_the_value(one: Sent) -> None:
    carriers = [by_observation(one), by_obx(one), by_questionnaire(one)]
    assert [known(mapping, one.fact) for mapping in carriers] == [one.value] * 3
    assert [finding_codes(mapping) for mapping in carriers] == [[], [], []]


@pytest.mark.parametrize("one", SENT, ids=lambda one: str(one.id))
def test_every_carrier_gives_the_same_moment(one: Sent) -> None:
    first, second, third = (fact(send(one), one.fact) for send in (by_observation, by_obx, by_questionnaire))
    assert first.when == second.when == third.when
    assert first.when is not None
    assert first.when.day == TODAY[:10]


@pytest.mark.parametrize("definition", FACTS, ids=lambda definition: str(definition.name))
def test_a_value_that_the_fact_does_not_have_is_excluded(definition: FactDefinition) -> None:
    wrong = "Y^^HL70136" if definition.kind is Kind.QUANTITY else "no_such_value^^99LDT"
    code = (YES_NO, "Y") if definition.kind is Kind.QUANTITY else (OWN, "no_such_value")
    hl7 = by_hl7(report(obx(f"{definition.name}^^99LDT", wrong, kind="CWE"), pid="PID|1||P1^^^HOSP^MR"))
    fhir = by_fhir(observation(definition.name, system=OWN, valueCodeableConcept=concept(*code)))
    answer = by_fhir(questionnaire((definition.name, {"valueCoding": {"system": code[0], "code": code[1]}})))
    for mapping in (hl7, fhir, answer):
        [statement] = [s for p in mapping.patients for s in p.statements if s.origin.row == "own-code"]
        assert (statement.standing.value, statement.value) == ("excluded", None)
        assert statement.reason in finding_codes(mapping)


@pytest.mark.parametrize(
    "definition", [d for d in FACTS if d.kind in (Kind.FLAG, Kind.CODED, Kind.LIST)], ids=lambda d: str(d.name)
)
def test_the_answer_unknown_is_no_value(definition: FactDefinition) -> None:
    hl7 = by_hl7(report(obx(f"{definition.name}^^99LDT", "UNK^^HL70532", kind="CWE")))
    fhir = by_fhir(observation(definition.name, system=OWN, valueCodeableConcept=concept(OWN, "unknown")))
    answer = by_fhir(questionnaire((definition.name, {"valueCoding": {"system": OWN, "code": "unknown"}})))
    for mapping in (hl7, fhir, answer):
        assert standing(mapping, definition.name) == ("absent", "answer-unknown")


INTERVALS: list[tuple[str, tuple[str, str], Resource, object]] = [
    ("below", ("SN", "<^2"), {"valueQuantity": quantity(2, "%", comparator="<")}, {"below": Decimal(2)}),
    ("at most", ("ST", "<=2"), {"valueQuantity": quantity(2, "%", comparator="<=")}, {"high": Decimal(2)}),
    ("above", ("SN", ">^2"), {"valueQuantity": quantity(2, "%", comparator=">")}, {"above": Decimal(2)}),
    ("at least", ("NM", ">=2"), {"valueQuantity": quantity(2, "%", comparator=">=")}, {"low": Decimal(2)}),
    (
        "range",
        ("SN", "^2^-^3"),
        {"valueRange": {"low": quantity(2, "%"), "high": quantity(3, "%")}},
        {"low": Decimal(2), "high": Decimal(3)},
    ),
]


@pytest.mark.parametrize(
    ("kind", "value"), [(obx5, fhir) for _, obx5, fhir, _ in INTERVALS], ids=[i[0] for i in INTERVALS]
)
def test_an_interval_stays_an_interval(kind: tuple[str, str], value: Resource) -> None:
    wanted = next(plain for _, obx5, _, plain in INTERVALS if obx5 == kind)
    hl7 = by_hl7(report(obx("ki67_percent^^99LDT", kind[1], "%", kind=kind[0])))
    assert (
        known(hl7, "ki67_percent")
        == known(by_fhir(observation("ki67_percent", system=OWN, **value)), "ki67_percent")
        == wanted
    )


def test_a_questionnaire_of_another_house_is_not_ours() -> None:
    other = questionnaire(("ascites", {"valueBoolean": False}), questionnaire="https://other.example.org/q")
    assert standing(by_fhir(other), "ascites") == ("absent", "not-recorded")


def test_a_versioned_questionnaire_is_ours_and_nested_answers_count() -> None:
    versioned = questionnaire(questionnaire="https://ldt-adapter.example.org/fhir/Questionnaire/ldt-facts|2026.1")
    versioned["item"] = [
        {"linkId": "group", "item": [{"linkId": "ascites", "answer": [{"valueBoolean": False}]}]},
        {
            "linkId": "prior_prrt",
            "answer": [
                {"valueBoolean": True, "item": [{"linkId": "ir_consulted", "answer": [{"valueBoolean": True}]}]}
            ],
        },
    ]
    mapping = by_fhir(versioned)
    assert [known(mapping, name) for name in ("ascites", "prior_prrt", "ir_consulted")] == [False, True, True]


def test_answers_to_the_form_under_its_former_name_count_too() -> None:
    former = "https://ldt-adapter.example.org/fhir/Questionnaire/ldt-nelm"
    assert known(by_fhir(questionnaire(("ascites", {"valueBoolean": False}), questionnaire=former)), "ascites") is False


def test_the_same_question_answered_twice_is_not_settled_by_position() -> None:
    grades: list[tuple[str, Resource]] = [
        ("who_grade", {"valueCoding": {"system": OWN, "code": code}}) for code in ("G1", "G2")
    ]
    assert known(by_fhir(questionnaire(*grades)), "who_grade") is None


def test_none_beside_a_member_is_no_list() -> None:
    hl7 = by_hl7(report(obx("biliary_instrumentation^^99LDT", "none^^99LDT~whipple^^99LDT", kind="CWE")))
    both: list[Json] = [{"valueCoding": {"system": OWN, "code": code}} for code in ("none", "whipple")]
    fhir = by_fhir(questionnaire(item=[{"linkId": "biliary_instrumentation", "answer": both}]))
    for mapping in (hl7, fhir):
        assert standing(mapping, "biliary_instrumentation") == ("excluded", "none-beside-members")


@pytest.mark.parametrize("code", ["ctace", "thermal_ablation", "resection"])
def test_a_member_of_a_list_may_be_the_code_of_a_procedure(code: str) -> None:
    hl7 = by_hl7(message(f"PR1|1||{code}^^99LDT||20260110080000+0000", pid="PID|1||P1^^^HOSP^MR"))
    wanted = {"has": [code], "one_of": [], "complete": False}
    assert (
        known(hl7, "prior_liver_directed")
        == known(by_fhir(procedure(code, system=OWN)), "prior_liver_directed")
        == wanted
    )


def test_a_member_of_a_list_may_be_the_code_of_an_order() -> None:
    wanted = {"has": ["captem"], "one_of": [], "complete": False}
    placed = message(
        "ORC|NW|O1|||||||20260110080000+0000", "OBR|1|O1||captem^^99LDT", head=None, pid="PID|1||P1^^^HOSP^MR"
    )
    hl7 = by_hl7(placed.replace("ORU^R01^ORU_R01", "OMG^O19^OMG_O19"))
    service = by_fhir(order("captem", system=OWN))
    drug = by_fhir(medication("MedicationRequest", "captem", system=OWN))
    assert [known(mapping, "planned_therapies") for mapping in (hl7, service, drug)] == [wanted] * 3


def test_a_number_without_its_unit_is_taken_only_where_the_question_names_the_unit() -> None:
    bare: Resource = {"valueQuantity": {"value": 1.1}}
    assert standing(by_fhir(observation("bilirubin_mg_dl", system=OWN, **bare)), "bilirubin_mg_dl") == (
        "excluded",
        "unit-missing",
    )
    assert standing(by_hl7(report(obx("bilirubin_mg_dl^^99LDT", "1.1"))), "bilirubin_mg_dl") == (
        "excluded",
        "unit-missing",
    )
    assert known(by_fhir(questionnaire(("bilirubin_mg_dl", {"valueDecimal": 1.1}))), "bilirubin_mg_dl") == Decimal(
        "1.1"
    )


def test_a_unit_that_is_sent_counts_even_where_the_question_names_one() -> None:
    sent: Resource = {"valueQuantity": quantity(34.2, "umol/L")}
    assert known(by_fhir(questionnaire(("bilirubin_mg_dl", sent))), "bilirubin_mg_dl") == 2


def test_a_number_keeps_the_digits_that_were_sent() -> None:
    raw = observation("bilirubin_mg_dl", system=OWN, valueQuantity={"value": 1.5, "system": UCUM, "code": "mg/dL"})
    hl7 = fact(by_hl7(report(obx("bilirubin_mg_dl^^99LDT", "1.50", "mg/dL"))), "bilirubin_mg_dl").known
    assert hl7 is not None
    assert str(to_plain(hl7)) == "1.50"
    assert known(by_fhir(raw), "bilirubin_mg_dl") == to_plain(hl7)
