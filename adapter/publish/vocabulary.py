"""The words of the project's own CodeSystem: facts, answers, therapies, remarks, each code once with what it means.

An answer such as `poor` is one code for every question it answers, as in answer lists elsewhere: the question says of
what. A code that would mean two things is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapter.advice.basis import signature
from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.words import word_of
from adapter.ldt import RuleSet
from adapter.ldt.schema import CodeRow, Therapy
from adapter.ldt.signoff import age_item, has_age

PLAIN_ANSWERS = {
    "true": ("yes", "Yes: answers a yes-or-no question in HL7 v2 and wherever a code is wanted."),
    "false": ("no", "No: answers a yes-or-no question in HL7 v2 and wherever a code is wanted."),
    "none": ("none", "Asked, and none: the answer that closes a list, and an answer to some questions."),
    "unknown": ("unknown", "Asked, and not known: the fact stays unknown."),
}
"""Codes that answer whatever is asked, with display and definition."""

FACT, ANSWER, THERAPY = "fact", "answer", "therapy"
"""Kinds of terms; remarks have those of codes.yaml."""

_ALSO_ACTIONS = {"defer_embolisation"}
"""Therapies whose code is that of an action too: both mean to wait and not embolise."""


@dataclass(frozen=True, slots=True)
class Term:
    """One code: what people read, what it means, of which kinds it is, and what else is known of it."""

    code: str
    display: str
    definition: str
    kinds: tuple[str, ...]
    properties: tuple[tuple[str, str], ...] = field(default=())


Vocabulary = Mapping[str, Term]


def vocabulary(rules: RuleSet) -> Vocabulary:
    """All terms by code, facts first. Raises ValueError for a code that stands for two different things."""
    terms: dict[str, Term] = {}
    for term in _terms(rules):
        known = terms.get(term.code)
        terms[term.code] = term if known is None else _joined(known, term)
    return terms


def _terms(rules: RuleSet) -> Iterator[Term]:
    for fact in rules.facts.facts.values():
        yield _fact(fact, rules)
    for therapy in rules.therapies.values():
        yield _therapy(therapy)
    for fact in rules.facts.facts.values():
        for value in answers(fact):
            yield _answer(value, fact)
    for code, (display, definition) in PLAIN_ANSWERS.items():
        yield Term(code, display, definition, (ANSWER,))
    for row in rules.codes.values():
        yield _remark(row)


def answers(fact: FactDefinition) -> tuple[str, ...]:
    """The codes that answer a coded fact or a list; the explicit "none" of a list is one of them."""
    return (*fact.values, "none") if fact.kind is Kind.LIST else fact.values


def _fact(fact: FactDefinition, rules: RuleSet) -> Term:
    known = {
        "group": fact.group,
        "value-kind": fact.kind.value,
        "unit": fact.unit,
        "role": fact.role,
        "ask": fact.ask if fact.role == "input" else "",
        "max-age": fact.max_age,
        "max-age-procedure": fact.max_age_procedure,
        "max-age-basis": f"assumption, {signature(rules, age_item(fact.name))}" if has_age(fact) else "",
        "plausible": " to ".join(str(bound) for bound in fact.plausible or ()),
    }
    properties = tuple((name, value) for name, value in known.items() if value)
    return Term(fact.name, fact.label, fact.meaning, (FACT,), properties)


def _therapy(therapy: Therapy) -> Term:
    properties = (("therapy-kind", therapy.kind), ("therapy-status", therapy.status))
    parts = tuple(("counts-as", part) for part in therapy.parts)
    return Term(therapy.code, therapy.name, therapy.role, (THERAPY,), properties + parts)


def _answer(code: str, fact: FactDefinition) -> Term:
    definition = (
        PLAIN_ANSWERS[code][1] if code in PLAIN_ANSWERS else "An answer; what it is said of stands in the question."
    )
    return Term(code, word_of(code), definition, (ANSWER,), (("answer-to", fact.name),))


def _remark(row: CodeRow) -> Term:
    return Term(row.code, row.text, "", (row.kind,))


def _joined(first: Term, second: Term) -> Term:
    """One code in two uses: the first says what it means, the second adds its kind and properties."""
    kinds = tuple(dict.fromkeys((*first.kinds, *second.kinds)))
    same = {ANSWER, THERAPY} | ({"action"} if first.code in _ALSO_ACTIONS else set())
    if not same.issuperset(kinds):
        raise ValueError(f"the code {first.code} would mean two things: {' and '.join(kinds)}")
    added = tuple(one for one in second.properties if one not in first.properties)
    return Term(first.code, first.display, first.definition, kinds, first.properties + added)
