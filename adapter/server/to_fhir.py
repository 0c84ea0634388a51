"""A FHIR server as a destination: the CarePlan of a patient is written there with PUT, create and update alike.

Not for when it is tried again (delivery.py). Source: FHIR R4, RESTful API, update; RFC 9110 on Retry-After.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Final

import httpx
import msgspec

from adapter import __version__
from adapter.server.destination import Attempt, Delivered, Rejected, Retry
from adapter.store import Evaluation

FHIR: Final = "fhir"
MEDIA_TYPE: Final = "application/fhir+json"
LONGEST_ASKED: Final = 86_400.0
"""The most seconds that a server's Retry-After is followed."""

_AGAIN: Final = frozenset({408, 429})


class _Identified(msgspec.Struct, frozen=True, gc=False):
    id: str


class FhirServer:
    """One FHIR server. `token` gives the bearer token for each request anew, empty for none: it may be rotated.

    Redirects are not followed, proxies and .netrc of the environment are not used: the token goes to this server only.
    """

    name: Final = FHIR

    def __init__(self, base: str, token: Callable[[], str], context: SSLContext, timeout: float) -> None:
        self._base: Final = base.rstrip("/")
        self._token: Final = token
        self._timeout: Final = timeout
        self._client: Final = httpx.AsyncClient(verify=context, trust_env=False, timeout=timeout)

    async def send(self, evaluation: Evaluation) -> Attempt:
        """PUT the CarePlan. The body of the answer is not read: it may repeat the patient's data."""
        plan = evaluation.evaluated.care_plan
        url = f"{self._base}/CarePlan/{msgspec.json.decode(plan, type=_Identified).id}"
        try:
            async with asyncio.timeout(self._timeout):
                return await self._put(url, plan)
        except (TimeoutError, httpx.TimeoutException):
            return Retry("timeout")
        except httpx.RequestError as error:
            return Retry(f"network {type(error).__name__}")
        except (OSError, ValueError):
            return Retry("token-unreadable")

    async def _put(self, url: str, plan: bytes) -> Attempt:
        async with self._client.stream("PUT", url, content=plan, headers=self._headers()) as response:
            return judged(response.status_code, response.headers.get("Retry-After", ""), datetime.now(UTC))

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Accept": MEDIA_TYPE,
            "Prefer": "return=minimal",
            "User-Agent": f"ldt-adapter/{__version__}",
        }
        token = self._token()
        return {**headers, "Authorization": f"Bearer {token}"} if token else headers

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def judged(status: int, retry_after: str, now: datetime) -> Attempt:
    """What an HTTP status means: 2xx arrived; 408, 429 and 5xx are tried again; everything else is refused for good."""
    if 200 <= status < 300:
        return Delivered()
    if status in _AGAIN or status >= 500:
        return Retry(f"status {status}", seconds_of(retry_after, now))
    return Rejected(f"status {status}")


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """The seconds that Retry-After asks for, as a number or a date; None where it says nothing that can be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_ASKED)
    try:
        asked = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), LONGEST_ASKED)
