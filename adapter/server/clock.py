"""Whether the clock of this server can be right: no message is of a time that has not come.

Not for the times of results; those that lie in the future are excluded where the case is built.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from adapter.hl7v2 import read_time

TOLERANCE: Final = timedelta(seconds=120)
MOST_SENDERS: Final = 1000


@dataclass(slots=True)
class ClockWatch:
    """Compares MSH-7 with our clock. Which of the two is wrong nobody can tell, so that a person has to look."""

    _ahead: dict[str, timedelta] = field(default_factory=dict)

    def note(self, sender: str, time: str, zone: tzinfo | None, now: datetime) -> None:
        """Look at a message that has come in: MSH-3 and MSH-4, MSH-7, and the zone of a time without one."""
        earliest = _earliest(time, zone)
        if earliest is None:
            return
        lead = earliest - now
        if lead <= TOLERANCE:
            self._ahead.pop(sender, None)
        elif len(self._ahead) < MOST_SENDERS:
            self._ahead[sender] = lead

    @property
    def warning(self) -> str:
        """What is to be looked at; empty where every sender's last message was of a time that has come."""
        if not self._ahead:
            return ""
        seconds = round(max(self._ahead.values()).total_seconds())
        return f"clock: messages of {len(self._ahead)} sender(s) are up to {seconds} s ahead of this server"


@lru_cache(maxsize=1024)
def _earliest(time: str, zone: tzinfo | None) -> datetime | None:
    """The earliest moment of a time; None where it is none, or in no known zone."""
    sent = read_time(time, default_offset=zone)
    return None if sent is None or sent.zone == "none" else sent.earliest
