"""Gets a JWK Set from the one URL that is configured for an issuer, over httpx.

Not for any URL of a request or a token, and not for FHIR: redirects are not followed, no credentials are sent.
"""

import asyncio

import httpx

from cds_hooks.trust.key_source import KeysUnavailable

MOST_BYTES = 256 * 1024
SECONDS = 3.0
_HEADERS = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}


async def fetch_key_set(url: str) -> bytes:
    """The body of a 200 answer of at most 256 KiB within three seconds; raises KeysUnavailable for anything else."""
    try:
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(follow_redirects=False) as client:
            return await _body(client, url)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        pass
    raise KeysUnavailable


async def _body(client: httpx.AsyncClient, url: str) -> bytes:
    """The bytes as sent; an encoded body is not unpacked, since its size would be unknown."""
    async with client.stream("GET", url, headers=_HEADERS) as response:
        if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
            raise KeysUnavailable
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MOST_BYTES:
                raise KeysUnavailable
        return bytes(body)
