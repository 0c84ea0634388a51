"""How a call ended, for the record that every call leaves: which endpoint, which status, which fault, and where.

Not for what a handler was asked or has answered; `handled` says that it can keep a record of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cds_hooks.call import Called
from cds_hooks.hooks import HookName


@dataclass(frozen=True, slots=True)
class CallEnd:
    """One call that has ended, just before it is answered. Nothing of it is text that the caller chose.

    `service_id` and `hook` are those of a service that exists; `code` and `place` are those of the (first) fault of an
    answer that is an error, `kept` counts items of feedback; `handled`: the handler of a service was asked.
    """

    called: Called
    service_id: str | None
    hook: HookName | None
    status: int
    code: str = ""
    place: str = ""
    kept: int = 0
    handled: bool = False


Ended = Callable[[CallEnd], None]
"""Told of every call, also of those that never reach a handler; raises nothing and takes no time."""
