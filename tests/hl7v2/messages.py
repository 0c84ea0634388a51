"""Hand-made messages for the tests of the HL7 v2 wire; no real patient stands behind any of them."""

from adapter.hl7v2 import Message, parse_message

MSH = r"MSH|^~\&|LAB|HOSP|NELM|CLINIC|20260110093000+0100||ORU^R01^ORU_R01|A1|P|2.5.1"
PID = "PID|1||P1^^^HOSP^MR||DOE^JANE||19610405|F"
OBR = "OBR|1||R1^LAB|58410-2^CBC^LN|||20260110080000"


def obx(value: str, *, number: int = 1, kind: str = "NM", code: str = "777-3^Platelets^LN") -> str:
    """One OBX with that value in OBX-5."""
    return f"OBX|{number}|{kind}|{code}||{value}|10*3/uL|||||F|||20260110080000"


def wire(*segments: str, end: str = "\r", charset: str = "utf-8") -> bytes:
    """The segments as bytes, each with its end."""
    return "".join(segment + end for segment in segments).encode(charset)


def read(*segments: str) -> Message:
    """A message of an MSH and these segments."""
    return parse_message(wire(MSH, *segments))


def msh_with(field: int, value: str) -> str:
    """The MSH with one of its fields, from MSH-3 on, set to a value."""
    fields = MSH.split("|")
    fields += [""] * (field - len(fields))
    fields[field - 1] = value
    return "|".join(fields)
