"""docs/hl7v2.md: message types, segments, statuses and limits as the adapter has them, in the words of hl7v2.txt.

The acknowledgement table has a module and a test of its own (acknowledgements.py).
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from string import ascii_uppercase

from adapter.cli.dictionary import DEPARTURES
from adapter.hl7v2 import DEFAULT_LIMIT
from adapter.mapping.hl7v2_values import DATA_TYPES
from adapter.mapping.schema import Hl7Source
from adapter.mapping.sender import Sender
from adapter.mapping.statuses import StatusEffect
from adapter.mapping.tables import Tables, tables
from adapter.server.message_types import ACKNOWLEDGEMENTS, HL70076, USED
from adapter.server.mllp_limits import MllpLimits
from docs.pages.acknowledgements import acknowledgement_table
from docs.pages.facts import SOURCES
from docs.pages.page import lines

WORDS = Path(__file__).with_name("hl7v2.txt")

TITLES = {
    "ADT": "patients, stays, diagnoses",
    "BAR": "billing accounts",
    "DFT": "charges",
    "MDM": "documents",
    "OMG": "orders",
    "OMI": "imaging orders",
    "OML": "laboratory orders",
    "OMP": "pharmacy orders",
    "ORM": "orders before 2.4",
    "ORU": "results",
    "OUL": "results by specimen",
    "PPR": "problems",
    "RAS": "drugs given",
    "RDE": "drug orders as encoded",
    "RDS": "drugs dispensed",
    "RGV": "drugs to be given",
}
PATIENT_FIELDS = {
    "PID-3": "identifiers",
    "PID-5": "family name",
    "PID-7": "birth date",
    "PID-8": "sex",
    "PID-29": "date of death",
    "PID-30": "death indicator",
}
RESULT_FIELDS = ("OBX-2", "OBX-4", "OBX-5", "OBX-6", "OBX-7", "OBX-8")
"""What the reader of results takes beside the addresses of sources.yaml."""

READINGS = {
    "number": "a number, with a comparator where one is written",
    "structured": "a number, a range or a ratio, with its comparator",
    "string": "a number where it is nothing else, else an answer in words",
    "text": "unread text",
    "coded": "codings: components 1, 4 and 10 with their systems",
    "table-code": "a code of its table",
    "time": "a date or a time",
    "range": "a range",
    "quantity": "a number with its unit",
    "other": "known, and never a value",
}
WITHOUT_STATUS = "always"
"""The status table of what has none."""
EFFECTS = {
    "final": "counts",
    "preliminary": "shown, does not count",
    "promoted": "final from now on",
    "excluded": "does not count",
    "absent": "no value",
    "withdrawn": "takes back",
    "refuted": "the opposite holds (flags), else does not count",
    "as-result": "as the result says",
}
CODES = {"otherwise": "any other", "missing": "none sent"}
_ADDRESS = re.compile(r"[A-Z][A-Z0-9]{2}-\d+(?:\.\d+)?")
_EVENTS = (
    *(f"{letter}{number:02}" for letter in ascii_uppercase for number in range(100)),
    *(f"PC{number}" for number in range(1, 10)),
)


def hl7v2_page() -> str:
    """The whole page."""
    known = tables()
    parts = {
        "message types": lines(_message_types()),
        "other types": str(len(HL70076 - USED.keys() - ACKNOWLEDGEMENTS)),
        "segments": lines(_segments(known)),
        "patient fields": ", ".join(f"{field} ({words})" for field, words in PATIENT_FIELDS.items()),
        "ignored segments": ", ".join(sorted(known.sources.ignored.hl7v2)),
        "unread text": ", ".join(known.sources.unread_text.hl7v2),
        "identifier types": ", ".join(kind or "none" for kind in Sender().identifier_types),
        "data types": lines(_data_types()),
        "statuses": "\n\n".join(lines(_status(name, known)) for name in _status_tables(known)),
        "departures": lines(_departures()),
        "limits": lines(_limits(MllpLimits())),
        "acknowledgements": lines(acknowledgement_table()),
    }
    page = WORDS.read_text(encoding="utf-8")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    return page


def _message_types() -> Iterator[str]:
    yield "| type | events | brings |\n|---|---|---|"
    for code, pattern in sorted(USED.items()):
        events = [event for event in _EVENTS if pattern.fullmatch(event)]
        yield f"| {code} | {', '.join(_runs(events))} | {TITLES[code]} |"


def _runs(events: list[str]) -> Iterator[str]:
    """Neighbours as one range: A01-A55."""
    places = {event: place for place, event in enumerate(_EVENTS)}
    for _, run in groupby(enumerate(events), key=lambda numbered: places[numbered[1]] - numbered[0]):
        first, *rest = [event for _, event in run]
        yield f"{first} to {rest[-1]}" if len(rest) > 1 else ", ".join([first, *rest])


def _segments(known: Tables) -> Iterator[str]:
    yield "| segment | is | code | dated by | status | also read |\n|---|---|---|---|---|---|"
    for source in known.sources.hl7v2:
        statuses = [address for table, address in source.statuses if table != WITHOUT_STATUS]
        named = {source.code, *source.when, *statuses}
        of = f" of {', '.join(source.messages)}" if source.messages else ""
        yield (
            f"| {source.segment}{of} | {SOURCES[source.kind].partition(' (')[0]} | {source.code} "
            f"| {' else '.join(source.when)} | {', '.join(statuses)} | {', '.join(_others(source, named))} |"
        )


def _others(source: Hl7Source, named: set[str]) -> list[str]:
    """The addresses of the source beside those of its own columns, in their order."""
    found = set(_ADDRESS.findall(source.model_dump_json()))
    found |= set(RESULT_FIELDS) if source.segment == "OBX" else set()
    return sorted(found - named, key=_place)


def _place(address: str) -> tuple[str, float]:
    segment, _, number = address.partition("-")
    return segment, float(number)


def _data_types() -> Iterator[str]:
    yield "| OBX-2 | read as |\n|---|---|"
    for reading, words in READINGS.items():
        yield f"| {', '.join(name or 'empty' for name, how in DATA_TYPES.items() if how == reading)} | {words} |"


def _status_tables(known: Tables) -> list[str]:
    """The tables of HL7 statuses that a source names, each once, but the one for what has no status."""
    named = dict.fromkeys(table for source in known.sources.hl7v2 for table, _ in source.statuses)
    return [table for table in named if table != WITHOUT_STATUS]


def _status(name: str, known: Tables) -> Iterator[str]:
    addresses = dict.fromkeys(
        address for source in known.sources.hl7v2 for table, address in source.statuses if table == name
    )
    title = f"table {name.upper().replace('-', '')}" if name.startswith("hl7-") else name
    yield f"**{', '.join(addresses)}** ({title})\n\n| code | effect |\n|---|---|"
    rows = known.statuses.tables[name]
    for effect, codes in groupby(
        sorted(rows, key=lambda code: _effect(rows[code])), key=lambda code: _effect(rows[code])
    ):
        yield f"| {', '.join(CODES.get(code, code) for code in codes)} | {effect} |"


def _effect(effect: StatusEffect) -> str:
    return EFFECTS[effect.effect] + (f" (`{effect.reason}`)" if effect.reason else "")


def _departures() -> Iterator[str]:
    yield "| field | in versions | why |\n|---|---|---|"
    for one in DEPARTURES:
        yield f"| {one.field} | {', '.join(one.versions)} | {one.reason} |"


def _limits(limits: MllpLimits) -> Iterator[str]:
    yield "| limit | default | beyond it |\n|---|---|---|"
    size = DEFAULT_LIMIT // 1024 // 1024
    yield f"| bytes of a message | {size} MiB | the connection is closed |"
    yield "| segments and repetitions | 200,000 | quarantined unread |"
    yield f"| connections, in all and of one address | {limits.connections}, {limits.connections_of_peer} | refused |"
    yield f"| time from one message to the next | {limits.idle:g} s | the connection is closed |"
    yield f"| time for one frame | {limits.frame:g} s | the connection is closed |"
    yield f"| 0x1C without 0x0D | {limits.final_cr:g} s | the connection is closed, nothing is taken |"
    yield f"| time to accept an answer | {limits.sending:g} s | the connection is closed |"
