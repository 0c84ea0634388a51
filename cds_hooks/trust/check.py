"""The check that stands before every call of a trusted client's endpoint: is the JSON Web Token genuine, ours, fresh?

Not for what a client may then see: any configured client may call every service.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cds_hooks.call import CallHead
from cds_hooks.client import Client
from cds_hooks.errors import Unauthorized
from cds_hooks.trust.audience import Audience
from cds_hooks.trust.claims import TokenTimes, check_claims, check_header
from cds_hooks.trust.key_source import KeySource, KeysUnavailable
from cds_hooks.trust.keys import Algorithm
from cds_hooks.trust.refusal import NotTrusted, Refusal
from cds_hooks.trust.replay import ReplayStore
from cds_hooks.trust.token import TokenClaims, UnprovedToken, take_token

_UNPRINTABLE = re.compile(r"[^ -~]")
_MOST_CHARACTERS = 200
_MOST_VALUES = 4


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """A client that is configured beforehand (checklist J2).

    `issuer` is its `iss`, `keys` where its keys come from, `jku` the one key set URL that its tokens may name,
    `tenants` the tenants that may call (none: any, and no tenant at all).
    """

    issuer: str
    keys: KeySource
    audience: Audience
    jku: str | None = None
    tenants: frozenset[str] = field(default=frozenset())


class JwtCheck:
    """Authenticates clients by JSON Web Tokens (CDS Hooks 2.0, Trusting CDS Clients); give it to `router` as `before`.

    `refused` is told why a token was not trusted, for the operational log; the caller gets a bare 401. `clock` gives
    seconds since 1970. ValueError for two issuers of one name.
    """

    def __init__(
        self,
        issuers: Iterable[TrustedIssuer],
        replay: ReplayStore,
        *,
        refused: Callable[[Refusal], None],
        times: TokenTimes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = _by_name(issuers)
        self._replay = replay
        self._refused = refused
        self._times = times or TokenTimes()
        self._clock = clock

    async def __call__(self, head: CallHead) -> Client:
        """Who calls; raises Unauthorized for every doubt."""
        proof = _Proof(head)
        try:
            return await self._client(head, proof)
        except NotTrusted as doubt:
            refusal = proof.refusal(doubt)
        self._refused(refusal)
        raise Unauthorized

    async def _client(self, head: CallHead, proof: "_Proof") -> Client:
        """Cheap comparisons first, then the signature, then the store, which only genuine tokens reach."""
        token = take_token(head.headers)
        proof.claimed = token.claims
        algorithm = check_header(token.header)
        known = self._issuer(token)
        proof.issuer = known.issuer
        now = self._clock()
        check_claims(token.claims, self._times, now)
        if not known.audience.accepts(token.claims.aud, head.endpoint):
            raise NotTrusted("audience")
        await _prove(token, algorithm, known.keys)
        proof.claims = token.claims
        if known.tenants and token.claims.tenant not in known.tenants:
            raise NotTrusted("tenant")
        await self._use(token.claims, now)
        return Client(known.issuer, token.claims.tenant, token.claims.sub, token.claims.jti)

    def _issuer(self, token: UnprovedToken) -> TrustedIssuer:
        """The configured issuer; a token may name its key set URL and no other one (checklist J2)."""
        known = self._issuers.get(token.claims.iss)
        if known is None:
            raise NotTrusted("unknown-issuer")
        if token.header.jku is not None and token.header.jku != known.jku:
            raise NotTrusted("jku-not-listed")
        return known

    async def _use(self, claims: TokenClaims, now: float) -> None:
        expires = claims.exp + self._times.leeway
        if not await self._replay.first_use(claims.iss, claims.jti, expires=expires, now=now):
            raise NotTrusted("replayed")


def _by_name(issuers: Iterable[TrustedIssuer]) -> Mapping[str, TrustedIssuer]:
    known: dict[str, TrustedIssuer] = {}
    for issuer in issuers:
        if issuer.issuer in known:
            raise ValueError(f"the issuer {issuer.issuer} is configured twice")
        known[issuer.issuer] = issuer
    return MappingProxyType(known)


@dataclass(slots=True)
class _Proof:
    """How far a check came: what the token says, and what of that is known to be true."""

    head: CallHead
    issuer: str | None = None
    claimed: TokenClaims | None = None
    claims: TokenClaims | None = None

    def refusal(self, doubt: NotTrusted) -> Refusal:
        tenant, token_id = (self.claims.tenant, self.claims.jti) if self.claims else (None, None)
        said = self.claimed
        return Refusal(
            doubt.reason,
            self.head.called,
            self.issuer,
            tenant,
            token_id,
            claimed_issuer=None if said is None else _bounded(said.iss),
            claimed_audience=None if said is None else _bounded(said.aud),
            service_id=self.head.service_id,
        )


def _bounded(said: str | list[str]) -> str:
    """What a token says, without characters that could write a second line or drive a terminal."""
    text = said if isinstance(said, str) else " ".join(said[:_MOST_VALUES])
    return _UNPRINTABLE.sub("?", text[:_MOST_CHARACTERS])


async def _prove(token: UnprovedToken, algorithm: Algorithm, source: KeySource) -> None:
    """Raise NotTrusted unless one of the issuer's keys of that kid signed the token."""
    try:
        keys = await source.find(token.header.kid, algorithm)
    except KeysUnavailable:
        raise NotTrusted("keys-unavailable") from None
    if not keys:
        raise NotTrusted("unknown-key")
    if not any(key.proves(token.compact) for key in keys):
        raise NotTrusted("bad-signature")
