"""The HL7 v2 wire: reading messages, splitting streams and files, times, numbers, acknowledgements.

No medicine and no mapping; bytes come in and go out here, sockets are elsewhere.
"""

from adapter.hl7v2.ack import (
    HL70357,
    AckCode,
    AckError,
    AckForm,
    Severity,
    ack_form,
    acknowledge,
    acknowledge_unreadable,
)
from adapter.hl7v2.acknowledgement import Acknowledgement, ReceivedError, read_acknowledgement
from adapter.hl7v2.batch import ENVELOPE_NAMES, Batch, BatchFault, acknowledge_batch, read_batch
from adapter.hl7v2.charset import codec_of
from adapter.hl7v2.delimiters import STANDARD, Delimiters
from adapter.hl7v2.elements import Field, Repetition
from adapter.hl7v2.errors import HL7Error, UndecodableText, UnusableCode, UnusableMessage
from adapter.hl7v2.escapes import single_line, unescape
from adapter.hl7v2.findings import HINTS, FindingCode, ReadFinding, Span
from adapter.hl7v2.frames import DEFAULT_LIMIT, END, START, Frame, FrameReader, FrameTooLarge, frame
from adapter.hl7v2.groups import OrderGroup, PatientGroup, groups
from adapter.hl7v2.message import Header, Message, SegmentEnd
from adapter.hl7v2.numbers import (
    Comparator,
    Separator,
    StructuredComparator,
    StructuredNumeric,
    read_nm,
    read_sn,
)
from adapter.hl7v2.read import SegmentEnds, first_segment, parse_message, read_header
from adapter.hl7v2.segments import Segment
from adapter.hl7v2.split import Chunk, ChunkKind, split_messages
from adapter.hl7v2.times import HL7Time, LocalTime, Precision, ZoneSource, read_offset, read_time
from adapter.hl7v2.write import UTF8, Writer

__all__ = [
    "DEFAULT_LIMIT",
    "END",
    "ENVELOPE_NAMES",
    "HINTS",
    "HL70357",
    "STANDARD",
    "START",
    "UTF8",
    "AckCode",
    "AckError",
    "AckForm",
    "Acknowledgement",
    "Batch",
    "BatchFault",
    "Chunk",
    "ChunkKind",
    "Comparator",
    "Delimiters",
    "Field",
    "FindingCode",
    "Frame",
    "FrameReader",
    "FrameTooLarge",
    "HL7Error",
    "HL7Time",
    "Header",
    "LocalTime",
    "Message",
    "OrderGroup",
    "PatientGroup",
    "Precision",
    "ReadFinding",
    "ReceivedError",
    "Repetition",
    "Segment",
    "SegmentEnd",
    "SegmentEnds",
    "Separator",
    "Severity",
    "Span",
    "StructuredComparator",
    "StructuredNumeric",
    "UndecodableText",
    "UnusableCode",
    "UnusableMessage",
    "Writer",
    "ZoneSource",
    "ack_form",
    "acknowledge",
    "acknowledge_batch",
    "acknowledge_unreadable",
    "codec_of",
    "first_segment",
    "frame",
    "groups",
    "parse_message",
    "read_acknowledgement",
    "read_batch",
    "read_header",
    "read_nm",
    "read_offset",
    "read_sn",
    "read_time",
    "single_line",
    "split_messages",
    "unescape",
]
