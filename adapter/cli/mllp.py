"""`ldt mllp`: the MLLP listener alone, with the settings of `ldt serve`."""

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.server import MLLP_PORT, start_server
from adapter.cli.site import SiteFolder


def mllp(
    config: Annotated[Path | None, typer.Option(help="TOML file with settings (docs/settings.md).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback only with TLS.")] = None,
    port: Annotated[int | None, typer.Option(help=f"Port of MLLP (default {MLLP_PORT}; 0 takes a free one).")] = None,
    store: Annotated[str | None, typer.Option(help="URL of the message store, such as sqlite:///ldt.db.")] = None,
    site: SiteFolder = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Listen beyond loopback without TLS.")] = False,
) -> None:
    """Take HL7 v2 messages by MLLP alone, until interrupted: store, then acknowledge."""
    given: dict[str, object] = {
        "mllp_host": host,
        "mllp_port": port,
        "store": store,
        "site": site,
        "insecure": insecure or None,
    }
    start_server("mllp", config, given)
