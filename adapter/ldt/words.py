"""Conditions and effects in words: what a rule asks and what it then says, for readers without the language of rules.

It words the rule set itself; what is so in one patient is worded in adapter/advice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

from adapter.case.catalogue import FactDefinition
from adapter.case.number import plain
from adapter.case.value import Comparison
from adapter.case.words import lowered, unit_of, word_of
from adapter.ldt.compile import Condition
from adapter.ldt.expression import (
    Answer,
    Available,
    Conjunction,
    Disjunction,
    Filled,
    Leaf,
    Listed,
    Measure,
    Named,
    Negation,
    Offered,
    Versus,
    YesNo,
)
from adapter.ldt.rule import Rated
from adapter.ldt.ruleset import RuleSet

Joint = Literal["and", "or"]

FLAGS = {
    "liver_metastases": ("there are liver metastases", "there are no liver metastases"),
    "alt_telomere_positive": ("alternative lengthening of telomeres", "no alternative lengthening of telomeres"),
    "serotonin_high": ("serotonin is above the limit", "serotonin is not above the limit"),
    "hiaa_high": ("5-HIAA is above the limit", "5-HIAA is not above the limit"),
    "bulk_symptoms": ("there are bulk symptoms", "there are no bulk symptoms"),
    "bulky_liver_lesions": ("there are bulky liver lesions", "there are no bulky liver lesions"),
    "challenging_lesion_geometry": ("the lesion geometry is difficult", "the lesion geometry is not difficult"),
    "prior_prrt": ("there was PRRT before", "there was no PRRT before"),
    "progression_after_prrt": ("the disease progressed after PRRT", "the disease did not progress after PRRT"),
    "prrt_future_candidate": ("the patient may have PRRT later", "the patient is no candidate for PRRT later"),
    "response_ct_done": ("a response CT has been read", "no response CT has been read"),
    "heavily_pretreated": ("the patient is heavily pretreated", "the patient is not heavily pretreated"),
    "ascites": ("there is ascites", "there is no ascites"),
    "lvef_poor": ("the ejection fraction is poor", "the ejection fraction is not poor"),
    "new_chronic_liver_disease_signs": (
        "there are new signs of chronic liver disease",
        "there are no new signs of chronic liver disease",
    ),
    "performance_status_compromised": (
        "the performance status precludes resection",
        "the performance status does not preclude resection",
    ),
    "r0_achievable": ("an R0 resection is achievable", "an R0 resection is not achievable"),
    "therapy_switch_planned": (
        "a change of systemic therapy is planned",
        "no change of systemic therapy is planned",
    ),
    "ir_consulted": (
        "interventional radiology has been consulted",
        "interventional radiology has not been consulted",
    ),
    "carcinoid_crisis_active": ("there is a carcinoid crisis now", "there is no carcinoid crisis now"),
}
"""What it means that a flag is yes, and that it is no."""

RATED = {
    Rated.PREFERRED: "preferred (+++)",
    Rated.REASONABLE: "reasonable (+)",
    Rated.NOT_RECOMMENDED: "not recommended (–)",
    Rated.OVERRIDE: "not recommended (–), whatever else rates it",
    Rated.CONTRAINDICATED: "contraindicated",
    Rated.SUPPORT: "reasonable (+) where no other rule rates it",
    Rated.DOWNGRADE: "at most reasonable (+): a +++ becomes +",
}
"""What a rule says of a therapy."""

_MORE: dict[Comparison, str] = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "exactly",
    "!=": "other than",
}
_COUNTED: dict[Comparison, str] = _MORE | {"<": "fewer than", ">": "more than"}
_BESIDE: dict[Comparison, str] = _MORE | {
    "<=": "not above",
    ">=": "not below",
    "==": "equal to",
    "!=": "not equal to",
}
_OPPOSITE: dict[Comparison, Comparison] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Words:
    """A condition in words: one statement, or parts joined by `and` or `or`.

    `term` is the predicate that is spelled out, if it is one, and `denied` whether it is its opposite: a negation is
    carried down into the statements.
    """

    text: str
    joint: Joint = "and"
    parts: tuple["Words", ...] = ()
    term: str = ""
    denied: bool = False

    @property
    def flat(self) -> bool:
        """Whether it is a statement, or has only statements as parts."""
        return not any(part.parts for part in self.parts)


def words_of(condition: Condition, rules: RuleSet, *, negated: bool = False) -> Words:
    """The condition in words, predicates spelled out."""
    match condition.node:
        case Conjunction():
            return _joined("or" if negated else "and", _parts(condition, rules, negated))
        case Disjunction():
            return _joined("and" if negated else "or", _parts(condition, rules, negated))
        case Negation():
            return words_of(condition.parts[0], rules, negated=not negated)
        case Named(name):
            spelled = words_of(condition.parts[0], rules, negated=negated)
            return Words(spelled.text, spelled.joint, spelled.parts, name, negated)
        case _:
            return Words(_statement(condition.node, rules, negated))


def sentence(words: Words) -> str:
    """The words on one line; groups within groups stand in parentheses."""
    if not words.parts:
        return words.text
    said = [f"({sentence(part)})" if part.parts else part.text for part in words.parts]
    return f"{'; '.join(said[:-1])}; {words.joint} {said[-1]}"


def _joined(joint: Joint, parts: Iterable[Words]) -> Words:
    """The group; a part that is a group of the same kind gives its parts to it."""
    opened = (inner for part in parts for inner in (part.parts if part.parts and part.joint == joint else (part,)))
    said = tuple(dict.fromkeys(opened))
    return said[0] if len(said) == 1 else Words("", joint, said)


def _parts(condition: Condition, rules: RuleSet, negated: bool) -> Iterator[Words]:
    between = None if negated else _between(condition, rules)
    if between is not None:
        yield Words(between)
        return
    for part in condition.parts:
        yield words_of(part, rules, negated=negated)


def _between(condition: Condition, rules: RuleSet) -> str | None:
    """A chained comparison with both ends included, as a range."""
    match [part.node for part in condition.parts]:
        case [Measure(fact, ">=", low), Measure(other, "<=", high)] if fact == other:
            definition = rules.facts[fact]
            return f"{_label(definition)}: {plain(low)} to {_number(plain(high), definition)}, both included"
        case _:
            return None


def _statement(leaf: Leaf, rules: RuleSet, negated: bool) -> str:
    no = "not " if negated else ""
    match leaf:
        case YesNo(fact, yes):
            return FLAGS[fact][yes is negated]
        case Answer(fact, codes):
            return f"{_label(rules.facts[fact])}: {no}{_either(fact, codes, rules)}"
        case Measure(fact, comparison, number):
            words = _MORE if unit_of(rules.facts[fact]) else _COUNTED
            said = words[_OPPOSITE[comparison] if negated else comparison]
            return f"{_label(rules.facts[fact])}: {said} {_number(plain(number), rules.facts[fact])}"
        case Versus(fact, comparison, other):
            said = _BESIDE[_OPPOSITE[comparison] if negated else comparison]
            return f"{_label(rules.facts[fact])}: {said} {_label(rules.facts[other])}"
        case Listed(fact, codes):
            return f"{_label(rules.facts[fact])}: {no}{_either(fact, codes, rules)} among them"
        case Filled(fact):
            return f"{_label(rules.facts[fact])}: {'none' if negated else 'at least one'}"
        case Offered(codes):
            return f"{_therapies(codes, rules)} is {no}offered"
        case Available(codes):
            return f"{_therapies(codes, rules)} is {'neither offered nor' if negated else 'offered or'} planned"
        case _:
            assert_never(leaf)


def _label(fact: FactDefinition) -> str:
    return lowered(fact.label)


def _number(number: str, fact: FactDefinition) -> str:
    return f"{number} {unit_of(fact)}".strip()


def _either(fact: str, codes: frozenset[str], rules: RuleSet) -> str:
    """The codes as words, in the order of the catalogue."""
    ordered = [code for code in rules.facts[fact].values if code in codes]
    return _or([rules.therapies[code].short if code in rules.therapies else word_of(code) for code in ordered])


def _therapies(codes: frozenset[str], rules: RuleSet) -> str:
    names = [therapy.short for therapy in rules.therapies.values() if therapy.code in codes]
    return _or(names) if len(names) < 3 else f"one of {_or(names)}"


def _or(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
