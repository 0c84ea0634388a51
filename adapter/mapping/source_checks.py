"""Whether sources.yaml fits the readers and the other tables: paths, addresses, events, status tables, code systems.

Its form is checked in schema.py, what rows say in tables.py; a fault names file and line and stops the start.
"""

from adapter.case.tables import Located
from adapter.fhir.paths import compile_path
from adapter.fhir.resources import READ
from adapter.mapping.hl7v2_rules import compile_events
from adapter.mapping.hl7v2_sources import compile_source
from adapter.mapping.hl7v2_values import DATA_TYPES
from adapter.mapping.schema import FhirSource, Hl7Source, Sources
from adapter.mapping.statuses import REVERSED, Statuses
from adapter.terminology.codes import Codes
from adapter.terminology.systems import CodeSystems


def check_sources(table: Located, sources: Sources, statuses: Statuses, codes: Codes, systems: CodeSystems) -> None:
    """Raises TableError for the first thing in the table that is not there where it points to."""
    for number, source in enumerate(sources.fhir):
        _check_fhir_source(table, number, source)
    for number, segment in enumerate(sources.hl7v2):
        _check_hl7_source(table, number, segment, systems)
    _check_events(table, sources, statuses)
    for wire in ("fhir", "hl7v2"):
        for number, one in enumerate(getattr(sources, wire)):
            for position, (name, _) in enumerate(one.statuses):
                if name not in statuses.tables:
                    raise table.error((wire, number, "statuses", position), f"there is no status table {name}")
    for number, extension in enumerate(sources.extensions):
        if extension.concept not in codes.concepts:
            raise table.error(("extensions", number), f"there is no concept {extension.concept}")


def _check_fhir_source(table: Located, number: int, source: FhirSource) -> None:
    struct = READ.get(source.resource)
    if struct is None:
        raise table.error(("fhir", number), f"the reader does not read {source.resource}")
    paths = [("code", source.code), *((name, path) for name in _PATH_LISTS for path in getattr(source, name))]
    paths += [("statuses", path) for _, path in source.statuses]
    for name, path in paths:
        try:
            compile_path(struct, path)
        except ValueError as error:
            raise table.error(("fhir", number, name), str(error)) from None


_PATH_LISTS = ("when", "issued", "body_site", "used", "reason", "ended", "specimen", "method", "laboratory")


def _check_hl7_source(table: Located, number: int, source: Hl7Source, systems: CodeSystems) -> None:
    try:
        compiled = compile_source(source)
    except ValueError as error:
        raise table.error(("hl7v2", number), str(error)) from None
    for given in compiled.codings:
        if not systems.uri(given.system):
            raise table.error(("hl7v2", number), f"{given.system} is no code system of systems.csv")
    if isinstance(compiled.data_type, str) and compiled.data_type not in ("", *DATA_TYPES):
        raise table.error(("hl7v2", number), f"{compiled.data_type} is no data type of OBX-5 that is read here")


def _check_events(table: Located, sources: Sources, statuses: Statuses) -> None:
    try:
        rules = compile_events(sources.events)
    except ValueError as error:
        raise table.error(("events",), str(error)) from None
    effects = statuses.tables.get(REVERSED, {})
    for number, rule in enumerate(sources.events.takes_back):
        if rule.event not in effects:
            raise table.error(("events", "takes_back", number), f"{REVERSED} does not say what {rule.event} does")
    for listed in rules.lists:
        if listed.spec.segment not in {source.segment for source in sources.hl7v2}:
            raise table.error(("events", "lists"), f"no source reads {listed.spec.segment}")
    for name in rules.document_statuses:
        if name not in statuses.tables:
            raise table.error(("events", "documents"), f"there is no status table {name}")
