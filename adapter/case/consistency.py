"""Facts that cannot all be right: shown to analysts and clinicians, changing nothing.

The checks are those the guideline catalogue lists as worth having; none of them is a rule of the papers.
"""

from collections.abc import Iterator, Mapping

from adapter.case.fact import Fact
from adapter.case.finding import Finding
from adapter.case.truth import Truth
from adapter.case.value import Coded, Flag, Members, Quantity


def contradictions(facts: Mapping[str, Fact]) -> Iterator[Finding]:
    """Pairs of known facts that contradict each other, as findings with the facts' names as place."""
    if _is(facts, "disease_distribution", "liver_only") and _is_not(facts, "extrahepatic_disease", "none"):
        yield _finding("disease_distribution, extrahepatic_disease", "liver-only disease with extrahepatic disease")
    if _flag(facts, "progression_after_prrt") is True and _flag(facts, "prior_prrt") is False:
        yield _finding("progression_after_prrt, prior_prrt", "progression after PRRT without PRRT")
    for part, whole in (
        ("target_lesion_count", "liver_lesion_count"),
        ("largest_target_lesion_cm", "largest_lesion_cm"),
    ):
        target, total = facts[part].known, facts[whole].known
        if isinstance(target, Quantity) and isinstance(total, Quantity) and target.compare(">", total) is Truth.TRUE:
            yield _finding(f"{part}, {whole}", "the target lesions exceed all lesions")
    history = facts["biliary_instrumentation"].known
    operated = isinstance(history, Members) and history.complete and "whipple" in history.certain
    if operated and isinstance(history, Members) and "biliary_enteric_anastomosis" not in history.certain:
        yield _finding("biliary_instrumentation", "Whipple operation without a biliary-enteric anastomosis")


def _finding(place: str, hint: str) -> Finding:
    return Finding("facts-inconsistent", "warning", place, hint)


def _is(facts: Mapping[str, Fact], name: str, code: str) -> bool:
    value = facts[name].known
    return isinstance(value, Coded) and value.exact == code


def _is_not(facts: Mapping[str, Fact], name: str, code: str) -> bool:
    value = facts[name].known
    return isinstance(value, Coded) and code not in value.possible


def _flag(facts: Mapping[str, Fact], name: str) -> bool | None:
    value = facts[name].known
    return value.yes if isinstance(value, Flag) else None
