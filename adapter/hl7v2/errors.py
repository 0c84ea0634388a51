"""The exceptions of the HL7 v2 wire: input that cannot be used at all, and text that cannot be decoded.

Not for what senders do wrong inside a usable message: that is a finding (findings.py).

    HL7Error
    ├── UnusableMessage   these bytes cannot be read as an HL7 v2 message
    ├── UndecodableText   an element holds bytes that its character set does not have
    └── FrameTooLarge     an MLLP frame passed the limit (frames.py)
"""

from typing import Literal

UnusableCode = Literal["empty", "not-hl7", "delimiters", "charset-unsupported"]


class HL7Error(Exception):
    """Any refusal of the HL7 v2 reader; its text never holds message content."""


class UnusableMessage(HL7Error):
    """The bytes cannot be read as one HL7 v2 message.

    `code` is `empty`, `not-hl7` (does not begin with MSH), `delimiters` (MSH-1 or MSH-2 missing, doubled,
    alphanumeric or not printable ASCII) or `charset-unsupported`; `offset` is the byte where it was seen.
    """

    def __init__(self, code: UnusableCode, offset: int = 0) -> None:
        super().__init__(f"unusable message: {code} at byte {offset}")
        self.code: UnusableCode = code
        self.offset = offset


class UndecodableText(HL7Error):
    """An element holds bytes that the message's character set does not have.

    `offset` counts from the start of the decoded element. `Message.charset_fault()` finds such a message
    beforehand, so that it can be quarantined as a whole.
    """

    code: Literal["charset-fault"] = "charset-fault"

    def __init__(self, offset: int) -> None:
        super().__init__(f"bytes outside the character set, {offset} into the element")
        self.offset = offset
