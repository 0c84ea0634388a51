"""Which keys of a JWK Set are used, and which sets are refused whole."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.trust import KeySetError, read_key_set
from tests.cds_hooks.tokens import KID, RSA_KID, ec_jwk, ec_key, jwk_set, number, rsa_jwk, token

EC, RSA = (KID, "ES384"), (RSA_KID, "RS384")


def usable(*keys: dict[str, Any]) -> set[tuple[str, str]]:
    return set(read_key_set(jwk_set(*keys)).keys)


def test_J3_keys_for_both_algorithms_are_read() -> None:
    assert usable() == {EC, RSA}
    assert usable(ec_jwk(use="sig", key_ops=["verify"], alg="ES384", x5t="y"), rsa_jwk(alg="RS384")) == {EC, RSA}


@pytest.mark.parametrize(
    "other",
    [
        ec_jwk(ec_key("p256", ec.SECP256R1)),
        ec_jwk(kid=""),
        ec_jwk(use="enc"),
        ec_jwk(key_ops=["sign"]),
        ec_jwk(key_ops=[]),
        ec_jwk(alg="ES256"),
        ec_jwk(crv="P-384 "),
        ec_jwk(x="AAAA"),
        ec_jwk(x="", y=""),
        ec_jwk(x="é"),
        ec_jwk(x=5),
        {**ec_jwk(), "kid": 5},
        rsa_jwk(alg="RS256"),
        rsa_jwk(n=number(2**1023 + 1)),
        rsa_jwk(n=number(2**16000 + 1)),
        rsa_jwk(n=""),
        rsa_jwk(n="A"),
        rsa_jwk(e="AQ"),
        rsa_jwk(e=""),
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": KID},
        {"kty": "EC", "kid": KID},
        {},
    ],
)  # fmt: skip
def test_J3_a_key_for_something_else_is_left_out(other: dict[str, Any]) -> None:
    assert usable(other, rsa_jwk(kid="good")) == {("good", "RS384")}
    with pytest.raises(KeySetError, match="no key"):
        usable(other)


@pytest.mark.parametrize(
    "private", [ec_jwk(d="AAAA"), rsa_jwk(d="AAAA"), rsa_jwk(p="AAAA"), {"kty": "oct", "kid": KID, "k": "c2VjcmV0"}]
)
def test_J3_a_set_with_a_private_or_symmetric_key_is_refused(private: dict[str, Any]) -> None:
    with pytest.raises(KeySetError, match="public keys only") as caught:
        usable(ec_jwk(), private)
    assert "AAAA" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'{"keys":null}', b'{"keys":{}}', b'{"keys":[5]}', b'{"keys":[]}', b'{"key":[]}',
     b'{"keys":[],"keys":[]}', b"<html></html>", b'"' + b"x" * 300_000 + b'"', b"\xff"],
)  # fmt: skip
def test_J4_what_is_no_jwk_set_is_refused(raw: bytes) -> None:
    with pytest.raises(KeySetError):
        read_key_set(raw)


def test_J4_a_key_proves_its_own_tokens_only() -> None:
    (key,) = read_key_set(jwk_set(ec_jwk())).find(*EC)  # type: ignore[arg-type]
    assert key.proves(token())
    for other in ("", "a.b.c", token()[:-4] + "AAAA", token() + "AAAA", token(header={"alg": "none"})):
        assert not key.proves(other)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_a_key_set_or_refused(tree: object) -> None:
    with pytest.raises(KeySetError):
        read_key_set(json.dumps({"keys": [tree]}).encode())
