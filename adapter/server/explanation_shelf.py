"""Where pages of explanations lie until their links end: a port of two calls, and a shelf in memory behind it.

Not for who may take a page down: tickets decide that.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

KEPT: Final = 500
"""How many pages the shelf in memory holds at most; a page has up to 50 kB."""


class ExplanationShelf(Protocol):
    """Keeps pages, each under a name of its own that nobody can guess (32 hexadecimal digits), until a moment."""

    async def put(self, page: bytes, until: int) -> str:
        """Keep a page until `until` (seconds since 1970) and return its name."""

    async def get(self, name: str) -> bytes | None:
        """The page of this name, or None: never kept, gone, or past its time."""


class MemoryShelf:
    """A shelf of bounded size in this process: the oldest page makes room for a new one, and all go with the process.

    `clock` gives seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float], kept: int = KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._pages: OrderedDict[str, tuple[bytes, int]] = OrderedDict()

    async def put(self, page: bytes, until: int) -> str:
        """Keep a page. Pages whose time is over go first, then the oldest."""
        self._clear()
        while len(self._pages) >= self._kept:
            self._pages.popitem(last=False)
        name = secrets.token_hex(16)
        self._pages[name] = (page, until)
        return name

    async def get(self, name: str) -> bytes | None:
        """The page of this name, while its time lasts."""
        self._clear()
        page, until = self._pages.get(name, (b"", 0))
        return page if until > self._clock() else None

    def _clear(self) -> None:
        """Let go of pages whose time is over: they end in the order in which they came, or do not matter until then."""
        now = self._clock()
        while self._pages and next(iter(self._pages.values()))[1] <= now:
            self._pages.popitem(last=False)
