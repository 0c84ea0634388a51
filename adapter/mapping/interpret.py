"""From the items of one patient to statements about facts, by the rows of the tables; the same for both wires.

Every item gets a ledger entry, whether or not anything came of it. Nothing here knows FHIR or HL7 v2.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.fact import Standing, Statement
from adapter.case.origin import Origin
from adapter.case.value import Coded, Flag, Members, Quantity, Value
from adapter.mapping.answer_names import names_differ
from adapter.mapping.beside import Beside
from adapter.mapping.item import IN_COMPONENTS, Amount, Choices, Item, Missing, RawValue, SentCode
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.meaning import Meaning, meaning
from adapter.mapping.own_answers import read_own
from adapter.mapping.schema import Row
from adapter.mapping.statuses import STANDING, StatusEffect
from adapter.mapping.tables import Tables
from adapter.mapping.values import Problem, Reading, absent, flag_contradicts, read_answer, read_limit, read_quantity
from adapter.terminology.codes import Code

# The lists of the catalogue whose members may be sent as the code of a procedure or an order.
MEMBER_LISTS = {
    "procedure": ("prior_liver_directed", "biliary_instrumentation"),
    "order": ("planned_therapies", "planned_vasopressors", "planned_tace_agent"),
}


class Interpreted(NamedTuple):
    """What one item came to: its statements and its ledger entry; `alone`: whatever else stands beside it."""

    item: Item
    statements: tuple[Statement, ...]
    entry: Entry
    alone: bool = True


def interpret(items: Sequence[Item], tables: Tables) -> list[Interpreted]:
    """All items of one patient. What stands beside an item (same day, same panel) is looked for among them."""
    beside = Beside(items, tables)
    return [interpreted(item, beside, tables) for item in items]


def interpreted(item: Item, beside: Beside, tables: Tables) -> Interpreted:
    """One item, with what stands beside it."""
    if isinstance(item.value, Missing) and item.value == IN_COMPONENTS:
        return Interpreted(item, (), _entry(item, Outcome.IGNORED, "read in its components"))
    sense = meaning(item.codings, item.names, tables)
    value = answer_in_text(item, sense, tables)
    if sense.misnamed or value is not item.value:
        item = item._replace(value=value, misnamed=sense.misnamed)
    drafts = _own_statements(item, sense, tables)
    drafts += _row_statements(item, sense, beside, tables, {statement.fact for statement in drafts})
    alone = _is_alone(item, sense, tables)
    if not drafts:
        return Interpreted(item, (), _without_statement(item, sense, tables), alone)
    statements = tuple(_one_meaning(item, drafts))
    for statement in statements:
        if statement.standing is Standing.FINAL:
            return Interpreted(item, statements, _entry(item, Outcome.USED, ""), alone)
    return Interpreted(item, statements, _entry(item, Outcome.SKIPPED, statements[0].reason), alone)


def _is_alone(item: Item, sense: Meaning, tables: Tables) -> bool:
    """Whether no row that reads the item's codes asks for another item."""
    return tables.asking.isdisjoint([(item.kind, code.concept) for code in sense.codes])


def answer_in_text(item: Item, sense: Meaning, tables: Tables) -> RawValue:
    """The coded answer that the site means by a text, where it sends this question's answers so; else the value.

    The text must be that of values.csv exactly, and the codes of the question may not lead to two answers.
    """
    text = _sent_text(item.value) if tables.texts else ""
    if not text:
        return item.value
    questions = (*sense.own, *(code.concept for code in sense.codes), item.fact)
    found = {tables.texts[question, text] for question in questions if (question, text) in tables.texts}
    return Choices((found.pop(),)) if len(found) == 1 else item.value


def _sent_text(value: RawValue) -> str:
    """The text of a text result, or of one answer that came without a code system."""
    match value:
        case Missing(reason="text-result", text=text):
            return text
        case Choices(choices=((SentCode(system="", code=code),),)):
            return code
        case _:
            return ""


def _own_statements(item: Item, sense: Meaning, tables: Tables) -> list[Statement]:
    """Statements by the project CodeSystem: a fact's own code, or a list member as the code of a procedure or order."""
    stated: list[Statement] = []
    names = (item.fact,) if item.fact else sense.own
    for name in dict.fromkeys(names) if names else ():
        if name in tables.catalogue and item.kind == "result":
            fact = tables.catalogue[name]
            reading = read_own(item.value, fact, tables, asked=bool(item.fact))
            stated.append(_statement(item, fact, "own-code", reading, tables))
            continue
        for listed in MEMBER_LISTS.get(item.kind, ()):
            fact = tables.catalogue[listed]
            if name in fact.values:
                stated.append(_statement(item, fact, "own-code", _said(fact, (name,)), tables))
    return stated


def _row_statements(item: Item, sense: Meaning, beside: Beside, tables: Tables, settled: set[str]) -> list[Statement]:
    """Statements by the rows that read the codes, the first for each fact that is not settled yet."""
    stated: list[Statement] = []
    for code in sense.codes:
        for row in tables.rows_for(item.kind, code.concept):
            if row.fact in settled or beside.unmet(item, row.needs):
                continue
            settled.add(row.fact)
            stated += _by_row(item, row, code, tables)
    return stated


def _by_row(item: Item, row: Row, code: Code, tables: Tables) -> Iterable[Statement]:
    fact = tables.catalogue[row.fact]
    if row.limit:
        return _by_limit(item, row, fact, code, tables)
    reading = _reading(item, row, fact, code, tables)
    dated, refutes = bool(row.dated), bool(row.refutes)
    return (_statement(item, fact, row.id, reading, tables, concept=code.concept, dated=dated, refutes=refutes),)


def _reading(item: Item, row: Row, fact: FactDefinition, code: Code, tables: Tables) -> Reading:
    if row.number:
        return read_quantity(item.value, fact, row.number, tables, code.units)
    if row.answers:
        return read_answer(item.value, row.answers, fact, tables)
    if row.says_one_of:
        return _one_of(fact, row.says_one_of)
    return _said(fact, (row.says,) if row.says else row.says_all)


def _said(fact: FactDefinition, values: tuple[str, ...]) -> Value:
    match fact.kind:
        case Kind.FLAG:
            return Flag(True)
        case Kind.LIST:
            return Members(frozenset(values))
        case _:
            return Coded(frozenset(values))


def _one_of(fact: FactDefinition, values: tuple[str, ...]) -> Value:
    if fact.kind is Kind.LIST:
        return Members(frozenset(), frozenset({frozenset(values)}))
    return Coded(frozenset(values))


def _by_limit(item: Item, row: Row, fact: FactDefinition, code: Code, tables: Tables) -> Iterable[Statement]:
    """One statement for the flag and one for the range: if they disagree, the fact becomes conflicting."""
    judgements = dict(read_limit(item.value, item.flags, item.range))
    if not judgements:
        problem = Problem(Standing.EXCLUDED, "no-limit-sent")
        yield _statement(item, fact, row.id, problem, tables, concept=code.concept)
    for how in ("flag", "range"):
        statement = _statement(item, fact, row.id, Flag(judgements.get(how, False)), tables, concept=code.concept)
        if statement.identity:
            series = f"{statement.series}#{how}" if statement.series else ""
            statement = statement._replace(identity=f"{statement.identity}#{how}", series=series)
        if how in judgements or (statement.identity and statement.standing is Standing.WITHDRAWN):
            yield statement
        elif statement.identity:
            # A correction that no longer says how it compares takes back what the earlier version said.
            yield statement._replace(standing=Standing.UNSAID, value=None, reason="no-limit-sent")


def _statement(
    item: Item,
    fact: FactDefinition,
    row: str,
    reading: Reading,
    tables: Tables,
    *,
    concept: str = "",
    dated: bool = False,
    refutes: bool = False,
) -> Statement:
    status = tables.statuses.effect(item.statuses)
    listed = item.kind == "diagnosis" and not dated and status.effect != "refuted"
    # A draft that carries no date is the draft at hand.
    enduring = listed or (item.kind == "order" and item.when is None and not item.bad_date)
    standing, reason, value = _standing(item, reading, status, enduring=enduring, refutes=refutes)
    sent = item.value.sent if isinstance(item.value, Amount) else ""
    place = item.value_place if item.kind == "result" else item.place
    origin = Origin(item.wire, item.document, place.element, row, concept, sent, place.start, place.end, item.source)
    identity = f"{fact.name}|{item.identity}" if item.identity else ""
    when = item.ended if standing is Standing.EXCLUDED and item.ended is not None else item.when
    series = f"{fact.name}|{item.series}" if item.series else ""
    replaces = status.replaces or standing in (Standing.WITHDRAWN, Standing.PROMOTED)
    remark = "" if isinstance(reading, Problem) else _remark(item, reading, fact)
    return Statement(
        fact.name,
        standing,
        value,
        origin,
        when,
        item.issued,
        identity,
        reason,
        enduring,
        remark,
        series,
        replaces,
        item.assay,
    )


def _remark(item: Item, value: Value, fact: FactDefinition) -> str:
    """What is odd about a value without excluding it."""
    if isinstance(value, Quantity):
        return "flag-contradicts-value" if flag_contradicts(item.value, item.flags, item.range) else ""
    return "answer-display-differs" if names_differ(item.value, value, fact) else ""


_EMPTY = absent("empty")


def _standing(
    item: Item, reading: Reading, status: StatusEffect, *, enduring: bool, refutes: bool
) -> tuple[Standing, str, Value | None]:
    """Veto, then status, then value, then date: the first that speaks against the statement gives the reason."""
    value = None if isinstance(reading, Problem) else reading
    if item.veto:
        return Standing.EXCLUDED, item.veto, value
    if status.effect == "refuted" and refutes and isinstance(value, Flag):
        return Standing.FINAL, "refuted", Flag(not value.yes)
    if status.effect in ("absent", "withdrawn"):
        return STANDING[status.effect], _reason(status), None
    # Only a message without a value promotes the stored one.
    if status.effect != "final" and (status.effect != "promoted" or reading == _EMPTY):
        return STANDING[status.effect], _reason(status), value
    if isinstance(reading, Problem):
        return reading.standing, reading.reason, None
    if item.misnamed:
        return Standing.EXCLUDED, "code-contradicts-name", None
    if item.bad_date and not enduring:
        return Standing.EXCLUDED, "bad-date", value
    return Standing.FINAL, "", value


def _reason(status: StatusEffect) -> str:
    return status.reason or status.effect


def _one_meaning(item: Item, drafts: list[Statement]) -> Iterable[Statement]:
    """A result has one meaning: codings that lead to two facts exclude each other. Other kinds may state several."""
    if len(drafts) == 1 or item.kind != "result" or len({_family(draft) for draft in drafts}) == 1:
        return drafts
    return [draft._replace(standing=Standing.EXCLUDED, reason="conflicting-codes", value=None) for draft in drafts]


def _family(draft: Statement) -> str:
    """Facts that one and the same code states belong together."""
    return draft.origin.concept or draft.fact


def _without_statement(item: Item, sense: Meaning, tables: Tables) -> Entry:
    """The ledger entry of an item that states nothing: why."""
    for code in sense.codes:
        if code.concept in tables.not_read:
            return _entry(item, Outcome.IGNORED, tables.not_read[code.concept])
    if any(tables.rows_for(item.kind, code.concept) for code in sense.codes):
        return _entry(item, Outcome.SKIPPED, "needs-more: what the row needs beside the code was not sent")
    if sense.codes:
        return _entry(item, Outcome.SKIPPED, f"not-read-from-{item.kind}")
    if item.text:
        return _entry(item, Outcome.UNREAD, "narrative")
    if not item.codings:
        return _entry(item, Outcome.SKIPPED, "no-code")
    return _entry(item, Outcome.UNMAPPED, "code-unmapped" if sense.known_system else "code-system-unknown")


def _entry(item: Item, outcome: Outcome, reason: str) -> Entry:
    first = item.codings[0] if item.codings else None
    code = f"{first.system}|{first.code}" if first else ""
    return Entry(Level.CODED, item.kind, item.place.element, outcome, reason, code)
