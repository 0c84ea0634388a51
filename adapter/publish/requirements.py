"""Data requirements: which FHIR resources with which codes state a fact.

They are no filter: older or unconfirmed data is read too, and shown with the reason why it decides nothing.
"""

import re
from collections.abc import Iterable, Iterator

from adapter.case.catalogue import FactDefinition
from adapter.mapping.schema import FhirSource
from adapter.mapping.tables import Tables
from adapter.publish.canonical import Canonicals, codes_id, slug
from adapter.publish.metadata import Resource, coding
from adapter.publish.standard_codes import Stated, stated
from adapter.publish.vocabulary import Vocabulary

_CHOICE = re.compile(r"(effective|onset|performed|abatement)(DateTime|Instant|Period).*")
"""The paths of sources.yaml name the type of a choice; a data requirement names the element alone."""


def own_code(fact: str, places: Canonicals, terms: Vocabulary) -> Resource:
    """An Observation with the fact's own code: the one way in which every fact can be stated."""
    code = coding(places.facts, fact, terms[fact].display)
    return {"id": slug(fact), "type": "Observation", "codeFilter": [{"path": "code", "code": [code]}]}


def all_requirements(
    facts: Iterable[FactDefinition], places: Canonicals, tables: Tables, terms: Vocabulary
) -> Iterator[Resource]:
    """Everything from which any fact is read: codes by resource type, answers to the form, the date of birth."""
    yield {"id": "patient", "type": "Patient", "mustSupport": ["birthDate"]}
    elements = ["questionnaire", "status", "authored", "item"]
    yield {"id": "answers", "type": "QuestionnaireResponse", "mustSupport": elements}
    for fact in facts:
        for one in stated(fact, tables):
            if not one.rows:
                yield own_code(fact.name, places, terms)
                continue
            for source in one.resources:
                yield _coded(one, source, places)


def _coded(one: Stated, source: FhirSource, places: Canonicals) -> Resource:
    value_set = places.pinned("ValueSet", codes_id(one.fact.name, one.kind))
    return {
        "id": f"{slug(one.fact.name)}-{source.resource}",
        "type": source.resource,
        "mustSupport": list(dict.fromkeys(_elements(one, source))),
        "codeFilter": [{"path": source.code, "valueSet": value_set}],
    }


def _elements(one: Stated, source: FhirSource) -> Iterator[str]:
    """The elements that are looked at: code, statuses, times, the value of a result, what rows need beside the code."""
    yield source.code
    yield from (path for _, path in source.statuses)
    if one.kind == "result":
        yield "value"
    yield from (_CHOICE.sub(r"\1", path) for path in (*source.when, *source.issued))
    for paths, name in ((source.body_site, "body_site"), (source.used, "used"), (source.reason, "reason")):
        if any(getattr(row.needs, name) for row in one.rows):
            yield from paths
