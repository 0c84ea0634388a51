"""Tokens of clients that were used: each is let in once, by whichever process and after whatever restart.

Not for whether a token is genuine; whoever asks has proved that. Of a token only a digest is kept, until it expires.
"""

import hashlib
import json
from functools import partial
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.jobs import one_by_one
from adapter.store.tables import used_tokens
from adapter.store.writer import NoWriter, Writer

_ROW: Final = 64


class UsedTokens:
    """The memory of used tokens; its one writer makes asking and remembering one step."""

    def __init__(self, writer: Writer | NoWriter) -> None:
        self._writer: Final = writer

    async def first_use(self, issuer: str, token_id: str, *, expires: float, now: float) -> bool:
        """Remember a token until `expires` (seconds since 1970) and tell whether it was unknown.

        On disk when this returns. What expired before `now` is forgotten. Raises StoreUnavailable.
        """
        token = hashlib.sha256(json.dumps([issuer, token_id]).encode()).digest()
        return await self._writer.run(one_by_one, partial(_use, token, expires, now), _ROW)


def _use(token: bytes, expires: float, now: float, connection: Connection) -> bool:
    connection.execute(delete(used_tokens).where(used_tokens.c.expires < now))
    row = {"token": token, "expires": expires}
    return connection.execute(insert_or_ignore(used_tokens).on_conflict_do_nothing(), row).rowcount == 1
