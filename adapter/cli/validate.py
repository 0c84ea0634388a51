"""`ldt validate`: the strict check of files against the standards, by fhir.resources and hl7apy.

The adapter itself reads tolerantly; this tells an interface analyst what a sender does wrong.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from adapter.cli.inputs import UnreadableFile, kind_of, not_fhir_reason, read_file, shown_names
from adapter.cli.structure import structure_faults
from adapter.fhir.check import InvalidOutput, check_r4
from adapter.fhir.document import NotFhir, read_document
from adapter.hl7v2 import UnusableMessage, parse_message, split_messages


def validate(
    files: Annotated[list[Path], typer.Argument(help="FHIR JSON, NDJSON or HL7 v2 files; the kind is detected.")],
) -> None:
    """Check files strictly against the standards (FHIR R4, HL7 v2) and name each fault with its place.

    Exit status: 0 without fault, 1 with one or when a file cannot be read, 2 for a wrong option.
    """
    names = shown_names(files)
    try:
        contents = [(name, read_file(path, name)) for path, name in zip(files, names, strict=True)]
    except UnreadableFile as error:
        typer.echo(f"ldt: {error}", err=True)
        raise typer.Exit(1) from None
    faults = 0
    for name, raw in contents:
        for line in _faults(raw):
            faults += 1
            typer.echo(f"{name}: {line}")
    typer.echo(f"{faults} fault(s)")
    raise typer.Exit(1 if faults else 0)


def _faults(raw: bytes) -> Iterator[str]:
    match kind_of(raw):
        case "hl7v2":
            yield from _hl7v2(raw)
        case "fhir":
            yield from _fhir(raw)
        case "cases":
            yield "a case file is neither FHIR nor HL7 v2"


def _fhir(raw: bytes) -> Iterator[str]:
    try:
        document = read_document(raw)
    except NotFhir as error:
        yield not_fhir_reason(error, raw)
        return
    if not document.records and raw.lstrip()[:1] == b"[":
        yield "an array without any resource"
    yield from _bundle(raw)
    for record in document.records:
        if record.fault is not None:
            yield f"{record.fault.place}: {record.fault.hint}"
            continue
        try:
            check_r4(msgspec.json.decode(record.raw))
        except InvalidOutput as error:
            yield f"{record.place}: {error}"


def _bundle(raw: bytes) -> Iterator[str]:
    """The Bundle itself, without its entries, which are checked one by one."""
    try:
        whole = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return  # NDJSON: there is no Bundle
    if not isinstance(whole, dict) or whole.get("resourceType") != "Bundle":
        return
    try:
        check_r4({name: value for name, value in whole.items() if name != "entry"})
    except InvalidOutput as error:
        yield str(error)


def _hl7v2(raw: bytes) -> Iterator[str]:
    for number, chunk in enumerate((c for c in split_messages(raw) if c.kind != "batch"), start=1):
        if chunk.kind == "truncated":
            yield f"message {number}: the MLLP frame has no end"
            continue
        try:
            message = parse_message(chunk.raw)
        except UnusableMessage as error:
            yield f"message {number}: {error.code}"
            continue
        for found in message.findings:
            yield f"message {number} {found.place}: {found.hint}"
        yield from (f"message {number} {fault}" for fault in structure_faults(message))
