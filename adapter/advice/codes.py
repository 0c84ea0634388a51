"""Codes of a sender as they may be shown: only what has the form of a code, with the name of its system.

Not for what a code means.
"""

import re

from adapter.mapping.tables import tables

_CODE = re.compile(r"[A-Za-z0-9\-._/:+^]{1,40}")

_SYSTEM = re.compile(r"[A-Za-z0-9\-._]{1,20}|(?:https?://|urn:oid:|urn:uuid:)[A-Za-z0-9\-._~:/%#]{1,200}")


def code_words(code: str) -> str:
    """A code of the ledger (`system|code`) with the name of its system that people know, else as it was sent; what may
    hold words of the sender is only told of."""
    system, _, value = code.partition("|")
    systems = tables().systems
    sent = system if not system or _SYSTEM.fullmatch(system) else "another system:"
    shown = value if _CODE.fullmatch(value.strip()) else "a code that has not the form of one"
    return f"{systems.title(systems.uri(system)) or sent} {shown}".lstrip()
