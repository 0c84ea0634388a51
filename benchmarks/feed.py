"""A made-up hospital's feed to measure with: laboratory results and admissions of many patients, nobody's twice alike.

Not for tests of what messages mean; nothing in it concerns the advice.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

_BEGAN: Final = datetime(2026, 1, 5, 6, tzinfo=UTC)

# LOINC code, name, unit, lowest and highest value, decimals: what a ward orders every morning.
_PANEL: Final = (
    ("718-7", "Hemoglobin", "g/dL", 8, 17, 1),
    ("4544-3", "Hematocrit", "%", 28, 50, 1),
    ("6690-2", "Leukocytes", "10*3/uL", 3, 14, 1),
    ("789-8", "Erythrocytes", "10*6/uL", 3, 6, 2),
    ("777-3", "Platelets", "10*3/uL", 120, 420, 0),
    ("787-2", "MCV", "fL", 78, 102, 0),
    ("785-6", "MCH", "pg", 26, 34, 1),
    ("786-4", "MCHC", "g/dL", 31, 36, 1),
    ("751-8", "Neutrophils", "10*3/uL", 2, 9, 1),
    ("731-0", "Lymphocytes", "10*3/uL", 1, 4, 1),
    ("2951-2", "Sodium", "mmol/L", 128, 148, 0),
    ("2823-3", "Potassium", "mmol/L", 3, 6, 1),
    ("2075-0", "Chloride", "mmol/L", 95, 110, 0),
    ("2345-7", "Glucose", "mg/dL", 65, 240, 0),
    ("3094-0", "Urea nitrogen", "mg/dL", 6, 40, 0),
    ("2160-0", "Creatinine", "mg/dL", 0.5, 2.4, 2),
    ("1975-2", "Bilirubin.total", "mg/dL", 0.2, 2.2, 1),
    ("1742-6", "Alanine aminotransferase", "U/L", 8, 120, 0),
    ("1988-5", "C reactive protein", "mg/L", 1, 160, 1),
    ("1751-7", "Albumin", "g/dL", 2.6, 4.9, 1),
)
_NAMES: Final = ("DOE", "ROE", "SMITH", "MEIER", "ROSSI", "NOVAK", "GARCIA", "YILMAZ")


def feed(messages: int, patients: int, seed: int = 1) -> Iterator[bytes]:
    """Messages of patients in random order, two thirds results with 20 OBX, a third admissions and updates."""
    chance = random.Random(seed)
    for number in range(messages):
        patient = chance.randrange(patients)
        sent = _BEGAN + timedelta(seconds=7 * number)
        yield _results(number, patient, sent, chance) if chance.random() < 2 / 3 else _admission(number, patient, sent)


def _results(number: int, patient: int, sent: datetime, chance: random.Random) -> bytes:
    taken, released = f"{sent - timedelta(hours=1):%Y%m%d%H%M}", f"{sent - timedelta(minutes=5):%Y%m%d%H%M}"
    rows = "".join(
        f"OBX|{row}|NM|{code}^{name}^LN||{chance.uniform(low, high):.{decimals}f}|{unit}|{low}-{high}|N|||F|||{taken}\r"
        for row, (code, name, unit, low, high, decimals) in enumerate(_PANEL, 1)
    )
    return (
        f"MSH|^~\\&|LAB|HOSP|LDT|HOSP|{sent:%Y%m%d%H%M%S}+0000||ORU^R01^ORU_R01|L{number}|P|2.5.1\r"
        f"{_person(patient)}"
        f"OBR|1||R{number}^LAB|24323-8^Panel^LN|||{taken}|||||||||||||||{released}|||F\r{rows}"
    ).encode()


def _admission(number: int, patient: int, sent: datetime) -> bytes:
    event = ("A01", "A08", "A03")[number % 3]
    return (
        f"MSH|^~\\&|ADT|HOSP|LDT|HOSP|{sent:%Y%m%d%H%M%S}+0000||ADT^{event}^ADT_A01|A{number}|P|2.5.1\r"
        f"EVN|{event}|{sent:%Y%m%d%H%M%S}\r{_person(patient)}"
        f"PV1|1|I|W{patient % 40}^{patient % 20}^1|||||||MED||||||||V{patient}\r"
        "DG1|1||I10^Essential (primary) hypertension^I10C|||F\r"
    ).encode()


def _person(patient: int) -> str:
    born = datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=patient * 37 % 27000)
    name, sex = _NAMES[patient % len(_NAMES)], "FM"[patient % 2]
    return f"PID|1||P{patient}^^^HOSP^MR||{name}^{chr(65 + patient % 26)}||{born:%Y%m%d}|{sex}\r"
