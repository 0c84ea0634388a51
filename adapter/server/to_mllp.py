"""An HL7 v2 receiver as a destination: the advice as a message over MLLP, judged by the acknowledgement.

Not for writing the message (adapter/advice), nor for when it is tried again (delivery.py).
"""

from typing import Final, assert_never

from adapter.hl7v2 import Acknowledgement
from adapter.server.addresses import MllpEndpoint
from adapter.server.destination import Attempt, Delivered, Rejected, Retry
from adapter.server.mllp_sender import MllpClient, NoAcknowledgement
from adapter.store import Evaluation

HL7V2: Final = "hl7v2"


class MllpReceiver:
    """One receiver, and the seconds that one attempt may take in all."""

    name: Final = HL7V2

    def __init__(self, endpoint: MllpEndpoint, timeout: float) -> None:
        self._to: Final = endpoint
        self._timeout: Final = timeout

    async def send(self, evaluation: Evaluation) -> Attempt:
        """Send the message that was stored with the evaluation: the same bytes, and so the same MSH-10, every time."""
        message = evaluation.evaluated.hl7v2
        if not message:
            return Rejected("no-message")
        try:
            async with MllpClient(self._to, wait=self._timeout, connecting=self._timeout) as client:
                answer = await client.send(message)
        except NoAcknowledgement as silence:
            return Retry(silence.reason)
        except OSError as error:
            return Retry(f"network {type(error).__name__}")
        return judged(answer)

    async def close(self) -> None:
        """There is nothing to let go of: each message has its own connection."""


def judged(answer: Acknowledgement | None) -> Attempt:
    """What an acknowledgement means: AA and CA, it arrived; AE, CE and CR, it is refused for good; AR, later again."""
    if answer is None:
        return Rejected("no-answer-wanted")
    match answer.code:
        case "AA" | "CA":
            return Delivered()
        case "AE" | "CE" | "CR":
            return Rejected(answer.code)
        case "AR":
            return Retry(answer.code)
        case _:
            assert_never(answer.code)
