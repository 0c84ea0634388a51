"""What a message says by itself is kept: mapping it again is mapping the message anew, whatever comes beside it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.hl7v2 import Message, parse_message, split_messages
from adapter.mapping.hl7v2 import map_hl7v2, map_readings
from adapter.mapping.hl7v2_reading import Reading, read_one
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import ANY_SENDER
from adapter.mapping.tables import tables
from tests.mapping.rows_by_wire import TARE, TRANSARTERIAL, pr1
from tests.mapping.senders import header, known, message
from tests.mapping.small_tables import small_tables
from tests.repository import ROOT

FILES = (
    *sorted((ROOT / "fixtures" / "hl7v2").glob("*.hl7")),
    *sorted((ROOT / "fixtures" / "patients").glob("*/*.hl7")),
)
BILLED = pr1("79445^^C4"), pr1("37243^^C4").replace("|A1|", "|A2|")
"""Two codes of which the first means something only beside the second, in two messages of one day."""


def messages_of(raw: bytes) -> list[Message]:
    return [parse_message(chunk.raw) for chunk in split_messages(raw) if chunk.kind == "message"]


MESSAGES = [found for path in FILES for found in messages_of(path.read_bytes())]
MESSAGES += [found for text in BILLED for found in messages_of(text.encode())]
KEPT = [read_one(found, f"m[{number}]", ANY_SENDER, tables()) for number, found in enumerate(MESSAGES)]
"""Read once: every test below maps these same values."""

some = st.lists(st.integers(0, len(MESSAGES) - 1), min_size=1, max_size=12)


def anew(numbers: Sequence[int]) -> Mapping:
    """The messages parsed, read and mapped without anything that was kept."""
    parsed = ((number, parse_message(MESSAGES[number].raw)) for number in numbers)
    return map_readings([read_one(found, f"m[{n}]", ANY_SENDER, tables()) for n, found in parsed], tables())


def without_accounts(reading: Reading) -> Reading:
    """The reading with nothing worked out in advance."""
    about = (replace(one, found=tuple(replace(found, account=None) for found in one.found)) for one in reading.about)
    return replace(reading, about=tuple(about))


@pytest.mark.parametrize("number", range(len(MESSAGES)), ids=lambda number: f"message-{number}")
def test_a_kept_message_maps_as_it_does_anew_any_number_of_times(number: int) -> None:
    first = map_readings([KEPT[number]], tables())
    assert first == anew([number]) == map_readings([KEPT[number]], tables())
    assert first.whole_ledger.balanced


def test_all_kept_messages_together_map_as_the_messages_do() -> None:
    assert all(found.header.control_id for found in MESSAGES)  # else their names would differ
    whole = map_readings(KEPT, tables())
    assert whole == map_hl7v2(MESSAGES, "m")
    assert whole.whole_ledger.balanced


@settings(deadline=None, max_examples=60)
@given(some)
def test_kept_messages_in_any_order_map_as_they_do_anew(numbers: list[int]) -> None:
    """Earlier mappings of the same readings have left no trace in them."""
    assert map_readings([KEPT[number] for number in numbers], tables()) == anew(numbers)


@settings(deadline=None, max_examples=60)
@given(some)
def test_what_is_worked_out_in_advance_is_what_all_that_stands_beside_it_would_give(numbers: list[int]) -> None:
    kept = [KEPT[number] for number in numbers]
    assert map_readings(kept, tables()) == map_readings([without_accounts(one) for one in kept], tables())


def test_a_code_that_needs_another_finds_it_in_a_kept_message() -> None:
    alone, beside = KEPT[-2:]
    before = map_readings([alone], tables())
    assert known(before, "prior_liver_directed") is None
    mapping = map_readings([alone, beside], tables())
    assert mapping == map_readings([without_accounts(alone), without_accounts(beside)], tables())
    assert known(mapping, "prior_liver_directed") == {"has": [], "one_of": [TRANSARTERIAL, TARE], "complete": False}
    assert map_readings([alone], tables()) == before


def test_a_message_read_by_other_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="other tables"):
        map_readings([KEPT[0]], small_tables(tmp_path))


def test_a_message_without_control_id_bears_the_name_it_was_read_by() -> None:
    nameless = parse_message(message(head=header(control="")).encode())
    reading = read_one(nameless, "inbox[7]", ANY_SENDER, tables())
    [finding] = map_readings([reading], tables()).findings
    assert (finding.code, finding.place) == ("control-id-missing", "inbox[7] MSH-10")
