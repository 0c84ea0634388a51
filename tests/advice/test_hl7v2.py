"""Advice as HL7 v2: valid, readable again, and nothing of the card lost on the way."""

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment
from adapter.advice.card import full
from adapter.advice.hl7v2 import (
    END,
    REVOKED,
    WIDTH,
    Cover,
    Link,
    advice_message,
    text_lines,
)
from adapter.advice.hl7v2_patient import PatientIdentity
from adapter.advice.summary import summary
from adapter.case.catalogue import catalogue
from adapter.case.fact import State
from adapter.hl7v2 import Message, Segment, parse_message
from adapter.ldt import Danger, Strength, rule_set
from adapter.mapping.hl7v2_patient import PatientKey
from tests.advice.assessments import everyone, extreme, fixture, gold, of_hl7
from tests.advice.parts import parts

ORU, MDM = Link("ORU^R01", receiver=("EHR", "HOSP")), Link("MDM^T02", ("LDT", "NET"), ("EHR", "HOSP"))
LINKS = pytest.mark.parametrize("link", [ORU, MDM], ids=lambda link: link.kind)
PATIENT = PatientIdentity.of_key("HOSP/MR/P1")


def sent(assessment: Assessment, link: Link = ORU, *, revoked: bool = False) -> Message:
    cover = Cover("0123456789abcdef0123", "fedcba9876543210", PATIENT, revoked)
    return parse_message(advice_message(assessment, cover, link))


def observations(message: Message, kind: str) -> list[Segment]:
    return [s for s in message.segments if s.name == "OBX" and s.field(2).text == kind]


def only(message: Message, name: str) -> Segment:
    (segment,) = (segment for segment in message.segments if segment.name == name)
    return segment


def codes(message: Message) -> dict[str, list[str]]:
    """OBX-3.1 and the codes of OBX-5 of every coded observation."""
    return {
        s.field(3).first.component(1): [value.component(1) for value in s.field(5).repetitions]
        for s in observations(message, "CWE")
    }


def unwrapped(lines: tuple[str, ...]) -> list[str]:
    """The lines with those that go on joined again."""
    whole: list[str] = []
    for line in lines:
        if line.startswith("  "):
            whole[-1] += " " + line.strip()
        else:
            whole.append(line)
    return whole


@pytest.mark.parametrize("name", sorted(everyone()))
def test_every_line_of_the_card_is_in_the_text(name: str) -> None:
    assessment = everyone()[name]
    lines = unwrapped(text_lines(assessment))
    card = parts(full(assessment))
    for title, listed in card.sections.items():
        assert title in lines
        assert {f"- {' '.join(line.split())}" for line in listed} <= set(lines)
    for row in card.rows:
        planned = " (planned)" if row.planned else ""
        assert f"- {row.therapy}{planned}: {row.strength}; {'; '.join(row.rules)}" in lines
    assert " ".join(card.basis.split()) in lines
    assert summary(assessment) in lines


@LINKS
@pytest.mark.parametrize("name", ["A", "07-not-avid-g2 hl7v2", "crisis, scope unknown", "nothing known"])
def test_the_message_is_read_back_without_findings(name: str, link: Link) -> None:
    assessment = everyone()[name] if name in everyone() else next(iter(gold().values()))
    message = sent(assessment, link)
    assert message.findings == ()
    assert message.charset_fault() is None
    read = tuple(segment.field(5).text for segment in observations(message, "TX"))
    assert read == text_lines(assessment)
    assert [s.field(1).text for s in message.segments if s.name == "OBX"] == [
        str(number + 1) for number in range(sum(s.name == "OBX" for s in message.segments))
    ]


@LINKS
def test_the_message_is_valid_by_the_grammar_of_its_version(link: Link) -> None:
    parser, levels = import_module("hl7apy.parser"), import_module("hl7apy.consts").VALIDATION_LEVEL
    longest = extreme(Strength.PREFERRED, dangers=(Danger("contraindicated", ("tae",)),), few=2)
    for assessment in (fixture("07-not-avid-g2", "hl7v2"), longest):
        raw = sent(assessment, link).raw.decode("utf-8")
        assert parser.parse_message(raw, validation_level=levels.STRICT).validate()


def test_lines_are_short_and_counted() -> None:
    lines = text_lines(extreme(Strength.REASONABLE))
    assert max(map(len, lines)) <= WIDTH
    assert f", {len(lines)} lines." in lines[0]
    assert lines[-1] == END


@LINKS
def test_the_header_says_who_to_whom_and_in_which_character_set(link: Link) -> None:
    header = only(sent(fixture("07-not-avid-g2", "hl7v2"), link), "MSH")
    assert [header.field(n).text for n in (3, 4, 5, 6)] == [*link.sender, *link.receiver]
    assert header.field(7).text == "20260112120000+0000"
    assert header.field(9).text == f"{link.kind}^{link.kind.replace('^R01', '_R01').replace('^T02', '_T02')}"
    assert (header.field(10).text, header.field(11).text, header.field(12).text) == (
        "0123456789abcdef0123",
        "P",
        "2.5.1",
    )
    assert header.field(18).text == "UNICODE UTF-8"


def test_every_option_is_a_coded_result_with_its_strength() -> None:
    for assessment in everyone().values():
        found = codes(sent(assessment))
        for therapy in assessment.advice.therapies:
            code = therapy.strength.value + ("-provisional" if therapy.provisional else "")
            assert found[therapy.code][0] == code
            assert ("planned" in found[therapy.code]) == (therapy.planned.value == "true")
        rated = {therapy.code for therapy in assessment.advice.therapies}
        assert all(
            found[code] == ["not-rated"] for code in found if code not in rated and code in assessment.rules.therapies
        )


def test_every_message_says_something_about_every_therapy() -> None:
    """So that a rating of an earlier message never stands on beside the new ones."""
    said = [frozenset(codes(sent(assessment))) for assessment in everyone().values()]
    spoken = {rating.therapy for rule in rule_set().rules.values() for rating in rule.ratings}
    assert all(one >= spoken | {"indicator", "scope"} for one in said)


@pytest.mark.parametrize(
    ("assessment", "code", "abnormal"),
    [
        (extreme(Strength.PREFERRED), "warning", "A"),
        (extreme(Strength.PREFERRED, dangers=(Danger("crisis", ()),)), "critical", "AA"),
        (everyone()["01-progressive-on-ssa fhir"], None, None),
    ],
)
def test_the_indicator_is_coded_with_its_flag(assessment: Assessment, code: str | None, abnormal: str | None) -> None:
    (found,) = (s for s in observations(sent(assessment), "CWE") if s.field(3).first.component(1) == "indicator")
    flag = {"info": "N", "warning": "A", "critical": "AA"}[found.field(5).first.component(1)]
    assert found.field(8).text == flag
    if code is not None:
        assert (found.field(5).first.component(1), flag) == (code, abnormal)


def test_a_draft_is_preliminary_everywhere() -> None:
    assessment = fixture("07-not-avid-g2", "hl7v2")
    oru, mdm = sent(assessment), sent(assessment, MDM)
    assert only(oru, "OBR").field(25).text == "P"
    assert {s.field(11).text for m in (oru, mdm) for s in m.segments if s.name == "OBX"} == {"P"}
    assert (only(mdm, "TXA").field(17).text, only(mdm, "TXA").field(19).text) == ("DO", "AV")


def test_revoked_advice_is_cancelled_and_rates_nothing() -> None:
    assessment = fixture("07-not-avid-g2", "hl7v2")
    oru, mdm = sent(assessment, revoked=True), sent(assessment, MDM, revoked=True)
    assert only(oru, "OBR").field(25).text == "X"
    assert {s.field(11).text for m in (oru, mdm) for s in m.segments if s.name == "OBX"} == {"X"}
    assert only(mdm, "TXA").field(19).text == "CA"
    assert REVOKED in [s.field(5).text for s in observations(mdm, "TX")]
    rated = {c: v for c, v in codes(oru).items() if c not in ("indicator", "scope")}
    assert set(map(tuple, rated.values())) == {("not-rated",)}


def test_a_later_message_has_the_number_of_the_advice_that_it_replaces() -> None:
    oru, mdm = sent(fixture("07-not-avid-g2", "hl7v2")), sent(fixture("07-not-avid-g2", "hl7v2"), MDM)
    assert only(oru, "OBR").field(3).first.component(1) == "fedcba9876543210"
    assert only(mdm, "TXA").field(12).first.component(1) == "fedcba9876543210"


def test_advice_that_comes_back_to_the_adapter_is_no_fact() -> None:
    message = sent(fixture("07-not-avid-g2", "hl7v2"))
    assert set(codes(message)).isdisjoint(catalogue().facts)
    case = of_hl7(message.raw).case
    assert [name for name, fact in case.facts.items() if fact.state is not State.ABSENT] == []


PID = "PID|1||99^^^PAY^SS~P1^^^HOSP&1.2.3&ISO^MR||M\xfcller-L\xfcdenscheidt&von^Eva\\T\\Co^M||19610405|F|||Somewhere 1"


def test_the_patient_is_named_as_in_their_own_messages() -> None:
    raw = f"MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5.1||||||8859/1\r{PID}\r".encode("latin-1")
    pid = only(parse_message(raw), "PID")
    segment = PatientIdentity.of_segment(pid, "HOSP/MR/P1").segment().decode("utf-8")
    name = "Müller-Lüdenscheidt&von^Eva\\T\\Co^M"
    assert segment == f"PID|1||P1^^^HOSP&1.2.3&ISO^MR||{name}||19610405|F\r"


@pytest.mark.parametrize(
    ("sent", "key", "identifier"),
    [
        ("P1^^^PAY^MR~P1^^^HOSP^MR^X", "HOSP/MR/P1", b"P1^^^HOSP^MR^X"),
        ("P1^^^HOSP^AN~P1^^^HOSP^MR^X", "HOSP/MR/P1", b"P1^^^HOSP^MR^X"),
        ("1^^^HOSP^MR~P1^^^HOSP^MR^X", "HOSP/MR/P1", b"P1^^^HOSP^MR^X"),
        ("P1^^^&1.2.3&ISO", "1.2.3/MR/P1", b"P1^^^&1.2.3&ISO"),
        ("P1^^^HOSP/LAB^MR^X", "HOSP~1LAB/MR/P1", b"P1^^^HOSP/LAB^MR^X"),
        ("P1", "[HOSP]/MR/P1", b"P1"),
        ("P1", "HOSP/MR/P1", b"P1^^^HOSP^MR"),
        ("P1^^^HOSP^MR", "[HOSP]/MR/P1", b"P1^^^^MR"),
    ],
)
def test_of_several_identifiers_the_one_of_the_key_is_sent(sent: str, key: str, identifier: bytes) -> None:
    pid = only(parse_message(f"MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5.1\rPID|1||{sent}\r".encode()), "PID")
    assert PatientIdentity.of_segment(pid, key).identifier == identifier


def test_a_number_that_was_merged_since_gives_way_to_the_new_one() -> None:
    pid = only(parse_message(f"MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5.1\r{PID}\r".encode()), "PID")
    identity = PatientIdentity.of_segment(pid, "HOSP/MR/P7")
    assert identity.identifier == b"P7^^^HOSP^MR"
    assert identity.birth == b"19610405"


@pytest.mark.parametrize(
    ("key", "identifier"),
    [
        ("HOSP/MR/P1", b"P1^^^HOSP^MR"),
        ("HOSP/PI/12/34", b"12/34^^^HOSP^PI"),
        ("HOSP~1LAB/MR/77~01", rb"77\R\1^^^HOSP/LAB^MR"),
        ("[HOSP]/MR/P|1", b"P\\F\\1^^^^MR"),
        ("odd", b"odd"),
    ],
)
def test_without_a_message_the_key_names_the_patient(key: str, identifier: bytes) -> None:
    identity = PatientIdentity.of_key(key)
    assert identity.identifier == identifier
    assert identity.name == b"~^^^^^^U"


def test_the_identity_shows_nothing_of_the_patient() -> None:
    assert "P1" not in repr(PATIENT)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_name_is_sent_and_read_back(name: str) -> None:
    raw = advice_message(
        fixture("10-sparse", "hl7v2"),
        Cover("1", "2", PatientIdentity.of_key(PatientKey.of("HOSP", "MR", name).text)),
        Link("ORU^R01", (name, name), (name, name)),
    )
    message = parse_message(raw)
    assert message.findings == ()
    assert message.header.sending_application == name
    assert only(message, "PID").field(3).first.component(1) == name
