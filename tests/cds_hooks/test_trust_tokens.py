"""Which tokens are trusted: each claim, each header member and each key, and the reason that the log gets."""

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from cds_hooks import CallHead, Client, Unauthorized
from cds_hooks.trust import Audience, FixedKeys, JwtCheck, KeySource, MemoryReplayStore, TokenTimes, read_key_set
from cds_hooks.trust.token import take_token
from tests.cds_hooks.calls import CANARY
from tests.cds_hooks.tokens import (
    BASE,
    CLAIMS,
    ISSUER,
    JKU,
    KID,
    NOW,
    RSA_KID,
    Checked,
    compact,
    ec_jwk,
    ec_key,
    es384,
    head,
    issuer,
    jwk_set,
    rs384,
    rsa_jwk,
    token,
)


def trusted(call: CallHead, checked: Checked | None = None) -> Client:
    return asyncio.run((checked or Checked()).check(call))


def refused(call: CallHead, checked: Checked | None = None) -> str:
    """The one reason in the log."""
    checked = checked or Checked()
    with pytest.raises(Unauthorized) as caught:
        trusted(call, checked)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    (reason,) = checked.reasons
    return reason


def test_J5_the_token_of_the_sandbox_is_trusted() -> None:
    assert trusted(head(token(header={"jku": JKU}))) == Client(ISSUER, None, None, "8d6a4b2c")


def test_J5_the_token_of_a_vendor_is_trusted() -> None:
    base = "https://ehr.example.org/fhir"
    vendor = issuer(base, jku="https://ehr.example.org/keys")
    call = head(
        token(
            header={"alg": "RS384", "kid": RSA_KID, "jku": "https://ehr.example.org/keys", "x-vendor": "y"},
            sign=rs384(),
            iss=base,
            sub="client-7",
            nbf=NOW,
            exp=NOW + 900,
            tenant="north",
        )
    )
    assert trusted(call, Checked(vendor)) == Client(base, "north", "client-7", "8d6a4b2c")


def test_J4_members_of_a_header_that_mean_nothing_to_us_may_be_there_and_long() -> None:
    header = {"x5t": "y" * 40, "x5c": ["MIIB" * 300], "com.vendor": {"a": [1]}}
    assert trusted(head(token(header=header))).issuer == ISSUER


def test_J6_no_token_is_refused() -> None:
    assert refused(head()) == "no-token"


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer a.b", "Bearer a.b.c.d", "Bearer a.b.c d", "Bearer e30.e30.e30",
     "bearer:a.b.c", "Bearer " + "a" * 9000 + ".b.c", "Bearer 5.5.5", "Bearer é.b.c"],
)  # fmt: skip
def test_J6_what_is_no_token_is_refused(sent: str) -> None:
    headers = Headers(raw=[(b"authorization", sent.encode("latin-1"))])
    assert refused(CallHead("POST", "test", headers)) == "malformed-token"


def test_J6_two_tokens_are_refused() -> None:
    assert refused(head(token(), token())) == "malformed-token"


HEADER: Mapping[str, object] = {"alg": "ES384", "typ": "JWT", "kid": KID}


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (b'{"alg":"ES384","typ":"JWT","kid":"a","kid":"b"}', CLAIMS),
        (HEADER, b'{"iss":"a","iss":"b"}'),
        (HEADER, b"not json"),
        (b"\xff\xfe", CLAIMS),
        ([], CLAIMS),
        (HEADER, []),
        ({**HEADER, "kid": 5}, CLAIMS),
        ({**HEADER, "jku": ["x"]}, CLAIMS),
        (HEADER, {**CLAIMS, "exp": "1768219500"}),
        (HEADER, {**CLAIMS, "exp": True}),
        (HEADER, {**CLAIMS, "aud": 5}),
        (HEADER, {**CLAIMS, "aud": [5]}),
        (HEADER, {**CLAIMS, "iss": None}),
        (HEADER, b'{"iss":"' + ISSUER.encode() + b'","exp":NaN}'),
        (HEADER, b"[" * 9 + b"]" * 9),
    ],
)
def test_J4_a_token_that_cannot_be_read_in_one_way_only_is_refused(header: object, claims: object) -> None:
    assert refused(head(compact(header, claims, es384()))) == "malformed-token"


@pytest.mark.parametrize("member", ["alg", "typ", "kid"])
def test_J4_a_missing_header_member_is_refused(member: str) -> None:
    assert refused(head(token(header={member: None}))) == "malformed-token"


@pytest.mark.parametrize(
    "header",
    [{"typ": "JOSE"}, {"typ": ""}, {"kid": ""}, {"crit": []}, {"crit": ["exp"]}, {"b64": False}, {"b64": True},
     {"crit": ["b64"], "b64": False}],
)  # fmt: skip
def test_J4_a_header_with_another_meaning_is_refused(header: Mapping[str, object]) -> None:
    assert refused(head(token(header=header))) == "header"


@pytest.mark.hazard("HZ-X05")
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "ES256", "ES512", "PS384", "EdDSA"]
)
def test_J3_every_other_algorithm_is_refused(algorithm: str) -> None:
    assert refused(head(token(header={"alg": algorithm}))) == "algorithm"


@pytest.mark.hazard("HZ-X05")
def test_J3_a_token_without_signature_is_refused() -> None:
    assert refused(head(token(sign=lambda _: b""))) == "bad-signature"
    assert refused(head(token(header={"alg": "none"}, sign=lambda _: b""))) == "algorithm"


@pytest.mark.parametrize("member", ["iss", "aud", "exp", "iat", "jti"])
def test_J5_a_missing_claim_is_refused(member: str) -> None:
    assert refused(head(token(**{member: None}))) == "malformed-token"


@pytest.mark.parametrize(
    "claims",
    [{"jti": ""}, {"jti": "x" * 256}, {"exp": NOW}, {"exp": NOW - 1}, {"iat": NOW + 300}, {"exp": 1e308, "iat": -1e308},
     {"exp": 10**30}],
)  # fmt: skip
def test_J5_claims_without_sense_are_refused(claims: dict[str, Any]) -> None:
    assert refused(head(token(**claims))) in ("claims", "lifetime")


@pytest.mark.hazard("HZ-X05")
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iat": NOW - 600, "exp": NOW - 60}, "expired"),
        ({"iat": NOW - 600, "exp": NOW - 59}, None),
        ({"iat": NOW + 60}, None),
        ({"iat": NOW + 61}, "not-yet-valid"),
        ({"nbf": NOW + 60}, None),
        ({"nbf": NOW + 61}, "not-yet-valid"),
        ({"exp": NOW + 900}, None),
        ({"exp": NOW + 900.5}, "lifetime"),
        ({"exp": NOW + 960}, "lifetime"),
        ({"exp": NOW + 31_536_000}, "lifetime"),
        ({"iat": NOW - 0.25, "exp": NOW + 300.75}, None),
    ],
)
def test_J5_a_token_is_valid_for_its_time_and_no_longer(claims: dict[str, Any], reason: str | None) -> None:
    call = head(token(**claims))
    if reason is None:
        assert trusted(call).issuer == ISSUER
    else:
        assert refused(call) == reason


def test_J5_the_longest_life_and_the_leeway_are_settings() -> None:
    checked = Checked()
    times = TokenTimes(most_lifetime=200, leeway=0)
    strict = JwtCheck([issuer()], MemoryReplayStore(), refused=checked.refusals.append, times=times, clock=lambda: NOW)
    with pytest.raises(Unauthorized):
        asyncio.run(strict(head(token())))
    with pytest.raises(Unauthorized):
        asyncio.run(strict(head(token(exp=NOW + 150, iat=NOW + 1))))
    assert checked.reasons == ["lifetime", "not-yet-valid"]


ACCEPTED_AUDIENCES = [
    f"{BASE}/cds-services/test",
    f"{BASE}/cds-services/test/",
    f"{BASE}/cds-services//test",
    f"{BASE}//cds-services//test",
    "https://CDS.example.org:443/cds-services/test",
    [f"{BASE}/cds-services/test"],
    ["https://other.example.org", f"{BASE}/cds-services/test"],
]
REFUSED_AUDIENCES = [
    "",
    [],
    BASE,
    f"{BASE}/cds-services",
    f"{BASE}/cds-services/other",
    f"{BASE}/cds-services/test2",
    f"{BASE}/cds-services/Test",
    f"{BASE}/cds-services/test/feedback",
    f"{BASE}/cds-services/x/../test",
    f"{BASE}/cds-services/test?x=1",
    f"{BASE}/cds-services/test#x",
    f"{BASE}/cds-services/te%73t",
    "http://cds.example.org/cds-services/test",
    "https://cds.example.org:8443/cds-services/test",
    "https://cds.example.org.evil.example/cds-services/test",
    "https://cds.example.org@evil.example/cds-services/test",
    "https://user@cds.example.org/cds-services/test",
    "cds.example.org/cds-services/test",
    ["https://other.example.org/cds-services/test"],
    [f"{BASE}/cds-services/test"] * 17,
]


@pytest.mark.parametrize("audience", ACCEPTED_AUDIENCES)
def test_J5_the_url_of_the_service_is_its_audience_in_every_equal_spelling(audience: object) -> None:
    assert trusted(head(token(aud=audience))).issuer == ISSUER


@pytest.mark.hazard("HZ-X05")
@pytest.mark.parametrize("audience", REFUSED_AUDIENCES)
def test_J5_a_token_for_anything_else_is_refused(audience: object) -> None:
    assert refused(head(token(aud=audience))) == "audience"


@pytest.mark.parametrize(
    ("service_id", "feedback", "path"),
    [(None, False, "/cds-services"), ("test", True, "/cds-services/test/feedback"), ("test", False, "/cds-services/test")],
)  # fmt: skip
def test_J5_D8_each_endpoint_has_its_own_audience(service_id: str | None, feedback: bool, path: str) -> None:
    paths = ["/cds-services", "/cds-services/test", "/cds-services/test/feedback"]
    for other in paths:
        for slash in ("", "/"):
            call = head(token(aud=BASE + other + slash), service_id=service_id, feedback=feedback)
            if other == path:
                assert trusted(call).issuer == ISSUER
            else:
                assert refused(call) == "audience"


def test_J5_several_public_urls_and_spellings_may_be_configured() -> None:
    audience = Audience((BASE, "https://proxy.example.org/r4/"), {"test": ("urn:typed:by:hand",)})
    for aud in (f"{BASE}/cds-services/test", "https://proxy.example.org/r4/cds-services/test", "urn:typed:by:hand"):
        assert trusted(head(token(aud=aud)), Checked(issuer(audience=audience))).issuer == ISSUER
    other = head(token(aud="urn:typed:by:hand"), service_id="other")
    assert refused(other, Checked(issuer(audience=audience))) == "audience"


@pytest.mark.parametrize(
    "urls", [(), ("cds.example.org",), ("https://x/?a=1",), ("https://x/#a",), ("ftp://x",), ("",)]
)
def test_J5_a_public_url_that_no_token_could_name_is_refused(urls: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="URL"):
        Audience(urls)


@pytest.mark.hazard("HZ-X05")
def test_J6_a_token_is_used_once() -> None:
    checked, call = Checked(), head(token())
    assert trusted(call, checked).token_id == "8d6a4b2c"
    for moment in (NOW, NOW + 300, NOW + 359):
        checked.now = moment
        checked.refusals.clear()
        assert refused(call, checked) == "replayed"
    checked.now = NOW + 360
    checked.refusals.clear()
    assert refused(call, checked) == "expired"


@pytest.mark.hazard("HZ-X05")
def test_J6_a_second_process_with_the_same_store_refuses_it_too() -> None:
    store, call = MemoryReplayStore(), head(token())
    trusted(call, Checked(replay=store))
    assert refused(call, Checked(replay=store)) == "replayed"


def test_J6_only_genuine_tokens_are_remembered() -> None:
    store = MemoryReplayStore()
    for call in (head(token(sign=es384(ec_key("second")))), head(token(aud="x")), head(token(exp=NOW - 100))):
        refused(call, Checked(replay=store))
    assert store.remembered == 0


def test_J6_the_same_jti_of_two_issuers_is_two_tokens() -> None:
    two = Checked(issuer(), issuer("https://other.example.org"))
    trusted(head(token()), two)
    assert trusted(head(token(iss="https://other.example.org")), two).issuer == "https://other.example.org"


def test_J2_an_issuer_that_is_not_configured_is_refused() -> None:
    for name in ("https://evil.example", ISSUER + "/", ISSUER.upper(), ""):
        assert refused(head(token(iss=name))) == "unknown-issuer"


class NoKeys:
    """A KeySource that must not be asked."""

    async def find(self, kid: str, algorithm: str) -> tuple[()]:
        raise AssertionError("the keys were asked for")


@pytest.mark.hazard("HZ-X04")
@pytest.mark.parametrize("jku", ["http://127.0.0.1:9/jwks", JKU + "/", JKU + "?x=1", JKU.upper(), ""])
def test_J2_an_unlisted_jku_is_not_followed(jku: str) -> None:
    nobody: KeySource = NoKeys()
    assert refused(head(token(header={"jku": jku})), Checked(issuer(keys=nobody))) == "jku-not-listed"


@pytest.mark.hazard("HZ-X04")
def test_J2_an_issuer_without_key_set_url_may_name_none() -> None:
    assert refused(head(token(header={"jku": JKU})), Checked(issuer(jku=None))) == "jku-not-listed"
    assert trusted(head(token()), Checked(issuer(jku=None))).issuer == ISSUER


@pytest.mark.hazard("HZ-X04")
@pytest.mark.parametrize("member", ["jwk", "x5c", "x5u"])
def test_J2_a_key_inside_the_token_proves_nothing(member: str) -> None:
    mine = ec_key("attacker")
    carried = {"jwk": ec_jwk(mine), "x5c": ["MIIB"], "x5u": "https://evil.example/x"}[member]
    assert refused(head(token(header={member: carried}, sign=es384(mine)))) == "bad-signature"


def test_J4_the_kid_picks_the_key() -> None:
    keys = FixedKeys(read_key_set(jwk_set(ec_jwk(), ec_jwk(ec_key("second"), "two"))))
    checked = Checked(issuer(keys=keys))
    assert trusted(head(token(header={"kid": "two"}, sign=es384(ec_key("second")))), checked).issuer == ISSUER
    assert refused(head(token(header={"kid": "two"}, jti="b")), checked) == "bad-signature"
    checked.refusals.clear()
    assert refused(head(token(header={"kid": "three"}, jti="c")), checked) == "unknown-key"


def test_J4_a_kid_that_was_given_twice_has_two_keys() -> None:
    keys = FixedKeys(read_key_set(jwk_set(ec_jwk(), ec_jwk(ec_key("second")))))
    checked = Checked(issuer(keys=keys))
    for jti, key in (("a", ec_key()), ("b", ec_key("second"))):
        assert trusted(head(token(sign=es384(key), jti=jti)), checked).token_id == jti


@pytest.mark.hazard("HZ-X05")
def test_J3_the_algorithm_is_bound_to_the_key() -> None:
    assert refused(head(token(header={"alg": "RS384"}))) == "unknown-key"
    assert refused(head(token(header={"kid": RSA_KID}, sign=rs384()))) == "unknown-key"
    both = FixedKeys(read_key_set(jwk_set(ec_jwk(kid="x"), rsa_jwk(kid="x"))))
    crossed = head(token(header={"alg": "RS384", "kid": "x"}))
    assert refused(crossed, Checked(issuer(keys=both))) == "bad-signature"


def test_J3_a_signature_with_another_digest_or_curve_is_refused() -> None:
    assert refused(head(token(sign=es384(hashed=SHA256())))) == "bad-signature"
    assert refused(head(token(sign=es384(ec_key("p256", ec.SECP256R1))))) == "bad-signature"


@pytest.mark.parametrize("part", [0, 1, 2])
def test_J6_a_changed_token_is_refused(part: int) -> None:
    parts = token(tenant="north").split(".")
    other = token(header={"x": "y"}, tenant="south", jti="other").split(".")
    parts[part] = other[part]
    assert refused(head(".".join(parts))) == "bad-signature"


def test_J5_only_configured_tenants_may_call() -> None:
    tenants = issuer(tenants=frozenset({"north", "south"}))
    assert trusted(head(token(tenant="south")), Checked(tenants)).tenant == "south"
    for tenant in ("east", "", None):
        assert refused(head(token(tenant=tenant)), Checked(tenants)) == "tenant"
    assert trusted(head(token(tenant="anything"))).tenant == "anything"


def test_J6_the_log_gets_nothing_as_proved_that_was_not() -> None:
    checked = Checked(issuer(tenants=frozenset({"north"})))
    forged = head(token(sign=es384(ec_key("second")), tenant=CANARY, jti=CANARY))
    refused(forged, checked)
    refused(head(token(iss=CANARY)), told := Checked())
    assert CANARY not in repr(checked.refusals)
    assert (checked.refusals[0].issuer, told.refusals[0].issuer) == (ISSUER, None)
    assert told.refusals[0].claimed_issuer == CANARY
    checked.refusals.clear()
    refused(head(token(tenant="south", jti="j")), checked)
    (refusal,) = checked.refusals
    assert (refusal.called, refusal.tenant, refusal.token_id) == ("service", "south", "j")


@pytest.mark.parametrize("hostile", ["x\n{}", "\x1b[31m", "\u202e", "https://e" + "x" * 600, "é"])
def test_J6_what_an_unproved_token_claims_is_told_bounded(hostile: str) -> None:
    refused(head(token(iss=hostile, aud=[hostile] * 5)), one := Checked())
    refused(head(token(aud="https://other.example.org/cds-services/x")), other := Checked())
    first, second = one.refusals[0], other.refusals[0]
    for said in (first.claimed_issuer, first.claimed_audience):
        assert said is not None
        assert said.isascii()
        assert said.isprintable()
        assert 0 < len(said) <= 200
    assert (second.claimed_issuer, second.claimed_audience) == (ISSUER, "https://other.example.org/cds-services/x")


def test_J6_no_token_claims_nothing() -> None:
    refused(head(), checked := Checked())
    assert (checked.refusals[0].claimed_issuer, checked.refusals[0].claimed_audience) == (None, None)


@pytest.mark.parametrize(
    ("service_id", "feedback", "called"), [(None, False, "discovery"), ("x", False, "service"), ("x", True, "feedback")]
)
def test_J6_the_log_gets_what_was_called(service_id: str | None, feedback: bool, called: str) -> None:
    checked = Checked()
    refused(head(service_id=service_id, feedback=feedback), checked)
    assert checked.refusals[0].called == called


def test_J6_a_token_is_in_no_repr() -> None:
    sent = token(tenant=CANARY)
    shown = repr(take_token(head(sent).headers))
    assert CANARY not in shown
    assert sent.split(".")[2] not in shown


def test_two_issuers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="configured twice"):
        JwtCheck([issuer(), issuer()], MemoryReplayStore(), refused=print)


@given(st.text(max_size=200))
def test_any_header_ends_in_a_refusal(sent: str) -> None:
    headers = Headers(raw=[(b"authorization", f"Bearer {sent}".encode())])
    assert refused(CallHead("POST", "test", headers)) == "malformed-token"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "tenant", "sub"]), JSON, min_size=1))
def test_any_claims_under_a_genuine_signature_end_in_a_client_or_a_refusal(claims: dict[str, Any]) -> None:
    checked = Checked()
    said = {**CLAIMS, **claims}
    try:
        client = trusted(head(compact(HEADER, said, es384())), checked)
    except Unauthorized:
        assert len(checked.refusals) == 1
    else:
        assert (client.issuer, client.token_id) == (said["iss"], said["jti"])
        assert said["aud"] == CLAIMS["aud"]
        assert math.isclose(said["exp"], CLAIMS["exp"], abs_tol=900)  # type: ignore[arg-type]
