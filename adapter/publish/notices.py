"""What owners of papers and terminologies ask to be said beside their content; the same words stand in NOTICE.

Whether somebody may use a code system is decided by its owner, not here.
"""

from collections.abc import Iterable
from typing import Final

from adapter.mapping.row_words import CPT

PAPERS: Final = (
    "Restates, in its own words, two review articles: Rabei R, Fidelman N. Liver-Directed Therapy for Neuroendocrine "
    "Tumor Metastases in the Era of Peptide Receptor Radionuclide Therapy. Published online 15 December 2023. "
    "Copyright The Author(s) 2023. Licensed under the Creative Commons Attribution 4.0 International License, "
    "https://creativecommons.org/licenses/by/4.0/. The scenario labels and the strengths of recommendation of its "
    "Table 1 are reproduced; everything else is restated. Changes were made. The authors do not endorse this project."
    " And a second review of liver-directed locoregional therapies for neuroendocrine liver metastases, supplied "
    "without title, authors or licence; probably Criss CR, Makary MS. Liver-Directed Locoregional Therapies for "
    "Neuroendocrine Liver Metastases: Recent Advances and Management. Curr. Oncol. 2024, 31(4), 2076-2091, "
    "https://doi.org/10.3390/curroncol31040154. Its facts are restated; none of its sentences or tables is included. "
    "The rest is licensed under the Apache License, Version 2.0."
)

_ICD = (
    "ICD-10 and ICD-O-3: Copyright World Health Organization. Codes and short titles are used to recognise diagnoses "
    "in messages."
)
_ICD_CM = (
    "ICD-10-CM and ICD-10-PCS: Published by the United States National Center for Health Statistics and the Centers "
    "for Medicare & Medicaid Services."
)
_HL7 = (
    "HL7 Version 2 is copyright Health Level Seven International and is used under its intellectual property policy; "
    "message structure names and table codes are named, the text of the standard is not reproduced."
)
_HGNC = "Gene symbols and identifiers of the HUGO Gene Nomenclature Committee (https://www.genenames.org), CC0."

SYSTEMS: Final[dict[str, str]] = {
    "http://loinc.org": (
        "This material contains content from LOINC (http://loinc.org). LOINC is copyright (c) Regenstrief Institute, "
        "Inc. and the Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost "
        "under the license at http://loinc.org/license. LOINC(R) is a registered United States trademark of "
        "Regenstrief Institute, Inc."
    ),
    "http://snomed.info/sct": (
        "This material includes SNOMED Clinical Terms(R) (SNOMED CT(R)), which is used by permission of SNOMED "
        'International. SNOMED CT was originally created by the College of American Pathologists. "SNOMED" and "SNOMED '
        'CT" are registered trademarks of SNOMED International. Use needs an affiliate licence, or a place in a member '
        "country or territory."
    ),
    "http://unitsofmeasure.org": (
        "This product includes a portion of the UCUM table, UCUM codes and UCUM definitions, or is derived from it, "
        "subject to the license of Regenstrief Institute, Inc. and The UCUM Organization, https://ucum.org/license. "
        "Copyright (c) 1999 onwards Regenstrief Institute, Inc. All rights reserved."
    ),
    "http://hl7.org/fhir/sid/icd-10": _ICD,
    "http://terminology.hl7.org/CodeSystem/icd-o-3": _ICD,
    "http://hl7.org/fhir/sid/icd-10-cm": _ICD_CM,
    "http://www.cms.gov/Medicare/Coding/ICD10": _ICD_CM,
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": (
        "HCPCS Level II: Published by the United States Centers for Medicare & Medicaid Services."
    ),
    CPT: (
        "Current Procedural Terminology (CPT) is copyright American Medical Association; CPT is a registered "
        "trademark of the American Medical Association. Only code numbers are used, to recognise what a sender "
        "states. No CPT descriptors are included, and no licence for CPT is given with this product."
    ),
    "http://www.nlm.nih.gov/research/umls/rxnorm": (
        "RxNorm concept identifiers and names are courtesy of the United States National Library of Medicine, which "
        "does not endorse or recommend this product. Names of other vocabularies that RxNorm carries are not "
        "included."
    ),
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": (
        "NCI Thesaurus: Published by the United States National Cancer Institute under Creative Commons Attribution "
        "4.0 International."
    ),
    "http://www.genenames.org": _HGNC,
    "http://www.genenames.org/geneId": _HGNC,
    "http://dicom.nema.org/resources/ontology/DCM": (
        "Codes of the DICOM Standard, published by NEMA. DICOM(R) is a registered trademark of the National Electrical "
        "Manufacturers Association."
    ),
    "http://terminology.hl7.org/CodeSystem/v2-0136": _HL7,
    "http://terminology.hl7.org/CodeSystem/v2-0532": _HL7,
}
"""The notice of each code system whose codes are published."""


def notice(systems: Iterable[str]) -> str:
    """The notices of the papers and of these code systems. Raises KeyError for a system without a notice."""
    return " ".join(dict.fromkeys((PAPERS, *(SYSTEMS[system] for system in sorted(systems)))))
