"""The durable message journal: every message as received, stored before it is acknowledged, for ever; and beside it
the cards that left, what was reported of them, tokens that were used, and acknowledgements that wait.

Not for what messages mean, nor for deciding the answer to a sender; those are in mapping and server.
"""

from adapter.store.ack_queue import AckQueue, WaitingAck
from adapter.store.card import Answer, CardFate, CardId, CardOutcome, CardReport, IssuedCard, Reason
from adapter.store.card_book import CardBook
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
from adapter.store.message import (
    INDEXED_LENGTH,
    Arrival,
    ArrivalState,
    MessageState,
    Noted,
    Receipt,
    StoredMessage,
    TakenMessage,
)
from adapter.store.sqlite import StoreInfo
from adapter.store.store import Store, open_store, read_store
from adapter.store.tokens import UsedTokens

__all__ = [
    "INDEXED_LENGTH",
    "AckQueue",
    "Answer",
    "Arrival",
    "ArrivalState",
    "Backlog",
    "CardBook",
    "CardFate",
    "CardId",
    "CardOutcome",
    "CardReport",
    "Delivery",
    "DeliveryState",
    "Effect",
    "Evaluated",
    "Evaluation",
    "IssuedCard",
    "Judgement",
    "MessageState",
    "Noted",
    "Reason",
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
    "TakenMessage",
    "UsedMessage",
    "UsedTokens",
    "WaitingAck",
    "init_store",
    "open_store",
    "read_store",
    "store_path",
]
