"""Where the keys of an issuer come from: a set that was exchanged beforehand, or its key set URL with a cache.

Not for fetching over the network (`fetch.py`): the cache is given a function for it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from cds_hooks.trust.keys import Algorithm, KeySet, KeySetError, VerificationKey, read_key_set
from cds_hooks.urls import is_confidential_url


class KeysUnavailable(Exception):
    """The keys of an issuer cannot be had at the moment, so that nothing of it can be proved."""


class KeySource(Protocol):
    """The keys of one issuer."""

    async def find(self, kid: str, algorithm: Algorithm) -> tuple[VerificationKey, ...]:
        """The keys of that kid for that algorithm, perhaps none; raises KeysUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that were exchanged out of band (checklist J4); new ones need a new start."""

    keys: KeySet

    async def find(self, kid: str, algorithm: Algorithm) -> tuple[VerificationKey, ...]:
        """The keys of that kid for that algorithm."""
        return self.keys.find(kid, algorithm)


FetchKeySet = Callable[[str], Awaitable[bytes]]
"""Gets the JWK Set of a URL; raises KeysUnavailable where that fails."""


@dataclass(frozen=True, slots=True)
class CacheTimes:
    """Seconds: how long a fetched set is used (`fresh`), for how much longer while its URL cannot be reached
    (`stale`), how long after a fetch an unknown kid may cause the next one (`cooldown`), and how long after a failed
    fetch the next may follow (`retry`).
    """

    fresh: float = 600
    stale: float = 3600
    cooldown: float = 60
    retry: float = 5


class CachedKeys:
    """The keys of one configured key set URL: fetched when needed, kept for a while.

    No token can make it fetch from elsewhere, and none more often than the times allow, however many arrive at once.
    ValueError for a URL that is not https; plain http is for this machine alone.
    """

    def __init__(
        self,
        url: str,
        fetch: FetchKeySet,
        times: CacheTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not is_confidential_url(url):
            raise ValueError(f"a key set URL is an https address: {url}")
        self._url = url
        self._fetch = fetch
        self._times = times or CacheTimes()
        self._clock = clock
        self._lock = asyncio.Lock()
        self._set: KeySet | None = None
        self._fetched = 0.0
        self._not_before = float("-inf")

    async def find(self, kid: str, algorithm: Algorithm) -> tuple[VerificationKey, ...]:
        """The keys of that kid for that algorithm; an unknown kid asks the URL once more, within the cooldown."""
        if self._age() > self._times.fresh:
            await self._refresh(lambda: self._age() > self._times.fresh)
        found = self._usable().find(kid, algorithm)
        if found:
            return found
        await self._refresh(lambda: not self._usable().find(kid, algorithm))
        return self._usable().find(kid, algorithm)

    def _age(self) -> float:
        return float("inf") if self._set is None else self._clock() - self._fetched

    def _usable(self) -> KeySet:
        if self._set is None or self._age() > self._times.fresh + self._times.stale:
            raise KeysUnavailable
        return self._set

    async def _refresh(self, needed: Callable[[], bool]) -> None:
        """Fetch once for all who wait; whoever comes second finds it done, or too soon for another try."""
        async with self._lock:
            if not needed() or self._clock() < self._not_before:
                return
            try:
                self._set = read_key_set(await self._fetch(self._url))
            except (KeysUnavailable, KeySetError):
                self._not_before = self._clock() + self._times.retry
                return
            self._fetched = self._clock()
            self._not_before = self._fetched + self._times.cooldown
