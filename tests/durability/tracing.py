"""Reading a system-call trace of strace: was each message on the disk before its sender was told so?

Not for running anything (test_synced.py). A message is on the disk when its page was written to the write-ahead log and a
sync of that file, begun afterwards, has succeeded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

ARGUMENTS: Final = (
    "--daemonize",  # signals of the test go to the server
    "--follow-forks",
    "--decode-fds=path",
    "--string-limit=20000",
    "--trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg",
)
"""What strace has to be asked for."""

_LINE: Final = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
_CALL: Final = re.compile(r"(?P<name>\w+)\((?P<fd>\d+)<(?P<file>[^>]*)>")
_RESUMED: Final = re.compile(r"<\.\.\. (?P<name>\w+) resumed>")
_RESULT: Final = re.compile(r"\) += (?P<result>-?\d+)")
_ACCEPTED: Final = re.compile(r"MSA\|(?:AA|CA)\|(?P<control_id>[\w-]+)\\r")


@dataclass(slots=True)
class Judgement:
    """What a trace shows: answers, syncs that made messages durable, and answers that came before theirs."""

    accepted: list[str] = field(default_factory=list)
    syncs: list[int] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    failed_syncs: int = 0

    @property
    def shared(self) -> int:
        """The most messages that one sync made durable."""
        return max(self.syncs, default=0)


@dataclass(frozen=True, slots=True)
class _Event:
    """The begin or the end of a call. A call that nothing interrupted is one line, and both at once."""

    name: str
    file: str
    text: str
    begins: bool
    ends: bool
    result: int


def judge(trace: Iterable[str], control_ids: Iterable[str]) -> Judgement:
    """Walk through the trace of one server; `control_ids` are those that were sent."""
    wanted = re.compile("|".join(sorted(map(re.escape, control_ids), key=len, reverse=True)))
    judgement = Judgement()
    written: set[str] = set()  # since the last sync began
    syncing: set[str] = set()
    durable: set[str] = set()
    for event in _events(trace):
        if event.file.endswith("-wal") and event.name in ("pwrite64", "write") and event.ends:
            written |= set(wanted.findall(event.text)) - durable
        elif event.file.endswith("-wal") and event.name in ("fsync", "fdatasync"):
            if event.begins:
                syncing, written = syncing | written, set()
            if event.ends and event.result == 0:
                judgement.syncs += [len(syncing)] if syncing else []
                durable, syncing = durable | syncing, set()
            elif event.ends:
                judgement.failed_syncs += 1
        elif event.begins and (answered := _ACCEPTED.search(event.text)):
            judgement.accepted.append(answered["control_id"])
            judgement.early += [] if answered["control_id"] in durable else [answered["control_id"]]
    return judgement


def _events(trace: Iterable[str]) -> Iterator[_Event]:
    """The calls in the order in which they began and ended, over all threads."""
    open_calls: dict[str, tuple[str, str, str]] = {}
    for line in trace:
        match = _LINE.match(line)
        if match is None:
            continue
        thread, rest = match["thread"], match["rest"]
        resumed, call, result = _RESUMED.match(rest), _CALL.match(rest), _RESULT.search(rest)
        ends = "<unfinished ...>" not in rest
        number = int(result["result"]) if result else -1
        if resumed and thread in open_calls:
            name, file, text = open_calls.pop(thread)
            yield _Event(name, file, text, False, True, number)
        elif call:
            if not ends:
                open_calls[thread] = (call["name"], call["file"], rest)
            yield _Event(call["name"], call["file"], rest, True, ends, number)
