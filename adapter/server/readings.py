"""The readings of stored messages that a process keeps: a patient's older messages are not read again each time.

Not for anything that has to last: what is not here is read from the store.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from adapter.mapping.hl7v2_reading import Reading

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of messages whose readings are kept; a reading takes some twenty times the bytes of its message."""


@dataclass(slots=True)
class Readings:
    """Readings by the number of their message, the ones used last."""

    most: int = MOST_BYTES
    _kept: OrderedDict[int, tuple[Reading, int]] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def get(self, number: int) -> Reading | None:
        """The reading of a message, if it is kept."""
        found = self._kept.get(number)
        if found is None:
            return None
        self._kept.move_to_end(number)
        return found[0]

    def keep(self, number: int, reading: Reading, size: int) -> None:
        """Keep the reading of a message of so many bytes, and let go of those that were not used for longest."""
        _, before = self._kept.pop(number, (None, 0))
        self._kept[number] = (reading, size)
        self._bytes += size - before
        while self._kept and self._bytes > self.most:  # a task that was given up may have counted too many
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
