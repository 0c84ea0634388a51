"""Answers to the project's own codes and questions: yes or no, a value of the fact, a list of them, a number, a date.

Codings of one answer may not say two things, whichever system they are of; then the answer is none.
"""

from typing import assert_never

from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.value import Coded, Day, Flag, Members
from adapter.mapping.item import Choices, Codings, Date, RawValue, YesNo
from adapter.mapping.tables import Tables
from adapter.mapping.values import Problem, Reading, absent, concepts, excluded, not_a_value, read_quantity

FLAG_WORDS = frozenset({"yes", "no", "none", "unknown"})
VALUE_WORDS = frozenset({"none", "unknown"})


def read_own(raw: RawValue, fact: FactDefinition, tables: Tables, *, asked: bool = False) -> Reading:
    """The value of a fact that was sent by its own code or (`asked`) as an answer to our own questionnaire."""
    match fact.kind:
        case Kind.FLAG:
            return _flag(raw, fact, tables)
        case Kind.CODED:
            return _code(raw, fact, tables)
        case Kind.LIST:
            return _list(raw, fact, tables)
        case Kind.QUANTITY:
            return read_quantity(raw, fact, tables.sources.own_code_units[fact.name], tables, unit_asked=asked)
        case Kind.DAY:
            return Day(raw.moment) if isinstance(raw, Date) else not_a_value(raw) or excluded("not-a-date")
        case _:
            assert_never(fact.kind)


def _flag(raw: RawValue, fact: FactDefinition, tables: Tables) -> Reading:
    if isinstance(raw, YesNo):
        return Flag(raw.yes)
    said = _single(raw, fact, tables)
    match said:
        case "yes" | "no":
            return Flag(said == "yes")
        case "unknown":
            return absent("answer-unknown")
        case str():
            return excluded("answer-unmapped")
        case _:
            return said


def _code(raw: RawValue, fact: FactDefinition, tables: Tables) -> Reading:
    said = _single(raw, fact, tables)
    if isinstance(said, Problem):
        return said
    if said in fact.values:
        return Coded(frozenset({said}))
    return absent("answer-unknown") if said == "unknown" else excluded("answer-unmapped")


def _list(raw: RawValue, fact: FactDefinition, tables: Tables) -> Reading:
    """The members that were stated; the statement closes the list. "None" may not stand beside a member."""
    if not isinstance(raw, Choices):
        return not_a_value(raw) or excluded("not-a-coded-answer")
    said: set[str] = set()
    for choice in raw.choices:
        one = _said(choice, fact, tables)
        if isinstance(one, Problem):
            return one
        if one == "unknown":
            return absent("answer-unknown")
        said.add(one)
    if "none" in said and len(said) > 1:
        return excluded("none-beside-members")
    return Members(frozenset(said - {"none"}), complete=True) if said else absent("empty")


def _single(raw: RawValue, fact: FactDefinition, tables: Tables) -> str | Problem:
    if not isinstance(raw, Choices):
        return not_a_value(raw) or excluded("not-a-coded-answer")
    if len(raw.choices) != 1:
        return excluded("multiple-values") if raw.choices else absent("empty")
    return _said(raw.choices[0], fact, tables)


def _said(codings: Codings, fact: FactDefinition, tables: Tables) -> str | Problem:
    """The one thing that an answer says: a value of the fact, or yes, no, none, unknown."""
    answers = own_answers(codings, tables)
    words = FLAG_WORDS if fact.kind is Kind.FLAG else VALUE_WORDS
    said = {answer for answer in answers if answer in fact.values} or answers & words
    if not said:
        return excluded("answer-unmapped")
    against = answers - said if fact.kind is not Kind.FLAG else set[str]()
    if len(said) > 1 or against & (VALUE_WORDS | _own_codes(codings, tables)):
        return excluded("conflicting-codes")
    one = next(iter(said))
    beside = concepts(codings, tables)
    return excluded("conflicting-codes") if tables.agreement.contradicts(fact.name, one, beside) else one


def own_answers(codings: Codings, tables: Tables) -> set[str]:
    """What the codings of one answer mean: codes of the project CodeSystem as they are, others by answers.csv."""
    meanings = (tables.answers.get((tables.systems.uri(coding.system), coding.code)) for coding in codings)
    return {meaning for meaning in meanings if meaning is not None} | _own_codes(codings, tables)


def _own_codes(codings: Codings, tables: Tables) -> set[str]:
    return {coding.code for coding in codings if tables.systems.uri(coding.system) == tables.own_system}
