"""The results that an Observation or a QuestionnaireResponse holds, as items: one for each code, component and answer.

What is the same for the whole resource (status, times, sites) is put together in fhir_items.py.
"""

from collections import Counter
from collections.abc import Iterator

from adapter.fhir.document import Record
from adapter.fhir.resources import Answer, Component, Observation, QuestionnaireResponse
from adapter.fhir.resources import Item as AnswerItem
from adapter.mapping.fhir_values import codings, flags, moment, names, normal_range, raw_value
from adapter.mapping.fhir_veto import veto
from adapter.mapping.item import IN_COMPONENTS, Choices, Codings, Item, Missing, Place, RawValue, SentCode, Unusable
from adapter.mapping.tables import Tables


def observation_items(base: Item, record: Record, resource: Observation) -> Iterator[Item]:
    """The code of an Observation and those of its components. `base` holds what they have in common."""
    own = codings(resource.code)
    parts = list(enumerate(resource.component))
    members = [part for _, part in parts if codings(part.code) and set(_keys(codings(part.code))) & set(_keys(own))]
    value: RawValue = raw_value(resource, resource.dataAbsentReason)
    if members and _is_missing(value, "empty"):
        value = _joined([raw_value(part, part.dataAbsentReason) for part in members])
        parts = [(number, part) for number, part in parts if part not in members]
    bare = bool(parts) and _is_missing(value, "empty")
    text = resource.code is not None and not own
    if not bare or not own:
        yield base._replace(
            codings=own,
            names=names(resource.code),
            value=value,
            flags=flags(resource.interpretation),
            range=normal_range(resource.referenceRange),
            text=text or _is_missing(value, "text-result"),
        )
    else:
        yield base._replace(codings=own, value=IN_COMPONENTS)
    for number, part in parts:
        yield _component_item(base, record, number, part)


def _component_item(base: Item, record: Record, number: int, part: Component) -> Item:
    place = f"{record.shown}#component[{number}]"
    value = raw_value(part, part.dataAbsentReason)
    return base._replace(
        place=Place(f"{place}.code"),
        value_place=Place(f"{place}.value"),
        codings=codings(part.code),
        names=names(part.code),
        value=value,
        flags=flags(part.interpretation),
        range=normal_range(part.referenceRange),
        identity=f"{base.identity}#component[{number}]" if base.identity else "",
        text=_is_missing(value, "text-result"),
        veto=base.veto or ("modifier" if part.modifierExtension else ""),
    )


def _is_missing(value: RawValue, reason: str) -> bool:
    return isinstance(value, Missing) and value.reason == reason


def _keys(found: Codings) -> list[tuple[str, str]]:
    return [(code.system, code.code) for code in found]


def _joined(values: list[RawValue]) -> RawValue:
    """Several components of a list fact as one list of choices; one that is not coded spoils it."""
    choices: list[Codings] = []
    texts: list[str] = []
    for value in values:
        if not isinstance(value, Choices):
            return Unusable("not-a-coded-answer")
        choices.extend(value.choices)
        texts.extend(value.names)
    return Choices(tuple(choices), tuple(texts))


def answer_items(record: Record, response: QuestionnaireResponse, name: str, tables: Tables) -> Iterator[Item]:
    """The answers of a response to the project's Questionnaire, or to another one. `name` is that of the document."""
    when, bad = moment(response.authored)
    ours = response.questionnaire.split("|")[0] in tables.questionnaires
    asked: Counter[str] = Counter()
    for place, question in _questions(response.item, "item"):
        where = Place(f"{record.shown}#{place}")
        asked[question.linkId] += 1
        yield Item(
            kind="result",
            wire="fhir",
            document=name,
            place=where,
            value_place=where,
            codings=(SentCode(tables.own_system if ours else response.questionnaire, question.linkId),),
            value=_answer_value(question.answer),
            statuses=(("questionnaire-response-status", response.status),),
            when=when,
            bad_date=bad,
            identity=f"{record.key}#{question.linkId}#{asked[question.linkId]}" if response.id else "",
            group=record.key,
            veto=veto(response),
            fact=question.linkId if ours else "",
        )


def _answer_value(answers: list[Answer]) -> RawValue:
    if not answers:
        return Missing("empty")
    values = [raw_value(answer, None) for answer in answers]
    if len(values) == 1 or Unusable("two-values") in values:
        return values[0] if len(values) == 1 else Unusable("two-values")
    if all(answer.valueCoding is not None for answer in answers):
        return _joined(values)
    return Unusable("multiple-values")


def _questions(items: list[AnswerItem], place: str) -> Iterator[tuple[str, AnswerItem]]:
    """Every question with an answer, groups and nested items included."""
    for number, item in enumerate(items):
        where = f"{place}[{number}]"
        if item.answer:
            yield where, item
        yield from _questions(item.item, f"{where}.item")
        for position, answer in enumerate(item.answer):
            yield from _questions(answer.item, f"{where}.answer[{position}].item")
