"""`ldt store init`: what it says and its exit status."""

from pathlib import Path

from typer.testing import CliRunner

from adapter.cli.store import app
from adapter.store import open_store


def test_init_makes_a_store_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/data/messages.db"
    made = CliRunner().invoke(app, ["init", "--store", url])
    assert (made.exit_code, made.stdout) == (0, f"the store {url} is ready\n")
    open_store(url).close()
    again = CliRunner().invoke(app, ["init", "--store", url])
    assert again.exit_code == 1
    assert "there is already something" in again.stderr
    assert CliRunner().invoke(app, ["init", "--store", url, "--exist-ok"]).exit_code == 0


def test_init_refuses_postgresql_without_showing_the_password() -> None:
    refused = CliRunner().invoke(app, ["init", "--store", "postgresql://ldt:secret@db/ldt"])
    assert refused.exit_code == 1
    assert "later version" in refused.stderr
    assert "secret" not in refused.output
