"""In a system-call trace of `ldt serve` a sync of the store precedes every AA, message by message.

SYNC_TEST_TRACES says how many traces (1; `make kill-test` takes 20).
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.durability.counting import faults
from tests.durability.sending import Sender, Sent, message
from tests.durability.serving import Serving
from tests.durability.tracing import ARGUMENTS, Judgement, judge
from tests.tools import lacking

TRACES = int(os.environ.get("SYNC_TEST_TRACES", "1"))
SENDERS = 8
EACH = 30


@pytest.fixture
def _may_trace() -> None:
    finished = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    if finished.returncode:
        lacking("strace may not trace a process here (ptrace is not permitted)")


@pytest.mark.strace
@pytest.mark.usefixtures("_may_trace")
@pytest.mark.hazard("HZ-M01")
@pytest.mark.parametrize("number", range(TRACES))
def test_a_sync_precedes_every_acceptance(tmp_path: Path, number: int) -> None:
    trace = tmp_path / "trace.txt"
    with Serving(tmp_path, "strace", *ARGUMENTS, "-o", str(trace)) as serving:
        serving.init()
        serving.start()
        serving.wait()
        sent = {one.control_id: one for sender in range(SENDERS) for one in planned(number, sender)}
        deliver(serving.port, list(sent.values()))
        deliver(serving.port, planned(number, 0))  # once more: accepted again, and nothing new is stored
        serving.finish()
        serving.stop()
    judgement = read(trace, sent)
    assert judgement.early == []
    assert sorted(judgement.accepted) == sorted([*sent, *(one.control_id for one in planned(number, 0))])
    assert (judgement.failed_syncs, sum(judgement.syncs)) == (0, len(sent))
    assert judgement.shared > 1, "no two messages shared a commit: the test shows too little"
    assert faults(serving.url, sent, judgement.accepted) == []


def planned(number: int, sender: int) -> list[Sent]:
    """The messages of one sender; ids of equal length, so that none is the beginning of another."""
    return [message(f"T{number:02}-{sender}-{place:03}", f"P{sender}", place) for place in range(EACH)]


def deliver(port: int, messages: list[Sent]) -> None:
    senders = [Sender(port, messages[start : start + EACH]) for start in range(0, len(messages), EACH)]
    for sender in senders:
        sender.start()
    for sender in senders:
        assert sender.join(60), sender.faults


def read(trace: Path, sent: dict[str, Sent]) -> Judgement:
    """The judgement, once strace, which outlives the server a little, has written all."""
    deadline = time.monotonic() + 30
    while "+++ exited with 0 +++" not in trace.read_text(encoding="utf-8", errors="replace")[-2000:]:
        assert time.monotonic() < deadline, "the trace has no end"
        time.sleep(0.05)
    with trace.open(encoding="utf-8", errors="replace") as lines:
        return judge(lines, sent)
