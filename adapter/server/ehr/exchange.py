"""One request to an EHR's FHIR server and its answer, within limits, over a pool of connections that calls share.

It keeps nothing between two requests: no cookies, no token, no redirects, no proxies or passwords of the environment.
"""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Final

import httpx

from adapter.server.ehr.address import FhirBase, ip_of, may_connect
from adapter.server.ehr.reasons import NotRead, Reason
from cds_hooks import DEFAULT_LIMITS, BadRequest, Limits
from cds_hooks.json_limits import scan

_TYPES: Final = frozenset({"application/fhir+json", "application/json", "application/json+fhir"})
_CHARSETS: Final = frozenset({"utf-8", "utf8"})
_MOST_CONNECTIONS: Final = 64

_STATUSES: Final[dict[int, Reason]] = {401: "token-refused", 403: "forbidden", 404: "not-found", 410: "not-found"}


@dataclass(frozen=True, slots=True)
class Bearer:
    """The access token of one call. It goes into the headers of its own requests and nowhere else."""

    token: str

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Bearer()"


class Exchange:
    """Asks one FHIR server. `ca` are the authorities that vouch for it, those of this machine where there are none.

    ValueError where that file cannot be used. To be closed in the event loop that used it.
    """

    def __init__(self, base: FhirBase, ca: Path | None = None) -> None:
        self.base: Final = base
        # The transport alone, not httpx.AsyncClient: that one keeps cookies, logs URLs (which name the patient), and
        # takes proxies and passwords from the environment.
        limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
        self._transport: Final = httpx.AsyncHTTPTransport(verify=_trust(ca), limits=limits)

    async def check_address(self) -> None:
        """Make sure that the server's name stands for no forbidden address; raises NotRead.

        A certificate proves the name afterwards; this keeps a changed name service from pointing us at inner services.
        """
        own = self.base.address
        if ip_of(own.host) is not None:
            found = [own.host]
        else:
            try:
                known = await asyncio.get_running_loop().getaddrinfo(own.host, own.port)
            except (OSError, UnicodeError):
                raise NotRead("unreachable") from None
            found = [str(address[0]) for *_, address in known]
        if not all(may_connect(own.host, address) for address in found):
            raise NotRead("address")

    async def get(self, url: httpx.URL, bearer: Bearer, most_bytes: int) -> bytes:
        """The JSON of a 200 answer, checked as bodies of calls are; raises NotRead for anything else."""
        headers = {
            "accept": "application/fhir+json",
            "accept-encoding": "identity",
            "authorization": f"Bearer {bearer.token}",
        }
        try:
            response = await self._transport.handle_async_request(httpx.Request("GET", url, headers=headers))
        except (httpx.HTTPError, ssl.SSLError, OSError):
            raise NotRead("unreachable") from None
        try:
            _check_head(response)
            body = await _body(response, most_bytes)
        except httpx.HTTPError:
            raise NotRead("unreachable") from None
        finally:
            await response.aclose()
        _check_json(body, most_bytes)
        return body

    async def close(self) -> None:
        """End the connections."""
        await self._transport.aclose()


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ValueError(f"{ca}: {error.strerror or 'no PEM file with certificates'}") from None


def _check_head(response: httpx.Response) -> None:
    """Only 200 with plain FHIR JSON is read on: an encoded body has no known size before it is unpacked."""
    status = response.status_code
    if 300 <= status < 400:
        raise NotRead("redirect")
    if status != httpx.codes.OK:
        raise NotRead(_STATUSES.get(status, "server-error"))
    head = Message()
    head["content-type"] = response.headers.get("content-type", "")
    plain = response.headers.get("content-encoding", "identity").lower() == "identity"
    if head.get_content_type() not in _TYPES or head.get_content_charset("utf-8") not in _CHARSETS or not plain:
        raise NotRead("not-fhir")


async def _body(response: httpx.Response, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise NotRead("too-large")
    return bytes(body)


def _check_json(body: bytes, most_bytes: int) -> None:
    try:
        scan(body, Limits(most_bytes, DEFAULT_LIMITS.depth, DEFAULT_LIMITS.nodes, DEFAULT_LIMITS.number_characters))
    except BadRequest:
        raise NotRead("not-fhir") from None
