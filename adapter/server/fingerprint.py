"""The fingerprint of an assessment: whether anything that decides differs from that of the advice that holds.

Not for what is advised (casework.py).
"""

import hashlib
import json

from adapter.advice.assessment import Assessment
from adapter.advice.diagnoses import unsettled
from adapter.case.fact import Fact
from adapter.case.value import to_plain
from adapter.ldt import RuleSet
from adapter.mapping.unread import NEWER_UNMAPPED


def fingerprint(assessment: Assessment, rules: RuleSet) -> str:
    """A digest of everything that decides: the rule set, state, reason, value and date of every input of rules, what
    closes the record, which data could not be had, and what could not be read that may change the advice."""
    facts = assessment.case.facts
    decided: list[object] = [rules.id, rules.edition, [_decided(facts[fact.name]) for fact in rules.facts.inputs]]
    decided.append(sorted({finding.code for finding in assessment.closed}))
    decided += assessment.gaps
    decided += [[one.code, one.when.day if one.when else ""] for one in unsettled(assessment)]
    decided += [[one.place, one.hint] for one in assessment.findings if one.code == NEWER_UNMAPPED]
    return hashlib.sha256(json.dumps(decided, default=str, sort_keys=True).encode()).hexdigest()


def _decided(fact: Fact) -> list[object]:
    value = None if fact.on_record is None else to_plain(fact.on_record)
    unused = [[one.state.value, one.reason, one.when.day if one.when else ""] for one in fact.unused]
    return [fact.name, fact.state.value, fact.reason, value, fact.when.day if fact.when else "", unused]
