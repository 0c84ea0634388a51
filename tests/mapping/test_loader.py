"""A fault in a mapping table stops the start and names file and line; each test breaks one line of the shipped tables.

What the tables mean is tested elsewhere; here they are only spoilt.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapter.case.tables import TableError
from adapter.mapping.tables import load_tables
from tests.repository import ROOT

SHIPPED = ROOT / "mappings"


@dataclass(frozen=True)
class Fault:
    """A text of a file and what it becomes; `at` is how the line begins on which the fault is seen, if not the changed one."""

    name: str
    file: str
    old: str
    new: str
    says: str
    at: str = ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "mappings"
    target.mkdir()
    for file in SHIPPED.iterdir():
        if file.is_file():
            shutil.copy(file, target)
    return target


def spoil(folder: Path, fault: Fault) -> int:
    """Break the file; the line on which the fault should be seen."""
    path = folder / fault.file
    text = path.read_text(encoding="utf-8")
    assert fault.old in text, "the shipped table has changed: name another line to break"
    begin = text.index(fault.old)
    spoilt = text.replace(fault.old, fault.new, 1)
    path.write_text(spoilt, encoding="utf-8")
    if fault.at:
        before = spoilt.rfind(f"\n{fault.at}", 0, begin + len(fault.new)) + 1
        begin = before or spoilt.index(f"\n{fault.at}") + 1
    return spoilt[:begin].count("\n") + 1


def row(text: str) -> str:
    """A row put before the first one of rows.yaml."""
    return f"rows:\n{text}"


NEW_ROW = '  - {id: "new", fact: "%s", kind: "%s", concepts: ["%s"], %s}\n'

FAULTS = [
    # rows.yaml
    Fault("unknown key of a row", "rows.yaml", '    says: "nen"\n', '    say: "nen"\n', "say"),
    Fault("key missing", "rows.yaml", '    fact: "who_grade"\n', "", "fact", '  - id: "'),
    Fault(
        "two readings",
        "rows.yaml",
        '    number: "ki67_index"\n',
        '    number: "ki67_index"\n    says: "G1"\n',
        "exactly one",
        '  - id: "',
    ),
    Fault("no reading", "rows.yaml", '    number: "ki67_index"\n', "", "exactly one", '  - id: "'),
    Fault("row id twice", "rows.yaml", '"liver-metastases"', '"diagnosis-nen"', "stands twice"),
    Fault("unknown fact", "rows.yaml", 'fact: "who_grade"', 'fact: "grade"', "there is no fact grade"),
    Fault("unknown kind", "rows.yaml", 'kind: "given"', 'kind: "gave"', "kind"),
    Fault("value not allowed", "rows.yaml", '    says: "lung"', '    says: "chest"', "chest is no value", '  - id: "'),
    Fault("answer not allowed", "rows.yaml", 'who_grade_g3: "G3"', 'who_grade_g3: "G4"', "G4 is no value", '  - id: "'),
    Fault("says no of a flag", "rows.yaml", '    says: "yes"', '    says: "no"', "no is no value", '  - id: "'),
    Fault(
        "limit on a number",
        "rows.yaml",
        row(""),
        row(NEW_ROW % ("ecog", "result", "ecog", 'limit: "above"')),
        "cannot state ecog",
        '  - {id: "new"',
    ),
    Fault("unknown limit", "rows.yaml", 'limit: "above"', 'limit: "below"', "limit"),
    Fault(
        "concept unknown",
        "rows.yaml",
        '"gastrinoma", "vipoma", "somatostatinoma"]\n    says: "nen"',
        '"gastrinoma", "vipoma", "somatostatinom"]\n    says: "nen"',
        "there is no concept somatostatinom",
        '  - id: "',
    ),
    Fault(
        "needed concept unknown",
        "rows.yaml",
        'body_site: ["body_site_liver"]',
        'body_site: ["liver"]',
        "there is no concept liver",
        '  - id: "',
    ),
    Fault(
        "companion unknown",
        "rows.yaml",
        'answers: ["gene_atrx", "gene_daxx"]',
        'answers: ["gene_atrx", "gene_men1"]',
        "gene_men1",
        '  - id: "',
    ),
    Fault(
        "ambiguous row",
        "rows.yaml",
        '    concepts: ["insulinoma"]\n',
        '    concepts: ["insulinoma", "carcinoid_syndrome"]\n',
        "never reached",
        '  - id: "',
    ),
    Fault(
        "number of no analyte", "rows.yaml", 'number: "albumin"', 'number: "albumen"', "there are no units for albumen"
    ),
    Fault(
        "unit of another dimension",
        "rows.yaml",
        'number: "albumin"',
        'number: "platelets"',
        "held in g/dL, platelets in 10*9/L",
    ),
    Fault(
        "number for a coded fact",
        "rows.yaml",
        row(""),
        row(NEW_ROW % ("who_grade", "result", "ecog", 'number: "score"')),
        "held in",
        '  - {id: "new"',
    ),
    Fault(
        "concept unread",
        "rows.yaml",
        '  liver_abscess: "no rule reads it"\n',
        "",
        "no row reads liver_abscess",
        "not_read:",
    ),
    Fault(
        "concept read and not read",
        "rows.yaml",
        "  liver_abscess:",
        '  ast: "also"\n  liver_abscess:',
        "ast is read by a row",
    ),
    Fault(
        "not read without reason",
        "rows.yaml",
        'liver_abscess: "no rule reads it"',
        'liver_abscess: ""',
        "needs its reason",
    ),
    Fault(
        "not read and unknown",
        "rows.yaml",
        "  liver_abscess:",
        '  abscess: "x"\n  liver_abscess:',
        "there is no concept abscess",
    ),
    Fault(
        "key twice",
        "rows.yaml",
        '    kind: "given"\n',
        '    kind: "given"\n    kind: "given"\n',
        "stands twice",
        '    kind: "given"',
    ),
    # What YAML would turn into something else
    Fault("unquoted NO", "rows.yaml", '    says: "lung"', "    says: NO", "in quotes"),
    Fault("unquoted 0123", "rows.yaml", 'number: "albumin"', "number: 0123", "in quotes"),
    Fault("unquoted 1.10", "rows.yaml", 'id: "albumin"', "id: 1.10", "in quotes"),
    Fault("unquoted 12:30", "statuses.yaml", 'not-done: "absent not-done"', "not-done: 12:30", "in quotes"),
    Fault("unquoted null", "sources.yaml", 'Coverage: "administrative"', "Coverage: ~", "in quotes"),
    Fault("a date", "sources.yaml", 'Coverage: "administrative"', "Coverage: 2026-01-12", "in quotes"),
    Fault(
        "a key that is no text",
        "statuses.yaml",
        '    otherwise: "excluded status-unknown"',
        '    otherwise: "excluded status-unknown"\n    1: "final"',
        "in quotes",
        "    1:",
    ),
    Fault(
        "N unquoted is text", "statuses.yaml", '    N: "absent not-asked"', '    NO: "absent not-asked"', "in quotes"
    ),
    Fault("not YAML", "rows.yaml", 'concepts: ["ast"]', 'concepts: ["ast"', "not YAML", '    number: "ast"'),
    Fault("an alias", "sources.yaml", 'Coverage: "administrative"', "Coverage: *x", "not YAML"),
    # statuses.yaml
    Fault("unknown effect", "statuses.yaml", 'amended: "final"', 'amended: "finally"', "the effect must be one of"),
    Fault(
        "without otherwise",
        "statuses.yaml",
        '    otherwise: "excluded status-unknown"\n',
        "",
        "'otherwise' and 'missing'",
        "  observation-status:",
    ),
    Fault(
        "without missing",
        "statuses.yaml",
        '    missing: "excluded status-missing"\n',
        "",
        "'otherwise' and 'missing'",
        "  observation-status:",
    ),
    # sources.yaml
    Fault(
        "path that FHIR does not have",
        "sources.yaml",
        '"effectivePeriod.end"',
        '"effectivePeriod.stop"',
        "'effectivePeriod.stop'",
    ),
    Fault("path below a text", "sources.yaml", '"dateAsserted"', '"dateAsserted.day"', "dateAsserted.day"),
    Fault(
        "resource that is not read",
        "sources.yaml",
        'resource: "Procedure"',
        'resource: "Device"',
        "does not read Device",
        '  - kind: "procedure"',
    ),
    Fault(
        "status path",
        "sources.yaml",
        '[["observation-status", "status"]]',
        '[["observation-status", "state"]]',
        "'state'",
    ),
    Fault(
        "status table",
        "sources.yaml",
        '"observation-status"',
        '"observation-state"',
        "no status table observation-state",
    ),
    Fault(
        "no HL7 address",
        "sources.yaml",
        'code: "OBX-3"',
        'code: "OBX.3"',
        "OBX.3 is no HL7 v2 field address",
        '  - kind: "result"',
    ),
    Fault(
        "field zero", "sources.yaml", '"OBX-14"', '"OBX-0"', "OBX-0 is no HL7 v2 field address", '  - kind: "result"'
    ),
    Fault("status table of HL7", "sources.yaml", '"hl7-0085"', '"hl7-0086"', "no status table hl7-0086"),
    Fault("unknown key of a source", "sources.yaml", "    issued: []\n", "    released: []\n", "released"),
    Fault(
        "extension concept",
        "sources.yaml",
        'concept: "histology_behavior"',
        'concept: "histology"',
        "there is no concept histology",
        "  - url:",
    ),
    Fault(
        "own unit missing",
        "sources.yaml",
        '  albumin_g_dl: "albumin"\n',
        "",
        "albumin_g_dl: there are no units",
        "own_code_units:",
    ),
    Fault(
        "own unit of another dimension",
        "sources.yaml",
        'albumin_g_dl: "albumin"',
        'albumin_g_dl: "creatinine"',
        "held in g/dL, creatinine in mg/dL",
    ),
    Fault(
        "own unit of no fact",
        "sources.yaml",
        '  albumin_g_dl: "albumin"',
        '  albumine: "albumin"\n  albumin_g_dl: "albumin"',
        "there is no fact albumine",
    ),
    # codes.csv, units.csv, systems.csv, answers.csv
    Fault("duplicate code", "codes.csv", ",C7A.010,", ",C7A.00,", "C7A.00 already stands for net_primary_unknown"),
    Fault(
        "duplicate code in another spelling",
        "codes.csv",
        ",C7A.010,",
        ",c7a00,",
        "already stands for net_primary_unknown",
    ),
    Fault(
        "unknown code system",
        "codes.csv",
        "net_primary_duodenum,http://hl7.org/fhir/sid/icd-10-cm",
        "net_primary_duodenum,http://hl7.org/fhir/sid/icd-11",
        "not in systems.csv",
    ),
    Fault("column missing", "codes.csv", "concept,system,code", "concept,code", "the columns must be"),
    Fault(
        "cell missing",
        "codes.csv",
        "C7A.010,Malignant carcinoid tumor of the duodenum,,high,",
        "C7A.010,Malignant carcinoid tumor of the duodenum,,high",
        "expected 7 cells, found 6",
    ),
    Fault(
        "unit without factor",
        "units.csv",
        "bilirubin_total,umol/L,umol/L,,17.1,",
        "bilirubin_total,umol/L,umol/L,,,",
        "a multiplier, a divisor",
    ),
    Fault(
        "unit with both",
        "units.csv",
        "bilirubin_total,umol/L,umol/L,,17.1,",
        "bilirubin_total,umol/L,umol/L,2,17.1,",
        "a multiplier, a divisor",
    ),
    Fault("factor zero", "units.csv", ",,17.1,", ",,0,", "'0' is not a positive decimal number"),
    Fault("factor below zero", "units.csv", ",,17.1,", ",,-17.1,", "not a positive decimal number"),
    Fault(
        "factor with comma",
        "units.csv",
        "bilirubin_total,umol/L,umol/L,,17.1,",
        'bilirubin_total,umol/L,umol/L,,"17,1",',
        "not a positive decimal number",
    ),
    Fault(
        "spelling twice",
        "units.csv",
        "bilirubin_total,mg/dl,",
        "bilirubin_total,mg/dL,",
        "stands twice for bilirubin_total",
    ),
    Fault(
        "two canonical units",
        "units.csv",
        "bilirubin_total,mg/L,mg/L,,10,mg/dL",
        "bilirubin_total,mg/L,mg/L,,10,g/dL",
        "two canonical units",
    ),
    Fault(
        "no canonical unit",
        "units.csv",
        "bilirubin_total,mg/dL,mg/dL,1,,mg/dL",
        "bilirubin_total,mg/dL,mg/dL,1,,",
        "canonical unit is missing",
    ),
    Fault(
        "rules out for no concept",
        "rows.yaml",
        "  hepatic_failure: {",
        "  liver_failure: {",
        "there is no concept liver_failure",
    ),
    Fault("rules out nothing", "rows.yaml", '{"liver_reserve": ["adequate"]}', '"adequate"', "rules out nothing"),
    Fault(
        "rules out of no fact",
        "rows.yaml",
        '{"liver_reserve": ["adequate"]}',
        '{"liver": ["adequate"]}',
        "there is no fact liver",
    ),
    Fault(
        "rules out no answer",
        "rows.yaml",
        '{"liver_reserve": ["adequate"]}',
        '{"liver_reserve": ["good"]}',
        "not every one is an answer",
    ),
    Fault(
        "rules out an empty list",
        "rows.yaml",
        '{"liver_reserve": ["adequate"]}',
        '{"liver_reserve": []}',
        "its list is empty",
    ),
    Fault("no rules out", "rows.yaml", "rules_out:\n", "rules_in:\n", "named 'rules_out'", "rows:"),
    # names.csv, specimens.csv
    Fault(
        "word for no concept",
        "names.csv",
        "bili,for,bilirubin_total,",
        "bili,for,bilirubin,",
        "bilirubin is no concept",
    ),
    Fault("word for nothing", "names.csv", "bili,for,bilirubin_total,", "bili,for,,", "nothing is no concept"),
    Fault("word twice", "names.csv", "bili,for,", "*bilirubin*,for,", "stands twice"),
    Fault("word in capitals", "names.csv", "bili,for,", "Bili,for,", "lower case"),
    Fault("star within a word", "names.csv", "bili,for,", "bi*li,for,", "star at its ends only"),
    Fault("word of stars", "names.csv", "bili,for,", "**,for,", "star at its ends only"),
    Fault("word that speaks of nothing", "names.csv", "bili,for,", "bili,about,", "for or against"),
    Fault("specimen twice", "specimens.csv", "fld,", "csf,", "stands twice"),
    Fault("specimen in capitals", "specimens.csv", "csf,", "CSF,", "lower case"),
    # therapies.csv
    Fault("therapy twice", "therapies.csv", "sirt,", "tae,", "stands twice"),
    Fault("therapy in capitals", "therapies.csv", "sirt,", "SIRT,", "lower case"),
    Fault("therapy of no kind", "therapies.csv", "sirt,liver directed", "sirt,bowel", "a word names one of"),
    # diagnoses.csv
    Fault("diagnosis twice", "diagnoses.csv", "nets,", "net,", "stands twice"),
    Fault("diagnosis of no kind", "diagnoses.csv", "nets,neoplasm", "nets,tumour", "a word names one of"),
    Fault(
        "name of two systems",
        "systems.csv",
        "http://snomed.info/sct,SNOMED CT,SNM3,",
        "http://snomed.info/sct,SNOMED CT,LN,",
        "already names another code system",
    ),
    Fault("unknown folding", "systems.csv", ",I10C,icd,", ",I10C,upper,", "fold must be"),
    Fault("answer of no meaning", "answers.csv", "HL70136,Y,yes", "HL70136,Y,maybe", "not yes, no, none, unknown"),
    Fault("answer of no system", "answers.csv", "HL70136,Y,yes", "HL70137,Y,yes", "the code system is unknown"),
    Fault("answer twice", "answers.csv", "HL70136,N,no", "HL70136,Y,no", "stands twice"),
    # What fits no fact of its kind, and what no reader can ever find: it would silently say nothing, or the wrong thing
    Fault(
        "coded answers for a flag",
        "rows.yaml",
        row(""),
        row(NEW_ROW % ("ascites", "result", "cancer_disease_status", 'answers: {status_stable: "yes"}')),
        "ascites",
        '  - {id: "new"',
    ),
    Fault(
        "one of for a flag",
        "rows.yaml",
        row(""),
        row(NEW_ROW % ("ascites", "procedure", "tace", 'says_one_of: ["yes"]')),
        "ascites",
        '  - {id: "new"',
    ),
    Fault(
        "all of a coded fact",
        "rows.yaml",
        row(""),
        row(NEW_ROW % ("who_grade", "procedure", "tace", 'says_all: ["G1", "G2"]')),
        "who_grade",
        '  - {id: "new"',
    ),
    Fault(
        "segment out of reach",
        "sources.yaml",
        'when: ["OBX-14", "SPM-17.2", "SPM-17", "OBR-7", "TXA-4"]',
        'when: ["EVN-2"]',
        "EVN-2",
        '  - kind: "result"',
    ),
]


def test_the_shipped_tables_load(folder: Path) -> None:
    assert load_tables(folder).rows


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
def test_a_fault_is_refused_with_its_file_and_line(folder: Path, fault: Fault) -> None:
    line = spoil(folder, fault)
    with pytest.raises(TableError) as error:
        load_tables(folder)
    assert fault.says in str(error.value)
    assert (error.value.file, error.value.line) == (fault.file, line)
    assert str(error.value).startswith(f"{fault.file}:{line}: ")


@pytest.mark.parametrize("file", ["rows.yaml", "sources.yaml", "statuses.yaml"])
def test_an_empty_table_is_refused(folder: Path, file: str) -> None:
    (folder / file).write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(TableError, match=f"{file}:1: the file is empty"):
        load_tables(folder)


@pytest.mark.parametrize(
    ("file", "old", "says"),
    [("statuses.yaml", "\ntables:\n", "'tables'"), ("rows.yaml", "\nnot_read:\n", "'not_read'")],
)
def test_a_table_without_its_part_is_refused(folder: Path, file: str, old: str, says: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, "\nother:\n"), encoding="utf-8")
    with pytest.raises(TableError, match=says) as error:
        load_tables(folder)
    assert error.value.file == file


def test_the_base_of_the_project_names_its_code_system(folder: Path) -> None:
    loaded = load_tables(folder, "https://hospital.example.org/ldt")
    assert loaded.own_system == "https://hospital.example.org/ldt/CodeSystem/ldt-fact"
    assert loaded.systems.uri("99LDT") == loaded.own_system
    assert "https://hospital.example.org/ldt/Questionnaire/ldt-facts" in loaded.questionnaires
