"""Which disagreements between the documents matter for one patient (P13), and which flags from elsewhere.

A conflict matters when one of its rules fired and bears on something that is shown: a listed therapy, a
caution, an action.
"""

from collections.abc import Collection, Sequence

from adapter.case.truth import Truth
from adapter.ldt.advice import Disagreement
from adapter.ldt.compile import Frame
from adapter.ldt.rule import Remarked, Rule
from adapter.ldt.ruleset import RuleSet


def disagreements(fired: Sequence[Rule], shown: Collection[str], rules: RuleSet) -> tuple[Disagreement, ...]:
    """The conflicts to show, in order of id; `shown` are the codes of the listed therapies."""
    found: dict[str, list[str]] = {}
    for rule in fired:
        if rule.row.conflicts and _bears(rule, shown):
            for conflict in rule.row.conflicts:
                found.setdefault(conflict, []).append(rule.id)
    return tuple(Disagreement(conflict, tuple(found[conflict])) for conflict in rules.conflicts if conflict in found)


def flags(fired: Sequence[Rule], shown: Collection[str], frame: Frame, rules: RuleSet) -> tuple[str, ...]:
    """The flags to show: of a rule that fired and bears on what is shown, and meant for this patient."""
    spoken = {rule.id for rule in fired if _bears(rule, shown)}
    return tuple(
        flag.id
        for flag in rules.flags
        if flag.shown == "answers" and not spoken.isdisjoint(flag.rules) and _meant(flag.id, frame, rules)
    )


def _meant(flag: str, frame: Frame, rules: RuleSet) -> bool:
    condition = rules.flag_conditions.get(flag)
    return condition is None or condition.test(frame) is Truth.TRUE


def _bears(rule: Rule, shown: Collection[str]) -> bool:
    heeded = any(setting.remarked in (Remarked.CAUTION, Remarked.ACTION) for setting in rule.settings)
    return heeded or not rule.about.isdisjoint(shown)
