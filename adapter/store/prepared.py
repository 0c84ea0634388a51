"""A statement that is compiled once: the hot path of storing does not build the same SQL for each message again.

Not for statements that are run now and then; those leave everything to SQLAlchemy.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.dml import Insert

Processor = Callable[[object], object]


class _Plan(NamedTuple):
    """The text for one dialect, and for each place the name of its parameter and what makes a driver value of it."""

    text: str
    places: tuple[tuple[str, Processor | None], ...]


class Prepared:
    """An insert whose values are all named parameters (`bindparam` with a type)."""

    def __init__(self, statement: Insert) -> None:
        self._statement: Final = statement
        self._plans: Final[dict[str, _Plan]] = {}

    def first(self, connection: Connection, values: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run it with these values: the first row that comes back, as the driver gives it. Errors are SQLAlchemy's."""
        dialect = connection.dialect
        plan = self._plans.get(dialect.name) or self._compiled(dialect)
        sent = tuple(process(values[name]) if process else values[name] for name, process in plan.places)
        row = connection.exec_driver_sql(plan.text, sent).first()
        return None if row is None else tuple(row)

    def _compiled(self, dialect: Dialect) -> _Plan:
        compiled = self._statement.compile(dialect=dialect)
        names = compiled.positiontup
        if names is None:
            raise TypeError(f"{dialect.name} has no positional parameters")
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        plan = _Plan(str(compiled), tuple((name, kinds[name]) for name in names))
        self._plans[dialect.name] = plan
        return plan
