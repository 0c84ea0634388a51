"""What a profile and a site's own tables change in what messages come to, and that nothing else changes."""

from pathlib import Path

import pytest

from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from adapter.mapping.site import Site, load_site
from tests.mapping.hazard_log import log_message, log_obx, log_report
from tests.mapping.senders import (
    CLOCK,
    SNOMED,
    by_fhir,
    finding_codes,
    known,
    observation,
    quantity,
    standing,
)
from tests.mapping.site.folders import site
from tests.repository import ROOT

PLATELETS = "platelets_10e9_l"
GRADE = "who_grade"
SENDER = 'senders:\n  - name: "lab"\n    sent_by:\n      application: ["LAB"]\n    '
CODES = "concept,system,code,display,units,confidence,note\n"
UNITS = "analyte,unit,ucum,multiply_by,divide_by,canonical,most,note\n"
VALUES = "question,text,system,code,note\n"


def mapped(found: Site, *messages: str, charset: str = "utf-8") -> Mapping:
    raw = "".join(messages).encode(charset)
    return map_hl7v2_bytes(raw, "m", table=found.tables, sender_of=found.sender_of)


def platelets(value: str = "210", code: str = "777-3^Platelets^LN", unit: str = "10*3/uL", kind: str = "NM") -> str:
    return f"OBX|1|{kind}|{code}||{value}|{unit}|||||F|||20260110080000"


def test_the_example_message_is_read_with_the_example_site_and_not_without() -> None:
    raw = (ROOT / "fixtures/site/laboratory.hl7").read_bytes()
    found = load_site(ROOT / "fixtures/site")
    mapping = map_hl7v2_bytes(raw, "m", table=found.tables, sender_of=found.sender_of)
    case = mapping.patients[0].case(CLOCK)
    assert case.subject == "EXHOSP/MR/2087"
    facts = ("platelets_10e9_l", "bilirubin_mg_dl", "who_grade")
    assert [case.facts[name].origins[0].sent for name in facts[:2]] == ["98 Tsd/yl", "0.8 mg/dL"]
    assert all(case.known(name) is not None for name in facts)
    assert map_hl7v2_bytes(raw, "m").patients == ()


@pytest.mark.hazard("HZ-P06")
def test_the_authority_of_the_profile_stands_in_for_a_missing_one_only(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'authority: "HOSPA"')
    missing, sent = ("PID|1||P1^^^^MR||DOE^JANE", "PID|1||P1^^^HOSPB^MR||DOE^JANE")
    mapping = mapped(found, log_report(platelets(), pid=missing), log_report(platelets(), pid=sent, control="A2"))
    assert [patient.subject for patient in mapping.patients] == ["HOSPA/MR/P1", "HOSPB/MR/P1"]
    assert "no-authority" not in finding_codes(mapping)
    other = mapped(found, log_report(platelets(), pid=missing).replace("|LAB|", "|RIS|", 1))
    assert "no-authority" in finding_codes(other)


def test_the_identifier_types_of_the_profile_key_the_patient(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'identifier_types: ["HN", "MR"]')
    pid = "PID|1||1^^^HOSP^MR~2^^^HOSP^HN~3^^^HOSP^PI||DOE^JANE"
    assert mapped(found, log_report(platelets(), pid=pid)).patients[0].subject == "HOSP/HN/2"
    pid = "PID|1||3^^^HOSP^PI||DOE^JANE"
    assert "no-identifier" in finding_codes(mapped(found, log_report(platelets(), pid=pid)))


@pytest.mark.hazard("HZ-P11")
def test_placeholders_of_the_profile_key_nobody_and_its_real_numbers_somebody(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'placeholder_numbers: ["NEU-*"]\n    real_numbers: ["99999"]')
    texts = [
        log_report(platelets(), pid=f"PID|1||{number}^^^HOSP^MR||DOE^JANE", control=number)
        for number in ("NEU-1", "99999", "88888")
    ]
    mapping = mapped(found, *texts)
    assert [patient.subject for patient in mapping.patients] == ["HOSP/MR/99999"]
    assert finding_codes(mapping).count("placeholder-number") == 2


OID = "&1.2.3&ISO"


@pytest.mark.hazard("HZ-P05")
@pytest.mark.hazard("HZ-P08")
@pytest.mark.parametrize("survivor", ["HOSP", OID, "HOSP&1.2.3&ISO", "HOSPITAL"])
@pytest.mark.parametrize("retired", ["HOSP", OID, "HOSP&1.2.3&ISO", "HOSPITAL"])
def test_an_authority_has_one_name_however_it_is_sent(tmp_path: Path, survivor: str, retired: str) -> None:
    """In PID-3 and in MRG-1."""
    found = site(tmp_path, SENDER + 'authorities: {"1.2.3": "HOSP", "HOSPITAL": "HOSP"}')
    earlier = log_report(platelets(), pid="PID|1||P2^^^HOSP^MR||DOE^JANE")
    merge = log_message(
        f"PID|1||P1^^^{survivor}^MR||DOE^JANE", f"MRG|P2^^^{retired}^MR", message="ADT^A40", control="M"
    )
    mapping = mapped(found, earlier, merge)
    assert [patient.subject for patient in mapping.patients] == ["HOSP/MR/P1"]
    assert [(one.retired.text, one.survivor.text) for one in mapping.changes] == [("HOSP/MR/P2", "HOSP/MR/P1")]


@pytest.mark.hazard("HZ-P08")
def test_the_universal_id_that_pid_3_names_is_known_in_mrg_1(tmp_path: Path) -> None:
    earlier = log_report(platelets(), pid="PID|1||P2^^^HOSP&1.2.3&ISO^MR||DOE^JANE")
    pid = "PID|1||P1^^^HOSP&1.2.3&ISO^MR||DOE^JANE"
    same, other = (
        mapped(site(tmp_path, ""), earlier, log_message(pid, f"MRG|P2^^^{oid}^MR", message="ADT^A40", control="M"))
        for oid in (OID, "&1.2.4&ISO")
    )
    assert [patient.subject for patient in same.patients] == ["HOSP/MR/P1"]
    assert len(other.patients) == 2
    assert "merge-not-applied" in finding_codes(other)


def test_the_zone_of_the_profile_is_that_of_times_without_one(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'zone: "Asia/Tokyo"')
    message = log_report(platelets().replace("080000", "003000"))
    (own,) = (f for p in mapped(found, message).patients for f in p.statements if f.fact == PLATELETS)
    assert own.when is not None
    assert own.when.earliest.isoformat() == "2026-01-09T15:30:00+00:00"
    stated = message.replace("20260110093000", "20260110093000+0000", 1)
    (own,) = (f for p in mapped(found, stated).patients for f in p.statements if f.fact == PLATELETS)
    assert own.when is not None
    assert own.when.earliest.isoformat() == "2026-01-10T00:30:00+00:00"


def test_the_character_set_of_the_profile_is_that_of_messages_that_declare_none(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'character_set: "8859/1"')
    message = log_report(platelets(), pid="PID|1||Ä1^^^HOSP^MR||DÖE")
    assert mapped(found, message, charset="latin-1").patients[0].subject == "HOSP/MR/Ä1"
    declared = message.replace("|P|2.5.1", "|P|2.5.1||||||UNICODE UTF-8", 1)
    assert mapped(found, declared).patients[0].subject == "HOSP/MR/Ä1"


def test_where_only_cr_ends_segments_other_ends_are_refused_and_line_feeds_are_text(tmp_path: Path) -> None:
    found = site(tmp_path, SENDER + 'segment_ends: "CR"')
    refused = mapped(found, log_report(platelets()).replace("\r", "\r\n"))
    assert (refused.patients, finding_codes(refused)) == ((), ["segment-end-refused"])
    assert refused.whole_ledger.balanced
    text = log_report(platelets(), "OBX|2|TX|55107-7^Report^LN||one\ntwo|||||F")
    mapping = mapped(found, text)
    assert standing(mapping, PLATELETS) == ("present", "")
    assert "segment-name" not in finding_codes(mapping)


@pytest.mark.parametrize(
    ("kind", "profile", "state"),
    [
        ("", "", ("excluded", "data-type-missing")),
        ("", 'data_type: {missing: "NM"}', ("present", "")),
        ("", 'data_type: {wrong: "NM"}', ("excluded", "data-type-missing")),
        ("", 'data_type: {missing: "TX"}', ("absent", "text-result")),
        ("XX", "", ("excluded", "data-type-unknown")),
        ("XX", 'data_type: {missing: "NM"}', ("excluded", "data-type-unknown")),
        ("XX", 'data_type: {wrong: "NM"}', ("present", "")),
        ("NM", 'data_type: {wrong: "TX", missing: "TX"}', ("present", "")),
    ],
)
def test_what_stands_in_for_a_missing_or_wrong_data_type(
    tmp_path: Path, kind: str, profile: str, state: tuple[str, str]
) -> None:
    found = site(tmp_path, SENDER + (profile or "zone: ''"))
    assert standing(mapped(found, log_report(platelets(kind=kind))), PLATELETS) == state


def test_names_of_code_systems_are_the_senders_own(tmp_path: Path) -> None:
    text = SENDER + 'code_systems: {"L": "urn:a:lab", "": "LN"}\n  - {name: "ris", sent_by: {application: ["RIS"]}}'
    codes = CODES + "platelets,urn:a:lab,PLT,,,high,\n"
    found = site(tmp_path, text, codes=codes)
    for code in ("PLT^^L", "777-3^Platelets", "x^^99X^777-3^^LN", "x^^99X^PLT^^L"):
        assert standing(mapped(found, log_report(platelets(code=code))), PLATELETS) == ("present", ""), code
    for code in ("PLT^^L", "777-3^Platelets"):
        other = log_report(platelets(code=code)).replace("|LAB|", "|RIS|", 1)
        assert standing(mapped(found, other), PLATELETS) == ("absent", "not-recorded"), code


def test_names_of_code_systems_for_everybody_hold_on_both_wires(tmp_path: Path) -> None:
    text = 'code_systems: {"99H": "urn:hosp", "L": "LN"}'
    found = site(tmp_path, text, codes=CODES + "platelets,99H,PLT,,,high,\n")
    assert standing(mapped(found, log_report(platelets(code="PLT^^99H"))), PLATELETS) == ("present", "")
    assert standing(mapped(found, log_report(platelets(code="777-3^^L"))), PLATELETS) == ("present", "")
    resource = observation("PLT", system="urn:hosp", valueQuantity=quantity(210, "10*3/uL"))
    assert standing(by_fhir(resource, table=found.tables), PLATELETS) == ("present", "")


def test_units_of_the_site_settle_unknown_and_ambiguous_spellings(tmp_path: Path) -> None:
    plain = site(tmp_path)
    rows = UNITS + "platelets,Tsd,10*3/uL,1,,10*9/L,,\nplatelets,g/L,10*9/L,1,,10*9/L,,\n"
    own = site(tmp_path, units=rows)
    for unit, before in (("Tsd", "unit-unknown"), ("g/L", "unit-ambiguous")):
        message = log_report(platelets(unit=unit))
        assert standing(mapped(plain, message), PLATELETS) == ("excluded", before)
        assert standing(mapped(own, message), PLATELETS) == ("present", "")


@pytest.mark.parametrize("kind", ["ST", "TX", "FT", "IS", "CWE-text", "CWE-code"])
def test_an_answer_in_text_is_the_code_that_the_site_names_for_it(tmp_path: Path, kind: str) -> None:
    found = site(tmp_path, values=VALUES + "histologic_grade,NET G2,SCT,1663004,\n")
    value = {"CWE-text": "^NET G2", "CWE-code": "NET G2"}.get(kind, "NET G2")
    code = "371469007^Grade^SCT"

    def graded(text: str, question: str = code) -> Mapping:
        return mapped(found, log_report(log_obx(question, text, "", kind=kind[:3].rstrip("-"))))

    assert str(known(graded(value), GRADE)) == str(known(by_code(code), GRADE))
    for other in (value.lower(), f"{value}.", value.replace("NET", " NET"), f"{value}~{value}"):
        assert standing(graded(other), GRADE)[0] != "present", other
    assert standing(graded(value, "85300-2^Mitotic rate^LN"), GRADE)[0] != "present"


def by_code(question: str) -> Mapping:
    return map_hl7v2_bytes(log_report(log_obx(question, "1663004^^SCT", "", kind="CWE")).encode(), "m")


def test_an_answer_in_text_holds_for_fhir_and_for_facts_by_their_own_code(tmp_path: Path) -> None:
    rows = "histologic_grade,NET G2,SCT,1663004,\nlobar_distribution,einseitig,99LDT,unilobar,\n"
    found = site(tmp_path, values=VALUES + rows)
    resource = observation("371469007", system=SNOMED, valueString="NET G2")
    assert standing(by_fhir(resource, table=found.tables), GRADE) == ("present", "")
    own = log_report(log_obx("lobar_distribution^^99LDT", "einseitig", "", kind="ST"))
    assert standing(mapped(found, own), "lobar_distribution") == ("present", "")


def test_a_message_whose_sender_only_the_connection_could_tell_is_not_read(tmp_path: Path) -> None:
    two = "\n".join(f'  - {{name: "{n}", sent_by: {{application: ["LAB"], peers: ["10.0.0.{n}"]}}}}' for n in (1, 2))
    found = site(tmp_path, f"senders:\n{two}")
    mapping = mapped(found, log_report(platelets()), log_message("PID|1||9^^^H^MR").replace("|LAB|", "|RIS|", 1))
    assert [patient.subject for patient in mapping.patients] == ["H/MR/9"]
    assert "sender-ambiguous" in finding_codes(mapping)


def test_an_unknown_sender_in_a_file_is_read_with_the_defaults(tmp_path: Path) -> None:
    found = site(tmp_path, 'unknown_senders: "refuse"\n' + SENDER + 'authority: "A"')
    mapping = mapped(found, log_report(platelets()).replace("|LAB|", "|RIS|", 1))
    assert standing(mapping, PLATELETS) == ("present", "")
