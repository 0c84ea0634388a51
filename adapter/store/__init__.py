"""The durable message journal: every message as received, stored before it is acknowledged, for ever.

Not for what messages mean, nor for deciding the answer to a sender; those are in mapping and server.
"""

from adapter.store.create import init_store
from adapter.store.effect import (
    Delivery,
    DeliveryState,
    Effect,
    Evaluated,
    Evaluation,
    Judgement,
    Review,
    Settled,
    UsedMessage,
)
from adapter.store.errors import StoreError, StoreInUse, StoreUnavailable
from adapter.store.health import Backlog, StoreHealth
from adapter.store.location import store_path
from adapter.store.message import INDEXED_LENGTH, Arrival, ArrivalState, MessageState, Noted, Receipt, StoredMessage
from adapter.store.sqlite import StoreInfo
from adapter.store.store import Store, open_store, read_store

__all__ = [
    "INDEXED_LENGTH",
    "Arrival",
    "ArrivalState",
    "Backlog",
    "Delivery",
    "DeliveryState",
    "Effect",
    "Evaluated",
    "Evaluation",
    "Judgement",
    "MessageState",
    "Noted",
    "Receipt",
    "Review",
    "Settled",
    "Store",
    "StoreError",
    "StoreHealth",
    "StoreInUse",
    "StoreInfo",
    "StoreUnavailable",
    "StoredMessage",
    "UsedMessage",
    "init_store",
    "open_store",
    "read_store",
    "store_path",
]
