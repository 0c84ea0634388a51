"""`ldt mllp`: the MLLP listener alone, with the settings of `ldt serve`."""

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.server import MLLP_PORT, start_server
from adapter.cli.site import SiteFolder


def mllp(
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings (docs/settings.md).")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address to listen on (default 127.0.0.1); another one needs TLS."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help=f"Port of MLLP (default {MLLP_PORT}; 0 takes a free one).")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The store that `ldt store init` has made (default sqlite:///ldt.db)."),
    ] = None,
    site: SiteFolder = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Listen beyond loopback without TLS.")] = False,
) -> None:
    """Run the MLLP listener alone, without HTTP, until interrupted: each message is stored, then acknowledged."""
    given: dict[str, object] = {
        "mllp_host": host,
        "mllp_port": port,
        "store": store,
        "site": site,
        "insecure": insecure or None,
    }
    start_server("mllp", config, given)
