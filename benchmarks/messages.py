"""Made-up HL7 v2 messages to measure with."""


def oru(control_id: str = "1", patient: str = "1") -> bytes:
    """An ORU^R01 with 20 OBX."""
    head = (
        f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260112093000+0000||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r"
        f"PID|1||{patient}^^^HOSP^MR||DOE^JANE||19610405|F\r"
        "OBR|1||R1^LAB|58410-2^CBC^LN|||20260112080000+0000|||||||||||||||20260112090000+0000|||F\r"
    )
    row = "OBX|{n}|NM|777-3^Platelets^LN|{n}|210|10*3/uL|150-400|N|||F|||20260112080000+0000\r"
    return (head + "".join(row.format(n=n) for n in range(1, 21))).encode()
