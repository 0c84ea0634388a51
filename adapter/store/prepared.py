"""A statement that is compiled once, and run by the driver itself: the hot path of storing does nothing else.

Not for statements that are run now and then; those leave everything to SQLAlchemy.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, String, TableValuedAlias, bindparam, func, select
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert, Update

Processor = Callable[[object], object]


class _Plan(NamedTuple):
    """The text for one dialect, the constants of the statement with their places among the parameters, and what makes a
    driver value of the parameters in those places that need it."""

    text: str
    constants: tuple[tuple[int, object], ...]
    processed: tuple[tuple[int, Processor], ...]


class Prepared:
    """A statement for so many rows of values, which are its parameters (`bindparam` with a type), row after row."""

    def __init__(self, statement: Callable[[int], Insert | Update | Select[*tuple[Any, ...]]]) -> None:
        self._statement: Final = statement
        self._plans: Final[dict[tuple[str, int], _Plan]] = {}

    def rows(self, connection: Connection, values: Sequence[Sequence[object]]) -> list[tuple[Any, ...]]:
        """Run it with these rows, within the transaction of the connection; what comes back, as the driver gives it.

        Raises DBAPIError, without the statement and its values.
        """
        dialect = connection.dialect
        plan = self._plans.get((dialect.name, len(values))) or self._compiled(dialect, len(values))
        sent = list(chain.from_iterable(values))
        for place, constant in plan.constants:
            sent.insert(place, constant)
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
        constants = [(place, compiled.binds[name]) for place, name in enumerate(names)]
        plan = _Plan(
            str(compiled),
            tuple((place, bind.value) for place, bind in constants if not bind.required),
            tuple((place, process) for place, process in needed if process),
        )
        self._plans[dialect.name, count] = plan
        return plan


class PreparedOnce:
    """A statement that takes any number of values as one parameter, a JSON text (`given`): the driver goes to the
    database once for all of them, and other threads of the process run meanwhile."""

    def __init__(self, statement: Insert | Update | Select[*tuple[Any, ...]]) -> None:
        self._prepared: Final = Prepared(lambda _: statement)

    def run(self, connection: Connection, *values: object) -> None:
        """Run it with these values, which stand in the order of its parameters. Raises as `Prepared.rows`."""
        self._prepared.rows(connection, [values])

    def found(self, connection: Connection, *values: object) -> list[Any]:
        """What a query of `gathered` finds. Raises as `Prepared.rows`."""
        ((text,),) = self._prepared.rows(connection, [values])
        found: list[Any] = json.loads(text)
        return found


def array(values: Mapping[int, str] | Sequence[object]) -> str:
    """Values as one parameter."""
    return json.dumps(values)


def given(name: str) -> TableValuedAlias:
    """The rows of such a parameter: each has `key` and `value`, of an array the place and the value."""
    return func.json_each(bindparam(name, type_=String)).table_valued("key", "value")


def gathered(query: Select[Any]) -> Select[Any]:
    """The one column of a query as one JSON array."""
    (column,) = query.subquery().columns
    return select(func.json_group_array(column))
