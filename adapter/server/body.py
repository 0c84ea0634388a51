"""Reading request bodies within limits: content type, encoding and size are checked before a byte is kept."""

from collections.abc import Collection

from starlette.requests import Request

from adapter.server.problem import Problem


async def read_body(request: Request, *, types: Collection[str], limit: int) -> bytes:
    """The body. Raises Problem: 415 for another content type or any encoding, 413 above the limit (in bytes)."""
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if sent not in types:
        raise Problem(
            415, "content-type", f"the content type must be one of {', '.join(sorted(types))}", issue="not-supported"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "content-encoding", "encoded bodies are not taken", issue="not-supported")
    length = request.headers.get("content-length", "")
    if length and (not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > limit):
        raise _too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> Problem:
    return Problem(413, "too-large", f"the body may have {limit} bytes", issue="too-costly")
