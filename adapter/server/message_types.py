"""Which HL7 v2 message types exist, which of them are used here, and with which trigger events.

Not for what their segments mean. Source: tables HL70076 and HL70003, versions 2.1 to 2.9.
"""

import re
from collections.abc import Mapping
from typing import Final

_ORDER: Final = r"O(?:0[1-9]|[1-6]\d)"

USED: Final[Mapping[str, re.Pattern[str]]] = {
    code: re.compile(events)
    for code, events in {
        "ADT": r"A(?:0[1-9]|[1-4]\d|5[0-5]|6[0-2])",
        "BAR": r"P(?:0[1256]|1[02])",
        "DFT": r"P(?:03|11)",
        "MDM": r"T(?:0[1-9]|1[01])",
        "OMG": _ORDER,
        "OMI": _ORDER,
        "OML": _ORDER,
        "OMP": _ORDER,
        "ORM": _ORDER,
        "ORU": r"R(?:0[1-4]|3[0-3]|4[0-4])|W01",
        "OUL": r"R2[1-4]",
        "PPR": r"PC[1-3]",
        "RAS": _ORDER,
        "RDE": _ORDER,
        "RDS": _ORDER,
        "RGV": _ORDER,
    }.items()
}
"""The types that are mapped, each with the trigger events that it may have."""

ACKNOWLEDGEMENTS: Final = frozenset({"ACK", "MCF"})
"""Types that are never answered."""

_TYPES: Final = """
    ACK ADR ADT ARD BAR BPS BRP BRT BTS CCF CCI CCM CCQ CCR CCU CQU CRM CSU DBC DBU DEL DEO DER DFT DOC DPR DRC DRG
    DSR EAC EAN EAR EDR EHC EQQ ERP ESR ESU INR INU LSR LSU MCF MDM MFD MFK MFN MFQ MFR NMD NMQ NMR OMB OMD OMG OMI
    OML OMN OMP OMQ OMS OPL OPR OPU ORA ORB ORD ORF ORG ORI ORL ORM ORN ORP ORR ORS ORU ORX OSM OSQ OSR OSU OUL PEX
    PGL PIN PMU PPG PPP PPR PPT PPV PRR PTR QBP QCK QCN QRY QSB QSX QVR RAR RAS RCI RCL RDE RDO RDR RDS RDY REF RER
    RGR RGV ROR RPA RPI RPL RPR RQA RQC RQI RQP RQQ RRA RRD RRE RRG RRI RRO RSP RTB SCN SDN SDR SIU SLN SLR SMD SPQ
    SQM SQR SRM SRR SSR SSU STC STI SUR TBR TCR TCU UDM VQQ VXQ VXR VXU VXX
"""
HL70076: Final = frozenset(_TYPES.split())
"""Table HL70076, message types, of all versions together."""

_LOCAL_EVENT: Final = re.compile(r"Z[A-Z0-9]{2}")


def is_local_event(event: str) -> bool:
    """Whether a trigger event is one that the standard leaves to sites (`Z01`)."""
    return _LOCAL_EVENT.fullmatch(event) is not None


def known_event(code: str, event: str) -> bool:
    """Whether a used type may have the event; none (versions before 2.3 knew types alone) and local ones may be."""
    return not event or is_local_event(event) or USED[code].fullmatch(event) is not None
