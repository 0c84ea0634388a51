"""Settings from file, environment and command line, and what stops the start."""

import asyncio
import re
from pathlib import Path

import pytest
from pydantic_settings import EnvSettingsSource

from adapter.advice.hl7v2 import Link
from adapter.server.addresses import is_loopback
from adapter.server.delivery import Schedule
from adapter.server.destinations import deliverers
from adapter.server.settings import JSON_EXAMPLES, Settings, SettingsError, Variables, load_settings
from adapter.store import Store


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
        ("http_prt = 1", "^http_prt: unknown setting$"),
        ("[clients]\nissuer = 1", "^clients.issuer: unknown setting$"),
        ('http_port = "x"', "^http_port: must be a valid integer$"),
        ('receiving = "NELM/HOSP"', "^receiving: must be a list$"),
        ("http_prt = 1\nworkers = 0", "^workers: must be greater than or equal to 1; http_prt: unknown setting$"),
        ('host = "192.0.2.1"', "^host: other addresses"),
        ('as_of = "9999-12-31"', "as_of: after the year 9998"),
        ("http_port = 70000", "http_port"),
        ("http_port =", "not TOML"),
        ('as_of = "soon"', "as_of"),
    ],
)
def test_a_faulty_setting_stops_the_start_and_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load_settings(_file(tmp_path, text), {})


@pytest.mark.parametrize(
    ("variable", "text"),
    [("LDT_RECEIVING", "NELM/HOSP"), ("LDT_CORS_ORIGINS", "http://a"), ("LDT_CLIENTS", "x"), ("LDT_CLIENTS", "")],
)
def test_a_variable_that_has_to_be_json_says_so_and_how(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    name = variable[4:].lower()
    plain, example = getattr(Settings(), name), JSON_EXAMPLES[name]
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsError, match=f"^{re.escape(f'{variable}: must be JSON, such as {example}')}$"):
        load_settings(None, {})
    monkeypatch.setenv(variable, example)
    assert getattr(load_settings(None, {}), name) != plain


def test_faults_of_file_and_variables_are_named_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("LDT_RECEIVING", "NELM/HOSP"), ("LDT_HTTP_PROT", "1"), ("LDT_WORKERS", "many")):
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError) as raised:
        load_settings(_file(tmp_path, "http_port = 70000"), {"mllp_port": -1})
    faults = str(raised.value).split("; ")
    assert faults[0] == "unknown setting in the environment: LDT_HTTP_PROT"
    assert faults[1].startswith("LDT_RECEIVING: must be JSON, such as")
    assert sorted(fault.split(":")[0] for fault in faults[2:]) == ["http_port", "mllp_port", "workers"]


def test_every_setting_that_its_variable_holds_as_json_has_an_example() -> None:
    source = EnvSettingsSource(Variables)
    assert set(JSON_EXAMPLES) == {name for name, one in Settings.model_fields.items() if source.field_is_complex(one)}


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fhir_server": "http://fhir.example.org/r4"}, "fhir_server: beyond loopback needs https"),
        ({"fhir_server": "fhir.example.org"}, "fhir_server: must be an address"),
        ({"fhir_server": "https://user:secret@fhir.example.org"}, "fhir_server: must not hold a password"),
        ({"fhir_server": "https://fhir.example.org/r4?_format=json"}, "fhir_server: must be an address"),
        ({"fhir_server": "https://[::1"}, "fhir_server: must be an address"),
        ({"fhir_token": "secret"}, "fhir_token: is of no use without fhir_server"),
        (
            {"fhir_server": "https://e.org", "fhir_token": "secret", "fhir_token_file": "x"},
            "fhir_token, fhir_token_file: only one of them",
        ),
        ({"hl7v2_server": "ehr.example.org:2575"}, "hl7v2_server: beyond loopback needs hl7v2_tls"),
        ({"hl7v2_server": "ehr.example.org"}, "hl7v2_server: must be HOST:PORT"),
        ({"hl7v2_server": "127.0.0.1:99999"}, "hl7v2_server: must be HOST:PORT"),
        (
            {"hl7v2_server": "e.org:1", "hl7v2_tls": True, "hl7v2_key": "x"},
            "hl7v2_certificate, hl7v2_key: one needs the other",
        ),
        ({"hl7v2_message": "ADT^A08"}, "hl7v2_message"),
        ({"delivery_attempts": 0}, "delivery_attempts"),
    ],
)
def test_destinations_that_cannot_be_used_stop_the_start(given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(None, given)
    assert said in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        {"fhir_server": "https://fhir.example.org/r4", "fhir_token": "secret"},
        {"fhir_server": "http://127.0.0.1:8081/fhir"},
        {"fhir_server": "http://fhir.example.org/r4", "insecure": True},
        {"hl7v2_server": "127.0.0.1:2576"},
        {"hl7v2_server": "[::1]:2576"},
        {"hl7v2_server": "ehr.example.org:2576", "hl7v2_tls": True},
        {"hl7v2_server": "ehr.example.org:2576", "insecure": True},
    ],
)
def test_destinations_that_can_be_used(given: dict[str, object]) -> None:
    assert "secret" not in repr(load_settings(None, given))


def test_the_link_of_advice_messages() -> None:
    assert load_settings(None, {}).link() is None
    given: dict[str, object] = {"hl7v2_server": "127.0.0.1:1", "hl7v2_message": "MDM^T02", "hl7v2_receiver": "EHR/HOSP"}
    assert load_settings(None, given).link() == Link("MDM^T02", ("LDT", ""), ("EHR", "HOSP"))


TLS = Path(__file__).with_name("tls")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fhir_server": "https://e.org", "fhir_ca": "none.pem"}, "fhir_ca: none.pem cannot be used"),
        ({"fhir_server": "https://e.org", "fhir_token_file": "none"}, "fhir_token_file: none cannot be read"),
        ({"hl7v2_server": "e.org:1", "hl7v2_tls": True, "hl7v2_ca": str(TLS / "README.md")}, "hl7v2_ca: "),
        (
            {
                "hl7v2_server": "e.org:1",
                "hl7v2_tls": True,
                "hl7v2_certificate": str(TLS / "client.pem"),
                "hl7v2_key": str(TLS / "server-key.pem"),
            },
            "hl7v2_certificate, hl7v2_key: cannot be used",
        ),
    ],
)
def test_files_that_cannot_be_used_stop_the_start(given: dict[str, object], said: str, store: Store) -> None:
    with pytest.raises(SettingsError, match=said):
        deliverers(load_settings(None, given), store)


def test_a_deliverer_for_each_destination_that_is_set(store: Store, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n", encoding="ascii")
    given: dict[str, object] = {
        "fhir_server": "https://e.org",
        "fhir_token_file": str(token),
        "fhir_ca": str(TLS / "server.pem"),
        "hl7v2_server": "e.org:1",
        "hl7v2_tls": True,
        "hl7v2_certificate": str(TLS / "client.pem"),
        "hl7v2_key": str(TLS / "client-key.pem"),
        "delivery_attempts": 7,
        "circuit_failures": 3,
    }
    found = deliverers(load_settings(None, given), store)
    assert [one.name for one in found] == ["fhir", "hl7v2"]
    assert {one.schedule for one in found} == {Schedule(7, 5.0, 3600.0)}
    assert [one.circuit.failures for one in found] == [3, 3]
    for one in found:
        asyncio.run(one.destination.close())
    assert deliverers(load_settings(None, {}), store) == ()


@pytest.mark.parametrize("origin", ["https://app.test/", "app.test", "*"])
def test_an_origin_that_no_browser_sends_stops_the_start(origin: str) -> None:
    with pytest.raises(SettingsError, match="cors_origins: "):
        load_settings(None, {"cors_origins": [origin]})
