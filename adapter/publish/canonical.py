"""Where published resources live: canonical URLs of one base and one version, and ids made from codes.

What stands at a URL is decided by the module that makes the resource.
"""

from dataclasses import dataclass

from adapter.terminology.systems import LDT_FACT, LDT_STRENGTH

FACTS = "ldt-facts"
"""ValueSet of all facts."""
THERAPIES = "ldt-therapies"
"""ValueSet of all therapies and drugs."""
STRENGTHS = "ldt-strengths"
"""ValueSet of what a rule can say of a therapy."""


@dataclass(frozen=True, slots=True)
class Canonicals:
    """All canonical URLs of one publication: they begin with `base`, and references to them name `version`."""

    base: str
    version: str

    def url(self, kind: str, identifier: str) -> str:
        """The canonical URL of a resource, without version: what identifies a code system in a Coding."""
        return f"{self.base}/{kind}/{identifier}"

    def pinned(self, kind: str, identifier: str) -> str:
        """The canonical reference to exactly this publication of a resource."""
        return f"{self.url(kind, identifier)}|{self.version}"

    @property
    def facts(self) -> str:
        """The CodeSystem of facts, answers, therapies and remarks."""
        return self.url("CodeSystem", LDT_FACT)

    @property
    def strengths(self) -> str:
        """The CodeSystem of what a rule can say of a therapy."""
        return self.url("CodeSystem", LDT_STRENGTH)


def slug(code: str) -> str:
    """A code as part of a FHIR id, which has no underscores."""
    return code.replace("_", "-")


def therapy_id(code: str) -> str:
    """The id of the ActivityDefinition of a therapy."""
    return f"ldt-{slug(code)}"


def answers_id(fact: str) -> str:
    """The id of the ValueSet of the answers to a coded fact or a list."""
    return f"ldt-answers-{slug(fact)}"


def codes_id(fact: str, kind: str) -> str:
    """The id of the ValueSet of the codes by which a kind of source states a fact."""
    return f"ldt-codes-{slug(fact)}-{kind}"


def map_id(fact: str) -> str:
    """The id of the ConceptMap from standard codes to a fact."""
    return f"ldt-codes-{slug(fact)}"
