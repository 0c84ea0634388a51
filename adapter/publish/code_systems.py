"""The project's own CodeSystems: facts with everything that answers and advice name, strengths, the topic of cards.

Which codes there are is decided by catalogue and rule set; nothing here invents one.
"""

from adapter.advice.card import TOPIC
from adapter.advice.overriding import OVERRIDE_REASONS
from adapter.ldt.rule import Rated
from adapter.ldt.words import RATED
from adapter.publish.canonical import STRENGTHS, Canonicals
from adapter.publish.metadata import Resource, head, with_values
from adapter.publish.vocabulary import Term, Vocabulary
from adapter.terminology.systems import LDT_FACT, LDT_OVERRIDE, LDT_STRENGTH, LDT_TOPIC

STRENGTH_MEANINGS: dict[Rated, str] = {
    Rated.PREFERRED: "Preferred by the source, or by project policy where the rule says so.",
    Rated.REASONABLE: "Reasonable, may be considered.",
    Rated.NOT_RECOMMENDED: "Not recommended; may be outranked by an exception that policy P4 names.",
    Rated.OVERRIDE: "Not recommended for safety or eligibility: outranks preferred and reasonable (policy P9).",
    Rated.CONTRAINDICATED: "Contraindicated: outranks everything (policy P9).",
    Rated.SUPPORT: "Makes a therapy reasonable where nothing else rates it (policy P7).",
    Rated.DOWNGRADE: "Turns preferred into reasonable; says nothing alone (policy P8).",
}
"""What it means that a rule says this of a therapy; adapter.ldt.words has the words."""

_PROPERTIES = {
    "kind": ("string", "fact, answer, therapy, action, caution, note or stop; a code may be of several kinds"),
    "group": ("string", "The group of the catalogue that a fact belongs to"),
    "value-kind": ("string", "flag, coded, quantity, list or day"),
    "unit": ("string", "The UCUM unit in which a quantity is held"),
    "role": ("string", "input: rules read the fact; observed: it feeds an input or is shown"),
    "ask": ("string", "required: asked for while it keeps a rule undecided; optional: the rule stays silent"),
    "max-age": ("string", "ISO 8601 duration after which a value is stale, or no expiry"),
    "max-age-procedure": ("string", "Maximum age while an order for a procedure is being signed"),
    "max-age-basis": ("string", "What the maximum age rests on, and who signed it"),
    "plausible": ("string", "Bounds outside of which a number is excluded; an assumption"),
    "therapy-kind": ("string", "embolotherapy, ablation, surgery, systemic, combination, strategy, adjunct or drug"),
    "therapy-status": ("string", "The standing of the therapy in the two papers"),
    "counts-as": ("code", "A therapy that a planned form or combination also counts as"),
    "answer-to": ("code", "A fact that the code answers"),
}


def fact_system(places: Canonicals, terms: Vocabulary) -> Resource:
    """The CodeSystem of facts, answers, therapies and remarks."""
    description = (
        "One code for each fact, for each answer to a coded fact, for each therapy and for each caution, action and "
        "note of the rule set. In HL7 v2 its coding system is 99LDT. An answer is one code whatever question it "
        "answers."
    )
    system = head(places, "CodeSystem", LDT_FACT, "LDT facts, answers and therapies", description)
    properties = [
        {"code": code, "description": description, "type": kind} for code, (kind, description) in _PROPERTIES.items()
    ]
    concepts = [_concept(term) for term in terms.values()]
    return system | _content(len(concepts)) | {"property": properties, "concept": concepts}


def strength_system(places: Canonicals) -> Resource:
    """The CodeSystem of what a rule can say of a therapy."""
    description = (
        "What one rule says of one therapy. The scale is that of Table 1 of Rabei2023 (+++, +, -); the rest are "
        "choices of the project. It is no grading of evidence: both papers are narrative reviews."
    )
    system = head(places, "CodeSystem", LDT_STRENGTH, "LDT strengths of recommendation", description)
    concepts: list[object] = [
        {"code": rated.value, "display": RATED[rated], "definition": meaning}
        for rated, meaning in STRENGTH_MEANINGS.items()
    ]
    return system | _content(len(concepts), value_set=places.pinned("ValueSet", STRENGTHS)) | {"concept": concepts}


def topic_system(places: Canonicals) -> Resource:
    """The CodeSystem of the topic that every card names."""
    code, display = TOPIC
    description = "The topic of the CDS Hooks cards, by which a user can filter them."
    system = head(places, "CodeSystem", LDT_TOPIC, "LDT topics of cards", description)
    return system | _content(1) | {"concept": [{"code": code, "display": display}]}


def override_system(places: Canonicals) -> Resource:
    """The CodeSystem of the reasons that every card offers."""
    description = "Reasons that a user can give for not following a card; they come back as feedback."
    system = head(places, "CodeSystem", LDT_OVERRIDE, "LDT reasons for not following a card", description)
    concepts: list[object] = [{"code": code, "display": display} for code, display in OVERRIDE_REASONS.items()]
    return system | _content(len(concepts)) | {"concept": concepts}


def _content(count: int, *, value_set: str = "") -> Resource:
    given: Resource = {"caseSensitive": True, "valueSet": value_set, "content": "complete", "count": count}
    return with_values(given)


def _concept(term: Term) -> Resource:
    said = [{"code": "kind", "valueString": kind} for kind in term.kinds]
    for name, value in term.properties:
        said.append({"code": name, "valueCode" if _PROPERTIES[name][0] == "code" else "valueString": value})
    return with_values({"code": term.code, "display": term.display, "definition": term.definition, "property": said})
