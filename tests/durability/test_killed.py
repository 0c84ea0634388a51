"""`ldt serve` is killed with SIGKILL at random under load and started again; its senders send again what got no answer.

KILL_TEST_MESSAGES and KILL_TEST_KILLS say how many (3,000 and 15; `make kill-test` takes 10,000 and 50).
"""

import os
import random
import time
from pathlib import Path

import pytest

from tests.durability.counting import faults
from tests.durability.sending import Sender, Sent, message
from tests.durability.serving import Serving

MESSAGES = int(os.environ.get("KILL_TEST_MESSAGES", "3000"))
KILLS = int(os.environ.get("KILL_TEST_KILLS", "15"))
SENDERS = 8
PATIENTS = 5
"""Of each sender; no two senders share one."""


def planned(sender: int, count: int) -> list[Sent]:
    """The messages of one sender, in order, about its own patients in turn; the first of each is one of ours."""
    return [
        message(f"S{sender}-{number}", f"P{sender}{number % PATIENTS}", number, concerned=number % PATIENTS == 0)
        for number in range(count)
    ]


def load(port: int) -> tuple[list[Sender], dict[str, Sent]]:
    share, rest = divmod(MESSAGES, SENDERS)
    plans = [planned(sender, share + (sender < rest)) for sender in range(SENDERS)]
    senders = [Sender(port, plan, window=1 if number % 2 else 6) for number, plan in enumerate(plans)]
    return senders, {sent.control_id: sent for plan in plans for sent in plan}


@pytest.mark.hazard("HZ-M01")
@pytest.mark.hazard("HZ-M02")
def test_nothing_is_lost_doubled_or_misattributed(tmp_path: Path) -> None:
    chance = random.Random(20260110)
    with Serving(tmp_path) as serving:
        serving.init()
        senders, sent = load(serving.port)
        serving.start()
        serving.wait()
        for sender in senders:
            sender.start()
        for number in range(KILLS):
            kill_under_load(serving, senders, chance, (number + 1) * MESSAGES // (KILLS + 1))
        done = [sender.join(240) for sender in senders]
        for sender in senders:
            sender.stop()
        serving.finish()
        serving.stop()
    accepted = [control_id for sender in senders for control_id in sender.accepted]
    assert faults(serving.url, sent, accepted) == []
    assert [fault for sender in senders for fault in sender.faults] == []
    assert all(done)
    assert sorted(accepted) == sorted(sent)
    assert sum(sender.attempts for sender in senders) > MESSAGES  # kills met messages under way


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc of Linux")
def test_a_killed_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with Serving(tmp_path) as serving:
        serving.init()
        serving.start()
        serving.wait()
        sender = Sender(serving.port, planned(0, 3))
        sender.start()
        assert sender.join(60)
        serving.finish()
        children = serving.children()
        assert children
        serving.kill()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "worker processes outlive the server"
        time.sleep(0.05)


def kill_under_load(serving: Serving, senders: list[Sender], chance: random.Random, most: int) -> None:
    """Kill once some more messages are accepted, or now and then while the server still starts; start it again."""
    accepted = sum(len(sender.accepted) for sender in senders)
    if chance.random() < 0.2:
        serving.start_again()
        time.sleep(chance.random() * 3)
        return
    wanted = accepted + chance.randrange(1, max(most - accepted, 2))
    while sum(len(sender.accepted) for sender in senders) < wanted:
        time.sleep(0.001)
    serving.start_again()
