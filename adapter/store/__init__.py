"""The durable message journal: every message as received, stored before it is acknowledged, for ever.

Not for what messages mean, nor for deciding the answer to a sender; those are in mapping and server.
"""

from adapter.store.create import init_store
from adapter.store.errors import StoreError, StoreUnavailable
from adapter.store.message import INDEXED_LENGTH, Arrival, MessageState, Noted, Receipt, StoredMessage
from adapter.store.sqlite import StoreInfo
from adapter.store.store import Store, StoreHealth, open_store

__all__ = [
    "INDEXED_LENGTH",
    "Arrival",
    "MessageState",
    "Noted",
    "Receipt",
    "Store",
    "StoreError",
    "StoreHealth",
    "StoreInfo",
    "StoreUnavailable",
    "StoredMessage",
    "init_store",
    "open_store",
]
