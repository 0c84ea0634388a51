"""docs/hl7v2.md says what an integration engineer looks for, and nothing of it is left out."""

import re

import pytest

from adapter.mapping.hl7v2_values import DATA_TYPES
from adapter.mapping.tables import tables
from adapter.server.message_types import HL70076, USED
from adapter.server.mllp_limits import MllpLimits
from docs.pages.acknowledgements import acknowledgements
from docs.pages.hl7v2 import EFFECTS, READINGS, TITLES, hl7v2_page

PAGE = hl7v2_page()
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def test_every_part_is_filled_in() -> None:
    assert "{{" not in PAGE


def test_every_used_type_has_its_row() -> None:
    assert TITLES.keys() == USED.keys()
    rows = re.findall(r"^\| ([A-Z]{3}) \| ([^|]+) \|", SECTIONS["Message types"], re.MULTILINE)
    assert [code for code, _ in rows] == sorted(USED)
    assert dict(rows)["ADT"] == "A01 to A55, A60 to A62"
    assert dict(rows)["BAR"] == "P01, P02, P05, P06, P10, P12"
    assert f"The other {len(HL70076) - len(USED) - 2} types" in PAGE


def test_every_source_and_every_address_of_it_is_on_the_page() -> None:
    section = SECTIONS["Segments"]
    for source in tables().sources.hl7v2:
        of = f" of {', '.join(source.messages)}" if source.messages else ""
        rows = [line for line in section.splitlines() if line.startswith(f"| {source.segment}{of} |")]
        (row,) = (line for line in rows if line.split("|")[3].strip() == source.code)
        for address in (*source.when, *source.order, *source.issued, *source.identity, *source.reason):
            assert re.search(rf"\b{re.escape(address)}(?![.\d])", row), address


def test_every_data_type_is_on_the_page() -> None:
    assert READINGS.keys() | {"none"} >= set(DATA_TYPES.values())
    for name in filter(None, DATA_TYPES):
        assert re.search(rf"\b{name}\b", SECTIONS["Segments"])


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("Statuses", "| D | takes back (`deleted`) |"),
        ("Statuses", "| none sent | does not count (`status-missing`) |"),
        ("Statuses", "**DG1-6** (table HL70052)"),
        ("The strict check", "| OBX-4 | 2.3.1, 2.7, 2.8 | required for waveforms"),
        ("Identity", "MR, PI, PT, MRT, none."),
        ("Framing and limits", "| bytes of a message | 16 MiB |"),
        ("Acknowledgements", "| the same message again (sender, MSH-10 and bytes) | AA | CA |  | mapped, once |"),
        ("Acknowledgements", "| MSH-10 is missing | AE | CE | 101 at MSH-10 | quarantined (incomplete-header) |"),
    ],
)
def test_what_is_said(section: str, said: str) -> None:
    assert said in SECTIONS[section]


def test_limits_are_those_of_the_listener() -> None:
    limits = MllpLimits()
    section = SECTIONS["Framing and limits"]
    assert f"| {limits.connections}, {limits.connections_of_peer} |" in section
    assert f"| {limits.idle:g} s |" in section


def test_every_situation_has_its_row() -> None:
    rows = [line for line in SECTIONS["Acknowledgements"].splitlines() if line.startswith("| ")]
    assert len(rows) - 1 == len(acknowledgements())


def test_every_effect_has_words() -> None:
    used = {effect.effect for rows in tables().statuses.tables.values() for effect in rows.values()}
    assert used <= EFFECTS.keys()
