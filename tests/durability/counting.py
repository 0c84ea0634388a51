"""What a store holds, against what senders sent and what they were told: nothing lost, doubled, of another patient.

A check takes the store's URL, what was sent, and the control ids that were accepted; it gives one line for each fault.
CHECKS are all that the kill test makes: whatever a message sets in motion gets a check of its own there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import Final

from adapter.store import open_store
from tests.durability.sending import Sent

Check = Callable[[str, Mapping[str, Sent], Collection[str]], Iterator[str]]


def kept_once(url: str, sent: Mapping[str, Sent], accepted: Collection[str]) -> Iterator[str]:
    """Every accepted message is in the store, and none twice."""
    with open_store(url) as store:
        found = Counter(message.control_id for message in store.messages())
    yield from (f"lost: {control_id}" for control_id in accepted if not found[control_id])
    yield from (f"doubled: {control_id}" for control_id, times in found.items() if times > 1)
    yield from (f"never sent: {control_id}" for control_id in found if control_id not in sent)


def kept_unchanged(url: str, sent: Mapping[str, Sent], _accepted: Collection[str]) -> Iterator[str]:
    """Every stored message is of the patient it was sent for, byte by byte."""
    with open_store(url) as store:
        for message in store.messages():
            of = sent[message.control_id]
            if message.patient_keys != (of.patient_key,):
                yield f"misattributed: {message.control_id}"
            if store.raw(message.id) != of.raw:
                yield f"changed: {message.control_id}"
            if message.state not in ("mapped", "evaluated"):
                yield f"{message.state}: {message.control_id}"


def kept_in_order(url: str, sent: Mapping[str, Sent], _accepted: Collection[str]) -> Iterator[str]:
    """The messages of a patient are stored in the order in which they were sent."""
    places = {control_id: place for place, control_id in enumerate(sent)}
    last: dict[str, int] = {}
    with open_store(url) as store:
        for message in store.messages():
            patient, place = sent[message.control_id].patient_key, places[message.control_id]
            if place < last.get(patient, -1):
                yield f"out of order: {message.control_id}"
            last[patient] = place


def applied_once(url: str, sent: Mapping[str, Sent], accepted: Collection[str]) -> Iterator[str]:
    """Every accepted message has one effect, on its own patient."""
    with open_store(url) as store:
        found = Counter(store.applied())
    yield from (
        f"no effect: {control_id}" for control_id in accepted if not found[control_id, sent[control_id].patient_key]
    )
    yield from (f"effect doubled: {control_id}" for (control_id, _), times in found.items() if times > 1)
    for control_id, patient_key in found:
        if sent[control_id].patient_key != patient_key:
            yield f"effect on another patient: {control_id}"


def advised_on_all(url: str, sent: Mapping[str, Sent], _accepted: Collection[str]) -> Iterator[str]:
    """What is advised now on each patient rests on all of their messages, and each evaluation differs from the last."""
    with open_store(url) as store:
        last = {one.patient_key: one for one in sent.values()}
        for patient_key, newest in last.items():
            numbers = [message.id for message in store.messages(patient_key=patient_key)]
            made = [one for number in numbers for one in store.evaluations_because_of(number)]
            if bool(made) != newest.is_concerned:
                yield f"{len(made)} evaluations: {newest.control_id}"
            prints = [one.evaluated.fingerprint for one in made]
            if any(one == other for one, other in pairwise(prints)):
                yield f"evaluation doubled: {newest.control_id}"
            if made and made[-1].message != numbers[-1]:
                yield f"last evaluation is of an earlier message: {newest.control_id}"


CHECKS: Final[tuple[Check, ...]] = (kept_once, kept_unchanged, kept_in_order, applied_once, advised_on_all)


def faults(url: str, sent: Mapping[str, Sent], accepted: Collection[str]) -> list[str]:
    """What all checks find."""
    return [fault for check in CHECKS for fault in check(url, sent, accepted)]
