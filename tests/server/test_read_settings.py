"""FHIR servers in the settings: what may be listed, and what stops the start."""

from pathlib import Path

import pytest

from adapter.server.ehr import DEADLINE, PageLimits
from adapter.server.ehr_reader import reader_of
from adapter.server.settings import Settings, SettingsError, load_settings
from tests.cds_hooks.tokens import BASE, ISSUER, jwk_set

SERVER = "https://ehr.example.org/fhir"


@pytest.fixture
def clients(tmp_path: Path) -> dict[str, object]:
    path = tmp_path / "keys.json"
    path.write_bytes(jwk_set())
    return {"public_urls": [BASE], "issuers": [{"issuer": ISSUER, "key_file": str(path)}]}


def test_servers_are_read_from_the_configuration_file(tmp_path: Path, clients: dict[str, object]) -> None:
    path = tmp_path / "ldt.toml"
    path.write_text(
        f"""
[reads]
deadline = 0.3
pages = 4

[[reads.servers]]
base = "{SERVER}"
issuers = ["{ISSUER}"]
""",
        encoding="utf-8",
    )
    settings = load_settings(path, {"clients": clients})
    (server,) = settings.reads.servers
    assert (server.base, server.issuers, settings.reads.deadline, settings.reads.pages) == (SERVER, (ISSUER,), 0.3, 4)
    reader_of(settings)


def test_by_default_nothing_is_read_and_the_limits_are_those_of_the_reader() -> None:
    reads = Settings().reads
    assert reads.servers == ()
    assert (reads.deadline, reads.pages, reads.entries, reads.bytes) == (DEADLINE, *vars_of(PageLimits()))


def vars_of(limits: PageLimits) -> tuple[int, int, int]:
    return limits.pages, limits.entries, limits.bytes


@pytest.mark.hazard("HZ-X03")
@pytest.mark.parametrize(
    ("reads", "word"),
    [
        ({"servers": [{"base": "http://ehr.example.org/fhir"}]}, "reads.servers.0.base: .*https"),
        ({"servers": [{"base": "https://ehr.example.org/fhir?x=1"}]}, "reads.servers.0.base"),
        ({"servers": [{"base": "https://*.example.org/fhir"}]}, "reads.servers.0.base"),
        ({"servers": [{}]}, "reads.servers.0.base"),
        ({"servers": [{"base": SERVER, "token": "x"}]}, "reads.servers.0.token"),
        ({"deadline": 0}, "reads.deadline"),
        ({"deadline": 31}, "reads.deadline"),
        ({"pages": 0}, "reads.pages"),
        ({"entries": 0}, "reads.entries"),
        ({"bytes": 10}, "reads.bytes"),
        ({"server": []}, "reads.server"),
    ],
)
def test_faulty_reads_stop_the_start_and_are_named(reads: dict[str, object], word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        load_settings(None, {"reads": reads})


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize(
    ("servers", "authenticated", "word"),
    [
        ([{"base": SERVER}], True, "issuers has to name the clients"),
        ([{"base": SERVER, "issuers": ["https://other.example.org"]}], True, "not configured in clients"),
        ([{"base": SERVER, "issuers": [ISSUER]}], False, "not configured in clients"),
        ([{"base": SERVER}, {"base": "https://EHR.example.org.:443/fhir/"}], False, "listed twice"),
        ([{"base": SERVER, "ca": "nowhere.pem"}], False, "nowhere.pem: No such file"),
    ],
)
def test_servers_that_cannot_be_used_stop_the_start(
    clients: dict[str, object], servers: list[dict[str, object]], authenticated: bool, word: str
) -> None:
    told: dict[str, object] = {"reads": {"servers": servers}}
    settings = Settings.model_validate(told | {"clients": clients} if authenticated else told)
    with pytest.raises(SettingsError, match=f"reads: .*{word}"):
        reader_of(settings)


def test_a_file_without_certificates_stops_the_start(tmp_path: Path) -> None:
    ca = tmp_path / "empty.pem"
    ca.write_text("nothing", encoding="utf-8")
    settings = Settings.model_validate({"reads": {"servers": [{"base": SERVER, "ca": str(ca)}]}})
    with pytest.raises(SettingsError, match=r"empty\.pem"):
        reader_of(settings)
