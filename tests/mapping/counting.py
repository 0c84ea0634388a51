"""Counts what an input holds from its raw text and JSON, so that the ledger has something to be held against.

It shares no code with the adapter: plain line splitting and plain JSON.
"""

import json
from collections import Counter
from collections.abc import Iterator

Json = dict[str, object]

CODED_SEGMENTS = {"OBX", "DG1", "PR1", "PRB", "RXA", "RXE", "RXO", "RXD", "RXG", "RXC"}
CHARGED = (19, 25)
"""Fields of FT1 that may list codes: diagnoses and the procedure."""
ORDER_MESSAGES = {"ORM", "OMG", "OML", "OMI"}
BY_CODE = {"Condition", "Procedure", "ServiceRequest"}
BY_DRUG = {"MedicationRequest", "MedicationAdministration", "MedicationStatement"}
MORPHOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"


def segments(text: str) -> Counter[str]:
    """How many segments of each name an HL7 v2 file has."""
    return Counter(line[:3] for line in text.replace("\n", "\r").split("\r") if line.strip("\x0b\x1c \t"))


def coded_segments(text: str) -> int:
    """How many coded elements an HL7 v2 file has: results, diagnoses, procedures, drugs, charges, and orders as such."""
    count, kind = 0, ""
    for line in text.replace("\n", "\r").split("\r"):
        fields = line.split("|")
        if line.startswith("MSH"):
            kind = fields[8].split("^")[0]
        count += fields[0] in CODED_SEGMENTS or (fields[0] == "OBR" and kind in ORDER_MESSAGES)
        if fields[0] == "FT1":
            count += sum(len(fields[number].split("~")) for number in CHARGED if fields[number : number + 1] > [""])
    return count


def resources(text: str) -> Iterator[Json]:
    """The resources of a FHIR JSON file, those of its Bundle one by one."""
    document = json.loads(text)
    if document["resourceType"] != "Bundle":
        yield document
        return
    for entry in document.get("entry", ()):
        yield entry["resource"]


def types(text: str) -> Counter[str]:
    """How many resources of each type a FHIR JSON file has."""
    return Counter(str(resource["resourceType"]) for resource in resources(text))


def coded_elements(text: str) -> int:
    """How many coded elements a FHIR JSON file has."""
    return sum(_coded(resource) for resource in resources(text))


def _coded(resource: Json) -> int:
    kind = resource["resourceType"]
    if kind == "Observation":
        return 1 + sum(not _keys(part) & _keys(resource) for part in _list(resource, "component"))
    if kind == "QuestionnaireResponse":
        return _answered(resource)
    if kind == "Condition":
        return 1 + sum(extension.get("url") == MORPHOLOGY for extension in _list(resource, "extension"))
    return int(kind in BY_CODE or kind in BY_DRUG)


def _keys(element: Json) -> set[tuple[object, object]]:
    """The codes of an element; components with the code of their Observation are the parts of one list."""
    code = element.get("code")
    codings = _list(code, "coding") if isinstance(code, dict) else []
    return {(coding.get("system"), coding.get("code")) for coding in codings}


def _answered(element: Json) -> int:
    """Questions that have an answer, at any depth."""
    items = _list(element, "item")
    inner = sum(_answered(answer) for item in items for answer in _list(item, "answer"))
    return inner + sum(bool(item.get("answer")) + _answered(item) for item in items)


def _list(element: Json, name: str) -> list[Json]:
    found = element.get(name, [])
    assert isinstance(found, list)
    return found
