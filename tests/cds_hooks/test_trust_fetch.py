"""Getting a JWK Set over HTTP, from a server on loopback that answers well and badly."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cds_hooks.trust import KeysUnavailable, fetch, fetch_key_set
from tests.cds_hooks.tokens import jwk_set

GOOD = jwk_set()


class Keys(BaseHTTPRequestHandler):
    """Answers by path; notes what was asked."""

    asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        match self.path:
            case "/good":
                self.answer(200, GOOD)
            case "/redirect":
                self.answer(302, GOOD, location="/good")
            case "/error":
                self.answer(500, GOOD)
            case "/encoded":
                self.answer(200, GOOD, content_encoding="gzip")
            case "/long":
                self.answer(200, b" " * (fetch.MOST_BYTES + 1))
            case "/longest":
                self.answer(200, b" " * fetch.MOST_BYTES)
            case _:
                self.drip()

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join(timeout=10)


def fails(url: str) -> bool:
    try:
        asyncio.run(fetch_key_set(url))
    except KeysUnavailable:
        return True
    return False


def test_J2_the_body_of_the_key_set_url_is_got(server: str) -> None:
    assert asyncio.run(fetch_key_set(f"{server}/good")) == GOOD
    _, headers = Keys.asked[-1]
    assert "authorization" not in headers
    assert headers["accept-encoding"] == "identity"
    assert len(asyncio.run(fetch_key_set(f"{server}/longest"))) == fetch.MOST_BYTES


@pytest.mark.hazard("HZ-X04")
def test_J2_a_redirect_is_not_followed(server: str) -> None:
    Keys.asked.clear()
    assert fails(f"{server}/redirect")
    assert [path for path, _ in Keys.asked] == ["/redirect"]


@pytest.mark.parametrize("path", ["/error", "/encoded", "/long"])
def test_J6_a_bad_answer_is_no_key_set(server: str, path: str) -> None:
    assert fails(server + path)


def test_J6_a_slow_answer_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.3)
    started = time.monotonic()
    assert fails(f"{server}/drip")
    assert time.monotonic() - started < 2


def test_J6_an_address_without_server_or_sense_is_no_key_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "https://", "x", "http://[::1", f"http://127.0.0.1:{port}/\x00"):
        assert fails(url), url
