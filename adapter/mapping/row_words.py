"""The rows of the mapping tables in words: from what kind of source a row reads, and what must stand beside the code.

For people who read the documentation or a ConceptMap; nothing is mapped here.
"""

from itertools import groupby

from adapter.mapping.item import Kind
from adapter.mapping.schema import Needs
from adapter.mapping.tables import Tables
from adapter.terminology.codes import Code

CPT = "http://www.ama-assn.org/go/cpt"
"""The code system whose descriptors may not be passed on."""

SOURCES: dict[Kind, str] = {
    "result": "a result (Observation, OBX)",
    "diagnosis": "a diagnosis (Condition, DG1)",
    "procedure": "a procedure (Procedure, PR1)",
    "given": "a drug given or taken (MedicationAdministration, MedicationStatement, RXA)",
    "ordered": "a drug ordered (MedicationRequest, RXE)",
    "order": "a draft order (MedicationRequest, ServiceRequest, DeviceRequest, OBR of an order message)",
}
"""Each kind of source, with what carries it on either wire."""


def needs_words(needs: Needs, known: Tables) -> str:
    """What must stand beside the code, as the end of a sentence; nothing where the code decides alone."""
    wanted = {
        "at the body site": needs.body_site,
        "with the agent or device": needs.used,
        "for the reason": needs.reason,
        "beside, on the same day or in the same draft,": needs.together,
    }
    words = [f"{name} {codes_words(concepts, known)}" for name, concepts in wanted.items() if concepts]
    if needs.companion:
        answers = codes_words(needs.companion.answers, known)
        panel = codes_words(needs.companion.concepts, known)
        words.append(f"beside the result {panel} of its panel, answered {answers}")
    return f", only {' and '.join(words)}" if words else ""


def codes_words(concepts: tuple[str, ...], known: Tables) -> str:
    """The codes of some concepts by code system, with their displays."""
    codes = [code for concept in concepts for code in known.codes.concepts[concept]]
    ordered = sorted(codes, key=lambda code: (known.systems.title(code.system), code.code))
    groups = groupby(ordered, key=lambda code: known.systems.title(code.system))
    return "; ".join(f"{title} {', '.join(_code(code) for code in found)}" for title, found in groups)


def display_of(code: Code) -> str:
    """The display of a code; none for CPT, whose descriptors may not be passed on."""
    return "" if code.system == CPT else code.display


def _code(code: Code) -> str:
    display = display_of(code).replace("|", "/")
    return f"{code.code} {display}" if display else code.code
