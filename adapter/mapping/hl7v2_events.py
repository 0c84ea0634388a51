"""What messages say about other messages of the same patient: whole lists sent again, documents and visits taken back.

The rules are data (events in sources.yaml, the effects in statuses.yaml); what a message says about patients' numbers
is in hl7v2_numbers.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from adapter.case.moment import Moment
from adapter.hl7v2 import Message, Segment
from adapter.mapping.hl7v2_above import Above
from adapter.mapping.hl7v2_account import Found
from adapter.mapping.hl7v2_deaths import DeathSaid
from adapter.mapping.hl7v2_rules import EventRules
from adapter.mapping.hl7v2_sources import Address
from adapter.mapping.item import Item
from adapter.mapping.statuses import REVERSED

LIST = "list"
"""What takes back a list in the table `reversed`: the same list, sent again as a whole."""

_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """What one message says about one patient, with what other messages may name it by.

    `number` counts messages in order of arrival, `document` is what this one is called, `numbers` are the texts at the
    addresses that rules name, `death` is what the PID says of one.
    """

    number: int
    document: str
    event: str
    sender: str
    sent: Moment | None
    found: tuple[Found, ...]
    numbers: Mapping[Address, str] = field(repr=False)
    death: DeathSaid | None = None

    @property
    def code(self) -> str:
        """The message code, `ADT`."""
        return self.event.partition("^")[0]


def event_of(message: Message) -> str:
    """Code and event of a message, `ADT^A01`; the event of EVN-1 where MSH-9 has none (versions before 2.3)."""
    header = message.header
    trigger = header.trigger or next((evn.text(1) for evn in message.named("EVN")), "")
    return f"{header.code}^{trigger}"


def numbers_of(event: str, above: Above, pid: Segment, rules: EventRules) -> dict[Address, str]:
    """The texts of a message at the addresses that rules about its events name."""
    code = event.partition("^")[0]
    return {address: above.text(address, pid) for address in rules.addresses.get(code, ())}


def settled(parts: Sequence[Part], rules: EventRules) -> list[Part]:
    """The parts in the order of their messages' times, each as later ones leave it."""
    ordered = in_order(parts)
    if all(part.code not in rules.addresses for part in ordered):
        return ordered
    marks: list[dict[str, str]] = [{} for _ in ordered]
    _mark_lists(ordered, rules, marks)
    _mark_taken_back(ordered, rules, marks)
    latest = _latest_statuses(ordered, rules)
    return [_marked(part, mark, latest, rules) for part, mark in zip(ordered, marks, strict=True)]


def in_order(parts: Iterable[Part]) -> list[Part]:
    """By the time of the message (MSH-7), so that an older message never replaces a newer one; else as they arrived."""
    last: dict[str, datetime] = {}
    keyed: list[tuple[datetime, int, Part]] = []
    for part in sorted(parts, key=lambda part: part.number):
        time = part.sent.earliest if part.sent else last.get(part.sender, _FIRST)
        last[part.sender] = time
        keyed.append((time, part.number, part))
    return [part for _, _, part in sorted(keyed, key=lambda key: key[:2])]


def _mark_lists(parts: Sequence[Part], rules: EventRules, marks: list[dict[str, str]]) -> None:
    """A list that is sent as a whole replaces the one before of the same sender and number (snapshot mode)."""
    for rule in rules.lists:
        earlier: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for index, part in enumerate(parts):
            number = next((part.numbers[one] for one in rule.same if part.numbers.get(one)), "")
            listed = [found.segment for found in part.found if found.segment.name == rule.spec.segment]
            if part.code not in rule.spec.messages or not number or not listed:
                continue
            if rule.action and any(segment.raw_field(rule.action.number) for segment in listed):
                continue
            key = (part.code, part.sender, number)
            for before in earlier.pop(key, ()):
                marks[before].setdefault(rule.spec.segment, LIST)
            earlier[key].append(index)


def _mark_taken_back(parts: Sequence[Part], rules: EventRules, marks: list[dict[str, str]]) -> None:
    """An event takes back what the events that it names said before under the same number."""
    for rule in rules.takes_back:
        open_ones: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, part in enumerate(parts):
            if part.event in rule.spec.events and part.numbers.get(rule.of):
                open_ones[part.sender, part.numbers[rule.of]].append(index)
            if part.event == rule.spec.event and part.numbers.get(rule.same):
                for before in open_ones.pop((part.sender, part.numbers[rule.same]), ()):
                    marks[before].setdefault("", rule.spec.event)


def _latest_statuses(parts: Sequence[Part], rules: EventRules) -> dict[tuple[str, str], dict[str, str]]:
    """The status of each document by its last message, by table: a notification without content changes it too."""
    latest: dict[tuple[str, str], dict[str, str]] = {}
    for part in parts:
        number = part.numbers.get(rules.document, "")
        if number:
            known = latest.setdefault((part.sender, number), {})
            sent = {table: part.numbers.get(address, "") for table, address in rules.document_statuses.items()}
            known.update({table: code for table, code in sent.items() if code})
    return latest


def _marked(
    part: Part, marks: Mapping[str, str], latest: Mapping[tuple[str, str], Mapping[str, str]], rules: EventRules
) -> Part:
    said = latest.get((part.sender, part.numbers.get(rules.document, "")), {})
    if not marks and not said:
        return part
    found = []
    for one in part.found:
        cause = marks.get(one.segment.name) or marks.get("", "")
        found.append(Found(one.segment, tuple(_restated(item, cause, said) for item in one.items)))
    return replace(part, found=tuple(found))


def _restated(item: Item, cause: str, said: Mapping[str, str]) -> Item:
    """The item with the statuses that later messages give it."""
    own = tuple((table, said.get(table, code)) for table, code in item.statuses)
    return item._replace(statuses=((REVERSED, cause), *own) if cause else own)
