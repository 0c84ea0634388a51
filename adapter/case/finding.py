"""What was odd about an input: a stable code, a place and a hint for the analyst.

A finding never carries content of a patient's record, so it may go to logs, answers and reports alike.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about the input, not about the patient. Codes are listed in docs/findings.md."""

    code: str
    severity: Severity
    place: str
    hint: str
