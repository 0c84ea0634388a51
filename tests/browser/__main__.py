"""The card viewer for people: `make viewer` opens it for a server of theirs and says what that server has to know.

It runs until interrupted. The key that it signs with is new each time.
"""

import argparse
import time
from pathlib import Path

from tests.browser.ehr import Ehr, opened
from tests.browser.server import configuration
from tests.node_packages import install_packages
from tests.repository import ROOT

FOLDER = ROOT / ".viewer"


def main() -> None:
    """Serve the viewer."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="port of the viewer")
    parser.add_argument("--server-port", type=int, default=8080, help="port of ldt serve")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    install_packages(FOLDER)
    ehr, keys, config = Ehr(FOLDER / "node_modules"), FOLDER / "keys.json", FOLDER / "ldt.toml"
    with opened(ehr, given.port) as origin:
        keys.write_bytes(ehr.key_set)
        config.write_text(configuration(given.server_port, f"sqlite:///{FOLDER}/ldt.db", keys, origin), "utf-8")
        print(_instructions(config, f"{origin}/?service=http://127.0.0.1:{given.server_port}/cds-services"))
        _wait()


def _instructions(config: Path, url: str) -> str:
    near = config.relative_to(ROOT)
    store = f"sqlite:///{near.with_name('ldt.db')}"
    return (
        f"In a second terminal (the first line once only):\n\n"
        f"  .venv/bin/ldt store init --store {store}\n  .venv/bin/ldt serve --config {near}\n\n"
        f"Then open {url}, Connect, and open a chart. Ctrl-C ends the viewer."
    )


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
