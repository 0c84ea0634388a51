"""Starting the server for `ldt serve` and `ldt mllp`: settings first, and one line where it cannot start."""

from pathlib import Path
from typing import Final, Literal

import typer

MLLP_PORT: Final = 2575
"""The port that IANA has given to HL7 over MLLP."""


def start_server(command: Literal["serve", "mllp"], config: Path | None, given: dict[str, object]) -> None:
    """Run the server, or MLLP alone, until interrupted; exit status 1 where it cannot start."""
    # The server stack takes two seconds to import; the other commands do not need it.
    from adapter.case.tables import TableError
    from adapter.ldt import RuleSetError
    from adapter.server.run import ServerFailed, run, run_mllp
    from adapter.server.settings import SettingsError, load_settings
    from adapter.server.tls import TlsFilesError
    from adapter.store import StoreError

    try:
        settings = load_settings(config, given)
        if command == "serve":
            run(settings)
        elif settings.mllp_port is None:
            run_mllp(load_settings(config, {**given, "mllp_port": MLLP_PORT}))
        else:
            run_mllp(settings)
    except (SettingsError, RuleSetError, TableError, StoreError, TlsFilesError, ServerFailed) as error:
        typer.echo(f"ldt {command}: {error}", err=True)
        raise typer.Exit(1) from None
