"""Who may call: JSON Web Tokens of configured clients, checked before a call is read (CDS Hooks, Trusting CDS Clients).

Not imported by `cds_hooks` itself: it needs joserfc, and httpx where keys come from a URL.
"""

from cds_hooks.trust.audience import Audience
from cds_hooks.trust.check import JwtCheck, TrustedIssuer
from cds_hooks.trust.claims import TokenTimes
from cds_hooks.trust.fetch import fetch_key_set
from cds_hooks.trust.key_source import CachedKeys, CacheTimes, FetchKeySet, FixedKeys, KeySource, KeysUnavailable
from cds_hooks.trust.keys import ALGORITHMS, Algorithm, KeySet, KeySetError, VerificationKey, read_key_set
from cds_hooks.trust.refusal import Refusal, RefusalReason
from cds_hooks.trust.replay import MemoryReplayStore, ReplayStore

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Audience",
    "CacheTimes",
    "CachedKeys",
    "FetchKeySet",
    "FixedKeys",
    "JwtCheck",
    "KeySet",
    "KeySetError",
    "KeySource",
    "KeysUnavailable",
    "MemoryReplayStore",
    "Refusal",
    "RefusalReason",
    "ReplayStore",
    "TokenTimes",
    "TrustedIssuer",
    "VerificationKey",
    "fetch_key_set",
    "read_key_set",
]
