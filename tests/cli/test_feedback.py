"""`ldt feedback`: the counts that people and programs get, comments, and stores without anything."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.cli.main import app
from adapter.store import Reason, Store, init_store, open_store
from tests.cli.running import Ran, ldt
from tests.store.issued import card, minutes, report

SYSTEM = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-override"
DISAGREE = Reason("disagree", SYSTEM, "Says\nwho?\x1b[31m")
DAY = 24 * 60


@pytest.fixture
def empty(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/ldt.db"
    init_store(address)
    return address


@pytest.fixture
def url(empty: str) -> str:
    """Four cards: one accepted, one overridden with a reason, one without, one not answered; and a strange report."""
    issued = [
        card("c1", rules=("A",)),
        card("c2", rules=("A", "B")),
        card("c3", rules=("B",)),
        card("c4", at=minutes(DAY)),
    ]
    reports = [
        report("accepted", on=issued[0]),
        report("accepted", on=issued[1]),
        report("overridden", minutes(1), on=issued[1], reasons=(DISAGREE,)),
        report("overridden", on=issued[2], reasons=(Reason(extension='{"com.example.why":7}'),)),
        report(on=card("c9")),
    ]
    with open_store(empty) as store:
        store.cards.note(issued).result()
        asyncio.run(store.cards.keep(reports))
    return empty


@pytest.fixture
def server(url: str) -> Iterator[Store]:
    """The store as a running server holds it."""
    with open_store(url) as store:
        yield store


def feedback(url: str, *arguments: str) -> Ran:
    return ldt("feedback", *arguments, "--store", url)


def counts(shown: int, accepted: int, overridden: int, **reasons: int) -> dict[str, object]:
    kinds = {
        "code": {"kind": "code", "code": "disagree", "system": SYSTEM},
        "extension": {"kind": "extension", "code": "", "system": ""},
    }
    return {
        "shown": shown,
        "accepted": accepted,
        "overridden": overridden,
        "no_feedback": shown - accepted - overridden,
        "reasons": [{**kinds[kind], "cards": count} for kind, count in reasons.items()],
    }


@pytest.mark.usefixtures("server")
def test_the_report_for_people_beside_a_server(url: str) -> None:
    shown = feedback(url, "report")
    assert shown.status == 0
    lines = [line.split() for line in shown.out.splitlines()]
    assert shown.out.splitlines()[:2] == [
        "cards shown: 4; accepted 1, overridden 2, no feedback 1",
        "feedback on cards that this store does not know: 1",
    ]
    assert ["rule", "set", "ldt-nelm|1"] in lines
    assert lines.index(["B", "2", "0", "2", "0", "0%", "disagree", "1,", "a", "vendor's", "own", "form", "1"]) < (
        lines.index(["A", "2", "1", "1", "0", "50%", "disagree", "1"])
    )
    assert ["LDT-001", "1", "0", "0", "1"] in lines
    assert ["disagree", "1", SYSTEM] in lines
    assert ["a", "vendor's", "own", "form", "1"] in lines
    assert "who?" not in shown.out


@pytest.mark.parametrize("columns", ["20", "80", ""])
def test_into_a_pipe_a_row_is_one_line_however_wide(url: str, columns: str) -> None:
    wide = Reason("r" * 60, "https://example.org/" + "s" * 120)
    with open_store(url) as store:
        store.cards.note([card("c5", rules=("A" * 50,))]).result()
        asyncio.run(store.cards.keep([report(on=card("c5"), reasons=(wide,))]))
    ran = CliRunner(env={"COLUMNS": columns, "NO_COLOR": "1"}).invoke(app, ["feedback", "report", "--store", url])
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert ["A" * 50, "1", "0", "1", "0", "0%", wide.code, "1"] in lines
    assert [wide.code, "1", wide.system] in lines


def test_the_report_for_programs(url: str) -> None:
    found = feedback(url, "report", "--json").json
    assert found["cards"] == counts(4, 1, 2, code=1, extension=1)
    assert (found["unknown_cards"], found["since"]) == (1, None)
    assert [(one["rule_set"], one["rule"]) for one in found["rules"]] == [
        ("ldt-nelm|1", rule) for rule in ("B", "A", "LDT-001", "LDT-002")
    ]
    assert {name: found["rules"][1][name] for name in counts(0, 0, 0)} == counts(2, 1, 1, code=1)


def test_from_a_day_on(url: str) -> None:
    found = feedback(url, "report", "--json", "--since", "2026-01-13").json
    assert (found["cards"], found["unknown_cards"], found["since"]) == (counts(1, 0, 0), 0, "2026-01-13")
    assert feedback(url, "report", "--since", "2026-01-13").out.splitlines()[0] == (
        "cards shown since 2026-01-13: 1; accepted 0, overridden 0, no feedback 1"
    )
    assert feedback(url, "report", "--since", "2026-01-14").out == (
        "no card was shown and no feedback came since 2026-01-14\n"
    )


def test_an_empty_store_says_so(empty: str) -> None:
    shown = feedback(empty, "report")
    assert (shown.status, shown.out) == (0, "no card was shown and no feedback came\n")
    found = feedback(empty, "report", "--json").json
    assert found == {"since": None, "cards": counts(0, 0, 0), "unknown_cards": 0, "rules": []}
    assert feedback(empty, "comments").out == "0 comment(s)\n"


def test_feedback_on_strange_cards_alone_is_told(empty: str) -> None:
    with open_store(empty) as store:
        asyncio.run(store.cards.keep([report()]))
    assert feedback(empty, "report").out.splitlines() == [
        "cards shown: 0; accepted 0, overridden 0, no feedback 0",
        "feedback on cards that this store does not know: 1",
    ]


def test_comments_are_one_line_each_without_controls(url: str) -> None:
    assert feedback(url, "comments").out.splitlines() == [
        "2026-01-12 overridden disagree c2: Says who?[31m",
        '2026-01-12 overridden - c3: {"com.example.why":7}',
        "2 comment(s)",
    ]
    assert feedback(url, "comments", "--since", "2026-01-13").out == "0 comment(s) since 2026-01-13\n"


@pytest.mark.parametrize("command", ["report", "comments"])
def test_what_is_not_possible_is_one_line(tmp_path: Path, empty: str, command: str) -> None:
    missing = feedback(f"sqlite:///{tmp_path}/none.db", command)
    assert (missing.status, missing.out) == (1, "")
    assert missing.err.startswith("ldt feedback: the store sqlite:///")
    wrong = feedback(empty, command, "--since", "yesterday")
    assert wrong.status == 2
    assert "yesterday is no date" in wrong.err


@pytest.mark.parametrize("command", ["report", "comments"])
def test_help_names_the_options(command: str) -> None:
    shown = ldt("feedback", command, "--help")
    assert shown.status == 0
    assert {"--store", "--since"} <= set(shown.out.split())
