"""Why a token was not trusted: for the operator's log alone, since the caller gets a bare 401 (checklist J6).

Not an answer to anybody, and never holding the token.
"""

from dataclasses import dataclass
from typing import Literal

from cds_hooks.call import Called

RefusalReason = Literal[
    "no-token",
    "malformed-token",
    "header",
    "algorithm",
    "claims",
    "unknown-issuer",
    "jku-not-listed",
    "audience",
    "expired",
    "not-yet-valid",
    "lifetime",
    "tenant",
    "unknown-key",
    "keys-unavailable",
    "bad-signature",
    "replayed",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused call: a stable reason, what was called and by whom.

    `issuer` is there once it is known to be one of the configured ones, `tenant` and `token_id` once the signature
    proved that this issuer said so. `claimed_issuer` and `claimed_audience` are what the token says, true or not: text
    that anybody may have written, in printable ASCII and cut to a bounded length. `service_id` is what the URL names.
    """

    reason: RefusalReason
    called: Called
    issuer: str | None = None
    tenant: str | None = None
    token_id: str | None = None
    claimed_issuer: str | None = None
    claimed_audience: str | None = None
    service_id: str | None = None


class NotTrusted(Exception):
    """Ends the check of a token; carries the reason and no text of the token."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason: RefusalReason = reason
