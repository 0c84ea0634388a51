"""The tables of the store, in SQLAlchemy Core, and the version of their schema.

Not for reading or writing them (journal.py); nothing here belongs to SQLite alone.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION: Final = 5


class UtcTime(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the table."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """UTC again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata: Final = MetaData()

schema_version: Final = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# `raw` stands last: SQLite then reads a row's other columns without its overflow pages.
messages: Final = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("received_at", UtcTime, nullable=False),
    Column("sender", String, nullable=False),
    Column("control_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("profile", String, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    CheckConstraint(
        "state IN ('received', 'mapped', 'evaluated', 'quarantined', 'ignored', 'discarded')", name="known_state"
    ),
    UniqueConstraint("sender", "control_id", "sha256", name="same_message"),
    Index("messages_by_state", "state", "id"),
    sqlite_autoincrement=True,  # a number is never given twice
)

message_patients: Final = Table(
    "message_patients",
    metadata,
    Column("message", Integer, ForeignKey("messages.id"), primary_key=True),
    Column("patient_key", String, primary_key=True),
    Index("messages_by_patient", "patient_key", "message"),
)

# One row for each message that was applied to a patient: what was done with it, once.
effects: Final = Table(
    "effects",
    metadata,
    Column("message", Integer, ForeignKey("messages.id"), primary_key=True),
    Column("patient_key", String, primary_key=True),
    Column("applied_at", UtcTime, nullable=False),
)

# Messages that somebody wants processed anew: each is judged again first. `counted`: its facts counted all along.
replays: Final = Table(
    "replays",
    metadata,
    Column("message", Integer, ForeignKey("messages.id"), primary_key=True),
    Column("counted", Boolean, nullable=False),
)

# Patients to be evaluated again although nothing of theirs arrived, and the message whose fate is the cause.
reviews: Final = Table(
    "reviews",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("patient_key", String, nullable=False),
    Column("message", Integer, ForeignKey("messages.id"), nullable=False),
    sqlite_autoincrement=True,
)

# Numbers of patients that a message merges. The messages of all numbers that are joined so are mapped together, and the
# mapping decides, in their order, which merge holds.
joins: Final = Table(
    "joins",
    metadata,
    Column("message", Integer, ForeignKey("messages.id"), primary_key=True),
    Column("retired_key", String, primary_key=True),
    Column("surviving_key", String, primary_key=True),
    Index("joins_by_retired_key", "retired_key"),
    Index("joins_by_surviving_key", "surviving_key"),
)

# What was advised, when, and on which facts. The latest of a patient holds; the others are kept as they were.
evaluations: Final = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("patient_key", String, nullable=False),
    Column("message", Integer, ForeignKey("messages.id"), nullable=False),
    Column("evaluated_at", UtcTime, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("rule_set", String, nullable=False),
    Column("indicator", String, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("care_plan", LargeBinary, nullable=False),
    Column("hl7v2", LargeBinary, nullable=False),  # empty where nobody is to get it
    Index("evaluations_by_patient", "patient_key", "id"),
    Index("evaluations_by_message", "message"),
    sqlite_autoincrement=True,
)

deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("evaluation", Integer, ForeignKey("evaluations.id"), nullable=False),
    Column("destination", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("error", String, nullable=False),
    CheckConstraint("state IN ('waiting', 'delivered', 'dead', 'superseded')", name="known_delivery_state"),
    UniqueConstraint("evaluation", "destination", name="one_delivery_of_an_evaluation"),
    Index("deliveries_by_state", "state", "destination", "due_at"),
    sqlite_autoincrement=True,
)

# Application acknowledgements that wait for their own exchange, each once for the message (a digest) that it answers.
acknowledgements: Final = Table(
    "acknowledgements",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("destination", String, nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("acknowledgement", LargeBinary, nullable=False),
    UniqueConstraint("destination", "answers", name="one_acknowledgement_of_a_message"),
    Index("acknowledgements_by_destination", "destination", "id"),
    sqlite_autoincrement=True,
)

# Each card that left, by whom it is called what, and the rules behind it. `reader` and `advice` are digests; nothing
# else of the call, of the patient or of the card's text is here.
cards: Final = Table(
    "cards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("service", String, nullable=False),
    Column("card", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("rule_set", String, nullable=False),
    Column("indicator", String, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("reader", String, nullable=False),
    Column("advice", String, nullable=False),
    UniqueConstraint("service", "card", "issuer", "tenant", "reader", "advice", name="same_card"),
    Index("cards_by_reader", "reader", "advice"),
    Index("cards_by_time", "issued_at"),
    sqlite_autoincrement=True,
)

# Every report of a client on a card, also on one that is not in `cards`; of several on one card the newest decides.
feedback: Final = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("service", String, nullable=False),
    Column("card", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("outcome", String, nullable=False),
    Column("outcome_at", UtcTime, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    CheckConstraint("outcome IN ('accepted', 'overridden')", name="known_outcome"),
    Index("feedback_by_card", "service", "card", "issuer", "tenant"),
    sqlite_autoincrement=True,
)

# Tokens of clients that were let in, until they expire (seconds since 1970); each as a digest of issuer and jti.
used_tokens: Final = Table(
    "used_tokens",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("expires", Float, nullable=False),
    Index("used_tokens_by_expiry", "expires"),
)
