"""Cautions, actions and notes in words, with their rules.

Not for which of them stand on a first screen (weight.py).
"""

from adapter.advice.assessment import Assessment
from adapter.advice.names import in_sentence, renumbered, short_name
from adapter.advice.options import STRENGTHS
from adapter.ldt import Remark
from adapter.ldt.provisional import PREFIX


def given_cautions(assessment: Assessment) -> list[Remark]:
    """The cautions that rules give: those that are counted wherever cautions are."""
    return [caution for caution in assessment.advice.cautions if not caution.code.startswith(PREFIX)]


def open_marks(assessment: Assessment) -> list[Remark]:
    """The marks of therapies that an unknown fact could exclude, which the rule set lists among its cautions."""
    return [caution for caution in assessment.advice.cautions if caution.code.startswith(PREFIX)]


def remark_text(assessment: Assessment, remark: Remark) -> str:
    """A caution, action or note in words."""
    if remark.code.startswith(PREFIX):
        name = short_name(assessment, remark.code.removeprefix(PREFIX))
        facts = ", ".join(in_sentence(fact) for fact in remark.facts)
        verdict = assessment.advice.therapy(remark.code.removeprefix(PREFIX))
        if verdict is not None and not verdict.strength.offered:
            return f"{name} is {STRENGTHS[verdict.strength]} already; unknown {facts} could be a further reason"
        return f"{name} is provisional: unknown {facts} could exclude it"
    return assessment.rules.codes[remark.code].text


def remark_line(assessment: Assessment, remark: Remark) -> str:
    """A caution, action or note in words, with its rules."""
    rules = ", ".join(f"{rule}{renumbered(assessment, rule)}" for rule in remark.rules)
    shown = {flag.id: flag for flag in assessment.rules.flags if flag.id in assessment.advice.flags}
    doubted = [name for name, flag in shown.items() if not set(flag.rules).isdisjoint(remark.rules)]
    doubt = f"; in doubt: {', '.join(doubted)}" if doubted else ""
    return f"{remark_text(assessment, remark)}{f' ({rules}{doubt})' if rules else ''}"
