"""The words of therapies (therapies.csv): what names one, what names a liver-directed one, and what does neither."""

import csv

import pytest

from adapter.mapping.tables import tables
from tests.repository import ROOT

WORDS = tables().therapy_words
FILE = ROOT / "mappings/therapies.csv"


@pytest.mark.parametrize(
    "text",
    [
        "TAE",
        "DEB-TACE",
        "Hepatic arterial CHEMOEMBOLISATION",
        "Y-90 microspheres",
        "y90",
        "Insertion of DC Beads",
        "SBRT liver",
        "Selektive interne Radiotherapie",
        "Occlusion of branch of hepatic artery",
        "Chirurgische Entfernung, Leber",
        "destruction of lesion of the fegato",
        "Hepatic metastasisectomy",
        "metastasesectomy, liver",
        "fegato: metastasiectomia",
        "SİRT",
        "h\N{LATIN SMALL LETTER DOTLESS I}fu",
    ],
)
def test_words_of_a_liver_directed_therapy(text: str) -> None:
    assert WORDS.name_liver_directed(text)
    assert WORDS.name_any(text)


@pytest.mark.parametrize(
    "text", ["octreotide 30 mg", "Lu-177", "5-FU", "retifanlimab", "Hepatectomy", "Afinitor", "NORADRENALIN"]
)
def test_words_of_another_therapy(text: str) -> None:
    assert WORDS.name_any(text)
    assert not WORDS.name_liver_directed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Echocardiogram",
        "metaephrine",
        "fire",
        "Hepatitis B surface antigen",
        "stare",
        "y900",
        "rfac",
        "Laser of skin",
    ],
)
def test_words_of_no_therapy(text: str) -> None:
    assert not WORDS.name_any(text)


def test_an_act_counts_where_the_liver_is_near_and_nowhere_else() -> None:
    for gap, near in ((60, True), (61, False)):
        assert WORDS.name_liver_directed(f"laser{'.' * gap}liver") is near
        assert WORDS.name_liver_directed(f"liver{'.' * gap}laser") is near


def test_every_word_of_the_table_is_found_by_itself() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    for row in rows:
        bare = row["word"].strip("*")
        text = {"act": f"{bare} liver", "liver": f"laser {bare}"}.get(row["names"], bare)
        assert WORDS.name_any(text), row
        assert WORDS.name_liver_directed(text) or row["names"] == "other", row
