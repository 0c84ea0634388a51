"""Code systems and the names they go by on the wire: URIs, OIDs, and the short names of HL7 table 0396.

It turns what a sender wrote into one URI; a name that is not in the table stays unknown and is reported, never guessed.
"""

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from adapter.case.tables import TableError, read_csv

LDT_FACT = "ldt-fact"
"""Placeholder of the project CodeSystem in the tables; its URI is `{base}/CodeSystem/ldt-fact`."""

LDT_STRENGTH = "ldt-strength"
"""Id of the CodeSystem of what a rule can say of a therapy."""

LDT_TOPIC = "ldt-topic"
"""Id of the CodeSystem of the topic that cards name."""

LDT_OVERRIDE = "ldt-override-reason"
"""Id of the CodeSystem of reasons for not following a card."""

QUESTIONNAIRE = "ldt-facts"
"""Id of the Questionnaire whose linkIds are the names of the facts."""

FORMER_QUESTIONNAIRE = "ldt-nelm"
"""Id under which the same form was known before it was published; answers to it are read in the same way."""

DEFAULT_BASE = "https://ldt-adapter.example.org/fhir"


@dataclass(frozen=True, slots=True)
class CodeSystems:
    """All names of all code systems."""

    uri_of: dict[str, str]
    title_of: dict[str, str]
    folded: frozenset[str]

    def uri(self, sent: str) -> str:
        """The URI of a code system as sent (`LN`, `urn:oid:2.16...`, `http://loinc.org`); `""` when nobody knows it."""
        if sent.startswith("http://snomed.info/sct/"):
            sent = "http://snomed.info/sct"  # an edition or version of SNOMED CT
        return (
            self.uri_of.get(sent) or self.uri_of.get(sent.removeprefix("urn:oid:")) or self.uri_of.get(sent.upper(), "")
        )

    def normal(self, uri: str, code: str) -> str:
        """The code in the form of the tables: without blanks around it; ICD-10 without its dot and in capitals."""
        code = code.strip()
        return code.replace(".", "").upper() if uri in self.folded else code

    def title(self, uri: str) -> str:
        """The name to show people."""
        return self.title_of.get(uri, uri)


def load_systems(file: Traversable, base: str = DEFAULT_BASE) -> CodeSystems:
    """The table `systems.csv`. Raises TableError when a name stands for two systems."""
    uri_of: dict[str, str] = {}
    title_of: dict[str, str] = {}
    folded: set[str] = set()
    for line, row in read_csv(file, ("uri", "title", "name", "fold", "note")):
        uri = row["uri"].replace("{base}", base)
        title_of.setdefault(uri, row["title"])
        if row["fold"] not in ("", "icd"):
            raise TableError(file.name, line, "fold must be empty or icd")
        if row["fold"] == "icd":
            folded.add(uri)
        for name in (uri, row["name"]):
            if name and uri_of.setdefault(name, uri) != uri:
                raise TableError(file.name, line, f"{name} already names another code system")
    return CodeSystems(uri_of, title_of, frozenset(folded))
