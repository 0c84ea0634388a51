"""Hostile text in what a sender controls: none of it is active in a card or a CarePlan, wherever it was put."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapter.advice.assessment import Assessment
from adapter.advice.card import cards, full
from adapter.advice.careplan import care_plan
from adapter.fhir.write import write_json
from cds_hooks import check_response
from tests.advice.assessments import messages, of_fhir, of_hl7

HOSTILE = {
    "html": "<img src=x onerror=alert(1)>",
    "script": "<script>alert(1)</script>",
    "link": "[x](javascript:alert(1))",
    "image": "![a](http://203.0.113.9/p.png)",
    "autolink": "<http://203.0.113.9/p>",
    "address": "http://203.0.113.9/p",
    "bare host": "www.evil.example",
    "definition": "[x]: javascript:alert(1)",
    "code": "`x` **b** | c | # h",
    "direction": "\u202eabc\u2066",
    "control": "a\x08\x1b[31mb",
    "entity": "&lt;b&gt;&#106;avascript:",
}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ACTIVE = {"html_block", "html_inline", "link_open", "image", "code_inline", "code_block", "fence"}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01"}


def tokens(markdown: str) -> Iterator[Token]:
    """The tokens of a CommonMark reader with tables, inline ones included."""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        yield token
        yield from token.children or ()


def assert_inert(markdown: str) -> None:
    assert {token.type for token in tokens(markdown)} & ACTIVE == set()
    # GitHub's flavour also links bare addresses.
    lowered = markdown.lower()
    assert not any(
        f"{start}{end}" in lowered for start in ("://", "www.") for end in "0123456789abcdefghijklmnopqrstuvwxyz"
    )
    assert "@" not in markdown
    assert not BIDI & set(markdown)
    assert all(character.isprintable() or character == "\n" for character in markdown)


def escaped(text: str) -> str:
    """The text as HL7 v2 carries it: delimiters as escape sequences."""
    signs = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": "", "\n": ""}
    return "".join(signs.get(character, character) for character in text)


def by_hl7(text: str) -> Assessment:
    sent = escaped(text)
    note = f"OBX|5|ST|18748-4^{sent}^LN||{sent}||||||F"
    comment = f"NTE|1|L|{sent}"
    raw = messages(note, comment, control_id=sent, application=sent, facility=sent)
    return of_hl7(raw.replace(b"|P|2.5.1\r", b"|P|2.5.1||||||UNICODE UTF-8\r"))


def observation(text: str, **more: object) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-01-10",
        "note": [{"text": text}],
        **more,
    }


def by_fhir(text: str, ids: str | None = None) -> Assessment:
    """A patient whose displays, texts and notes are the text, and whose ids hold it unless others are given."""
    mark = text if ids is None else ids
    own = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"

    def answer(fact: str, code: str) -> dict[str, object]:
        coding = [{"system": own, "code": code, "display": text}]
        value = {"coding": coding, "text": text}
        about = {"coding": [{"system": own, "code": fact}], "text": text}
        return observation(text, id=f"{fact}{mark}", code=about, valueCodeableConcept=value)

    entries = [
        PATIENT,
        answer("diagnosis", "nen"),
        answer("differentiation", "well"),
        answer("ssa_status", "progressed"),
    ]
    entries += [answer("sstr_status", "avid"), answer("liver_reserve", "poor")]
    flag = {"code": {"coding": [{"system": own, "code": "liver_metastases"}]}, "valueBoolean": True}
    entries.append(observation(text, id=mark, **flag))
    nameless = observation(text, code={"coding": [{"system": own, "code": "ascites"}]}, valueBoolean=True)
    whole = [*({"resource": entry} for entry in entries), {"fullUrl": mark, "resource": nameless}]
    return of_fhir(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": whole}).encode())


@pytest.mark.hazard("HZ-X01")
@hostile
@pytest.mark.parametrize("made", [by_hl7, by_fhir])
def test_hostile_text_is_inert_in_a_card(made: object, text: str) -> None:
    assessment = by_hl7(text) if made is by_hl7 else by_fhir(text)
    assert_inert(full(assessment))
    [card] = cards(assessment)
    assert check_response(json.dumps({"cards": [card.to_json()]}).encode()) == []
    assert assessment.case.known("liver_metastases") is not None, "the hostile origin must be among the facts shown"
    assert "Liver metastases: yes" in full(assessment)


@pytest.mark.hazard("HZ-X01")
@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="<>[]()!*_`~#|\\&:/.-+ '\"=1ahtpswjr\n\u202e\x1b\u00e9", min_size=1, max_size=60))
def test_any_text_is_inert_in_a_card(text: str) -> None:
    assert_inert(full(by_hl7(text)))


@pytest.mark.hazard("HZ-X01")
def test_hostile_text_is_inert_in_a_careplan() -> None:
    for text in HOSTILE.values():
        for assessment in (by_hl7(text), by_fhir(text)):
            plan = care_plan(assessment)
            for note in notes(plan):
                assert_inert(note)


@pytest.mark.hazard("HZ-X01")
@hostile
def test_the_narrative_of_a_careplan_holds_no_hostile_text(text: str) -> None:
    for assessment in (by_hl7(text), by_fhir(text)):
        narrative = json.dumps(care_plan(assessment)["text"])
        assert text not in narrative
        assert "alert" not in narrative
        assert "evil" not in narrative
        assert "203.0.113.9" not in narrative


@pytest.mark.hazard("HZ-X01")
def test_no_comment_display_or_text_of_a_sender_is_repeated() -> None:
    """Free text of a record is never shown, not even harmless text."""
    texts = ("OBX|5|ST|18748-4^Zanzibar^LN||Zanzibar||||||F", "NTE|1|L|Zanzibar")
    for assessment in (of_hl7(messages(*texts)), by_fhir("Zanzibar", ids="-o1")):
        answer = json.dumps([card.to_json() for card in cards(assessment)]) + write_json(care_plan(assessment)).decode()
        assert "Liver metastases" in answer
        assert "Zanzibar" not in answer


def notes(plan: dict[str, object]) -> Iterator[str]:
    """Every Annotation.text of a plan, that of its contained resources included."""
    text = json.loads(write_json(plan))
    for resource in (text, *text.get("contained", [])):
        yield from (note["text"] for note in resource.get("note", []))
