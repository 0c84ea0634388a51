import asyncio
from collections.abc import AsyncIterator

import pytest

from cds_hooks import Limits
from tests.cds_hooks.calls import application, fault_code, raw_status, send, unreadable

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "application/jsonx",
        "",
    ],
)
def test_another_content_type_is_415(content_type: str) -> None:
    response = send(application(), headers={"content-type": content_type})
    assert (response.status_code, fault_code(response)) == (415, "content-type")


@pytest.mark.parametrize("content_type", ["application/json;charset=UTF-8", 'Application/JSON; charset="utf-8"'])
def test_utf_8_may_be_said(content_type: str) -> None:
    assert send(application(), headers={"content-type": content_type}).status_code == 200


@pytest.mark.hazard("HZ-X08")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity"])
def test_any_content_encoding_is_415(encoding: str) -> None:
    response = send(application(), headers={**JSON, "content-encoding": encoding})
    assert (response.status_code, fault_code(response)) == (415, "content-encoding")


@pytest.mark.hazard("HZ-X08")
@pytest.mark.parametrize("length", ["1001", "99999999999999999999"])
def test_an_announced_length_beyond_the_limit_is_413_before_reading(length: str) -> None:
    app = application(limits=Limits(body_bytes=1000))
    response = send(app, headers={**JSON, "content-length": length}, content=unreadable())
    assert (response.status_code, fault_code(response)) == (413, "too-large")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣"])
def test_a_length_that_is_no_number_is_400(length: str) -> None:
    async def run() -> int:
        headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]
        return await raw_status(application(), headers)

    assert asyncio.run(run()) == 400


@pytest.mark.hazard("HZ-X08")
def test_an_unannounced_length_beyond_the_limit_is_413_while_reading() -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 300
            yield b" " * 300

    response = send(application(limits=Limits(body_bytes=1000)), content=chunks(), headers=JSON)
    assert (response.status_code, fault_code(response)) == (413, "too-large")
    assert sent == 1200
