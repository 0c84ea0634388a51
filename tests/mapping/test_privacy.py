"""No word of or about a patient is in what may be logged: findings, ledger, reasons, every repr, every exception.

The canary stands where senders keep names, notes, narratives and the texts beside codes; codes are no patient data.
"""

import json
from collections.abc import Callable

import pytest

from adapter.fhir.document import NotFhir, read_document
from adapter.hl7v2 import parse_message, split_messages
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from tests.mapping import counting
from tests.mapping.senders import (
    CLOCK,
    Json,
    bundle,
    by_fhir,
    by_hl7,
    laboratory,
    message,
    obr,
    obx,
    platelets,
    report,
)
from tests.repository import ROOT

PATIENTS = sorted((ROOT / "fixtures" / "patients").iterdir())
MESSAGES = [(folder / "messages.hl7").read_bytes() for folder in PATIENTS]
BUNDLES = [(folder / "bundle.json").read_bytes() for folder in PATIENTS]

CANARY = "Zz9Canary"
TEXT_MEMBERS = {
    "display",
    "text",
    "family",
    "given",
    "line",
    "city",
    "div",
    "valueString",
    "title",
    "description",
    "name",
    "prefix",
    "value",
}
KEPT_VALUES = (int, float, bool)


def sung(element: Json, member: str = "") -> Json:
    """The element with the canary in every text that may hold words of or about a patient."""
    if isinstance(element, dict):
        marked = {key: sung(value, key) for key, value in element.items()}
        return {**marked, "note": [{"text": CANARY}]} if "resourceType" in element and "id" in element else marked
    if isinstance(element, list):
        return [sung(part, member) for part in element]
    return CANARY if isinstance(element, str) and member in TEXT_MEMBERS else element


def everything(mapping: Mapping) -> str:
    """All that may be logged or printed of a mapping and its cases."""
    parts: list[object] = [mapping, mapping.findings, mapping.whole_ledger]
    for patient in mapping.patients:
        found = patient.case(CLOCK)
        parts += [
            patient,
            patient.findings,
            patient.ledger,
            patient.statements,
            found,
            found.findings,
            *found.facts.values(),
        ]
        parts += [s.reason for s in patient.statements]
    return "\n".join(repr(part) for part in parts)


@pytest.mark.parametrize("raw", BUNDLES, ids=[folder.name for folder in PATIENTS])
def test_no_text_of_a_bundle_is_in_what_may_be_logged(raw: bytes) -> None:
    marked = json.dumps(sung(json.loads(raw))).encode()
    assert CANARY.encode() in marked
    document = read_document(marked)
    mapping = map_fhir(document, "b")
    assert CANARY not in everything(mapping)
    assert mapping.whole_ledger.containers == counting.types(raw.decode()).total()


def test_no_text_is_in_the_repr_of_a_document() -> None:
    document = read_document(bundle({**laboratory("777-3", 210, "10*3/uL"), "valueString": CANARY}))
    assert CANARY not in repr(document)


@pytest.mark.parametrize("raw", MESSAGES, ids=[folder.name for folder in PATIENTS])
def test_no_text_of_a_message_is_in_what_may_be_logged(raw: bytes) -> None:
    marked = "\r".join(sung_segment(line) for line in raw.decode().replace("\n", "\r").split("\r"))
    assert CANARY in marked
    assert CANARY not in everything(map_hl7v2_bytes(marked.encode(), "m"))
    for chunk in split_messages(marked.encode()):
        assert CANARY not in repr(parse_message(chunk.raw))


def sung_segment(line: str) -> str:
    """The segment with the canary in the names, addresses, notes, narratives and the texts of coded elements."""
    fields = line.split("|")
    match fields[0]:
        case "PID":
            fields += [""] * (12 - len(fields))
            fields[5], fields[11] = f"{CANARY}^{CANARY}", CANARY
        case "NTE":
            fields[3] = CANARY
        case "OBX":
            fields[3] = _with_text(fields[3])
            fields[5] = (
                CANARY if fields[2] in ("TX", "FT", "ST") and not fields[5][:1].isdigit() else _with_text(fields[5])
            )
        case "DG1" | "PR1":
            fields[3], fields[4] = _with_text(fields[3]), CANARY
        case _:
            pass
    return "|".join(fields)


def _with_text(coded: str) -> str:
    parts = coded.split("^")
    return "^".join([parts[0], CANARY, *parts[2:]]) if len(parts) > 2 and "~" not in coded else coded


SENDERS: dict[str, Callable[[], Mapping]] = {
    "a reason for no value": lambda: by_fhir(
        {**laboratory("777-3", 1, "K/uL"), "valueQuantity": None, "dataAbsentReason": {"coding": [{"code": CANARY}]}}
    ),
    "a date that is none": lambda: by_fhir(laboratory("777-3", 1, "K/uL", effectiveDateTime=CANARY)),
    "a number that is none": lambda: by_hl7(report(platelets(CANARY))),
    "a unit that is none": lambda: by_hl7(report(platelets("1", CANARY))),
    "a status that is none": lambda: by_fhir(laboratory("777-3", 1, "K/uL", status=CANARY)),
    "a time that is none": lambda: by_hl7(report(platelets("1", when=CANARY))),
    "an answer in words": lambda: by_hl7(report(obx("who_grade^^99LDT", CANARY, kind="ST"))),
    "an answer without its system": lambda: by_hl7(report(obx("who_grade^^99LDT", f"x^{CANARY}", kind="CWE"))),
    "a member of the wrong type": lambda: by_fhir({**laboratory("777-3", 1, "K/uL"), "status": {"text": CANARY}}),
    "a patient without number": lambda: by_hl7(message(obr(), platelets("1"), pid=f"PID|1||||{CANARY}^{CANARY}")),
}  # fmt: skip


@pytest.mark.parametrize("name", SENDERS)
def test_no_faulty_text_is_in_what_may_be_logged(name: str) -> None:
    assert CANARY not in everything(SENDERS[name]())


@pytest.mark.parametrize(
    "raw", [b"{Zz9Canary", b'["Zz9Canary"', b'{"resourceType": {"Zz9Canary": 1}}', b'{"Zz9Canary": 1}']
)
def test_no_text_is_in_what_is_raised(raw: bytes) -> None:
    with pytest.raises(NotFhir) as error:
        read_document(raw)
    chain = [error.value, error.value.__cause__, error.value.__context__]
    assert CANARY not in " ".join(f"{part!r} {part}" for part in chain)
