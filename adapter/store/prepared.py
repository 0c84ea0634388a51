"""A statement that is compiled once, and run by the driver itself: the hot path of storing does nothing else.

Not for statements that are run now and then; those leave everything to SQLAlchemy.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

Processor = Callable[[object], object]


class _Plan(NamedTuple):
    """The text for one dialect, and for each place the name of its parameter and what makes a driver value of it."""

    text: str
    places: tuple[tuple[str, Processor | None], ...]


class Prepared:
    """A statement whose values are all named parameters (`bindparam` with a type), and which gives rows back."""

    def __init__(self, statement: "Insert | Select[*tuple[Any, ...]]") -> None:
        self._statement: Final = statement
        self._plans: Final[dict[str, _Plan]] = {}

    def rows(self, connection: Connection, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Run it with these values, within the transaction of the connection; the rows as the driver gives them.

        Raises DBAPIError, without the statement and its values.
        """
        plan = self._plans.get(connection.dialect.name) or self._compiled(connection.dialect)
        sent = tuple([process(values[name]) if process else values[name] for name, process in plan.places])
        driver = connection.dialect.loaded_dbapi
        cursor = connection.connection.cursor()
        try:
            cursor.execute(plan.text, sent)
            return list(cursor.fetchall())
        except driver.Error as error:
            raise DBAPIError(None, None, error) from None
        finally:
            cursor.close()

    def _compiled(self, dialect: Dialect) -> _Plan:
        compiled = self._statement.compile(dialect=dialect)
        names = compiled.positiontup
        if names is None:
            raise TypeError(f"{dialect.name} has no positional parameters")
        kinds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        plan = _Plan(str(compiled), tuple((name, kinds[name]) for name in names))
        self._plans[dialect.name] = plan
        return plan
