"""Taking a JSON Web Token off the Authorization header: its form, its header and its claims, all still unproved.

Not for believing any of it (`claims.py` compares, `keys.py` proves).
"""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field

import msgspec
from starlette.datastructures import Headers

from cds_hooks.errors import BadRequest
from cds_hooks.json_limits import Limits, scan
from cds_hooks.trust.refusal import NotTrusted

MOST_CHARACTERS = 8192
"""The longest Authorization header that is looked at; tokens of real clients have about 1,000 characters."""

_LIMITS = Limits(body_bytes=MOST_CHARACTERS, depth=8, nodes=200)
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_\-]+)\.([A-Za-z0-9_\-]+)\.([A-Za-z0-9_\-]*)")


class TokenHeader(msgspec.Struct, frozen=True):
    """The JOSE header (checklist J4); members that the specification does not use are ignored, `crit` is not."""

    alg: str
    kid: str
    typ: str
    jku: str | None = None
    crit: list[str] | msgspec.UnsetType = msgspec.UNSET
    b64: bool | msgspec.UnsetType = msgspec.UNSET


class TokenClaims(msgspec.Struct, frozen=True):
    """The claims (checklist J5): times in seconds since 1970, perhaps with a fraction; `sub` and `nbf` come from
    some vendors.
    """

    iss: str
    aud: str | list[str]
    exp: int | float
    iat: int | float
    jti: str
    nbf: int | float | None = None
    tenant: str | None = None
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class UnprovedToken:
    """A token that has the right form and may have been written by anybody; repr() shows nothing of it."""

    compact: str = field(repr=False)
    header: TokenHeader = field(repr=False)
    claims: TokenClaims = field(repr=False)


def take_token(headers: Headers) -> UnprovedToken:
    """The token of the one Authorization header; raises NotTrusted where it is missing or cannot be read."""
    sent = headers.getlist("authorization")
    if not sent:
        raise NotTrusted("no-token")
    if len(sent) > 1 or len(sent[0]) > MOST_CHARACTERS:
        raise NotTrusted("malformed-token")
    found = _BEARER.fullmatch(sent[0])
    if found is None:
        raise NotTrusted("malformed-token")
    header, claims = _decoded(found[1]), _decoded(found[2])
    try:
        return UnprovedToken(
            compact=f"{found[1]}.{found[2]}.{found[3]}",
            header=msgspec.json.decode(header, type=TokenHeader),
            claims=msgspec.json.decode(claims, type=TokenClaims),
        )
    except msgspec.DecodeError:
        pass
    raise NotTrusted("malformed-token")


def _decoded(part: str) -> bytes:
    """The JSON of a part, checked as every JSON from outside is: two `iss` in one token could be two issuers."""
    try:
        text = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        scan(text, _LIMITS)
    except (ValueError, BadRequest):
        raise NotTrusted("malformed-token") from None
    return text
