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


def test_plain_mllp_beyond_loopback_has_to_be_allowed_and_with_tls_it_is(tmp_path: Path) -> None:
    public = {"mllp_port": 2575, "mllp_host": "0.0.0.0"}  # noqa: S104
    with pytest.raises(SettingsError, match="mllp_tls_cert"):
        load_settings(None, public)
    assert load_settings(None, {**public, "insecure": True}).mllp_address == "0.0.0.0"  # noqa: S104
    secure = {**public, "mllp_tls_cert": tmp_path / "x.pem", "mllp_tls_ca": tmp_path / "ca.pem"}
    assert load_settings(None, secure).client_certificate == "required"
    assert load_settings(None, {"host": "127.0.0.2"}).mllp_address == "127.0.0.2"


@pytest.mark.hazard("HZ-X15")
@pytest.mark.parametrize(
    ("host", "ca", "said", "found"),
    [
        ("127.0.0.1", False, None, "none"),
        ("127.0.0.1", True, None, "optional"),
        ("127.0.0.1", True, "required", "required"),
        ("192.0.2.1", True, None, "required"),
        ("192.0.2.1", True, "optional", "optional"),
        ("192.0.2.1", False, "none", "none"),
    ],
)
def test_client_certificates_are_required_beyond_loopback_unless_set_otherwise(
    tmp_path: Path, host: str, ca: bool, said: str | None, found: str
) -> None:
    given = {"mllp_port": 2575, "mllp_host": host, "mllp_tls_cert": tmp_path / "x.pem"}
    given |= {"mllp_client_certificate": said, "mllp_tls_ca": tmp_path / "ca.pem" if ca else None}
    assert load_settings(None, given).client_certificate == found


@pytest.mark.parametrize(("host", "said"), [("192.0.2.1", None), ("127.0.0.1", "required"), ("127.0.0.1", "optional")])
def test_client_certificates_need_the_authorities_that_issue_them(tmp_path: Path, host: str, said: str | None) -> None:
    given = {"mllp_port": 2575, "mllp_host": host, "mllp_tls_cert": tmp_path / "x.pem", "mllp_client_certificate": said}
    with pytest.raises(SettingsError, match="mllp_tls_ca: client certificates need"):
        load_settings(None, given)


@pytest.mark.parametrize("name", ["mllp_tls_key", "mllp_tls_ca", "mllp_client_certificate"])
def test_tls_needs_a_certificate(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: TLS needs"):
        load_settings(None, {name: "none"})
