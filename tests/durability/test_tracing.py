"""The judge of traces, on traces written by hand: it must see an answer that came too early."""

import pytest

from tests.durability.tracing import judge

WAL = "15</data/ldt.db-wal>"
PEER = "14<socket:[7]>"
WRITE = f'7 pwrite64({WAL}, "\\r\\0MSH|^~|{{}}|P|", 4096, 56) = 4096'
SYNC = f"7 fdatasync({WAL}) = 0"
ANSWER = f'5 sendto({PEER}, "\\vMSH|^~\\rMSA|AA|{{}}\\r\\34\\r", 103, 0, NULL, 0) = 103'


def early(*lines: str) -> list[str]:
    judgement = judge(lines, ["A1", "A2"])
    assert judgement.accepted
    return judgement.early


def test_an_answer_after_the_sync() -> None:
    assert early(WRITE.format("A1"), SYNC, ANSWER.format("A1")) == []


@pytest.mark.parametrize(
    "lines",
    [
        (ANSWER.format("A1"), WRITE.format("A1"), SYNC),
        (WRITE.format("A1"), ANSWER.format("A1"), SYNC),
        (SYNC, WRITE.format("A1"), ANSWER.format("A1")),
        (WRITE.format("A2"), SYNC, WRITE.format("A1"), ANSWER.format("A1")),
        (WRITE.format("A1"), SYNC.replace("-wal", ""), ANSWER.format("A1")),
        (WRITE.format("A1"), SYNC.replace("= 0", "= -1 EIO (Input/output error)"), ANSWER.format("A1")),
        (
            WRITE.format("A1"),
            f"7 fdatasync({WAL} <unfinished ...>",
            ANSWER.format("A1"),
            "7 <... fdatasync resumed>) = 0",
        ),
        (
            f"7 fdatasync({WAL} <unfinished ...>",
            WRITE.format("A1").replace("7 ", "8 ", 1),
            "7 <... fdatasync resumed>) = 0",
            ANSWER.format("A1"),
        ),
    ],
    ids=[
        "before everything",
        "before the sync",
        "after a sync before the write",
        "after the sync of another message",
        "after a sync of another file",
        "after a sync that failed",
        "while the sync goes on",
        "after a sync that began before the write",
    ],
)
def test_an_answer_that_came_too_early(lines: tuple[str, ...]) -> None:
    assert early(*lines) == ["A1"]


def test_messages_that_share_a_sync() -> None:
    judgement = judge(
        [WRITE.format("A1"), WRITE.format("A2"), SYNC, ANSWER.format("A2"), ANSWER.format("A1")], ["A1", "A2"]
    )
    assert (judgement.early, judgement.accepted, judgement.shared) == ([], ["A2", "A1"], 2)


def test_the_answer_to_a_repeated_message_needs_no_new_sync() -> None:
    assert early(WRITE.format("A1"), SYNC, ANSWER.format("A1"), ANSWER.format("A1")) == []


def test_a_sync_that_was_interrupted_counts_from_its_end() -> None:
    lines = (f"7 fdatasync({WAL} <unfinished ...>", '5 write(2</log>, "x", 1) = 1', "7 <... fdatasync resumed>) = 0")
    assert early(WRITE.format("A1"), *lines, ANSWER.format("A1")) == []
