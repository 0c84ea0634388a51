"""When certificates end: read as OpenSSL reads them, warned of in time, and told of in the health of the server."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from structlog.testing import capture_logs

from adapter.server.certificates import Expiry, expiry
from adapter.server.listeners import certificates_of, warn_of_certificates
from adapter.server.settings import load_settings
from adapter.server.tls import TlsFilesError
from tests.server.authorities import Authority

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "end",
    [
        datetime(2026, 2, 1, 3, 4, 5, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2050, 1, 1, tzinfo=UTC),  # from here on GeneralizedTime
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_the_end_of_a_certificate(tmp_path: Path, end: datetime) -> None:
    files = Authority(tmp_path, "ca").issue("localhost", end=end)
    assert files.cert is not None
    assert expiry("mllp_tls_cert", files.cert) == Expiry("mllp_tls_cert", end)


def test_it_is_read_as_others_read_it(tmp_path: Path) -> None:
    ca = Authority(tmp_path, "ca")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca.file)
    (loaded,) = context.get_ca_certs()
    found = expiry("mllp_tls_ca", ca.file).end
    assert found.timestamp() == ssl.cert_time_to_seconds(str(loaded["notAfter"]))
    assert found == x509.load_pem_x509_certificate(ca.file.read_bytes()).not_valid_after_utc


def test_of_several_certificates_in_a_file_the_first_to_end_counts(tmp_path: Path) -> None:
    ca = Authority(tmp_path, "ca")
    soon, late = (ca.issue(name, end=end).cert for name, end in (("a", NOW), ("b", NOW + timedelta(days=900))))
    assert soon is not None
    assert late is not None
    (tmp_path / "chain.pem").write_bytes(late.read_bytes() + soon.read_bytes())
    assert expiry("x", tmp_path / "chain.pem").end == NOW


@pytest.mark.parametrize(
    ("days", "near"), [(-1, True), (0, True), (29.9, True), (30, True), (30.1, False), (400, False)]
)
def test_thirty_days_before_its_end_it_is_near(days: float, near: bool) -> None:
    assert Expiry("x", NOW + timedelta(days=days)).is_near(NOW) is near


BROKEN = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "text", ["", "no PEM", BROKEN, BROKEN.replace("MAA=", "####"), BROKEN.replace("MAA=", "MIIBIjANBgk=")]
)
def test_a_file_without_a_certificate_that_can_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.pem").write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match=r"mllp_tls_cert: .*x\.pem"):
        expiry("mllp_tls_cert", tmp_path / "x.pem")
    with pytest.raises(TlsFilesError, match="No such file"):
        certificates_of(load_settings(None, {"mllp_tls_cert": tmp_path / "none.pem"}))


def test_the_log_names_the_setting_whose_certificate_ends_soon(tmp_path: Path) -> None:
    ca = Authority(tmp_path, "ca")
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=12)
    settings = load_settings(None, {"mllp_tls_cert": ca.issue("localhost", end=end).cert, "mllp_tls_ca": ca.file})
    found = certificates_of(settings)
    assert [one.setting for one in found] == ["mllp_tls_cert", "mllp_tls_ca"]
    with capture_logs() as logs:
        warn_of_certificates(found)
    assert [(log["event"], log["setting"], log["status"]) for log in logs] == [
        ("certificate_end_near", "mllp_tls_cert", end.date().isoformat())
    ]
