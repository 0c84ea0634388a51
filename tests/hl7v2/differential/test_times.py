"""Times: our reading beside that of python-hl7, for every precision and zone.

Where they differ ours is an interval as wide as what was written, and theirs the first moment of it.
"""

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hl7.datatypes import parse_datetime

from adapter.hl7v2 import read_time

SEEDS = range(2000)


def written(seed: int) -> str:
    """A valid time: cut to some precision, with an offset or without."""
    chance = random.Random(seed)
    moment = datetime(1950, 1, 1) + timedelta(seconds=chance.randrange(100 * 365 * 86400))
    text = moment.strftime("%Y%m%d%H%M%S")[: chance.choice([4, 6, 8, 10, 12, 14])]
    text += f".{chance.randrange(10**4):04d}" if len(text) == 14 and chance.random() < 0.4 else ""
    return text + chance.choice(["", "+0000", "-0500", "+0530", "+1400", "-1200"])


def test_the_first_moment_of_ours_is_the_moment_of_theirs() -> None:
    for seed in SEEDS:
        text = written(seed)
        theirs = parse_datetime(text)
        ours = read_time(text, default_offset=timezone(timedelta(hours=1)))
        assert ours is not None
        expected = theirs if theirs.tzinfo else theirs.replace(tzinfo=timezone(timedelta(hours=1)))
        assert ours.earliest == expected, text
        assert ours.latest > ours.earliest, text
        assert (ours.zone == "own") == (theirs.tzinfo is not None), text


def test_without_any_zone_ours_is_the_day_and_theirs_a_moment_of_it() -> None:
    text = "20260110080000"
    ours, theirs = read_time(text, default_offset=None), parse_datetime(text)
    assert ours is not None
    assert (ours.precision, ours.earliest) == ("day", datetime(2026, 1, 10, tzinfo=UTC))
    assert theirs == datetime(2026, 1, 10, 8)


@pytest.mark.parametrize("text", ["20261399", "20260230", "2026011025", "202", "yesterday"])
def test_what_is_no_time_is_none_where_python_hl7_fails(text: str) -> None:
    assert read_time(text, default_offset=UTC) is None
    with pytest.raises(ValueError):  # noqa: PT011  the message is the peer's
        parse_datetime(text)


def test_an_offset_that_no_zone_has_is_no_time() -> None:
    """python-hl7 takes 99 hours; HL7 v2.9.1 section 2A.2.22 wants an offset of a zone."""
    assert read_time("20260110+9900", default_offset=UTC) is None
    with pytest.raises(ValueError, match="strictly between"):
        parse_datetime("20260110+9900").utcoffset()
