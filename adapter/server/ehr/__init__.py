"""Own reads of the EHR's FHIR server, for what a call does not bring, and the record of where its data came from.

Not for mapping or judging what was read; services do that with the `Reading` that they are given.
"""

from adapter.server.ehr.address import FhirBase
from adapter.server.ehr.audit import Audit, CallRecord, KeyRecord, LogAudit, Outcome
from adapter.server.ehr.exchange import Exchange
from adapter.server.ehr.handler import Answerer, ReadingHandler
from adapter.server.ehr.reader import DEADLINE, EhrReader, ReadableServer
from adapter.server.ehr.reading import KeyReading, Reading
from adapter.server.ehr.search import PageLimits

__all__ = [
    "DEADLINE",
    "Answerer",
    "Audit",
    "CallRecord",
    "EhrReader",
    "Exchange",
    "FhirBase",
    "KeyReading",
    "KeyRecord",
    "LogAudit",
    "Outcome",
    "PageLimits",
    "ReadableServer",
    "Reading",
    "ReadingHandler",
]
