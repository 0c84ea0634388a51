"""Advice as an HL7 v2.5.1 message: ORU^R01 with text lines and coded results, or MDM^T02 with the text as a document.

It is a draft: every status says preliminary, and one that no longer holds says cancelled. Not for sending (server).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Final, Literal, assert_never

from adapter.advice.assessment import Assessment
from adapter.advice.hl7v2_patient import PatientIdentity
from adapter.advice.indicator import IndicatorCode, indicator
from adapter.advice.names import short_name
from adapter.advice.options import STRENGTHS
from adapter.advice.parts import parts
from adapter.advice.summary import summary
from adapter.advice.wording import inert, plain
from adapter.case.truth import Truth
from adapter.hl7v2 import UTF8
from adapter.ldt import TherapyAdvice

AdviceMessage = Literal["ORU^R01", "MDM^T02"]

SYSTEM: Final = "99LDT"
"""The coding system of this adapter's codes on the wire."""

NOT_RATED: Final = ("not-rated", "not rated here")
REVOKED: Final = "REVOKED: the advice that was given earlier no longer holds. Why stands below."
_REPLACES: Final = "It replaces all earlier advice of this service on this patient."
END: Final = "End of the advice."
WIDTH: Final = 120
"""The longest line: receivers cut or refuse longer ones. What goes on stands indented in the next."""

_ABNORMAL: Final[dict[IndicatorCode, str]] = {"info": "N", "warning": "A", "critical": "AA"}
"""OBX-8 (table 0078): normal, abnormal, critically abnormal."""


@dataclass(frozen=True, slots=True)
class Link:
    """How messages are addressed: which kind, sender (MSH-3, MSH-4) and receiver (MSH-5, MSH-6)."""

    kind: AdviceMessage = "ORU^R01"
    sender: tuple[str, str] = ("LDT", "")
    receiver: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands around the advice.

    `control_id` is MSH-10, one for each evaluation. `number` is that of the patient's advice (OBR-3, TXA-12), the same
    in every message, so that a later one replaces it. `revoked`: nothing is advised any more.
    """

    control_id: str
    number: str
    patient: PatientIdentity
    revoked: bool = False


def advice_message(assessment: Assessment, cover: Cover, link: Link) -> bytes:
    """The message, in UTF-8, segments ended by CR; every line of the whole answer is in it."""
    match link.kind:
        case "ORU^R01":
            segments = _result(assessment, cover, link)
        case "MDM^T02":
            segments = _document(assessment, cover, link)
        case _:
            assert_never(link.kind)
    return b"".join(segments)


def text_lines(assessment: Assessment, *, revoked: bool = False) -> tuple[str, ...]:
    """The whole answer as lines. The first says how many there are, so that a cut or an older rest is seen."""
    said = [REVOKED] if revoked else []
    said.append(summary(assessment))
    for part in parts(assessment):
        said += [part.title, *(f"- {line}" for line in part.lines)] if part.title else part.lines
    lines = [line for text in (*said, END) for line in _wrapped(text)]
    day = f"{assessment.case.as_of:%Y-%m-%d %H:%M %Z}"
    return f"DRAFT for the tumour board, {day}, {len(lines) + 2} lines.", _REPLACES, *lines


def _wrapped(text: str) -> list[str]:
    return wrap(inert(text), WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _result(assessment: Assessment, cover: Cover, link: Link) -> Iterator[bytes]:
    status = "X" if cover.revoked else "P"
    when = _time(assessment)
    yield _msh(assessment, cover, link, "ORU_R01")
    yield cover.patient.segment()
    yield UTF8.numbered(
        "OBR",
        {
            1: b"1",
            3: _composite(cover.number, link.sender[0]),
            4: _coded(
                assessment.rules.id, "Liver-directed therapy of NET liver metastases: options for the tumour board"
            ),
            7: when,
            22: when,
            25: status.encode("ascii"),
        },
    )
    observations = (*_texts(assessment, cover), *_codes(assessment, cover))
    for number, observation in enumerate(observations, start=1):
        yield observation.segment(number, status, when)


def _document(assessment: Assessment, cover: Cover, link: Link) -> Iterator[bytes]:
    when = _time(assessment)
    yield _msh(assessment, cover, link, "MDM_T02")
    yield UTF8.numbered("EVN", {1: b"T02", 2: when})
    yield cover.patient.segment()
    yield UTF8.numbered("PV1", {1: b"1", 2: b"U"})
    yield UTF8.numbered(
        "TXA",
        {
            1: b"1",
            2: b"LDT",  # the table of document types (0270) is the user's
            3: b"TX",
            4: when,
            6: when,
            12: _composite(cover.number, link.sender[0]),
            17: b"DO",  # documented, authenticated by nobody
            19: b"CA" if cover.revoked else b"AV",
        },
    )
    for number, observation in enumerate(_texts(assessment, cover), start=1):
        yield observation.segment(number, "X" if cover.revoked else "P", when)


def _msh(assessment: Assessment, cover: Cover, link: Link, structure: str) -> bytes:
    marks = UTF8.delimiters
    names = [UTF8.text(name) for name in (*link.sender, *link.receiver)]
    kind = _composite(*link.kind.split("^"), structure)
    fields = [b"MSH", marks.encoding_characters, *names, _time(assessment), b"", kind, UTF8.text(cover.control_id)]
    return UTF8.segment([*fields, b"P", b"2.5.1", *[b""] * 5, b"UNICODE UTF-8"])


@dataclass(frozen=True, slots=True)
class _Observation:
    """One OBX: what it is about, its value, and OBX-4 and OBX-8 where it has them."""

    kind: Literal["TX", "CWE"]
    about: bytes
    value: bytes
    part: str = ""
    abnormal: str = ""

    def segment(self, number: int, status: str, when: bytes) -> bytes:
        """The segment; `number` is OBX-1."""
        texts = {1: str(number), 2: self.kind, 4: self.part, 8: self.abnormal, 11: status}
        coded = {field: text.encode("ascii") for field, text in texts.items() if text}
        return UTF8.numbered("OBX", {**coded, 3: self.about, 5: self.value, 14: when})


def _texts(assessment: Assessment, cover: Cover) -> Iterator[_Observation]:
    about = _coded("advice", "Advice in words")
    for number, line in enumerate(text_lines(assessment, revoked=cover.revoked), start=1):
        yield _Observation("TX", about, UTF8.text(line), str(number))


def _codes(assessment: Assessment, cover: Cover) -> Iterator[_Observation]:
    """Indicator, scope, and every therapy that the rule set can rate: an older rating never stands on unnoticed."""
    found = indicator(assessment)
    yield _Observation(
        "CWE", _coded("indicator", "Indicator of the advice"), _coded(found, found), abnormal=_ABNORMAL[found]
    )
    scope = assessment.advice.scope.value
    yield _Observation("CWE", _coded("scope", "Whether the guideline applies"), _coded(scope, scope))
    rated = {} if cover.revoked else {therapy.code: therapy for therapy in assessment.advice.therapies}
    for code in _therapies(assessment):
        value = _strength(rated[code]) if code in rated else _coded(*NOT_RATED)
        yield _Observation("CWE", _coded(code, short_name(assessment, code)), value)


def _therapies(assessment: Assessment) -> list[str]:
    rules = assessment.rules
    spoken = {rating.therapy for rule in rules.rules.values() for rating in rule.ratings}
    spoken |= {therapy.code for therapy in assessment.advice.therapies}
    return [code for code in rules.therapies if code in spoken]


def _strength(therapy: TherapyAdvice) -> bytes:
    """The strength, with a code of its own while it is provisional; a second repetition says that it is planned."""
    code, text = therapy.strength.value, STRENGTHS[therapy.strength]
    if therapy.provisional:
        code, text = f"{code}-provisional", f"{text}, provisional"
    if therapy.planned is Truth.TRUE:
        return UTF8.delimiters.repetition.join([_coded(code, text), _coded("planned", "planned")])
    return _coded(code, text)


def _coded(code: str, text: str) -> bytes:
    return _composite(code, plain(text), SYSTEM)


def _composite(*texts: str) -> bytes:
    return UTF8.composite([UTF8.text(text) for text in texts])


def _time(assessment: Assessment) -> bytes:
    return assessment.case.as_of.strftime("%Y%m%d%H%M%S%z").encode("ascii")
