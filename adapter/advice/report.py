"""The JSON interface of an assessment: a stable, documented object for programs (docs/json.md).

Its keys are the vocabulary of the worked cases, plus the facts with their states and origins, and the findings.
"""

from collections.abc import Mapping
from dataclasses import asdict

from adapter.advice.assessment import Assessment
from adapter.advice.indicator import indicator
from adapter.case.fact import Fact, State
from adapter.case.finding import Finding
from adapter.case.origin import Origin
from adapter.case.value import to_plain
from adapter.ldt import summary
from adapter.mapping.ledger import Ledger, Level, Outcome

Report = dict[str, object]


def report(assessment: Assessment) -> Report:
    """The object of one patient or case."""
    advice = assessment.advice
    listed: Mapping[str, object] = summary(advice)
    facts = {
        name: fact_report(fact)
        for name, fact in assessment.case.facts.items()
        if fact.state is not State.ABSENT or fact.reason != "not-recorded"
    }
    return {
        "id": assessment.case.subject,
        "as_of": assessment.case.as_of.isoformat(),
        "rule_set": f"{assessment.rules.id}|{assessment.rules.edition}",
        "site": site_report(assessment),
        "scope": advice.scope.value,
        "closed": list(dict.fromkeys(finding.code for finding in assessment.closed)),
        **listed,
        "indicator": indicator(assessment),
        "facts": facts,
        "findings": [finding_report(finding) for finding in assessment.findings],
        "ledger": ledger_report(assessment.ledger),
    }


def site_report(assessment: Assessment) -> Report | None:
    """What the site has changed of the rule set; None where the rule set is as it ships."""
    site, advice = assessment.rules.site, assessment.advice
    if site is None:
        return None
    silenced = [{"rule": one.rule, "answer": one.answer.value, "against": list(one.against)} for one in advice.silenced]
    overrides = [asdict(override) for override in site.overrides]
    changes = {"name": site.name, "version": site.version, "overrides": overrides}
    return {**changes, "silenced": silenced, "shadow": list(advice.shadow)}


def fact_report(fact: Fact) -> Report:
    """One fact: state, value, date, reason, and where it came from. Members without content are left out."""
    whole: Report = {
        "state": fact.state.value,
        "reason": fact.reason,
        "value": None if fact.on_record is None else to_plain(fact.on_record),
        "date": fact.when.day if fact.when else "",
        "remarks": list(fact.remarks),
        "origins": [_origin(origin) for origin in fact.origins],
        "unused": [
            {
                "state": unused.state.value,
                "reason": unused.reason,
                "date": unused.when.day if unused.when else "",
                "origin": _origin(unused.origin),
            }
            for unused in fact.unused
        ],
    }
    return {key: value for key, value in whole.items() if value not in ("", None, []) or key == "value"}


def _origin(origin: Origin) -> Report:
    whole: Report = {
        "wire": origin.wire,
        "document": origin.document,
        "place": origin.place,
        "row": origin.row,
        "concept": origin.concept,
        "sent": origin.sent,
        "source": origin.source,
    }
    if origin.start >= 0:
        whole["bytes"] = [origin.start, origin.end]
    return {key: value for key, value in whole.items() if value not in ("", None)}


def finding_report(finding: Finding) -> Report:
    """One finding."""
    return {"code": finding.code, "severity": finding.severity, "place": finding.place, "hint": finding.hint}


def ledger_report(ledger: Ledger) -> Report:
    """What became of the input: counts for segments or resources, and for coded elements; codes nobody knows."""
    counted = {
        level.name.lower(): {outcome.value: ledger.counts(level)[outcome] for outcome in Outcome} for level in Level
    }
    unmapped = [{"code": code, "count": count} for code, count in ledger.unmapped()]
    return {**counted, "unmapped": unmapped}
