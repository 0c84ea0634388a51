"""What a page sends over the network and what comes back, preflights included, and what can be read in a token.

Nothing is judged here.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request


@dataclass(slots=True)
class Preflight:
    """A preflight: where to, with which headers, and the answer."""

    url: str
    sent: Mapping[str, str]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call that a script made, with the whole answer."""

    method: str
    url: str
    sent: Mapping[str, str]
    body: Any
    status: int
    headers: Mapping[str, str]
    answer: bytes

    @property
    def json(self) -> Any:
        """The answer as JSON."""
        return json.loads(self.answer)

    @property
    def token(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of the token that was sent."""
        scheme, _, token = self.sent["authorization"].partition(" ")
        assert scheme == "Bearer"
        head, claims, _signature = token.split(".")
        return _decoded(head), _decoded(claims)


def _decoded(part: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded


class Wire:
    """Listens to a page from now on; only what goes to `host` (host:port) is kept."""

    def __init__(self, page: Page, host: str) -> None:
        self.preflights: list[Preflight] = []
        self._host = host
        self._page = page
        self._requests: list[Request] = []
        self._by_id: dict[str, Preflight] = {}
        page.on("request", self._called)
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._preflight)
        session.on("Network.responseReceived", self._preflight_answered)
        session.send("Network.enable")

    @property
    def exchanges(self) -> list[Exchange]:
        """All calls so far, in order; call it when the page has its answers."""
        return [_exchange(request) for request in self._requests]

    def _called(self, request: Request) -> None:
        if urlsplit(request.url).netloc == self._host:
            self._requests.append(request)

    def _preflight(self, told: Mapping[str, Any]) -> None:
        if told["initiator"]["type"] == "preflight" and urlsplit(told["request"]["url"]).netloc == self._host:
            sent = {name.lower(): value for name, value in told["request"]["headers"].items()}
            self._by_id[told["requestId"]] = Preflight(told["request"]["url"], sent)
            self.preflights.append(self._by_id[told["requestId"]])

    def _preflight_answered(self, told: Mapping[str, Any]) -> None:
        if preflight := self._by_id.get(told["requestId"]):
            preflight.status = told["response"]["status"]
            preflight.headers = {name.lower(): value for name, value in told["response"]["headers"].items()}


def _exchange(request: Request) -> Exchange:
    response = request.response()
    assert response is not None, f"no answer from {request.url}"
    body = None if request.post_data is None else json.loads(request.post_data)
    sent, headers = request.all_headers(), response.all_headers()
    return Exchange(request.method, request.url, sent, body, response.status, headers, response.body())
