"""Every answer that the published form offers comes back through the mapper as exactly the fact that it states.

The responses are built from the published JSON, never from the catalogue.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.catalogue import Kind, catalogue
from adapter.case.fact import Standing, State
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value
from adapter.fhir.dates import read_date
from adapter.fhir.document import read_document
from adapter.fhir.write import write_json
from adapter.mapping.fhir import map_fhir
from adapter.mapping.ledger import Level, Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.senders import CLOCK
from tests.publish.published import FACT, Json, one, questions

FORM = one("Questionnaire", "ldt-facts")
QUESTIONS = {question["linkId"]: question for question in questions()}


@dataclass(frozen=True)
class Said:
    """An answer as it stands in a response, and the value that it states."""

    question: str
    answer: tuple[Json, ...]
    value: Value

    @property
    def id(self) -> str:
        return f"{self.question}={'+'.join(str(next(iter(one.values()))) for one in self.answer)}"


def options(question: Json) -> list[str]:
    codings = [option["valueCoding"] for option in question["answerOption"]]
    assert {coding["system"] for coding in codings} == {FACT}
    return [coding["code"] for coding in codings]


def chosen(question: Json, *codes: str) -> Said:
    """Some options of a choice; `none` of a question that repeats is the empty list."""
    offered = {option["valueCoding"]["code"]: option["valueCoding"] for option in question["answerOption"]}
    answer = tuple({"valueCoding": offered[code]} for code in codes)
    members = frozenset(codes) - {"none"}
    value = Members(members, complete=True) if question["repeats"] else Coded(frozenset(codes))
    return Said(question["linkId"], answer, value)


def number(question: Json, value: Decimal) -> Said:
    kind = "valueInteger" if question["type"] == "integer" else "valueDecimal"
    sent = int(value) if question["type"] == "integer" else value
    return Said(question["linkId"], ({kind: sent},), Quantity.of(value))


def bounds(question: Json) -> tuple[Decimal, Decimal]:
    found = {e["url"].rsplit("/", 1)[1]: e for e in question["extension"]}
    low, high = (found[name] for name in ("minValue", "maxValue"))
    kind = "valueInteger" if question["type"] == "integer" else "valueDecimal"
    return Decimal(low[kind]), Decimal(high[kind])


def day(question: Json, text: str) -> Said:
    time = read_date(text)
    assert time is not None
    return Said(question["linkId"], ({"valueDate": text},), Day(time.moment))


def every_answer(question: Json) -> list[Said]:
    """Every allowed answer; of numbers the ends of what is allowed and some between."""
    match question["type"]:
        case "boolean":
            return [Said(question["linkId"], ({"valueBoolean": yes},), Flag(yes)) for yes in (True, False)]
        case "choice":
            single = [chosen(question, code) for code in options(question)]
            members = [code for code in options(question) if code != "none"]
            return [*single, chosen(question, *members)] if question["repeats"] else single
        case "integer":
            low, high = bounds(question)
            return [number(question, value) for value in (low, low + 1, high - 1, high)]
        case "decimal":
            low, high = bounds(question)
            return [number(question, value) for value in (low, low + Decimal("0.10"), Decimal("7.25"), high)]
        case "date":
            return [day(question, text) for text in ("1961-04-05", "2000-02-29")]
        case other:
            raise AssertionError(f"no question of type {other} is expected")


EVERY = [said for question in questions() for said in every_answer(question)]


def response(*said: Said) -> Json:
    """The response to the form with these answers, group by group as the form has them."""
    answers = {one.question: one for one in said}
    groups = []
    for group in FORM["item"]:
        items = [
            {"linkId": item["linkId"], "text": item["text"], "answer": list(answers[item["linkId"]].answer)}
            for item in group["item"]
            if item["linkId"] in answers
        ]
        if items:
            groups.append({"linkId": group["linkId"], "item": items})
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": f"{FORM['url']}|{FORM['version']}",
        "status": "completed",
        "subject": {"reference": "Patient/P1"},
        "authored": "2026-01-12T08:00:00Z",
        "item": groups,
    }


def mapped(*said: Said) -> Mapping:
    entries = [{"resource": {"resourceType": "Patient", "id": "P1"}}, {"resource": response(*said)}]
    document = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return map_fhir(read_document(write_json(document)), "response")


def stated(mapping: Mapping) -> dict[str, tuple[Standing, Value | None]]:
    """What the mapping states, fact by fact; no fact may be stated twice."""
    statements = [s for patient in mapping.patients for s in patient.statements]
    assert len({s.fact for s in statements}) == len(statements)
    return {s.fact: (s.standing, s.value) for s in statements}


def wanted(*said: Said) -> Table[str, tuple[Standing, Value]]:
    return {one.question: (Standing.FINAL, one.value) for one in said}


def test_the_form_asks_for_every_fact_once() -> None:
    assert [question["linkId"] for question in questions()] == list(catalogue().facts)
    assert len(EVERY) > 250


@pytest.mark.parametrize("said", EVERY, ids=lambda said: said.id)
def test_every_allowed_answer_comes_back_as_its_fact_and_no_other(said: Said) -> None:
    mapping = mapped(said)
    assert stated(mapping) == wanted(said)
    assert [finding for patient in mapping.patients for finding in patient.findings] == []
    coded = [entry.outcome for entry in mapping.whole_ledger.entries if entry.level is Level.CODED]
    assert coded == [Outcome.USED]
    (patient,) = mapping.patients
    assert patient.case(CLOCK).facts[said.question].known == said.value


@pytest.mark.parametrize("first", [True, False])
def test_a_whole_response_gives_every_fact(first: bool) -> None:
    said = [every_answer(question)[0 if first else -1] for question in questions()]
    assert stated(mapped(*said)) == wanted(*said)
    assert len(said) == len(catalogue().facts)


def any_answer(question: Json) -> st.SearchStrategy[Said]:
    match question["type"]:
        case "choice" if question["repeats"]:
            members = [code for code in options(question) if code != "none"]
            several = st.lists(st.sampled_from(members), unique=True)
            return several.map(lambda codes: chosen(question, *(codes or ["none"])))
        case "integer":
            low, high = bounds(question)
            return st.integers(int(low), int(high)).map(lambda value: number(question, Decimal(value)))
        case "decimal":
            low, high = bounds(question)
            return st.decimals(low, high, places=2).map(lambda value: number(question, value))
        case _:
            return st.sampled_from(every_answer(question))


FORMS = st.tuples(*(st.none() | any_answer(question) for question in questions()))


@settings(max_examples=60, deadline=None)
@given(FORMS)
def test_any_response_comes_back_as_exactly_its_facts(answers: tuple[Said | None, ...]) -> None:
    said = [answer for answer in answers if answer is not None]
    assert stated(mapped(*said)) == wanted(*said)


@pytest.mark.parametrize("name", [q["linkId"] for q in questions() if q.get("repeats")])
def test_the_answer_none_closes_a_list_and_stands_alone(name: str) -> None:
    question = QUESTIONS[name]
    (exclusive,) = [option for option in question["answerOption"] if "extension" in option]
    assert exclusive["valueCoding"]["code"] == "none"
    assert exclusive["extension"][0]["valueBoolean"] is True
    both = Said(
        name,
        ({"valueCoding": {"system": FACT, "code": "none"}}, *chosen(question, options(question)[0]).answer),
        Flag(True),
    )
    assert stated(mapped(both)) == {name: (Standing.EXCLUDED, None)}


def test_an_unanswered_question_leaves_the_fact_unknown() -> None:
    (patient,) = mapped(chosen(QUESTIONS["diagnosis"], "nen")).patients
    facts = patient.case(CLOCK).facts
    assert {fact.state for name, fact in facts.items() if name != "diagnosis"} == {State.ABSENT}


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("name", [q["linkId"] for q in questions() if q["type"] in ("integer", "decimal")])
def test_a_number_outside_of_the_bounds_of_the_form_is_never_used(name: str, step: int) -> None:
    question = QUESTIONS[name]
    bound = bounds(question)[0 if step < 0 else 1]
    (found,) = stated(mapped(number(question, bound + step))).values()
    assert found == (Standing.EXCLUDED, None)


def test_a_question_has_the_type_of_its_fact() -> None:
    types: dict[Kind, set[Any]] = {}
    for fact in catalogue().facts.values():
        types.setdefault(fact.kind, set()).add(QUESTIONS[fact.name]["type"])
    assert types == {
        Kind.FLAG: {"boolean"},
        Kind.CODED: {"choice"},
        Kind.LIST: {"choice"},
        Kind.QUANTITY: {"integer", "decimal"},
        Kind.DAY: {"date"},
    }


def test_what_is_counted_is_asked_for_as_a_whole_number() -> None:
    assert {name for name, question in QUESTIONS.items() if question["type"] == "integer"} == {
        "age_years",
        "liver_lesion_count",
        "target_lesion_count",
        "target_segment_count",
        "months_since_last_transarterial",
        "prior_systemic_lines",
        "ecog",
    }


def test_units_are_those_in_which_the_mapper_reads_a_bare_number() -> None:
    for fact in catalogue().facts.values():
        if fact.kind is Kind.QUANTITY:
            found = [
                e["valueCoding"] for e in QUESTIONS[fact.name]["extension"] if e["url"].endswith("questionnaire-unit")
            ]
            assert [(unit["system"], unit["code"]) for unit in found] == [("http://unitsofmeasure.org", fact.unit)]


def test_every_question_explains_itself_and_says_how_long_an_answer_counts() -> None:
    for fact in catalogue().facts.values():
        (explanation,) = QUESTIONS[fact.name]["item"]
        assert explanation["type"] == "display"
        assert explanation["text"].startswith(fact.meaning)
        assert ("does not expire" in explanation["text"]) == (fact.max_age == "no expiry")
        assert "(assumption, unsigned)" in explanation["text"] or fact.max_age == "no expiry"
    assert (
        "for 14 days while an order for a procedure is being signed" in QUESTIONS["bilirubin_mg_dl"]["item"][0]["text"]
    )


def test_link_ids_are_unique_and_groups_are_those_of_the_catalogue() -> None:
    items = [*FORM["item"], *questions(), *(part for question in questions() for part in question["item"])]
    assert len({item["linkId"] for item in items}) == len(items)
    assert [group["text"] for group in FORM["item"]] == list(dict.fromkeys(f.group for f in catalogue().facts.values()))
    assert [group["linkId"] in catalogue() for group in FORM["item"]] == [False] * len(FORM["item"])
