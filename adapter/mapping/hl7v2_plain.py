"""Plain messages: those that say nothing but facts of one patient, and take back, merge or order nothing else.

What a series of them comes to about identity can be told from one after another, without mapping all of them again; not
for what their facts are worth, which only all messages of a patient together tell.
"""

from dataclasses import dataclass, field

from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.hl7v2_reading import About, Reading
from adapter.mapping.hl7v2_withdrawals import takes_back
from adapter.mapping.statuses import REVERSED
from adapter.mapping.tables import Tables


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
    if not is_plain_event(reading.announced.event, reading.tables, states=bool(facts)):
        return None
    return Plain(about.key.text, about.person, facts)


def is_plain_event(event: str, known: Tables, *, states: bool) -> bool:
    """Whether a message of this event takes nothing back, and, where it `states` facts, no other can make a withdrawal
    of what it states. That a list is sent again, or a visit cancelled, only lets what was stated count less."""
    rules = known.events
    if event in rules.of_others:
        return False
    named = rules.addresses.get(event.partition("^")[0], ())
    return not (states and named) or not (rules.document in named or _reversing_withdraws(known))


def _reversing_withdraws(known: Tables) -> bool:
    """Whether content that another message takes back becomes a withdrawal."""
    return any(status.effect == "withdrawn" for status in known.statuses.tables[REVERSED].values())


def _stated(about: About) -> frozenset[str] | None:
    """The facts that the segments speak of; None where that depends on other segments, or something is taken back."""
    facts: set[str] = set()
    for found in about.found:
        if found.account is None or takes_back(found.account.statements):
            return None
        facts.update([statement.fact for statement in found.account.statements])
    return frozenset(facts)
