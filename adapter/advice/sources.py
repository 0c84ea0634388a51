"""The rules behind what an answer shows, and the places in the two papers that they cite.

Not for the words of the rules.
"""

from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.dangers import danger_rules
from adapter.advice.scope import scope_rules
from adapter.ldt.rule import Rule


@once
def cited(assessment: Assessment) -> Iterator[str]:
    """The sources of the rules behind what is shown: document and section, with the rules that cite them."""
    places: dict[tuple[str, str], list[str]] = {}
    for rule in shown_rules(assessment):
        for source in rule.row.sources:
            rules = places.setdefault((source.document, source.section), [])
            if rule.id not in rules:
                rules.append(rule.id)
    for (document, section), rules in sorted(places.items(), reverse=True):
        yield f"{document}, {section} ({', '.join(rules)})"


@once
def shown_rules(assessment: Assessment) -> list[Rule]:
    """The rules behind what is shown: verdicts, cautions, steps, scope, dangers."""
    advice = assessment.advice
    ids = {rating.rule for therapy in advice.therapies for rating in therapy.because}
    ids |= {rule for remark in advice.cautions for rule in remark.rules if not remark.code.startswith("provisional_")}
    ids |= {rule for remark in advice.actions for rule in remark.rules}
    ids |= {rule.id for rule in (*scope_rules(assessment), *danger_rules(assessment))}
    return [rule for rule in assessment.rules.rules.values() if rule.id in ids]
