"""How urgent the advice is (P12): critical for a dangerous plan, warning for anything to heed, otherwise
info.

Every critical comes with its reason; nothing is critical because something is unknown.
"""

from collections.abc import Iterator

from adapter.case.truth import Truth
from adapter.ldt.advice import Danger, Indicator
from adapter.ldt.compile import Frame
from adapter.ldt.planned import Planned
from adapter.ldt.ruleset import RuleSet


def dangers(draft: Planned, contraindicated: frozenset[str], frame: Frame, rules: RuleSet) -> tuple[Danger, ...]:
    """The reasons for critical, in a fixed order.

    Of a group ("TACE": one of two forms) every member must be dangerous, each by whatever reason.
    """
    high = frozenset(rules.safety.high_burden_therapies)
    by_kind = {
        "contraindicated": contraindicated,
        "always-critical": frozenset(rules.safety.always_critical),
        "high-burden": high if rules.high_burden.test(frame) is Truth.TRUE else frozenset(),
    }
    dangerous = frozenset[str]().union(*by_kind.values())
    concerned = draft.certain | _of_groups(draft, dangerous)
    found = [
        Danger("contraindicated", _sorted(concerned & by_kind["contraindicated"])),
        Danger("always-critical", _sorted(concerned & by_kind["always-critical"])),
        Danger("high-burden", _sorted(concerned & by_kind["high-burden"])),
    ]
    found = [danger for danger in found if danger.codes]
    if rules.crisis.test(frame) is Truth.TRUE:
        found.append(Danger("crisis", ()))
    return tuple(found)


def _of_groups(draft: Planned, dangerous: frozenset[str]) -> frozenset[str]:
    """The members of those groups that are dangerous whichever member is meant."""
    return frozenset(code for codes in _hopeless(draft, dangerous) for code in codes)


def _hopeless(draft: Planned, dangerous: frozenset[str]) -> Iterator[frozenset[str]]:
    for group in draft.groups:
        if all(not member.isdisjoint(dangerous) for member in group):
            yield from group


def _sorted(codes: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(codes))


def indicator(found: tuple[Danger, ...], *, heed: bool) -> Indicator:
    """The indicator; `heed` says that there is a caution, a contraindication, a missing fact, or a plan
    advised against."""
    if found:
        return Indicator.CRITICAL
    return Indicator.WARNING if heed else Indicator.INFO
