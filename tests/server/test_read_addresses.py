"""Which addresses mean a listed FHIR server, which URLs of its answers may be asked, which IP addresses it may have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.server.ehr import FhirBase
from adapter.server.ehr.address import Address, may_connect

LISTED = FhirBase.parse("https://ehr.example.org/fhir")


@pytest.mark.hazard("HZ-X03")
@pytest.mark.parametrize(
    "named",
    [
        "https://ehr.example.org.evil.net/fhir",
        "https://ehr.example.org@evil.net/",
        "https://evil.net@ehr.example.org/fhir",
        "https://@ehr.example.org/fhir",
        "https://ehr.example.org:444/fhir",
        "https://ehr.example.org:0/fhir",
        "https://ehr.example.org:443443/fhir",
        "https://ehr.example.org/fhir/../x",
        "https://ehr.example.org/fhir/..",
        "https://ehr.example.org/fhir/.",
        "https://ehr.example.org/%2e%2e/fhir",
        "https://ehr.example.org/x%2f..%2ffhir",
        "https://ehr.example.org/fhir/x",
        "https://ehr.example.org/fhi",
        "https://ehr.example.org/FHIR",
        "https://ehr.example.org//fhir",
        "https://ehr.example.org/fhir//",
        "https://ehr.example.org/",
        "https://ehr.example.org/fhir?a=b",
        "https://ehr.example.org/fhir?",
        "https://ehr.example.org/fhir#a",
        "https://ehr.example.org/fhir#",
        "https://ehr.example.org../fhir",
        "http://ehr.example.org/fhir",
        "http://ehr.example.org:443/fhir",
        "ftp://ehr.example.org/fhir",
        "//ehr.example.org/fhir",
        "https:ehr.example.org/fhir",
        "https:///ehr.example.org/fhir",
        "https://ehr.example.org\\@evil.net/fhir",
        "https://evil.net\\@ehr.example.org/fhir",
        "https://ehr.example.org\t/fhir",
        " https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir\n",
        "https://\u0435hr.example.org/fhir",
        "https://ehr.example。org/fhir",
        "https://[ehr.example.org]/fhir",
        "https://ehr.example.org%00.evil.net/fhir",
        "ehr.example.org/fhir",
        "",
    ],
)
def test_a_look_alike_is_another_server(named: str) -> None:
    assert not LISTED.is_named_by(named)


@pytest.mark.parametrize(
    "named",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "https://EHR.example.org./fhir",
        "HTTPS://ehr.example.org:443/fhir",
        "https://ehr.example.org:0443/fhir",
    ],
)
def test_other_spellings_of_one_address_are_the_same_server(named: str) -> None:
    assert LISTED.is_named_by(named)


@pytest.mark.parametrize(
    ("listed", "named"),
    [
        ("https://192.0.2.10/fhir", "https://192.0.2.10:443/fhir"),
        ("https://[2001:db8::1]/fhir", "https://[2001:0DB8:0:0:0:0:0:1]:443/fhir/"),
        ("http://127.0.0.1:80", "http://127.0.0.1/"),
        ("https://xn--krankenhuser-s8a.example/fhir", "https://XN--krankenhuser-S8A.example/fhir"),
    ],
)
def test_addresses_and_international_names_have_one_spelling(listed: str, named: str) -> None:
    assert FhirBase.parse(listed).is_named_by(named)


@pytest.mark.parametrize(
    "text",
    [
        "http://ehr.example.org/fhir",
        "https://krankenhäuser.example/fhir",
        "https://ehr.example.org/fhir?tenant=1",
        "https://ehr.example.org/fhir#x",
        "https://user:secret@ehr.example.org/fhir",
        "https://2130706433/fhir",
        "https://0x7f.1/fhir",
        "https://127.0.0.1.1/fhir",
        "https://[fe80::1%25eth0]/fhir",
        "https://ehr.example.org/a/../fhir",
        "ehr.example.org",
    ],
)
def test_what_cannot_be_compared_safely_is_not_listed(text: str) -> None:
    with pytest.raises(ValueError, match="not a plain https address"):
        FhirBase.parse(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Patient/P1", "https://ehr.example.org/fhir/Patient/P1"),
        ("Observation?patient=P1&_sort=-date", "https://ehr.example.org/fhir/Observation?patient=P1&_sort=-date"),
        ("?_getpages=1%7C2", "https://ehr.example.org/fhir?_getpages=1%7C2"),
        ("/fhir/Observation?page=2", "https://ehr.example.org/fhir/Observation?page=2"),
        ("https://EHR.example.org.:443/fhir?page=2", "https://ehr.example.org/fhir?page=2"),
        ("https://ehr.example.org/fhir/x?next=https://evil.net/../", None),
        ("https://ehr.example.org/fhirs?page=2", None),
        ("https://ehr.example.org/?page=2", None),
        ("https://evil.net/fhir?page=2", None),
        ("http://ehr.example.org/fhir?page=2", None),
        ("//evil.net/fhir", None),
        ("/other/Observation", None),
        ("https://ehr.example.org/fhir/%2e%2E/other", None),
        ("https://ehr.example.org/fhir/x%2f..%5C..", None),
        ("https://ehr.example.org/fhir/a/../../other", None),
        ("https://ehr.example.org/fhir//other", None),
        ("Observation//other", None),
        ("Patient/..", None),
        ("../other", None),
        ("javascript:alert(1)", None),
    ],
)
def test_only_urls_under_the_base_may_be_asked(text: str, asked: str | None) -> None:
    url = LISTED.url(text)
    if asked is None and "?next=" in text:
        assert url is not None
        assert url.host == "ehr.example.org"
    else:
        assert (None if url is None else str(url)) == asked


@given(st.text(alphabet="htps:/@.evilnetrxamog?#%[]\\ 0123456789-_", max_size=40))
def test_whatever_a_server_writes_the_token_goes_to_its_own_origin_under_its_own_path(text: str) -> None:
    for url in filter(None, map(LISTED.url, (text, f"https://ehr.example.org{text}", f"//{text}", f"/fhir/{text}"))):
        assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "ehr.example.org", None, b"")
        assert url.path == "/fhir" or url.path.startswith("/fhir/")
        assert ".." not in url.path.split("/")


@given(st.text(alphabet="ehr.X:/@[]0123456789%?-", max_size=40).map("https://e".__add__) | st.text(max_size=60))
def test_no_text_makes_an_address_of_two_readings(text: str) -> None:
    address = Address.parse(text)
    if address is not None:
        host = f"[{address.host}]" if ":" in address.host else address.host
        again = f"{address.scheme}://{host}:{address.port}/{'/'.join(address.segments)}"
        assert Address.parse(again + (f"?{address.query}" if address.query else "")) == address


@pytest.mark.hazard("HZ-X02")
@pytest.mark.parametrize(
    ("host", "found", "allowed"),
    [
        ("ehr.example.org", "192.0.2.1", True),
        ("ehr.example.org", "10.1.2.3", True),
        ("ehr.example.org", "2001:db8::1", True),
        ("ehr.example.org", "169.254.169.254", False),
        ("ehr.example.org", "::ffff:169.254.169.254", False),
        ("ehr.example.org", "127.0.0.1", False),
        ("ehr.example.org", "::1", False),
        ("ehr.example.org", "fe80::1%3", False),
        ("ehr.example.org", "0.0.0.0", False),  # noqa: S104
        ("ehr.example.org", "224.0.0.1", False),
        ("ehr.example.org", "what", False),
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("127.0.0.2", "127.0.0.2", True),
        ("169.254.169.254", "169.254.169.254", False),
    ],
)
def test_a_name_may_not_lead_to_this_machine_or_to_link_local_services(host: str, found: str, allowed: bool) -> None:
    assert may_connect(host, found) is allowed
