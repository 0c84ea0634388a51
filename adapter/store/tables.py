"""The tables of the store, in SQLAlchemy Core, and the version of their schema.

Not for reading or writing them (journal.py); nothing here belongs to SQLite alone.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
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

SCHEMA_VERSION: Final = 1


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
    Column("sha256", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    CheckConstraint("state IN ('received', 'quarantined', 'ignored')", name="known_state"),
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
