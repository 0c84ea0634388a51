"""Messages that a fault of ours keeps from being applied to their patients: the advice says so until that is mended.

Not for messages that are in quarantine for what they say: those are not news of the patient before somebody decides.
"""

from collections.abc import Sequence
from typing import Final

from adapter.server.judge import MAPPING_FAILED
from adapter.store import Store

FAILED: Final = "processing-failed"
"""The reason of quarantine where a fault of ours kept a patient from being evaluated with a message."""
DAMAGED: Final = "damaged"
"""The bytes in the store are no longer those that were stored."""

OWN_FAULTS: Final = frozenset({MAPPING_FAILED, FAILED, DAMAGED})


def unapplied(store: Store, keys: Sequence[str]) -> tuple[str, ...]:
    """What the advice on a patient with these numbers does not know of, in words; nothing as a rule. Raises
    StoreUnavailable."""
    count = store.held(keys, OWN_FAULTS)
    if not count:
        return ()
    return (f"stored HL7 v2 messages: {count} about this patient could not be applied; newer facts may be among them",)
