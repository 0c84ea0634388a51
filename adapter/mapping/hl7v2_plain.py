"""Plain messages: those that say nothing but facts of one patient, and take back, merge or order nothing else.

What a series of them comes to about identity can be told from one after another, without mapping all of them again; not
for what their facts are worth, which only all messages of a patient together tell.
"""

from dataclasses import dataclass, field

from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.hl7v2_reading import About, Reading
from adapter.mapping.hl7v2_rules import EventRules
from adapter.mapping.hl7v2_withdrawals import takes_back


@dataclass(frozen=True, slots=True)
class Plain:
    """Whom a plain message is about, how it describes them, and the facts about which it says anything at all, be it
    that one is not known."""

    key: str = field(repr=False)
    person: Demographics = field(repr=False)
    facts: frozenset[str]


def plain(reading: Reading) -> Plain | None:
    """What a message says where it is a plain one; None where other messages bear on it, or it on them."""
    if reading.announced is None or len(reading.about) != 1:
        return None
    (about,) = reading.about
    facts = _stated(about)
    if about.key is None or about.person is None or facts is None:
        return None
    if not is_plain_event(reading.announced.event, reading.tables.events, states=bool(facts)):
        return None
    return Plain(about.key.text, about.person, facts)


def is_plain_event(event: str, rules: EventRules, *, states: bool) -> bool:
    """Whether no rule lets a message of this event change others, nor, where it `states` facts, others change it."""
    if event in rules.of_others:
        return False
    return not states or event.partition("^")[0] not in rules.addresses


def _stated(about: About) -> frozenset[str] | None:
    """The facts that the segments speak of; None where that depends on other segments, or something is taken back."""
    facts: set[str] = set()
    for found in about.found:
        if found.account is None or takes_back(found.account.statements):
            return None
        facts.update([statement.fact for statement in found.account.statements])
    return frozenset(facts)
