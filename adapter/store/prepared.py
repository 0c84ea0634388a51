"""A statement that is compiled once, and run by the driver itself: the hot path of storing does nothing else.

Not for statements that are run now and then; those leave everything to SQLAlchemy.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

Processor = Callable[[object], object]


class _Plan(NamedTuple):
    """The text for one dialect, and what makes a driver value of the parameters in those places that need it."""

    text: str
    processed: tuple[tuple[int, Processor], ...]


class Prepared:
    """A statement for so many rows of values, which are all parameters (`bindparam` with a type), row after row."""

    def __init__(self, statement: Callable[[int], Insert | Select[*tuple[Any, ...]]]) -> None:
        self._statement: Final = statement
        self._plans: Final[dict[tuple[str, int], _Plan]] = {}

    def rows(self, connection: Connection, values: Sequence[Sequence[object]]) -> list[tuple[Any, ...]]:
        """Run it with these rows, within the transaction of the connection; what comes back, as the driver gives it.

        Raises DBAPIError, without the statement and its values.
        """
        dialect = connection.dialect
        plan = self._plans.get((dialect.name, len(values))) or self._compiled(dialect, len(values))
        sent = list(chain.from_iterable(values))
        for place, process in plan.processed:
            sent[place] = process(sent[place])
        cursor = connection.connection.cursor()
        try:
            cursor.execute(plan.text, sent)
            return list(cursor.fetchall())
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError(None, None, error) from None
        finally:
            cursor.close()

    def _compiled(self, dialect: Dialect, count: int) -> _Plan:
        compiled = self._statement(count).compile(dialect=dialect)
        names = compiled.positiontup
        if names is None:
            raise TypeError(f"{dialect.name} has no positional parameters")
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        needed = ((place, kinds[name]) for place, name in enumerate(names))
        plan = _Plan(str(compiled), tuple((place, process) for place, process in needed if process))
        self._plans[dialect.name, count] = plan
        return plan
