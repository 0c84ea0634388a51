"""An advice as the nine lists that worked cases are written in.

It is for comparing: golden cases, effects of a change; cards and CarePlans are rendered from the advice
itself.
"""

from adapter.ldt.advice import Advice, Strength


def summary(advice: Advice) -> dict[str, str | list[str]]:
    """The vocabulary of a worked case's `expect`: eight sorted lists of codes, and the indicator."""
    lists: dict[str, str | list[str]] = {strength.value: list(advice.codes(strength)) for strength in Strength}
    lists["cautions"] = sorted(remark.code for remark in advice.cautions)
    lists["actions"] = sorted(remark.code for remark in advice.actions)
    lists["missing"] = sorted(fact.name for fact in advice.missing)
    lists["indicator"] = advice.indicator.value
    lists["rules"] = sorted(advice.fired)
    return lists
