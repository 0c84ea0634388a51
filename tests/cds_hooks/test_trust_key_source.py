"""The cache of an issuer's keys: how often it asks, what it does while its URL cannot be reached."""

import asyncio

import pytest

from cds_hooks import Unauthorized
from cds_hooks.trust import CachedKeys, CacheTimes, KeysUnavailable
from tests.cds_hooks.tokens import JKU, KID, NOW, Checked, ec_jwk, ec_key, es384, head, issuer, jwk_set, token

FIRST, SECOND = jwk_set(ec_jwk(kid="one")), jwk_set(ec_jwk(ec_key("second"), "two"))


class Url:
    """A key set URL that can be changed and broken, with a clock."""

    def __init__(self, body: bytes | None = FIRST) -> None:
        self.body = body
        self.now = 0.0
        self.asked: list[str] = []
        self.keys = CachedKeys(JKU, self.fetch, CacheTimes(600, 3600, 60, 5), clock=lambda: self.now)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        await asyncio.sleep(0)
        if self.body is None:
            raise KeysUnavailable
        return self.body

    def find(self, kid: str) -> int:
        """How many keys of that kid there are."""
        return len(asyncio.run(self.keys.find(kid, "ES384")))

    def unavailable(self) -> bool:
        try:
            self.find("one")
        except KeysUnavailable:
            return True
        return False


def test_J2_only_the_configured_url_is_asked_and_only_when_it_is_needed() -> None:
    url = Url()
    assert url.asked == []
    assert url.find("one") == 1
    url.now = 600
    assert url.find("one") == 1
    assert url.asked == [JKU]
    url.now = 601
    assert url.find("one") == 1
    assert url.asked == [JKU, JKU]


@pytest.mark.hazard("HZ-X04")
def test_J2_an_unknown_kid_asks_once_a_minute_at_most() -> None:
    url = Url()
    for number in range(100):
        assert url.find(f"random-{number}") == 0
    assert len(url.asked) == 1
    url.now = 60
    for number in range(100):
        assert url.find(f"random-{number}") == 0
    assert len(url.asked) == 2


def test_J2_a_rotated_key_is_found_after_the_cooldown() -> None:
    url = Url()
    assert url.find("one") == 1
    url.body = SECOND
    url.now = 59
    assert url.find("two") == 0
    url.now = 60
    assert (url.find("two"), url.find("one")) == (1, 0)


@pytest.mark.hazard("HZ-X04")
def test_J2_many_calls_at_once_ask_once() -> None:
    url = Url()

    async def crowd(kid: str) -> list[int]:
        found = await asyncio.gather(*(url.keys.find(f"{kid}", "ES384") for _ in range(50)))
        return [len(keys) for keys in found]

    assert asyncio.run(crowd("one")) == [1] * 50
    url.now = 60
    url.keys = CachedKeys(JKU, url.fetch, CacheTimes(600, 3600, 60, 5), clock=lambda: url.now)
    assert asyncio.run(crowd("other")) == [0] * 50
    assert len(url.asked) == 2


def test_J6_without_keys_nothing_is_proved_and_the_next_try_comes_soon() -> None:
    url = Url(None)
    assert url.unavailable()
    url.now = 4
    assert url.unavailable()
    assert len(url.asked) == 1
    url.body = FIRST
    url.now = 5
    assert url.find("one") == 1


@pytest.mark.parametrize("broken", [None, b"<html>", b'{"keys":[]}', jwk_set({"kty": "oct", "kid": "one", "k": "AA"})])
def test_J6_known_keys_outlive_a_broken_url_for_an_hour(broken: bytes | None) -> None:
    url = Url()
    assert url.find("one") == 1
    url.body = broken
    url.now = 4200
    assert url.find("one") == 1
    url.now = 4201
    assert url.unavailable()
    assert len(url.asked) == 2
    url.now = 4206
    assert url.unavailable()
    assert len(url.asked) == 3


@pytest.mark.hazard("HZ-X04")
def test_J2_tokens_with_random_kids_do_not_reach_the_url() -> None:
    url = Url(jwk_set(ec_jwk()))
    checked = Checked(issuer(keys=url.keys))
    for number in range(100):
        with pytest.raises(Unauthorized):
            asyncio.run(checked.check(head(token(header={"kid": f"k{number}", "jku": JKU}, jti=f"{number}"))))
    assert set(checked.reasons) == {"unknown-key"}
    assert len(url.asked) == 1
    assert asyncio.run(checked.check(head(token()))).token_id == "8d6a4b2c"


@pytest.mark.parametrize(
    "url", ["https://ehr.example.org/jwks", "http://127.0.0.1:8000/jwks", "http://[::1]/j", "http://localhost/"]
)
def test_J2_keys_come_over_https_or_from_this_machine(url: str) -> None:
    assert CachedKeys(url, Url().fetch)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://ehr.example.org/jwks",
        "http://127.0.0.1.evil.example/",
        "file:///etc/keys",
        "https://u:p@x/",
        "https://",
    ],
)
def test_J2_keys_from_elsewhere_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="key set URL"):
        CachedKeys(url, Url().fetch)


def test_J6_keys_that_cannot_be_had_refuse_every_token() -> None:
    checked = Checked(issuer(keys=Url(None).keys), now=NOW)
    with pytest.raises(Unauthorized):
        asyncio.run(checked.check(head(token(header={"kid": KID}, sign=es384()))))
    assert checked.reasons == ["keys-unavailable"]
