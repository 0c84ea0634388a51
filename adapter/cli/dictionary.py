"""The dictionary of HL7 v2 (hl7apy) in typed parts, without the places where it departs from the text of the standard.

Not for faults of a message (structure.py, field_values.py). Each departure is declared here with its reason, once.
"""

from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Final, Literal

from adapter.hl7v2 import Message

NO_LIMIT: Final = -1
"""The most times of what may stand as often as one likes."""
WITHDRAWN: Final = 0
"""The most repetitions of a field that a version no longer has, or not yet."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a segment, or a segment or group of a structure. Of a choice only one of the parts stands there."""

    name: str
    title: str
    datatype: str
    least: int
    most: int
    parts: "tuple[Part, ...]" = ()
    is_choice: bool = False

    @property
    def number(self) -> int:
        """The number of a field. Fields that a version has lost leave gaps: EVN begins with 2 in version 2.8."""
        return int(self.name.rpartition("_")[2])


@dataclass(frozen=True, slots=True)
class Departure:
    """A field that the dictionary calls required in some versions and the text of the standard does not."""

    field: str
    versions: tuple[str, ...]
    reason: str


DEPARTURES: Final = (
    Departure(
        "OBX-2",
        ("2.3.1", "2.7", "2.8"),
        "required beside a value alone, which is checked in every version; the dictionary has the OBX of waveforms",
    ),
    Departure(
        "OBX-4",
        ("2.3.1", "2.7", "2.8"),
        "required for waveforms, and to tell results of one code apart; the dictionary has the OBX of waveforms",
    ),
    Departure("ORC-7", ("2.3",), "optional in chapter 4, as in the versions before and after"),
    Departure("OBR-27", ("2.3",), "optional in chapter 4, as in the versions before and after"),
)

# HL7 table 0354: the structures of events that have none of their own name, with the one of older versions after it.
_STRUCTURES: Final[dict[tuple[str, ...], str]] = {
    ("ADT_A05", "ADT_A01"): "A05 A14 A28 A31",
    ("ADT_A01",): "A04 A08 A13",
    ("ADT_A06",): "A07",
    ("ADT_A09",): "A10 A11",
    ("ADT_A21",): "A22 A23 A25 A26 A27 A29 A32 A33",
    ("ADT_A30",): "A34 A35 A36 A46 A47 A48 A49",
    ("ADT_A39",): "A40 A41 A42",
    ("ADT_A43",): "A44",
    ("ADT_A50",): "A51",
    ("ADT_A52",): "A53",
    ("ADT_A54",): "A55",
    ("ADT_A61",): "A62",
    ("BAR_P05", "BAR_P01"): "P05",
    ("MDM_T01",): "T03 T05 T07 T09 T11",
    ("MDM_T02",): "T04 T06 T08 T10",
    ("ORU_R30",): "R31 R32",
    ("PPR_PC1",): "PC2 PC3",
    ("RDE_O11",): "O25",
}
_STRUCTURES_OF: Final = {
    f"{names[0][:3]}_{event}": names for names, events in _STRUCTURES.items() for event in events.split()
}


def knows_version(version: str) -> bool:
    """Whether the dictionary has this version."""
    try:
        import_module("hl7apy").check_version(version)
    except import_module("hl7apy.exceptions").UnsupportedVersion:
        return False
    return True


def parts_of(name: str, kind: Literal["Segment", "Message"], version: str) -> tuple[Part, ...] | None:
    """What a segment or a structure consists of; None for what the dictionary does not have."""
    try:
        form, *children = import_module("hl7apy").load_reference(name, kind, version)
    except import_module("hl7apy.exceptions").ChildNotFound:
        return None
    if form != "sequence" or not children:  # a segment that this version has withdrawn (QRD in 2.7)
        return None
    if kind == "Segment":
        return tuple(_corrected(_field(child), version) for child in children[0])
    return tuple(map(_member, children[0]))


@cache
def is_defined(segment: str, version: str) -> bool:
    """Whether the dictionary defines what all fields of a segment consist of. Where it does not (TQ1 in 2.7), none of
    them can be held against it."""
    _, children = import_module("hl7apy").load_reference(segment, "Segment", version)
    return all(about[0] == "leaf" or about[1] is not None for _, about, *_ in children)


def data_type(name: str, version: str) -> Literal["simple", "composed", "unknown"]:
    """Whether a data type of this version has components; unknown are those of other versions, which are sent too."""
    if import_module("hl7apy.core").is_base_datatype(name, version):
        return "simple"
    try:
        import_module("hl7apy").load_reference(name, "Datatypes_Structs", version)
    except import_module("hl7apy.exceptions").ChildNotFound:
        return "unknown"
    return "composed"


def structure_of(message: Message) -> str | None:
    """The name of the message structure: MSH-9.3, else by the event and the version; None where there is none."""
    header = message.header
    own = f"{header.code}_{header.trigger}" if header.trigger else header.code
    names = (header.structure,) if header.structure else (own, *_STRUCTURES_OF.get(own, ()))
    return next((name for name in names if parts_of(name, "Message", header.version) is not None), None)


_Child = tuple[str, tuple[object, ...], tuple[int, int], str]
"""What hl7apy has of a field, a segment or a group: its name, what is known of it, how often it stands, its kind."""


def _field(child: _Child) -> Part:
    name, about, (least, most), *_ = child
    return Part(name, str(about[3]).replace("_", " ").lower(), str(about[2]), least, most)


def _corrected(field: Part, version: str) -> Part:
    address = field.name.replace("_", "-")
    wrong = any(one.field == address and version in one.versions for one in DEPARTURES)
    return replace(field, least=0) if wrong else field


def _member(child: _Child) -> Part:
    name, about, (least, most), kind = child
    below = about[1] if kind == "GRP" else ()
    parts = tuple(map(_member, below)) if isinstance(below, tuple) else ()
    return Part(name, name, "", least, most, parts, is_choice=kind == "GRP" and about[0] == "choice")
