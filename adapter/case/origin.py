"""Where a fact came from: the document, the place in it, and the mapping row that read it.

It holds addresses and versions, never values of a patient's record beyond the text that was sent for this fact.
"""

from typing import Literal, NamedTuple

Wire = Literal["fhir", "hl7v2", "case", "derived", "assumed"]


class Origin(NamedTuple):
    """The chain back to the byte; a tuple, since very many are made and compared.

    `document` names the file or message (control id); `place` is HL7's 1-based address (`OBX[3]-5`) or a FHIR pointer
    (`Observation/o1#valueQuantity.value`); `start`/`end` are byte offsets where the wire has them, else -1; `row` is
    the mapping row and `concept` the code that matched; `sent` is the value as written, with its unit.
    """

    wire: Wire
    document: str
    place: str
    row: str = ""
    concept: str = ""
    sent: str = ""
    start: int = -1
    end: int = -1
    source: str = ""

    def __repr__(self) -> str:
        return f"Origin({self.wire} {self.place})"
