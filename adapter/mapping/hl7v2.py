"""Mapping HL7 v2: messages, files and batches to the patients that they are about.

Every segment is in the ledger; whose it is, is decided in hl7v2_stream.py.
"""

from collections.abc import Iterable
from typing import assert_never

from adapter.hl7v2 import Chunk, Message, UnusableMessage, parse_message, split_messages
from adapter.mapping.hl7v2_batch import Batches
from adapter.mapping.hl7v2_reading import Reading, read_one
from adapter.mapping.hl7v2_stream import Stream
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import ANY_SENDER, Sender, SenderOf, SenderUnclear, any_sender
from adapter.mapping.tables import Tables, tables


def map_hl7v2(
    messages: Iterable[Message], name: str, *, table: Tables | None = None, sender: Sender = ANY_SENDER
) -> Mapping:
    """The patients of a series of messages of one sender, in order of arrival."""
    return map_of_senders(((message, sender) for message in messages), name, table=table)


def map_of_senders(messages: Iterable[tuple[Message, Sender]], name: str, *, table: Tables | None = None) -> Mapping:
    """The patients of a series of messages, each with its sender, in order of arrival."""
    known = table or tables()
    read = (read_one(message, f"{name}[{n}]", sender, known) for n, (message, sender) in enumerate(messages, 1))
    return map_readings(read, known)


def map_readings(readings: Iterable[Reading], table: Tables) -> Mapping:
    """The patients of a series of messages, each read before by the same tables, in order of arrival."""
    stream = Stream(table)
    for reading in readings:
        stream.take(reading)
    return stream.mapping()


def map_hl7v2_files(
    files: Iterable[tuple[str, bytes]], *, table: Tables | None = None, sender_of: SenderOf = any_sender
) -> Mapping:
    """The patients of files (name, bytes) with one or many messages each, told apart over all files.

    What is no message is named and costs nothing else; the counts of batches are checked.
    """
    stream = Stream(table or tables())
    for name, raw in files:
        _take_file(stream, name, raw, sender_of)
    return stream.mapping()


def map_hl7v2_bytes(raw: bytes, name: str, *, table: Tables | None = None, sender_of: SenderOf = any_sender) -> Mapping:
    """The patients of one file."""
    return map_hl7v2_files([(name, raw)], table=table, sender_of=sender_of)


def _take_file(stream: Stream, name: str, raw: bytes, sender_of: SenderOf) -> None:
    batches, messages = Batches(name), 0
    for number, chunk in enumerate(split_messages(raw), start=1):
        messages += chunk.kind == "message"
        _take_chunk(stream, chunk, f"{name} byte {chunk.span[0]}", number, f"{name}[{messages}]", sender_of)
        batches.take(chunk)
    stream.findings += batches.finished()
    if raw.strip() and not raw.rstrip(b" \t").endswith((b"\r", b"\n", b"\x1c")):
        hint = "the last segment has no segment end: the file may have been cut there"
        stream.note("last-segment-unterminated", "warning", f"{name} byte {len(raw)}", hint)


def _take_chunk(stream: Stream, chunk: Chunk, place: str, number: int, name: str, sender_of: SenderOf) -> None:
    match chunk.kind:
        case "batch":
            stream.segments += 1
            segment = chunk.raw[:3].decode("ascii")
            ignored = stream.tables.sources.ignored.hl7v2[segment]
            stream.entries.append(Entry(Level.CONTAINER, segment, place, Outcome.IGNORED, ignored))
        case "truncated":
            hint = "the MLLP frame has no end: nothing of the message is used"
            stream.note("message-truncated", "error", place, hint)
        case "noise":
            stream.note("noise", "error", place, "these bytes are no HL7 message")
        case "message":
            try:
                sender = sender_of(chunk.raw)
                read = parse_message(chunk.raw, default_charset=sender.charset, segment_ends=sender.segment_ends)
                stream.take(read_one(read, name, sender, stream.tables))
            except UnusableMessage as error:
                stream.note(error.code, "error", f"{place}, message {number}", "the message cannot be read")
            except SenderUnclear as error:
                hint = "no profile of the site can be told for this sender: nothing of the message is used"
                stream.note(error.code, "error", f"{place}, message {number}", hint)
        case _:
            assert_never(chunk.kind)
