"""`ldt send`: an MLLP client that sends the messages of a file and prints what each is answered.

Not a queue: it stops at the first message that is not answered, so that the order of messages is kept.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from adapter.advice.wording import printable
from adapter.cli.inputs import UnreadableFile, read_file
from adapter.cli.send_failure import Attempt, unanswered, unconnected
from adapter.hl7v2 import Acknowledgement, ChunkKind, UnusableMessage, read_header, split_messages

if TYPE_CHECKING:
    from ssl import SSLContext

    from adapter.server.addresses import MllpEndpoint

SILENCE = 1.0
"""Seconds without an answer that are success for a message that wants one on errors alone (MSH-15 ER, NE)."""
MANY = 50
"""From how many messages on a progress bar is shown."""
_NOT_SENT: "Final[Mapping[ChunkKind, str]]" = {
    "noise": "no HL7 v2 message begins here (with MSH)",
    "truncated": "the MLLP frame has no end",
}


def send(
    file: Annotated[Path, typer.Argument(help="HL7 v2 file with one or many messages, or batches.")],
    to: Annotated[str, typer.Option("--to", metavar="HOST:PORT", help="Where to send them.")],
    wait: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long an answer may take.")] = 30.0,
    tls: Annotated[bool, typer.Option("--tls", help="Connect with TLS; --ca, --cert and --key need it.")] = False,
    ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="PEM file with the authorities whose servers are trusted; none: those of this machine."
        ),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM file with our certificate, where the server wants one.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM file with its key; none: it is in the same file.")
    ] = None,
) -> None:
    """Send the messages of a file by MLLP and print each acknowledgement: code, control id, errors with their places.

    Exit status: 0 only if every message was accepted (AA, CA, or the silence that its MSH-15 asks for), 1 when one was
    not or the file cannot be read or holds none, 2 for a wrong option.
    """
    from adapter.server.addresses import MllpEndpoint  # the server stack takes a second to import

    messages, faults = _messages(file)
    for fault in faults:
        typer.echo(f"ldt send: {fault}", err=True)
    if not messages:
        typer.echo(
            f"ldt send: {file.name}: there is no whole HL7 v2 message in it (which begins with MSH); nothing is sent",
            err=True,
        )
        raise typer.Exit(1)
    try:
        destination = MllpEndpoint.parse(to, _context(tls, ca, cert, key))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from None
    attempt = Attempt(destination.host, tls, ca is not None, cert is not None)
    accepted = asyncio.run(_send(messages, destination, attempt, wait))
    typer.echo(f"{accepted} of {len(messages)} messages accepted", err=True)
    raise typer.Exit(0 if not faults and accepted == len(messages) else 1)


def _context(tls: bool, ca: Path | None, cert: Path | None, key: Path | None) -> "SSLContext | None":
    from adapter.server.tls import TlsFiles, TlsFilesError, client_context

    if not tls:
        if ca or cert or key:
            raise typer.BadParameter("--ca, --cert and --key need --tls", param_hint="--tls")
        return None
    try:
        return client_context(TlsFiles(cert, key, ca))
    except TlsFilesError as error:
        typer.echo(f"ldt send: {error}", err=True)
        raise typer.Exit(1) from None


def _messages(file: Path) -> tuple[list[bytes], list[str]]:
    """The messages of a file, ready to be sent, and what stands beside them."""
    try:
        raw = read_file(file)
    except UnreadableFile as error:
        typer.echo(f"ldt send: {error}", err=True)
        raise typer.Exit(1) from None
    chunks = [chunk for chunk in split_messages(raw) if chunk.kind != "batch"]
    messages = [_with_cr(chunk.raw) for chunk in chunks if chunk.kind == "message"]
    odd = (chunk for chunk in chunks if chunk.kind == "truncated" or (messages and chunk.kind == "noise"))
    return messages, [f"{file.name} byte {chunk.span[0]}: {_NOT_SENT[chunk.kind]}, not sent" for chunk in odd]


def _with_cr(raw: bytes) -> bytes:
    """The message with CR as segment end, as the standard has it, also where a file has lines of LF or CRLF."""
    if raw.count(b"\n") == raw.count(b"\r\n"):
        raw = raw.replace(b"\r\n", b"\r")
    elif b"\r" not in raw:
        raw = raw.replace(b"\n", b"\r")
    return raw + b"\r"


async def _send(messages: Sequence[bytes], destination: "MllpEndpoint", attempt: Attempt, wait: float) -> int:
    """Send them until one is not answered; how many were accepted."""
    from adapter.server.mllp_sender import MllpClient, NoAcknowledgement

    accepted = 0
    console = Console(stderr=True)
    with Progress(console=console, disable=len(messages) < MANY) as progress:
        task = progress.add_task("sending", total=len(messages))
        async with MllpClient(destination, wait=wait, silence=min(wait, SILENCE)) as client:
            for message in messages:
                try:
                    ack = await client.send(message)
                except NoAcknowledgement as silence:
                    _stop(message, unanswered(silence.reason, attempt))
                    break
                except OSError as error:
                    _stop(message, unconnected(error, attempt))
                    break
                except ValueError:
                    _stop(message, "holds bytes of an MLLP block, so that no frame can hold it")
                    break
                attempt = replace(attempt, answered=True)
                for later in client.later:
                    typer.echo(f"{_line(later)} (application acknowledgement)")
                client.later.clear()
                typer.echo(f"-- {_control_id(message)} no answer wanted" if ack is None else _line(ack))
                accepted += ack is None or ack.accepted
                progress.advance(task)
    return accepted


def _stop(message: bytes, why: str) -> None:
    typer.echo(f"-- {_control_id(message)} {why}; stopped here")


def _line(ack: Acknowledgement) -> str:
    """Code, control id, errors with their words."""
    control_id = printable(ack.control_id.decode("utf-8", errors="replace"))
    errors = (f"{error}: {printable(error.text)}" if error.text else str(error) for error in ack.errors)
    return " ".join([ack.code, control_id, ", ".join(errors)]).rstrip()


def _control_id(message: bytes) -> str:
    try:
        return printable(read_header(message, default_charset="latin-1").control_id)
    except UnusableMessage:
        return "?"
