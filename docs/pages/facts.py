"""docs/facts.md: every fact with its kind, age, bounds and the codes that feed it.

It reads the catalogue and the mapping tables that the adapter itself loads and adds only words.
"""

from collections.abc import Iterator
from itertools import groupby

from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind, Merge, catalogue
from adapter.case.derive import BASELINE_WINDOW, SIX_MONTHS
from adapter.case.merge import FUTURE_TOLERANCE
from adapter.case.moment import Duration
from adapter.case.words import unit_of
from adapter.mapping.row_words import SOURCES, codes_words, needs_words
from adapter.mapping.schema import Row
from adapter.mapping.tables import Tables, tables

UNSIGNED = "assumption, not signed"

KINDS = {
    Kind.FLAG: "yes or no",
    Kind.CODED: "one of a list of codes",
    Kind.QUANTITY: "a number",
    Kind.LIST: "a list of codes",
    Kind.DAY: "a date",
}
MERGES = {
    Merge.LATEST: "the latest by effective time, then by issue",
    Merge.EARLIEST: "the earliest",
    Merge.ANY: "all must agree, in whatever order they came",
    Merge.UNION: "members add up; the list is known to be complete only when somebody said so",
    Merge.LARGEST: "the largest of the newest day",
}
DERIVED = {
    "age_years": "Calculated from `birth_date`: completed years on the day of evaluation, a range for a partial date.",
    "months_since_last_transarterial": (
        "Calculated from the dates of the transarterial sessions in `prior_liver_directed`: completed calendar months "
        "since the last one, a range where dates are imprecise. If a session has no date it stays unknown."
    ),
    "nlr_baseline": (
        "Calculated as neutrophils by lymphocytes of one moment (counts, else shares): the last ratio in the "
        f"{BASELINE_WINDOW.days} days before the last TACE (window: {UNSIGNED}); before a first TACE the current "
        "ratio, while both counts are current."
    ),
    "nlr_6_months": (
        "Calculated in the same way: the ratio nearest to 6 calendar months after the last TACE, between "
        f"{SIX_MONTHS[0]} and {SIX_MONTHS[1]} months (window: {UNSIGNED}). Where method or laboratory is told for it "
        "and for the one before TACE, and differs, it is excluded."
    ),
    "hiaa_high": (
        "Read from the laboratory's flag, or from the reference range sent with the value: no limit is built in. Where "
        "both were sent and disagree the fact is conflicting."
    ),
    "serotonin_high": "Read as `hiaa_high`.",
}


def facts_page() -> str:
    """The whole page."""
    known, table = tables(), catalogue()
    inputs = sum(fact.role == "input" for fact in table.facts.values())
    parts = [_head(table.version, inputs, len(table.facts) - inputs)]
    for group, facts in groupby(table.facts.values(), key=lambda fact: fact.group):
        parts.append(f"## {group}\n")
        parts += ["\n".join(_fact(fact, known)) for fact in facts]
    return "\n".join(parts)


def _head(version: str, inputs: int, observed: int) -> str:
    hours = int(FUTURE_TOLERANCE.total_seconds() // 3600)
    return f"""# Facts

Made by `python -m docs.generate` from the catalogue (version {version}) and the mapping tables: change those, not
this page.

There are {inputs} inputs of rules and {observed} observed facts behind them. Every fact can also be sent by its own
code in the project CodeSystem (FHIR `{{base}}/CodeSystem/ldt-fact`, HL7 v2 coding system `99LDT`), and by a
QuestionnaireResponse whose linkId is the name of the fact.

- **Ask**: a required fact is named as missing when it keeps a rule undecided; for an optional one the rule stays
  silent.
- **Maximum age** and **plausible bounds** are assumptions that no clinician has signed. An older value is shown and not
  used, a value outside of the bounds is excluded and never rescaled. A diagnosis on the problem list does not age.
- A value may be dated {hours} hours ahead at most. A value without a date feeds only facts without expiry.
- Nothing is derived but what says so below: a grade never from Ki-67, a judgement never from a number. Where no record
  speaks of a fact it is unknown, never "no".
- CPT codes are listed without their descriptors, which may not be passed on.
"""


def _fact(fact: FactDefinition, known: Tables) -> Iterator[str]:
    yield f"### {fact.name}\n"
    yield f"**{fact.label}.** {fact.meaning}" + (f" Source: {fact.sources}." if fact.sources else "") + "\n"
    yield f"- Kind: {_kind(fact)}"
    yield f"- Ask: {fact.ask}" if fact.role == "input" else "- Observed: no rule reads it"
    yield f"- Several statements: {MERGES[fact.merge]}"
    yield f"- Maximum age: {_age(fact)}"
    if fact.plausible is not None:
        low, high = fact.plausible
        yield f"- Plausible bounds: {' '.join(filter(None, (f'{low} to {high}', _unit(fact))))} ({UNSIGNED})"
    if fact.name in DERIVED:
        yield f"- {DERIVED[fact.name]}"
    rows = [row for row in known.rows if row.fact == fact.name]
    yield from _rows(rows, known) if rows else ("- Standard codes: none; only the project's own code\n",)


def _kind(fact: FactDefinition) -> str:
    words = KINDS[fact.kind]
    if fact.values:
        return f"{words}: {', '.join(f'`{value}`' for value in fact.values)}"
    return f"{words} in {_unit(fact)}" if _unit(fact) else words


def _unit(fact: FactDefinition) -> str:
    return fact.unit if fact.unit.startswith("10*") else unit_of(fact)


def _age(fact: FactDefinition) -> str:
    text = _duration(fact.max_age)
    if fact.max_age_procedure:
        text += f"; {_duration(fact.max_age_procedure)} while an order for a procedure is being signed"
    return f"{text} ({UNSIGNED})"


def _duration(age: str) -> str:
    if age == NO_EXPIRY:
        return age
    words = f"{age[1:-1]} years" if age.endswith("Y") else Duration.parse(age).words
    return words.removesuffix("s") if words.startswith("1 ") else words


def _rows(rows: list[Row], known: Tables) -> Iterator[str]:
    yield "\n| row | read from | says | codes |\n|---|---|---|---|"
    for row in rows:
        source = SOURCES[row.kind] + needs_words(row.needs, known)
        yield f"| `{row.id}` | {source} | {_says(row, known)} | {codes_words(row.concepts, known)} |"
    yield ""


def _says(row: Row, known: Tables) -> str:
    if row.number:
        spellings = len(known.units.table[row.number])
        return f"the number; {spellings} spellings of units (`{row.number}` in `mappings/units.csv`)"
    if row.answers:
        values = dict.fromkeys(row.answers.values())
        answers = {value: tuple(concept for concept, said in row.answers.items() if said == value) for value in values}
        return "; ".join(f"{value} if the answer is {codes_words(found, known)}" for value, found in answers.items())
    if row.limit:
        return "yes if above the limit, no if not"
    if row.says_one_of:
        return "one of " + ", ".join(row.says_one_of)
    return ", ".join((row.says,) if row.says else row.says_all)
