"""JSON Web Tokens as clients make them, signed with `cryptography` alone: another hand than the one that checks.

Not a test itself.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384, HashAlgorithm
from starlette.datastructures import Headers

from cds_hooks import CallHead
from cds_hooks.trust import (
    Audience,
    FixedKeys,
    JwtCheck,
    KeySource,
    MemoryReplayStore,
    Refusal,
    ReplayStore,
    TrustedIssuer,
    read_key_set,
)

NOW = 1_768_219_200  # 2026-01-12T12:00:00Z
BASE = "https://cds.example.org"
ISSUER = "https://sandbox.example.org"
JKU = "https://sandbox.example.org/.well-known/jwks.json"
KID = "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f"
RSA_KID = "abc+/def=="
CLAIMS: Mapping[str, object] = {
    "iss": ISSUER,
    "aud": f"{BASE}/cds-services/test",
    "exp": NOW + 300,
    "iat": NOW,
    "jti": "8d6a4b2c",
}

Signer = Callable[[bytes], bytes]


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8))


@cache
def ec_key(name: str = "first", curve: type[ec.EllipticCurve] = ec.SECP384R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


@cache
def rsa_key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def es384(key: ec.EllipticCurvePrivateKey | None = None, hashed: HashAlgorithm | None = None) -> Signer:
    key = key or ec_key()

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashed or SHA384())))
        length = (key.curve.key_size + 7) // 8
        return r.to_bytes(length) + s.to_bytes(length)

    return sign


def rs384(key: rsa.RSAPrivateKey | None = None) -> Signer:
    return lambda message: (key or rsa_key()).sign(message, padding.PKCS1v15(), SHA384())


def compact(header: object, claims: object, sign: Signer) -> str:
    """The token; header and claims are JSON values, or bytes that are taken as they are."""
    parts = [base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims)]
    signed = ".".join(parts)
    return f"{signed}.{base64url(sign(signed.encode()))}"


def token(*, header: Mapping[str, object] | None = None, sign: Signer | None = None, **claims: object) -> str:
    """A token as the public sandbox makes it; claims replace or extend its own, None removes one."""
    told = {"alg": "ES384", "typ": "JWT", "kid": KID, **(header or {})}
    said = {**CLAIMS, **claims}
    return compact(present(told), present(said), sign or es384())


def present(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}


def ec_jwk(key: ec.EllipticCurvePrivateKey | None = None, kid: str = KID, **more: object) -> dict[str, Any]:
    numbers = (key or ec_key()).public_key().public_numbers()
    length = (numbers.curve.key_size + 7) // 8
    crv = {256: "P-256", 384: "P-384", 521: "P-521"}[numbers.curve.key_size]
    point = {"x": base64url(numbers.x.to_bytes(length)), "y": base64url(numbers.y.to_bytes(length))}
    return {"kty": "EC", "crv": crv, "kid": kid, **point, **more}


def rsa_jwk(key: rsa.RSAPrivateKey | None = None, kid: str = RSA_KID, **more: object) -> dict[str, Any]:
    numbers = (key or rsa_key()).public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "n": number(numbers.n), "e": number(numbers.e), **more}


def jwk_set(*keys: Mapping[str, object]) -> bytes:
    return json.dumps({"keys": keys or [ec_jwk(), rsa_jwk()]}).encode()


class Checked:
    """A JwtCheck at a fixed moment, with what it told the log."""

    def __init__(self, *issuers: TrustedIssuer, replay: ReplayStore | None = None, now: float = NOW) -> None:
        self.refusals: list[Refusal] = []
        self.now = now
        self.check = JwtCheck(
            issuers or [issuer()],
            replay or MemoryReplayStore(),
            refused=self.refusals.append,
            clock=lambda: self.now,
        )

    @property
    def reasons(self) -> list[str]:
        return [refusal.reason for refusal in self.refusals]


def issuer(
    name: str = ISSUER,
    keys: KeySource | None = None,
    *,
    audience: Audience | None = None,
    jku: str | None = JKU,
    tenants: frozenset[str] = frozenset(),
) -> TrustedIssuer:
    source = keys or FixedKeys(read_key_set(jwk_set()))
    return TrustedIssuer(name, source, audience or Audience((BASE,)), jku, tenants)


def head(*tokens: str, service_id: str | None = "test", feedback: bool = False) -> CallHead:
    raw = [(b"authorization", f"Bearer {token}".encode()) for token in tokens]
    return CallHead("POST", service_id, Headers(raw=raw), feedback=feedback)
