"""The name sent with a code, held against the code: `777-3^Hemoglobin` is neither platelets nor haemoglobin.

A name is never read for its meaning; it can only speak against a code, where it names another analyte of names.csv.
"""

from collections.abc import Sequence

from adapter.mapping.item import Codings
from adapter.mapping.tables import Tables
from adapter.terminology.codes import Code

# Concepts whose names contain each other's words.
_FAMILIES = (
    frozenset({"neutrophils", "neutrophils_percent"}),
    frozenset({"lymphocytes", "lymphocytes_percent"}),
    frozenset({"ki67_index", "ki67_breast", "ki67_presence"}),
    frozenset({"ldh", "ldh_pyruvate_to_lactate"}),
    frozenset({"serotonin", "serotonin_urine_24h"}),
)


def contradicts_name(codings: Codings, codes: Sequence[Code], tables: Tables) -> bool:
    """Whether a display names another analyte than the code, and not the code's own."""
    meant = {concept for code in codes for concept in _family(code.concept)}
    if not meant & set(tables.names.values()):
        return False
    for coding in codings:
        name = coding.display.lower()
        named = {concept for word, concept in tables.names.items() if word in name}
        if named and not named & meant:
            return True
    return False


def _family(concept: str) -> frozenset[str]:
    return next((family for family in _FAMILIES if concept in family), frozenset({concept}))
