"""site.yaml and the site's own tables: the example that ships, the defaults, and each fault with file and line."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from adapter.case.tables import TableError
from adapter.mapping.placeholders import Placeholders
from adapter.mapping.sender import Sender
from adapter.mapping.site import Accepted, AckPolicy, Connection, Profile, Receiver, load_site, plain_site
from adapter.mapping.site.form import SiteForm
from adapter.mapping.tables import tables
from tests.mapping.site.folders import header, site
from tests.repository import ROOT

EXAMPLE = ROOT / "fixtures/site"


def test_without_a_folder_and_in_an_empty_one_nothing_is_changed(tmp_path: Path) -> None:
    for found in (load_site(None), site(tmp_path)):
        assert (found.profiles, found.others) == ((), Profile())
        assert found.tables.codes == tables().codes
    assert Profile() == Profile("", sender=Sender(), accepted=Accepted(), acknowledge=AckPolicy())
    assert plain_site().tables is tables()


def test_the_example_says_what_it_says() -> None:
    found = load_site(EXAMPLE)
    laboratory, registration = found.profiles
    connection = Connection("127.0.0.1", frozenset({"lab.hospital.example.org"}))
    assert found.profile_of(header("EXLAB-2", "EXHOSP"), connection) is laboratory
    sender = laboratory.sender
    assert (sender.authority, sender.zone, sender.charset) == ("EXHOSP", ZoneInfo("Europe/Berlin"), "8859/1")
    assert dict(sender.systems) == {"L": "urn:example:hospital:laboratory", "": "http://loinc.org"}
    assert (sender.missing_data_type, sender.wrong_data_type, sender.segment_ends) == ("ST", "ST", "any")
    assert dict(sender.authorities) == {"1.2.276.0.76.3.1.999": "EXHOSP"}
    assert sender.placeholders == Placeholders(("DOWNTIME-*",), frozenset({"77777"}))
    assert laboratory.accepted == Accepted(
        frozenset({"ORU^R01", "OUL", "ADT"}), False, frozenset({"P", ""}), ("2.3", "2.5"), (Receiver("NELM", "EXHOSP"),)
    )
    assert laboratory.acknowledge == AckPolicy(on_content_error="AE")
    assert (registration.name, registration.accepted) == ("registration", Accepted())


def keys(form: type[BaseModel]) -> Iterator[str]:
    """The keys of a form and of the forms in it."""
    for name, field in form.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from keys(inner)


@pytest.mark.parametrize("key", sorted(set(keys(SiteForm))))
def test_every_key_is_in_the_example_and_on_the_page(key: str) -> None:
    assert f"{key}:" in (EXAMPLE / "site.yaml").read_text(encoding="utf-8")
    assert f"`{key}`" in (ROOT / "docs/site.md").read_text(encoding="utf-8")


def test_the_keys_of_all_forms_are_looked_at() -> None:
    assert len(set(keys(SiteForm))) == 31


def sender(*lines: str) -> str:
    """A site.yaml with one sender, whose own keys begin on line 3."""
    return "\n".join(["senders:", '  - name: "lab"', *(f"    {line}" for line in ("sent_by: {}", *lines)), ""])


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("sendrs: []", 1, "sendrs"),
        ('unknown_senders: "maybe"', 1, "accept"),
        ("unknown_senders: accept\nunknown_senders: refuse", 2, "twice"),
        ('code_systems:\n  "LN": "SCT"', 2, "LN already names LOINC"),
        ('code_systems:\n  "L": "nowhere"', 2, "neither a known code system nor a URI"),
        (sender('zone: "Mars/Olympus"'), 4, "time zone"),
        (sender("zone: no"), 4, "quotes"),
        (sender('character_set: "UNICODE UTF-16"'), 4, "character set"),
        (sender('segment_ends: "LF"'), 4, "CR"),
        (sender("data_type:", '  missing: "XX"'), 5, "data type"),
        (sender("code_systems:", '  "L": "nowhere"'), 5, "nowhere"),
        (sender("accept:", '  types: ["ORU-R01"]'), 5, "pattern"),
        (sender("accept:", '  versions: ["3"]'), 5, "pattern"),
        (sender("accept:", "  processing_ids: []"), 5, "at least 1"),
        (sender("accept:", '  receivers: ["NELM"]'), 5, "pattern"),
        (sender("acknowledge:", '  mode: "never"'), 5, "as asked"),
        (sender("acknowledge:", '  on_content_error: "AR"'), 5, "AE"),
        (sender("acknowledge:", '  application: "host"'), 5, "host:port"),
        (sender("acknowledge:", "  commit_blocks: yes"), 5, "quotes"),
        ('senders:\n  - name: "lab"\n    sent_by:\n      peers: ["10.0.0.1/8"]', 4, "host bits"),
        ('senders:\n  - name: "lab"\n    sent_by:\n      application: []', 4, "at least 1"),
        ('senders:\n  - name: "lab"', 2, "sent_by"),
        ('senders:\n  - {name: "a", sent_by: {}}\n  - {name: "a", sent_by: {}}', 1, "one name"),
    ],
)
def test_a_fault_of_site_yaml_is_named_with_its_line(tmp_path: Path, text: str, line: int, fault: str) -> None:
    with pytest.raises(TableError, match=fault) as refusal:
        site(tmp_path, text)
    assert (refusal.value.file, refusal.value.line) == ("site.yaml", line)


CODES = "concept,system,code,display,units,confidence,note\n"
UNITS = "analyte,unit,ucum,multiply_by,divide_by,canonical,most,note\n"
VALUES = "question,text,system,code,note\n"


@pytest.mark.parametrize(
    ("name", "rows", "fault"),
    [
        ("codes", "concept,code\n", "columns"),
        ("codes", CODES + "thrombocytes,LN,1-1,x,,high,\n", "no concept thrombocytes"),
        ("codes", CODES + "platelets,99X,1-1,x,,high,\n", "not in systems.csv"),
        ("codes", CODES + "albumin,LN,777-3,x,,high,\n", "already stands for platelets"),
        ("units", UNITS + "thrombocytes,G/l,10*9/L,1,,10*9/L,,\n", "no analyte thrombocytes"),
        ("units", UNITS + "platelets,K/uL,10*9/L,2,,10*9/L,,\n", "stands twice"),
        ("units", UNITS + "platelets,new,10*9/L,1,,g,,\n", "two canonical units"),
        ("units", UNITS + "platelets,g/L,10*9/L,1,,10*9/L,,\nplatelets,g/L,10*9/L,2,,10*9/L,,\n", "stands twice"),
        ("values", VALUES + "grading,G2,SCT,1663004,\n", "neither a concept"),
        ("values", VALUES + "histologic_grade,,SCT,1663004,\n", "needs its text"),
        ("values", VALUES + "histologic_grade,G2,SCT,0,\n", "a code that is known"),
        ("values", VALUES + "histologic_grade,G2,99LDT,G9,\n", "a code that is known"),
        ("values", VALUES + "histologic_grade,G2,SCT,1663004,\nhistologic_grade,G2,SCT,61026006,\n", "twice"),
    ],
)
def test_a_fault_of_a_table_is_named_with_its_line(tmp_path: Path, name: str, rows: str, fault: str) -> None:
    with pytest.raises(TableError, match=fault) as refusal:
        site(tmp_path, **{name: rows})
    assert (refusal.value.file, refusal.value.line) == (f"{name}.csv", rows.count("\n"))


def test_a_missing_folder_and_an_unreadable_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such site folder"):
        load_site(tmp_path / "nowhere")
    (tmp_path / "site.yaml").mkdir()
    with pytest.raises(TableError, match=r"site\.yaml:1: cannot be read"):
        load_site(tmp_path)
