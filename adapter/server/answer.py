"""The answer to a message: original or enhanced acknowledgement mode, and when an answer is wanted at all.

Not for choosing between acceptance and refusal (intake.py). Source: HL7 v2.9.1 sections 2.8.2 and 2.8.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2 import AckCode, Header

Verdict = Literal["A", "E", "R"]
"""Accepted, error (do not resend unchanged), rejected (of the header, or try again later)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender.

    `ack` is the acknowledgement, unframed; empty where none is to be sent. `code` is its MSA-1, empty for a message
    that is never answered. `retry`: nothing was stored, for a reason that passes: the sender may send it again
    unchanged; HTTP says 503 then.
    """

    ack: bytes = field(repr=False)
    code: AckCode | Literal[""]
    retry: bool = False


@dataclass(frozen=True, slots=True)
class AckMode:
    """How a sender wants to be answered: `enhanced` for commit codes (CA, CE, CR), and on which verdicts at all."""

    enhanced: bool
    condition: str

    def code(self, verdict: Verdict) -> AckCode:
        """The acknowledgement code (table HL70008) of a verdict."""
        return (_ENHANCED if self.enhanced else _ORIGINAL)[verdict]

    def wants(self, verdict: Verdict) -> bool:
        """Whether the sender wants an answer: AL always, NE never, ER on errors, SU on success (table HL70155)."""
        match self.condition:
            case "NE":
                return False
            case "ER":
                return verdict != "A"
            case "SU":
                return verdict == "A"
            case _:
                return True


_ORIGINAL: Final[Mapping[Verdict, AckCode]] = {"A": "AA", "E": "AE", "R": "AR"}
_ENHANCED: Final[Mapping[Verdict, AckCode]] = {"A": "CA", "E": "CE", "R": "CR"}

ORIGINAL: Final = AckMode(False, "AL")


def ack_mode(header: Header | None) -> AckMode:
    """The mode by MSH-15 and MSH-16; the original one where neither is sent.

    NE with an application acknowledgement is the original mode too (HL7 v2.8.2): one answer on this connection.
    """
    if header is None or not (header.accept_ack or header.application_ack):
        return ORIGINAL
    if header.accept_ack == "NE" and header.application_ack not in ("", "NE"):
        return AckMode(False, header.application_ack)
    return AckMode(True, header.accept_ack)
