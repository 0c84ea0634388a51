"""Tickets to pages of explanations: what stands in the link, signed so that nobody can make or change one.

A ticket names one page and its end and holds nothing of the patient; the signature covers the page's content too.
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
"""The least length of a key."""

_TICKET = re.compile(r"([0-9a-f]{32})-([1-9][0-9]{9,11})-([0-9a-f]{64})")
_PURPOSE: Final = b"ldt-adapter explanation 1\n"


class KeyFileError(ValueError):
    """A key file that cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says: the name of a page on the shelf, and the moment it ends (seconds since 1970)."""

    page: str
    until: int
    signature: str

    def __str__(self) -> str:
        """The form it has in a link."""
        return f"{self.page}-{self.until}-{self.signature}"


def sign_ticket(key: bytes, name: str, until: int, page: bytes) -> Ticket:
    """The ticket to a page of this name and content."""
    return Ticket(name, until, _signature(key, name, until, page))


def read_ticket(text: str) -> Ticket | None:
    """What the text says, not believed yet; None for anything that has not exactly the form of a ticket."""
    found = _TICKET.fullmatch(text)
    return Ticket(found[1], int(found[2]), found[3]) if found else None


def is_genuine(key: bytes, ticket: Ticket, page: bytes) -> bool:
    """Whether this key has signed the ticket for this very page."""
    return hmac.compare_digest(ticket.signature, _signature(key, ticket.page, ticket.until, page))


def _signature(key: bytes, name: str, until: int, page: bytes) -> str:
    signed = _PURPOSE + f"{name}-{until}\n".encode() + hashlib.sha256(page).digest()
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def new_key() -> bytes:
    """A key that lives as long as this process."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: Path) -> bytes:
    """The key of a file that only its owner can read. Raises KeyFileError."""
    try:
        with path.open("rb") as file:
            mode, key = os.fstat(file.fileno()).st_mode, file.read()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise KeyFileError(f"{path}: others than its owner may use it; say chmod 600")
    if len(key) < KEY_BYTES:
        raise KeyFileError(f"{path}: a key has {KEY_BYTES} bytes or more")
    return key
