"""Whether the clock of this server can be right: no message is of a time that has not come.

Not for the times of results; those that lie in the future are excluded where the case is built.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final

from adapter.hl7v2 import Header, read_time
from adapter.server.fields import sender

TOLERANCE: Final = timedelta(seconds=120)
MOST_SENDERS: Final = 1000


@dataclass(slots=True)
class ClockWatch:
    """Compares MSH-7 with our clock. Which of the two is wrong nobody can tell, so that a person has to look."""

    _ahead: dict[str, timedelta] = field(default_factory=dict)

    def note(self, header: Header, zone: tzinfo | None, now: datetime) -> None:
        """Look at a message that has come in; `zone` is that of a time without one."""
        sent = read_time(header.time, default_offset=zone)
        if sent is None or sent.zone == "none":
            return
        lead = sent.earliest - now
        if lead <= TOLERANCE:
            self._ahead.pop(sender(header), None)
        elif len(self._ahead) < MOST_SENDERS:
            self._ahead[sender(header)] = lead

    @property
    def warning(self) -> str:
        """What is to be looked at; empty where every sender's last message was of a time that has come."""
        if not self._ahead:
            return ""
        seconds = round(max(self._ahead.values()).total_seconds())
        return f"clock: messages of {len(self._ahead)} sender(s) are up to {seconds} s ahead of this server"
