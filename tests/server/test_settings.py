"""Settings from file, environment and command line, and what stops the start."""

from pathlib import Path

import pytest

from adapter.server.settings import Settings, SettingsError, is_loopback, load_settings


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ldt.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_listen_on_this_machine_only() -> None:
    assert is_loopback(Settings().host)


def test_the_command_line_wins_over_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path, 'http_port = 1\nstore = "sqlite:///from-file.db"\nmllp_port = 7\n')
    monkeypatch.setenv("LDT_HTTP_PORT", "2")
    monkeypatch.setenv("LDT_STORE", "sqlite:///from-environment.db")
    settings = load_settings(path, {"http_port": 3, "host": None})
    assert (settings.http_port, settings.store, settings.mllp_port) == (3, "sqlite:///from-environment.db", 7)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("http_prt = 1", "http_prt"),
        ('http_port = "x"', "http_port"),
        ("http_port = 70000", "http_port"),
        ("http_port =", "not TOML"),
        ('as_of = "soon"', "as_of"),
    ],
)
def test_a_faulty_setting_stops_the_start_and_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load_settings(_file(tmp_path, text), {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(tmp_path / "nowhere.toml", {})


@pytest.mark.hazard("HZ-X15")
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])  # noqa: S104
def test_other_addresses_than_loopback_need_the_explicit_switch(host: str) -> None:
    with pytest.raises(SettingsError, match="--insecure"):
        load_settings(None, {"host": host})
    assert load_settings(None, {"host": host, "insecure": True}).host == host


def test_receivers_are_pairs_of_application_and_facility() -> None:
    settings = load_settings(None, {"receiving": ("NELM/HOSP", "LDT/")})
    assert settings.receivers() == (("NELM", "HOSP"), ("LDT", ""))
