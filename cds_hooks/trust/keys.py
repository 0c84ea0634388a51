"""Public keys of clients: reading a JWK Set, choosing a key by `kid`, proving a signature.

Not for where a set comes from (`key_source.py`).
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, get_args

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact

from cds_hooks.errors import BadRequest
from cds_hooks.json_limits import Limits, scan

Algorithm = Literal["ES384", "RS384"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)
"""The algorithms that the specification recommends; there are no others here, and none that is symmetric."""

_LIMITS = Limits(body_bytes=256 * 1024, depth=8, nodes=5_000)
_LEAST_RSA_BITS = 2048
_MOST_RSA_BITS = 8192
_PRIVATE_MEMBERS = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})


class _Registry(JWSRegistry):
    """Header members of vendors are let through: nothing reads them."""

    max_header_length = 4096


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class KeySetError(ValueError):
    """A JWK Set that cannot be used; the text says why and holds no key."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key for one algorithm."""

    algorithm: Algorithm
    key: ECKey | RSAKey = field(repr=False)

    def proves(self, compact: str) -> bool:
        """Whether this key signed the token with its algorithm; joserfc never sees another one."""
        try:
            signed = deserialize_compact(compact, self.key, registry=_REGISTRY)
        except (JoseError, ValueError):
            return False
        return bool(signed.protected["alg"] == self.algorithm)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of a JWK Set by kid and algorithm; a kid that was given twice has two."""

    keys: Mapping[tuple[str, Algorithm], tuple[VerificationKey, ...]] = field(repr=False)

    def find(self, kid: str, algorithm: Algorithm) -> tuple[VerificationKey, ...]:
        """The keys of that kid for that algorithm."""
        return self.keys.get((kid, algorithm), ())


class _Jwk(msgspec.Struct, frozen=True):
    """The members of a public JWK that are read: what it is for, then the key itself."""

    kty: str
    kid: str
    use: str = "sig"
    key_ops: tuple[str, ...] = ("verify",)
    alg: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""
    n: str = ""
    e: str = ""


class _JwkSet(msgspec.Struct, frozen=True):
    keys: list[dict[str, msgspec.Raw]]


def read_key_set(raw: bytes) -> KeySet:
    """Read a JWK Set (RFC 7517). Keys that are not for ES384 or RS384 are left out; KeySetError where none is left,
    and for a set with a private or symmetric key, which is nobody's public one.
    """
    found: dict[tuple[str, Algorithm], tuple[VerificationKey, ...]] = {}
    for members in _members(raw):
        if _PRIVATE_MEMBERS & members.keys():
            raise KeySetError("the set holds a private or symmetric key: it must hold public keys only")
        if read := _read_key(members):
            kid, key = read
            found[kid, key.algorithm] = (*found.get((kid, key.algorithm), ()), key)
    if not found:
        raise KeySetError("the set holds no key with a kid for ES384 (P-384) or RS384 (RSA, 2048 bits or more)")
    return KeySet(MappingProxyType(found))


def _members(raw: bytes) -> list[dict[str, msgspec.Raw]]:
    try:
        scan(raw, _LIMITS)
        return msgspec.json.decode(raw, type=_JwkSet).keys
    except BadRequest as error:
        raise KeySetError(f"not a JWK Set: {error.hint}") from None
    except msgspec.DecodeError:
        raise KeySetError("not a JWK Set: an object with an array of keys is needed") from None


def _read_key(members: Mapping[str, msgspec.Raw]) -> tuple[str, VerificationKey] | None:
    """The key with its kid, or None where it is for something else or cannot be read."""
    try:
        jwk = msgspec.json.decode(msgspec.json.encode(members), type=_Jwk)
        key = _verification_key(jwk)
    except (msgspec.DecodeError, JoseError, ValueError):
        return None
    return None if key is None else (jwk.kid, key)


def _verification_key(jwk: _Jwk) -> VerificationKey | None:
    """The key, where its `use`, `key_ops`, `alg` and size let it prove signatures of an algorithm."""
    if not jwk.kid or jwk.use != "sig" or "verify" not in jwk.key_ops:
        return None
    match (jwk.kty, jwk.crv, jwk.alg):
        case ("EC", "P-384", "" | "ES384"):
            return VerificationKey("ES384", ECKey.import_key({"kty": "EC", "crv": jwk.crv, "x": jwk.x, "y": jwk.y}))
        case ("RSA", "", "" | "RS384"):
            if not _LEAST_RSA_BITS <= _bits(jwk.n) <= _MOST_RSA_BITS:
                return None
            return VerificationKey("RS384", RSAKey.import_key({"kty": "RSA", "n": jwk.n, "e": jwk.e}))
        case _:
            return None


def _bits(number: str) -> int:
    """The size of a Base64urlUInt."""
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()
