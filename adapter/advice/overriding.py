"""Why a user may not follow a card: the coded reasons that every card offers, from which feedback is counted.

Not for what becomes of the feedback.
"""

from adapter.terminology.systems import DEFAULT_BASE, LDT_OVERRIDE
from cds_hooks import OverrideReason

OVERRIDE_REASONS = {
    "decided-by-board": "A tumour board has already decided",
    "done-or-ordered": "Already done or ordered",
    "facts-wrong": "A fact on the card is wrong or outdated",
    "not-this-patient": "Does not fit this patient for a reason that the card does not know",
    "patient-declines": "The patient declines",
    "palliative": "Best supportive care only",
    "disagree": "I disagree with the rule or its source",
    "not-my-task": "Not for me to decide",
    "later": "Later",
}
"""Code and display of each reason; the codes stay as they are, since feedback names them."""


def override_reasons(base: str = DEFAULT_BASE) -> tuple[OverrideReason, ...]:
    """The reasons as a card carries them; `base` is the canonical base of their CodeSystem."""
    system = f"{base}/CodeSystem/{LDT_OVERRIDE}"
    return tuple(OverrideReason(code, system, display) for code, display in OVERRIDE_REASONS.items())
