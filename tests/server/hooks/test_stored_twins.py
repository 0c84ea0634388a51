"""Twins, half by half: what a patient's record says does not depend on which part of it came by which wire.

Each invented patient is written by hand for both wires: the stored half goes through the store, the other through a call.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.case import Case
from adapter.case.moment import Moment
from adapter.fhir.dates import read_date
from adapter.fhir.document import read_document
from adapter.hl7v2 import split_messages
from adapter.ldt import rule_set
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.tables import tables
from adapter.server.ehr import KeyReading, Reading
from adapter.server.hooks.judge import Judge, Judged
from adapter.server.hooks.services import PATIENT, RECORD, asked_for
from adapter.server.hooks.stored import NOTHING_STORED, StoredFacts
from adapter.server.stored_settings import NumberSettings
from adapter.store import init_store, open_store
from cds_hooks import ExplicitNothing, PatientView, Provided
from tests.mapping.senders import only
from tests.mapping.test_twins import FOLDERS, stands, times
from tests.server.hooks.storing import SYSTEM, in_place, take

JUDGE = Judge(tables(), rule_set())
KIND = NumberSettings(system=SYSTEM, authority="HOSP", type="MR")

Json = dict[str, Any]
Stands = list[tuple[str, str, str, object]]


@dataclass(frozen=True)
class Twin:
    """A patient on both wires. `by_entry` and `by_message` are the facts that each entry and each message states."""

    as_of: str
    patient: Json
    entries: tuple[Json, ...]
    messages: tuple[bytes, ...]
    by_entry: Mapping[str, frozenset[str]]
    by_message: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, folder: Path) -> "Twin":
        whole, raw = (folder / "bundle.json").read_bytes(), (folder / "messages.hl7").read_bytes()
        entries = json.loads(whole)["entry"]
        [patient] = [entry for entry in entries if entry["resource"]["resourceType"] == "Patient"]
        by_entry: dict[str, set[str]] = {}
        for said in only(map_fhir(read_document(whole), "bundle")).statements:
            by_entry.setdefault(said.origin.place.partition("#")[0], set()).add(said.fact)
        messages = tuple(chunk.raw for chunk in split_messages(raw) if chunk.kind == "message")
        return cls(
            json.loads((folder / "expected.json").read_bytes())["as_of"],
            patient,
            tuple(entry for entry in entries if entry is not patient),
            messages,
            {key: frozenset(facts) for key, facts in by_entry.items()},
            tuple(frozenset(said.fact for said in only(map_hl7v2_bytes(one, "m")).statements) for one in messages),
        )

    def stored_facts(self, stored: Iterable[int]) -> frozenset[str]:
        """What these messages say all of: no other message adds to it."""
        mine = frozenset(stored)
        others = [facts for number, facts in enumerate(self.by_message) if number not in mine]
        return frozenset().union(*(self.by_message[number] for number in mine)) - frozenset().union(*others)

    def without(self, facts: frozenset[str]) -> list[Json]:
        """The entries of the Bundle but for those that say nothing else than these facts."""
        return [entry for entry in self.entries if not self._only_about(entry, facts)]

    def _only_about(self, entry: Json, facts: frozenset[str]) -> bool:
        key = f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}"
        stated = self.by_entry.get(key, frozenset())
        return bool(stated) and stated <= facts

    def judged(self, entries: Iterable[Json], stored: Iterable[int] = ()) -> Judged:
        """A call that brings these entries while these messages are in the store."""
        patient = self.patient["resource"]["id"]
        reading = Reading({key: KeyReading(_provided(sent)) for key, sent in self._prefetch(entries).items()})
        as_of = read_date(self.as_of)
        assert as_of is not None
        context, now = PatientView("Practitioner/u", patient, None), as_of.moment.earliest
        with TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/messages.db"
            init_store(url)
            with open_store(url) as store:
                take(store, *(self.messages[number] for number in stored))
                found = asyncio.run(StoredFacts((KIND,), in_place(store)).of(patient, reading, now))
        assert found == NOTHING_STORED or not found.gaps
        return JUDGE(context, reading, now, "", found)

    def _prefetch(self, entries: Iterable[Json]) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {key: [] for key in RECORD} | {PATIENT: [self.patient]}
        keys = {asked_for(key): key for key in RECORD}
        for entry in entries:
            found[keys.get(entry["resource"]["resourceType"], PATIENT)].append(entry)
        return found


def _provided(entries: list[Json]) -> Provided | ExplicitNothing:
    if not entries:
        return ExplicitNothing(msgspec.Raw(b"null"))
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return Provided(msgspec.Raw(json.dumps(bundle).encode()))


TWINS = {folder.name: Twin.of(folder) for folder in FOLDERS}
every = pytest.mark.parametrize("name", TWINS)


def told(case: Case) -> tuple[Stands, dict[str, Moment | None]]:
    return [stands(fact) for fact in case.facts.values()], times(case)


def says(judged: Judged) -> object:
    """The case and the advice on it."""
    return told(judged.assessment.case), judged.speaks, judged.assessment.advice


@every
def test_what_came_by_both_wires_counts_once(name: str) -> None:
    twin = TWINS[name]
    both = twin.judged(twin.entries, range(len(twin.messages)))
    assert says(both) == says(twin.judged(twin.entries))


@every
def test_what_came_by_hl7_v2_alone_is_enough(name: str) -> None:
    twin = TWINS[name]
    assert says(twin.judged((), range(len(twin.messages)))) == says(twin.judged(twin.entries))


@every
@settings(max_examples=6, deadline=None)
@given(drawn=st.data())
def test_any_part_may_be_stored_and_the_rest_come_with_the_call(name: str, drawn: st.DataObject) -> None:
    twin = TWINS[name]
    stored = drawn.draw(st.sets(st.sampled_from(range(len(twin.messages))), min_size=1))
    rest = twin.without(twin.stored_facts(stored))
    assert says(twin.judged(rest, sorted(stored))) == says(twin.judged(twin.entries))


@every
def test_there_is_a_part_that_only_the_store_has(name: str) -> None:
    twin = TWINS[name]
    whole = twin.stored_facts(range(len(twin.messages)))
    assert len(twin.without(whole)) < len(twin.entries)
