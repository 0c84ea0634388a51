"""Each row of mappings/rows.yaml is reached by a sender that writes standard codes, and not without what it needs.

What the senders write is in rows_by_wire.py; the project's own codes are in test_own_codes.py.
"""

import csv

import pytest
import yaml

from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.rows_by_wire import Sent, rows
from tests.mapping.senders import (
    SNOMED,
    Resource,
    by_fhir,
    by_hl7,
    condition,
    header,
    known,
    message,
    observation,
    obx,
    report,
)
from tests.repository import ROOT

SENT = list(rows())
TABLES = ROOT / "mappings"

HL7_NAME = {
    "http://loinc.org": "LN",
    "http://snomed.info/sct": "SCT",
    "http://hl7.org/fhir/sid/icd-10-cm": "I10C",
    "http://hl7.org/fhir/sid/icd-10": "I10",
    "http://terminology.hl7.org/CodeSystem/icd-o-3": "ICDO3",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
    "http://www.ama-assn.org/go/cpt": "C4",
    "http://www.cms.gov/Medicare/Coding/ICD10": "I10P",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": "NCIT",
    "http://www.genenames.org": "HGNC",
    "http://dicom.nema.org/resources/ontology/DCM": "DCM",
}
NOT_IN_TABLE_0396 = {"http://www.genenames.org/geneId"}


def rows_used(mapping: Mapping) -> set[str]:
    return {statement.origin.row for patient in mapping.patients for statement in patient.statements}


def test_every_row_of_the_table_is_sent_once() -> None:
    table = yaml.safe_load((TABLES / "rows.yaml").read_text(encoding="utf-8"))
    assert [sent.row for sent in SENT] == [row["id"] for row in table["rows"]]
    assert [sent.fact for sent in SENT] == [row["fact"] for row in table["rows"]]


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: str(sent.row))
def test_a_fhir_sender_reaches_the_row(sent: Sent) -> None:
    mapping = by_fhir(*sent.fhir)
    assert sent.row in rows_used(mapping)
    assert known(mapping, sent.fact) == sent.value


@pytest.mark.parametrize("sent", [sent for sent in SENT if sent.hl7], ids=lambda sent: str(sent.row))
def test_an_hl7_sender_reaches_the_row(sent: Sent) -> None:
    mapping = by_hl7(sent.hl7)
    assert sent.row in rows_used(mapping)
    assert known(mapping, sent.fact) == sent.value


def test_where_hl7_cannot_carry_a_row_the_reason_is_given() -> None:
    assert [sent.row for sent in SENT if bool(sent.hl7) == bool(sent.not_by_hl7)] == []


def test_every_row_with_a_need_is_sent_without_it() -> None:
    table = yaml.safe_load((TABLES / "rows.yaml").read_text(encoding="utf-8"))
    assert {sent.row for sent in SENT if sent.lacking} == {row["id"] for row in table["rows"] if "needs" in row}


@pytest.mark.parametrize("sent", [sent for sent in SENT if sent.lacking], ids=lambda sent: str(sent.row))
def test_without_its_need_the_row_does_not_count(sent: Sent) -> None:
    assert sent.row not in rows_used(by_fhir(*sent.lacking))
    assert [sent.row in rows_used(by_hl7(message)) for message in sent.lacking_hl7] == [False] * len(sent.lacking_hl7)
    assert bool(sent.lacking_hl7) == bool(sent.hl7)


@pytest.mark.parametrize(
    "companion",
    [
        {"status": "not-done"},
        {"status": "entered-in-error"},
        {"modifierExtension": [{"url": "https://example.org/negated", "valueBoolean": True}]},
    ],
    ids=["not done", "entered in error", "modified"],
)
def test_what_did_not_happen_is_no_companion(companion: Resource) -> None:
    [tracer, scan] = next(sent.fhir for sent in SENT if sent.row == "sstr-pet-billing")
    assert "sstr-pet-billing" in rows_used(by_fhir(tracer, scan))
    assert "sstr-pet-billing" not in rows_used(by_fhir(tracer, {**scan, **companion}))


def test_a_gene_result_that_was_not_obtained_is_no_companion() -> None:
    sent = next(sent.hl7 for sent in SENT if sent.row == "daxx-atrx-variant")
    first, gene, variant = sent.partition("48018-6^^LN")
    assert "daxx-atrx-variant" not in rows_used(by_hl7(first + gene + variant.replace("|F|", "|X|", 1)))


def test_what_has_no_date_stands_beside_nothing() -> None:
    [tracer, scan] = next(sent.fhir for sent in SENT if sent.row == "sstr-pet-billing")
    undated = [{key: value for key, value in one.items() if key != "performedDateTime"} for one in (tracer, scan)]
    assert "sstr-pet-billing" not in rows_used(by_fhir(*undated))


def test_orders_of_two_messages_are_two_drafts() -> None:
    def ordered(*codes: str, control: str) -> str:
        segments = [
            segment
            for number, code in enumerate(codes)
            for segment in (f"ORC|NW|{control}{number}|||||||20260110080000+0000", f"OBR|1|{control}{number}||{code}")
        ]
        return message(*segments, head=header(control, "OMG^O19^OMG_O19"))

    tace, drug = "314617008^^SCT", "3639^^RXNORM"
    assert "planned-agent-doxorubicin" in rows_used(by_hl7(ordered(tace, drug, control="A1")))
    apart = by_hl7(ordered(tace, control="A1"), ordered(drug, control="A2"))
    assert "planned-agent-doxorubicin" not in rows_used(apart)


def test_the_first_row_whose_needs_are_met_is_the_one_that_counts() -> None:
    """Embolisation of the hepatic artery with a drug of the same day is TACE, and not bland embolisation as well."""
    [embolised, drug] = next(sent.fhir for sent in SENT if sent.row == "prior-embolisation-with-drug")
    [hepatic] = next(sent.fhir for sent in SENT if sent.row == "prior-tae")
    mapping = by_fhir({**embolised, "bodySite": hepatic["bodySite"]}, drug)
    assert known(mapping, "prior_liver_directed") == {"has": [], "one_of": [["ctace", "deb_tace"]], "complete": False}


def test_a_diagnosis_holds_without_a_date_and_a_crisis_does_not() -> None:
    nameless = condition("C7B.02", recordedDate="no date")
    assert known(by_fhir(nameless), "liver_metastases") is True
    crisis = condition("237833006", system=SNOMED, recordedDate="2026-01-05")
    assert known(by_fhir(crisis), "carcinoid_crisis_active") is None


CODES = list(csv.DictReader((TABLES / "codes.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"{code['concept']}={code['code']}")
def test_a_verified_code_means_the_same_on_both_wires(code: dict[str, str]) -> None:
    """As the code of a result without value: what becomes of it does not depend on how the system is written."""
    fhir = _entry(by_fhir(observation(code["code"], system=code["system"])))
    assert fhir.outcome is not Outcome.UNMAPPED
    if code["system"] in NOT_IN_TABLE_0396:
        return
    hl7 = _entry(by_hl7(report(obx(f"{code['code']}^^{HL7_NAME[code['system']]}", "", kind="CWE"))))
    assert (hl7.outcome, hl7.reason) == (fhir.outcome, fhir.reason)


def _entry(mapping: Mapping) -> Entry:
    [entry] = [entry for entry in mapping.whole_ledger.entries if entry.level is Level.CODED]
    return entry


@pytest.mark.parametrize("spelling", ["LN", "LOINC", "2.16.840.1.113883.6.1"])
def test_a_code_system_goes_by_all_its_names(spelling: str) -> None:
    assert known(by_hl7(report(obx(f"777-3^^{spelling}", "210", "10*3/uL"))), "platelets_10e9_l") == 210


def test_the_second_and_third_triplet_of_a_coded_element_are_read() -> None:
    second = report(obx("PLT^Platelets^L^777-3^Platelets^LN", "210", "10*3/uL"))
    third = report(obx("PLT^Platelets^L^P1^Platelets^99ZZZ^^^^777-3^Platelets^LN", "210", "10*3/uL"))
    assert [known(by_hl7(sent), "platelets_10e9_l") for sent in (second, third)] == [210, 210]


def test_an_order_message_makes_orders_and_a_report_does_not() -> None:
    segments = ("ORC|NW|O1|||||||20260110080000+0000", "OBR|1|O1||314617008^^SCT")
    assert rows_used(by_hl7(message(*segments))) == {"birth-date"}


def test_there_are_codes_to_check() -> None:
    assert len(CODES) > 400
