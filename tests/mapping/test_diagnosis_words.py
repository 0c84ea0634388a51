"""The words of diagnoses (diagnoses.csv): what names a neuroendocrine neoplasm or liver metastases, and what does not."""

import pytest

from adapter.mapping.tables import tables

WORDS = tables().diagnosis_words


@pytest.mark.parametrize(
    "text",
    [
        "Neuroendocrine tumour of ileum",
        "Neuro-endocrine carcinoma",
        "Neuroendokriner Tumor",
        "Tumeur neuroendocrine de l'iléon",
        "Tumor neuroendocrino",
        "neuro-endocriene tumor",
        "Metastasiertes Karzinoid",
        "CARCINOID syndrome",
        "Islet cell tumor",
        "malignant insulinoma",
        "NET G1",
        "GEP-NET",
        "pNET",
        "PanNET, G2",
        "SI-NET",
    ],
)
def test_words_of_a_neuroendocrine_neoplasm(text: str) -> None:
    assert WORDS.name_neoplasm([text], [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Internet addiction",
        "Cabinet",
        "Adenocarcinoma of colon",
        "Planet",
        "Necrosis",
        "Islet of hair",
        "gene test",
    ],
)
def test_words_of_anything_else(text: str) -> None:
    assert not WORDS.name_neoplasm([text], [])


@pytest.mark.parametrize(
    "code", ["8240/3", "8150/3", "8246/6", "M82403", "C7A.019", "c7b.8", "D3A.00", "E34.0", "E34.00"]
)
def test_codes_of_a_neuroendocrine_neoplasm(code: str) -> None:
    assert WORDS.name_neoplasm([], [code])


@pytest.mark.parametrize("code", ["", "82423001", "81500", "8140/3", "C78.7", "C79.9", "D37.9", "E34.9", "1C7A"])
def test_codes_of_anything_else(code: str) -> None:
    assert not WORDS.name_neoplasm([], [code])


@pytest.mark.parametrize(
    "text",
    [
        "Secondary malignant neoplasm of liver",
        "Lebermetastasen",
        "Métastases hépatiques",
        "hepatic mets",
        "Metastasis to the left lobe of the liver",
        "Metástasis hepáticas",
        "Lebermetastase, histologisch gesichert",
        "metastasi al fegato",
    ],
)
def test_words_of_liver_metastases(text: str) -> None:
    assert WORDS.name_liver_metastases([text])


def test_the_code_of_the_site_may_name_the_liver() -> None:
    assert WORDS.name_liver_metastases(["Secondary malignant neoplastic disease"], ["C22.0"])
    assert not WORDS.name_liver_metastases(["Secondary malignant neoplastic disease"], ["C34.9"])
    assert not WORDS.name_liver_metastases(["Malignant neoplasm"], ["C22.0"])
    assert not WORDS.name_liver_metastases(["Secondary malignant neoplastic disease"], ["C22.01", "1C22.0"])


@pytest.mark.parametrize("text", ["", "Metastasis in the lung", "Fatty liver", "Secondary hypertension", "Hepatitis B"])
def test_words_of_no_liver_metastases(text: str) -> None:
    assert not WORDS.name_liver_metastases([text])
