"""Whether the header and the claims of a token allow a call at this moment: pure comparisons, no keys, no store.

Not for whether the token is genuine; whoever asks this first asks that next.
"""

from dataclasses import dataclass

from msgspec import UNSET

from cds_hooks.trust.keys import ALGORITHMS, Algorithm
from cds_hooks.trust.refusal import NotTrusted
from cds_hooks.trust.token import TokenClaims, TokenHeader

_MOST_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class TokenTimes:
    """How long a token may live and how far clocks may be apart, in seconds.

    Fifteen minutes is the longest life that a large vendor's client gives its tokens.
    """

    most_lifetime: float = 900
    leeway: float = 60


def check_header(header: TokenHeader) -> Algorithm:
    """The algorithm, one of ES384 and RS384 (checklist J3, J4); NotTrusted for any other, `none` included."""
    if header.typ.upper() != "JWT" or not header.kid:
        raise NotTrusted("header")
    if header.crit is not UNSET or header.b64 is not UNSET:
        raise NotTrusted("header")
    for algorithm in ALGORITHMS:
        if header.alg == algorithm:
            return algorithm
    raise NotTrusted("algorithm")


def check_claims(claims: TokenClaims, times: TokenTimes, now: float) -> None:
    """Refuse a token that has no usable jti or that is not valid at `now` (seconds since 1970)."""
    if not 0 < len(claims.jti) <= _MOST_CHARACTERS:
        raise NotTrusted("claims")
    if claims.exp <= claims.iat:
        raise NotTrusted("claims")
    if claims.exp + times.leeway <= now:
        raise NotTrusted("expired")
    begins = claims.iat if claims.nbf is None else max(claims.iat, claims.nbf)
    if begins - times.leeway > now:
        raise NotTrusted("not-yet-valid")
    if claims.exp - claims.iat > times.most_lifetime:
        raise NotTrusted("lifetime")
