"""`ldt serve`: the HTTP and MLLP server, on a store that `ldt store init` has made."""

from pathlib import Path
from typing import Annotated

import typer

from adapter.cli.evaluate import as_of
from adapter.cli.server import start_server
from adapter.cli.site import SiteFolder


def serve(
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with settings (docs/settings.md).")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address to listen on (default 127.0.0.1); another one needs --insecure."),
    ] = None,
    http_port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Port of HTTP (default 8080; 0 takes a free one).")
    ] = None,
    mllp_port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Port of MLLP (default: no MLLP; 0 takes a free one).")
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The store that `ldt store init` has made (default sqlite:///ldt.db)."),
    ] = None,
    site: SiteFolder = None,
    as_of_date: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge as of this date. For demonstrations only.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond loopback without authentication and TLS.")
    ] = False,
) -> None:
    """Run the server until interrupted: CDS Hooks, HL7 v2 over HTTP and MLLP, the FHIR operation $apply.

    It needs a store (`ldt store init`). Every option is also a setting of a file or the environment (docs/settings.md).
    """
    given: dict[str, object] = {
        "host": host,
        "http_port": http_port,
        "mllp_port": mllp_port,
        "store": store,
        "site": site,
        "as_of": as_of(as_of_date).date() if as_of_date else None,
        "insecure": insecure or None,
    }
    start_server("serve", config, given)
