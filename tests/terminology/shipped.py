"""The shipped terminology tables as text rows and as loaded, for the tests beside this file.

Not for expectations.
"""

import csv
from importlib.resources import files

from adapter.terminology.codes import Codes, load_codes
from adapter.terminology.systems import CodeSystems, load_systems
from adapter.terminology.units import Units, load_units

MAPPINGS = files("mappings")

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table, read without the loaders."""
    return list(csv.DictReader(MAPPINGS.joinpath(name).read_text(encoding="utf-8").splitlines()))


def systems() -> CodeSystems:
    return load_systems(MAPPINGS / "systems.csv")


def codes() -> Codes:
    return load_codes(MAPPINGS / "codes.csv", systems())


def units() -> Units:
    return load_units(MAPPINGS / "units.csv")
