"""Words for what a fact can be: units and coded values that do not read as words, labels inside of a sentence.

It knows no patient; what is on record about one is worded in adapter/advice.
"""

from adapter.case.catalogue import FactDefinition

UNITS = {"10*9/L": "x 10^9/L", "{count}": "", "{ratio}": "", "{score}": "", "a": "years", "mo": "months"}
"""UCUM codes that do not read as words."""

VALUES = {
    "nen": "neuroendocrine neoplasm",
    "hcc": "hepatocellular carcinoma",
    "dota_pet_ct": "somatostatin-receptor PET/CT",
    "other_gi": "other gastrointestinal",
    "tae": "TAE",
    "ctace": "cTACE",
    "deb_tace": "DEB-TACE",
    "captem": "CapTem",
    "mwa": "MWA",
    "rfa": "RFA",
    "ssa": "SSA",
    "prrt_iv": "PRRT",
    "tare_lobar": "TARE (lobar)",
    "tare_whole_liver": "TARE (whole liver)",
    "bilobar_one_lobe_predominant": "bilobar with one lobe predominant",
    "biliary_enteric_anastomosis": "biliary-enteric anastomosis",
    "whipple": "Whipple operation",
    "octreoscan": "Octreoscan",
    "mitomycin_c": "mitomycin-C",
    "predicts_non_response": "predicts non-response",
}
"""Codes of values that do not read as words."""


def unit_of(fact: FactDefinition) -> str:
    """The unit of a fact for people; empty for counts and ratios."""
    return UNITS.get(fact.unit, fact.unit)


def word_of(code: str) -> str:
    """A coded value for people."""
    return VALUES.get(code) or code.replace("_", " ")


def labels_of(code: str) -> tuple[str, ...]:
    """What a sender may call a coded value beside its code, in lower case: the code read as words, and its word."""
    return tuple(dict.fromkeys((code.replace("_", " ").casefold(), word_of(code).casefold())))


def lowered(label: str) -> str:
    """A label inside of a sentence: its first word in lower case, unless it is an acronym or a name."""
    first = label.split(" ")[0].replace("-", "")
    return label[0].lower() + label[1:] if first.isalpha() and first[1:].islower() else label
