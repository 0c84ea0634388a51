"""Who calls: what authentication proved about a CDS Client, for handlers, feedback and the audit trail.

Not for proving it; that is `cds_hooks.trust`, or whatever check the router is given.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """A CDS Client that proved who it is (CDS Hooks 2.0, Trusting CDS Clients).

    `issuer` is its `iss`, `tenant` the organisation it speaks for, `subject` its `sub` (some vendors send it) and
    `token_id` the `jti` of the token, which an audit trail may name in place of the token.
    """

    issuer: str
    tenant: str | None = None
    subject: str | None = None
    token_id: str | None = None
