"""`ldt messages`: reading beside a server, deciding with and without one, and what is shown of patients."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter.advice.careplan import care_plan
from adapter.advice.glance import first_screen
from adapter.advice.summary import summary
from adapter.cli.main import app
from adapter.cli.messages.plan import read_plan
from adapter.fhir.write import write_json
from adapter.server.desk import Discard, Order, Replay, Retry, carry_out
from adapter.store import Effect, Evaluated, Judgement, Noted, Settled, Store, init_store, open_store
from tests.advice.assessments import fixture
from tests.cli.running import Ran, ldt
from tests.server.feeds import LIVER, NET, adt
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
KEY = "HOSP/MR/P1"
RAW = adt(NET, LIVER, control_id="A1")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with an evaluated, a quarantined and an ignored message, and a dead delivery."""
    address = f"sqlite:///{tmp_path}/ldt.db"
    init_store(address)
    with open_store(address) as store:
        store.append(arrival("A1", RAW, patients=(KEY,)))
        store.record(Effect(((1, KEY),), NOW, {KEY: Evaluated("f", "r", "warning", b"{}")}, ("fhir", "hl7v2")))
        store.settle_all([Settled(1, "evaluated")])
        found = (Noted("no-authority", "PID[1]-3"),)
        store.append(arrival("Q\x1b[31m1", b"MSH|q", state="quarantined", reason="no-authority", findings=found))
        store.append(arrival("I1", b"MSH|i", state="ignored", reason="type-not-used", patients=()))
        store.settle_delivery(1, "dead", NOW, "status 422")
    return address


@pytest.fixture
def server(url: str) -> Iterator[Store]:
    """The store as a running server without a desk holds it."""
    with open_store(url) as store:
        yield store


def messages(url: str, *arguments: str) -> Ran:
    return ldt("messages", *arguments, "--store", url)


def states(url: str) -> list[str]:
    with open_store(url) as store:
        return [message.state for message in store.messages()]


def test_list_shows_what_was_received_and_no_patient(url: str, server: Store) -> None:
    shown = messages(url, "list")
    assert shown.status == 0
    rows = shown.out.splitlines()
    assert rows[0].split() == ["No.", "Received", "Sender", "Type", "Control", "id", "State", "Findings", "Reason"]
    assert rows[1].split() == ["1", "2026-01-10", "09:30:00", "LAB", "HOSP", "ORU^R01", "A1", "evaluated"]
    assert rows[2].split()[-3:] == ["quarantined", "1", "no-authority"]
    assert rows[-1] == "3 message(s)"
    assert KEY not in shown.out
    assert "\x1b" not in shown.out


def test_the_findings_of_a_message_in_use_are_counted_in_the_list_and_named_by_show(url: str) -> None:
    findings = (Noted("code-unmapped", "OBX[1]-3"), Noted("unit-unknown", "OBX[2]-6"))
    with open_store(url) as store:
        store.append(arrival("F1", RAW, findings=findings))
        store.settle_all([Settled(4, "mapped")])
    rows = messages(url, "list").out.splitlines()
    at = rows[0].index("Findings")
    assert [row[at:].split(" ")[0] for row in rows[1:5]] == ["", "1", "", "2"]
    shown = messages(url, "show", "4").out
    assert "code-unmapped OBX[1]-3\n  unit-unknown OBX[2]-6\n" in shown


def test_list_shows_patients_where_they_are_asked_for(url: str) -> None:
    assert KEY in messages(url, "list", "--patients").out


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ((), ["A1", "Q[31m1", "I1"]),
        (("--state", "quarantined"), ["Q[31m1"]),
        (("--state", "mapped"), []),
        (("--after", "2"), ["I1"]),
        (("--patient", KEY), ["A1", "Q[31m1"]),
        (("--effects",), ["A1"]),
        (("--limit", "1"), ["A1", "Q[31m1", "I1"]),
    ],
)
def test_ids_are_one_on_each_line_and_nothing_else(
    url: str, server: Store, arguments: tuple[str, ...], ids: list[str]
) -> None:
    shown = messages(url, "list", "--ids", *arguments)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.splitlines() == ids


def test_an_effect_on_each_patient_is_an_id(url: str) -> None:
    with open_store(url) as store:
        store.record(Effect(((1, "HOSP/MR/P2"),), NOW))
    assert messages(url, "list", "--ids", "--effects").out.splitlines() == ["A1", "A1"]


@pytest.mark.parametrize(
    "arguments",
    [("--effects",), ("--ids", "--effects", "--state", "mapped"), ("--state", "lost"), ("--limit", "0")],
)
def test_options_that_do_not_fit_are_status_2(url: str, arguments: tuple[str, ...]) -> None:
    assert messages(url, "list", *arguments).status == 2


def test_a_long_list_says_how_it_goes_on(url: str) -> None:
    assert messages(url, "list", "--limit", "2").out.splitlines()[-1] == "2 message(s); more with --after 2"
    assert messages(url, "list", "--limit", "3").out.splitlines()[-1] == "3 message(s)"


def test_show_tells_state_findings_counts_and_advice(url: str, server: Store) -> None:
    first, second = messages(url, "show", "1"), messages(url, "show", "2")
    assert (first.status, second.status) == (0, 0)
    assert "ORU^R01 from LAB HOSP, id A1" in first.out
    assert "segment or resource: 3 used, 3 ignored" in first.out
    assert "coded element: 2 used" in first.out
    assert "evaluation 1 of 2026-01-12 12:00 UTC for message 1: warning; holds now" in first.out
    assert "delivery 1 to fhir: dead, 1 attempt(s) (status 422)" in first.out
    assert "quarantined: no-authority" in second.out
    assert "no-authority PID[1]-3" in second.out
    assert "cannot be read" in second.out
    assert "it led to no new advice" in second.out
    assert not any(word in first.out + second.out for word in ("DOE", "19610405", KEY, "\x1b"))


def test_show_tells_the_patient_and_the_bytes_only_where_they_are_asked_for(url: str) -> None:
    assert KEY in messages(url, "show", "1", "--patients").out
    assert messages(url, "show", "1", "--raw").out.encode() == RAW


@pytest.mark.parametrize("arguments", [("show", "9"), ("replay", "9"), ("discard", "9", "--reason", "x")])
def test_a_message_that_is_not_there_is_status_1(url: str, arguments: tuple[str, ...]) -> None:
    refused = messages(url, *arguments)
    assert (refused.status, refused.err) == (1, "ldt messages: there is no message 9\n")
    assert states(url) == ["evaluated", "quarantined", "ignored"]


def test_replay_by_number_and_by_state(url: str) -> None:
    assert messages(url, "replay", "1").out == "1 message(s) will be processed anew\n"
    assert states(url) == ["received", "quarantined", "ignored"]
    assert messages(url, "replay", "--state", "quarantined").status == 0
    again = messages(url, "replay", "1", "3")
    assert again.out == "1 message(s) will be processed anew\n1 wait(s) to be processed already\n"
    assert states(url) == ["received", "received", "received"]


def test_the_headers_of_a_batch_keep_state_and_reason(url: str) -> None:
    with open_store(url) as store:
        envelope = arrival("B1", b"BHS|q", state="quarantined", reason="batch-count", patients=())
        store.append(replace(envelope, type="BHS"))
    assert messages(url, "replay", "--state", "quarantined").out == (
        "1 message(s) will be processed anew\n1 with the headers of a batch stay(s) as it is: nothing is in it\n"
    )
    assert messages(url, "replay", "4").out.startswith("0 message(s) will be processed anew\n1 with")
    with open_store(url) as store:
        assert (store.message(4).state, store.message(4).reason) == ("quarantined", "batch-count")
        assert carry_out(Replay((3, 4)), store) == (3,)


@pytest.mark.parametrize("arguments", [(), ("1", "--state", "quarantined"), ("--state", "lost")])
def test_replay_needs_numbers_or_a_state(url: str, arguments: tuple[str, ...]) -> None:
    assert messages(url, "replay", *arguments).status == 2


def test_replay_of_a_state_that_no_message_has_is_status_1(url: str) -> None:
    refused = messages(url, "replay", "--state", "mapped")
    assert (refused.status, refused.err) == (1, "ldt messages: there is no message that is mapped\n")


def test_many_messages_are_ordered_in_pieces_with_a_progress_bar(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.cli.messages.replay.TOGETHER", 2)
    done = messages(url, "replay", "1", "2", "3")
    assert done.out == "3 message(s) will be processed anew\n"
    assert "ordering" in done.err


def test_discard_keeps_the_message_and_its_reason(url: str) -> None:
    done = messages(url, "discard", "1", "--reason", "  wrong patient ")
    assert done.out == "message 1 is discarded; its patients will be evaluated again\n"
    with open_store(url) as store:
        assert (store.message(1).state, store.message(1).reason) == ("discarded", "wrong patient")
        assert store.raw(1) == RAW
        assert len(store.reviews(10)) == 1
    again = messages(url, "discard", "1", "--reason", "x")
    assert (again.status, again.err) == (1, "ldt messages: message 1 is discarded already\n")
    assert "discarded: wrong patient" in messages(url, "show", "1").out


def test_a_discarded_message_that_came_again_is_seen_in_the_list(url: str) -> None:
    messages(url, "discard", "1", "--reason", "a test")
    with open_store(url) as store:
        store.append(arrival("A1", RAW))
    assert messages(url, "list").out.splitlines()[1].endswith("a test (sent again)")
    assert "sent-again" in messages(url, "show", "1").out


@pytest.mark.parametrize("arguments", [("1",), ("1", "--reason", " "), ("--reason", "x")])
def test_discard_needs_a_number_and_a_reason(url: str, arguments: tuple[str, ...]) -> None:
    assert messages(url, "discard", *arguments).status == 2
    assert states(url)[0] == "evaluated"


def test_deliveries_are_listed(url: str, server: Store) -> None:
    rows = messages(url, "deliveries").out.splitlines()
    assert rows[1].split() == ["1", "1", "fhir", "dead", "1", "status", "422"]
    assert rows[2].split() == ["2", "1", "hl7v2", "waiting", "0", "2026-01-12", "12:00:00"]
    assert rows[3] == "deliveries: 2"
    assert messages(url, "deliveries", "--state", "waiting").out.splitlines()[-1] == "deliveries: 1"
    found = messages(url, "dead").out.splitlines()
    assert (found[1].split(), found[2:]) == (rows[1].split(), ["deliveries: 1"])
    assert messages(url, "deliveries", "--state", "lost").status == 2


@pytest.mark.parametrize("arguments", [("1",), ("--all",)])
def test_dead_deliveries_are_tried_again(url: str, arguments: tuple[str, ...]) -> None:
    assert messages(url, "retry", *arguments).out == "deliveries to be tried again: 1\n"
    with open_store(url) as store:
        assert [d.state for d in store.deliveries()] == ["waiting", "waiting"]
    assert messages(url, "retry", "--all").out == "deliveries to be tried again: 0\n"


def test_what_is_not_dead_is_not_tried_again(url: str) -> None:
    refused = messages(url, "retry", "1", "2", "9")
    assert (refused.status, refused.err) == (1, "ldt messages: not dead, or not there: 2, 9\n")
    assert messages(url, "retry").status == 2
    assert messages(url, "retry", "1", "--all").status == 2


@pytest.mark.parametrize("arguments", [("list",), ("replay", "1"), ("retry", "--all")])
def test_a_missing_store_is_status_1_and_not_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    refused = messages(f"sqlite:///{tmp_path}/none.db", *arguments)
    assert refused.status == 1
    assert "is missing" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_holds_the_store_and_takes_no_orders_is_named(url: str, server: Store) -> None:
    refused = messages(url, "replay", "1")
    assert refused.status == 1
    assert refused.err == (
        "ldt messages: another process has the store open and takes no orders: stop it, then try again\n"
    )
    assert server.message(1).state == "evaluated"


def test_beside_a_server_orders_go_to_its_desk(url: str, server: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[Path, Order]] = []

    def send(path: Path, order: Order) -> tuple[int, ...]:
        taken.append((path, order))
        return (1,)

    monkeypatch.setattr("adapter.server.desk.send_order", send)
    assert messages(url, "replay", "1").status == 0
    assert messages(url, "discard", "1", "--reason", "wrong").status == 0
    assert messages(url, "retry", "1").status == 0
    assert [order for _, order in taken] == [Replay((1,)), Discard(1, "wrong"), Retry((1,))]
    assert {path.name for path, _ in taken} == {"ldt.db.desk"}


def test_the_store_may_come_from_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDT_STORE", url)
    assert ldt("messages", "list", "--ids").out.splitlines()[0] == "A1"


def test_the_store_is_imported_by_no_other_command() -> None:
    program = "import sys, adapter.cli.main; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_row_is_one_line_where_no_terminal_shows_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "C" * 250
    with open_store(url) as store:
        store.append(arrival(long, b"MSH|long", patients=tuple(f"HOSP/MR/{number:0200}" for number in range(3))))
    monkeypatch.setenv("COLUMNS", "40")
    shown = CliRunner().invoke(app, ["messages", "list", "--patients", "--store", url])
    (row,) = [line for line in shown.stdout.splitlines() if long in line]
    assert row.rstrip().endswith(f"HOSP/MR/{2:0200}")
    dead = CliRunner().invoke(app, ["messages", "dead", "--store", url])
    assert "status 422" in dead.stdout


def test_lists_as_json(url: str) -> None:
    found = messages(url, "list", "--json").json
    assert [(row["number"], row["state"], row["reason"]) for row in found] == [
        (1, "evaluated", ""),
        (2, "quarantined", "no-authority"),
        (3, "ignored", "type-not-used"),
    ]
    assert found[1]["findings"] == [{"code": "no-authority", "place": "PID[1]-3"}]
    assert found[0]["received_at"] == "2026-01-10T09:30:00+00:00"
    assert "patients" not in found[0]
    assert messages(url, "list", "--json", "--patients").json[0]["patients"] == [KEY]
    short = messages(url, "list", "--json", "--limit", "1")
    assert (len(short.json), short.err) == (1, "ldt messages: more with --after 1\n")
    (dead,) = messages(url, "dead", "--json").json
    assert (dead["number"], dead["destination"], dead["error"]) == (1, "fhir", "status 422")
    assert [one["state"] for one in messages(url, "deliveries", "--json").json] == ["dead", "waiting"]
    assert messages(url, "list", "--json", "--ids").status == 2


def test_a_message_as_json(url: str) -> None:
    shown = messages(url, "show", "1", "--json").json
    assert (shown["number"], shown["state"], shown["unreadable"]) == (1, "evaluated", "")
    assert shown["content"]["coded element"] == {"used": 2}
    (evaluation,) = shown["advice"]
    assert (evaluation["number"], evaluation["holds"], len(evaluation["deliveries"])) == (1, True, 2)
    assert messages(url, "show", "2", "--json").json["unreadable"] != ""
    assert messages(url, "show", "1", "--json", "--raw").status == 2


@pytest.mark.parametrize("given", ["77", "HOSP/77", "/MR/77", "HOSP/MR/"])
@pytest.mark.parametrize("arguments", [("list", "--patient"), ("advice",)])
def test_a_patient_of_another_form_is_refused(url: str, arguments: tuple[str, ...], given: str) -> None:
    refused = messages(url, *arguments, given)
    assert refused.status == 2
    assert "AUTHORITY/TYPE/NUMBER" in refused.err


PLAN = b"""{"resourceType": "CarePlan", "status": "draft", "description": "Embolisation is preferred",
"activity": [{"detail": {"description": "TAE: preferred", "doNotPerform": false}},
{"detail": {"description": "TARE: contraindicated", "doNotPerform": true}}], "note": [{"text": "Danger: bilirubin"}]}"""


def test_the_advice_on_a_patient_with_its_messages_and_deliveries(url: str) -> None:
    with open_store(url) as store:
        store.record(Effect(((1, KEY),), NOW, {KEY: Evaluated("g", "r|2", "warning", PLAN)}, ("fhir", "hl7v2")))
        store.settle_delivery(3, "delivered", NOW)
        store.settle_delivery(4, "dead", NOW, "AE")
    shown = messages(url, "advice", KEY)
    assert shown.status == 0
    lines = [line.strip() for line in shown.out.splitlines()]
    assert lines == [
        "Patient",
        KEY,
        "Evaluation",
        "2 of 2026-01-12 12:00 UTC by r|2",
        "Advice",
        "draft, warning",
        "Embolisation is preferred",
        "Activities",
        "TAE: preferred",
        "not to be done: TARE: contraindicated",
        "Notes",
        "Danger: bilirubin",
        "Delivered",
        "to fhir: delivered 2026-01-12 12:00 UTC",
        "to hl7v2: NOT delivered, given up 2026-01-12 12:00 UTC (AE)",
        "Messages behind it",
        "1  2026-01-10 09:30:00  ORU^R01 from LAB HOSP, id A1: evaluated",
        "NOT in it",
        "2  2026-01-10 09:30:00  ORU^R01 from LAB HOSP, id Q[31m1: quarantined (no-authority)",
    ]


def test_the_advice_is_what_the_card_shows_first_and_with_full_all_of_it(url: str) -> None:
    assessment = fixture("07-not-avid-g2", "hl7v2")
    plan = care_plan(assessment)
    with open_store(url) as store:
        store.record(Effect(((1, KEY),), NOW, {KEY: Evaluated("g", "r|2", "warning", write_json(plan))}))
    short, whole = (messages(url, "advice", KEY, *full).out.splitlines() for full in ((), ("--full",)))
    stored = read_plan(write_json(plan))
    assert stored
    assert f"  {summary(assessment)}" in short
    for part in (part for part in first_screen(assessment) if not part.places):
        at = short.index(part.title)
        assert [line.strip() for line in short[at + 1 : at + 1 + len(part.lines)]] == list(part.lines)
    assert f"  {len(stored.activities)} activities and {len(stored.notes)} notes of the plan: with --full" in short
    assert not any(f"  {said}" in short for said in (*stored.activities, *stored.notes))
    assert all(f"  {said}" in whole for said in (*stored.activities, *stored.notes))
    assert [line for line in short if line not in whole] == [short[short.index("The rest") + at] for at in (0, 1)]


def test_messages_of_the_patient_that_are_in_quarantine_are_named_beside_the_advice(url: str) -> None:
    with open_store(url) as store:
        store.append(arrival("A2", b"MSH|2", patients=(KEY,)))
        store.settle_all([Settled(4, "quarantined", "processing-failed")])
        store.append(arrival("A3", b"MSH|3", patients=("HOSP/MR/P9",)))
        store.settle_all([Settled(5, "quarantined", "processing-failed")])
    *_, title, _, held = (line.strip() for line in messages(url, "advice", KEY).out.splitlines())
    assert title == "NOT in it"
    assert held == "4  2026-01-10 09:30:00  ORU^R01 from LAB HOSP, id A2: quarantined (processing-failed)"


def test_a_merged_number_leads_to_the_advice_of_the_survivor(url: str) -> None:
    survivor = "HOSP/MR/P2"
    with open_store(url) as store:
        merge = store.append(arrival("M1", b"MSH|m", patients=(KEY, survivor))).message
        store.replay([merge])
        store.judge([Judgement(merge, "received", "", (), (KEY, survivor), ((KEY, survivor),))])
        gone = Evaluated("h", "r", "info", PLAN, revoked=True)
        made = {survivor: Evaluated("h", "r", "warning", PLAN), KEY: gone}
        store.record(Effect(((merge, survivor),), NOW, made, ("fhir",)))
        store.settle_all([Settled(merge, "evaluated")])
    for number in (KEY, survivor):
        shown = messages(url, "advice", number)
        assert "draft, warning" in shown.out
        assert survivor in shown.out
    assert f"advised under {survivor}" in messages(url, "advice", KEY).out


def test_a_patient_without_advice(url: str) -> None:
    refused = messages(url, "advice", "HOSP/MR/NOBODY")
    assert (refused.status, refused.err) == (
        1,
        "ldt messages: there is no message in use, and no advice, about this patient\n",
    )
    with open_store(url) as store:
        store.append(arrival("N1", b"MSH|n", patients=("HOSP/MR/P9",)))
        store.settle_all([Settled(4, "mapped")])
    assert "none was ever stored" in messages(url, "advice", "HOSP/MR/P9").out
    with open_store(url) as store:
        store.record(Effect(((4, "HOSP/MR/P9"),), NOW, {"HOSP/MR/P9": Evaluated("f", "r", "info", b"no")}))
    assert "cannot be read" in messages(url, "advice", "HOSP/MR/P9").out


def test_show_tells_what_the_patient_got_since(url: str) -> None:
    with open_store(url) as store:
        store.append(arrival("A2", adt(NET, LIVER, control_id="A2"), patients=(KEY,)))
        store.append(arrival("A3", adt(NET, LIVER, control_id="A3"), patients=(KEY,)))
        store.record(Effect(((4, KEY), (5, KEY)), NOW, {KEY: Evaluated("g", "r", "info", b"{}")}, ()))
        store.settle_all([Settled(4, "evaluated"), Settled(5, "evaluated")])
    together = messages(url, "show", "4").out
    assert "its facts led to advice together with those of other messages; its patient was evaluated since:" in together
    assert "evaluation 2 of 2026-01-12 12:00 UTC for message 5: info; holds now" in together
    first = messages(url, "show", "1").out
    assert "evaluation 1 of 2026-01-12 12:00 UTC for message 1: warning; replaced since" in first
    assert "its patient was evaluated since, for other messages:" in first
    assert [one["number"] for one in messages(url, "show", "1", "--json").json["evaluated_since"]] == [2]


def test_notes_of_a_plan_are_shown_without_the_escapes_of_markdown() -> None:
    plan = read_plan(rb'{"note": [{"text": "OBX\\[1\\]-5 \\< 10 %, 1\\. of two"}, {"text": "a \\\\ b"}]}')
    assert plan
    assert plan.notes == ["OBX[1]-5 < 10 %, 1. of two", r"a \ b"]


def test_the_narrative_of_a_plan_is_shown_without_its_markup() -> None:
    plan = read_plan(
        b"""{"text": {"div": "<div><p>Summary</p><p>A &amp; B</p><ul><li>9 &lt; 10</li><li>c</li></ul></div>"}}"""
    )
    assert plan
    assert plan.first_screen == {"A & B": ["9 < 10", "c"]}
