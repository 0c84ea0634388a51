"""Takes the body of a call off the wire and refuses one that is too long or not plain JSON.

Not for what the body says (`request.py`).
"""

import re

from starlette.datastructures import Headers
from starlette.requests import Request

from cds_hooks.errors import WHOLE_BODY, BadRequest, TooLarge, UnsupportedContent
from cds_hooks.json_limits import Limits

_JSON_TYPE = re.compile(r'application/json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?', re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,12}")


async def receive_body(request: Request, limits: Limits) -> bytes:
    """The whole body; raises TooLarge as soon as announced or received bytes pass the limit."""
    _check_headers(request.headers, limits)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > limits.body_bytes:
            raise TooLarge(limits.body_bytes)
    return bytes(chunks)


def _check_headers(headers: Headers, limits: Limits) -> None:
    if "content-encoding" in headers:
        raise UnsupportedContent("content-encoding", "Send the body without Content-Encoding.")
    if not _JSON_TYPE.fullmatch(headers.get("content-type", "").strip()):
        raise UnsupportedContent("content-type", "Send Content-Type: application/json, in UTF-8.")
    length = headers.get("content-length")
    if length is None:
        return
    if not length.isascii() or not length.isdigit():
        raise BadRequest("content-length", WHOLE_BODY, "Content-Length must be a number of bytes.")
    if not _LENGTH.fullmatch(length) or int(length) > limits.body_bytes:
        raise TooLarge(limits.body_bytes)
