"""The answer to a message: original or enhanced acknowledgement mode, and when an answer is wanted at all.

Not for choosing between acceptance and refusal (intake.py). Source: HL7 v2.9.1 sections 2.8.2 and 2.8.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2 import AckCode, Header
from adapter.mapping.site.profile import Acknowledging

Verdict = Literal["A", "E", "R"]
"""Accepted, error (do not resend unchanged), rejected (of the header, or try again later)."""


@dataclass(frozen=True, slots=True)
class ApplicationAck:
    """An application acknowledgement, unframed, and the address (`host:port`) it goes to."""

    to: str
    ack: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender.

    `ack` is the acknowledgement, unframed; empty where none is to be sent. `code` is its MSA-1, empty for a message
    that is never answered. `retry`: nothing was stored, for a reason that passes: the sender may send it again
    unchanged; HTTP says 503 then. `more` are application acknowledgements that follow on the same connection, those of
    `elsewhere` have an exchange of their own.
    `commit_block` is the byte of MLLP release 2 that goes before everything else; empty for release 1.
    """

    ack: bytes = field(repr=False)
    code: AckCode | Literal[""]
    retry: bool = False
    more: tuple[bytes, ...] = field(default=(), repr=False)
    elsewhere: tuple[ApplicationAck, ...] = ()
    commit_block: bytes = b""


def joined(answers: Sequence[Answer], ack: bytes, kept: bool) -> Answer:
    """The answer to a batch: `ack` with the answers of its messages, the code of the worst, and whether to send again.

    `kept`: what stood around the messages is stored.
    """
    codes = {answer.code for answer in answers}
    worst = next((code for code in _WORST_FIRST if code in codes), "AA" if kept else "AR")
    blocks = {answer.commit_block for answer in answers}
    return Answer(
        ack,
        worst,
        retry=not kept or any(answer.retry for answer in answers),
        more=tuple(more for answer in answers for more in answer.more),
        elsewhere=tuple(ack for answer in answers for ack in answer.elsewhere),
        commit_block=max(blocks, default=b""),  # 0x15, which refuses, before 0x06
    )


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


_WORST_FIRST: Final[Sequence[AckCode | Literal[""]]] = ("AR", "CR", "AE", "CE", "AA", "CA", "")
_ORIGINAL: Final[Mapping[Verdict, AckCode]] = {"A": "AA", "E": "AE", "R": "AR"}
_ENHANCED: Final[Mapping[Verdict, AckCode]] = {"A": "CA", "E": "CE", "R": "CR"}

ORIGINAL: Final = AckMode(False, "AL")


def application_code(header: Header, verdict: Verdict) -> AckCode | None:
    """The code of the application acknowledgement that MSH-16 asks for; None where it asks for none."""
    if header.application_ack and AckMode(False, header.application_ack).wants(verdict):
        return _ORIGINAL[verdict]
    return None


def ack_mode(header: Header | None, mode: Acknowledging = "as asked") -> AckMode:
    """The mode by MSH-15 and MSH-16; the original one where neither is sent, and the profile's where it settles it.

    NE with an application acknowledgement is the original mode too (HL7 v2.8.2): one answer on this connection.
    """
    if mode != "as asked":
        return AckMode(mode == "enhanced", "AL")
    if header is None or not (header.accept_ack or header.application_ack):
        return ORIGINAL
    if header.accept_ack == "NE" and header.application_ack not in ("", "NE"):
        return AckMode(False, header.application_ack)
    return AckMode(True, header.accept_ack)
