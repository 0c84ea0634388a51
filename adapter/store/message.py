"""What goes into the journal and what comes out: an arriving message, its receipt, and a stored message.

Not for the tables (tables.py), and without any knowledge of HL7 v2 or FHIR content.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

ArrivalState = Literal["received", "quarantined", "ignored"]
"""`received`: to be used. `quarantined`: kept, used by nothing until somebody decides. `ignored`: a type not used."""

MessageState = Literal[ArrivalState, "mapped", "evaluated", "discarded"]
"""`mapped`: its facts count, no verdict was asked for or changed. `evaluated`: its facts made a new evaluation.
`discarded`: somebody decided that it is not to be used."""

IN_USE: Final[tuple[MessageState, ...]] = ("received", "mapped", "evaluated")
"""The states whose messages make up a patient's facts."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

INDEXED_LENGTH: Final = 255
"""The longest sender, control id or patient key; longer texts are cut by the caller or refused here."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding as it is kept with a message: its code and its place (`PID[1]-3`), no hint and no content."""

    code: str
    place: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message on its way into the journal.

    `raw` is every byte as received. `received_at` is aware. `sender` is MSH-3 and MSH-4, `control_id` MSH-10 (empty
    where there is none), `type` MSH-9 as `ORU^R01`. `reason` says why it is quarantined or ignored. `patient_keys`
    are the patients it is about, as far as that is known already. `profile` is the name of the sender profile by which
    it was taken, empty for a sender that no profile names. Text that is no Unicode or too
    long for the index, and a time without zone, are a `ValueError`.
    """

    raw: bytes = field(repr=False)
    received_at: datetime
    sender: str = field(repr=False)
    control_id: str = field(repr=False)
    type: str
    state: ArrivalState = "received"
    reason: str = ""
    findings: tuple[Noted, ...] = ()
    patient_keys: tuple[str, ...] = field(default=(), repr=False)
    profile: str = ""

    def __post_init__(self) -> None:
        if self.received_at.utcoffset() is None:
            raise ValueError("the time of arrival needs a zone")
        if not (
            _fits(self.sender) and _fits(self.control_id) and _fits(self.type) and all(map(_fits, self.patient_keys))
        ):
            raise ValueError(f"a text for the index is no Unicode, or longer than {INDEXED_LENGTH} characters")

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the bytes: with sender and control id, what makes two arrivals the same message."""
        return hashlib.sha256(self.raw).digest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a message is safely stored, given only after the commit.

    `message` is our own number for it. `duplicate`: the same message was there already, under that number, and
    nothing was stored; it is `discarded` where somebody decided that before. `control_id_reused`: stored, but the
    sender used the control id before for other bytes.
    """

    message: int
    duplicate: bool = False
    control_id_reused: bool = False
    discarded: bool = False


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One row of the journal without its bytes, which `Store.raw` gives. `received_at` is UTC."""

    id: int
    received_at: datetime
    sender: str = field(repr=False)
    control_id: str = field(repr=False)
    type: str
    sha256: bytes = field(repr=False)
    state: MessageState
    reason: str
    findings: tuple[Noted, ...]
    patient_keys: tuple[str, ...] = field(repr=False)
    profile: str = ""


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message as it was taken: when, by the sender profile of which name, and its bytes."""

    id: int
    received_at: datetime
    profile: str
    raw: bytes = field(repr=False)


def _fits(text: str) -> bool:
    """Whether it can stand in the index: Unicode, and not too long."""
    return len(text) <= INDEXED_LENGTH and (text.isascii() or not _SURROGATE.search(text))
