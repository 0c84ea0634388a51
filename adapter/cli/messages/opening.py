"""The store of `ldt messages` and `ldt feedback`: opened for reading beside a server, and orders that change something.

An order goes to the server that has the store open; where none has, the command carries it out itself. The store is
imported where it is used: SQLAlchemy would slow down every other command.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from adapter.server.desk import Order
    from adapter.store import MessageState, Store, StoredMessage

StoreUrl = Annotated[str, typer.Option("--store", envvar="LDT_STORE", metavar="URL", help="The store: sqlite:///PATH.")]
DEFAULT_STORE: Final = "sqlite:///ldt.db"

STATES: "Final[tuple[MessageState, ...]]" = (
    "received",
    "mapped",
    "evaluated",
    "quarantined",
    "ignored",
    "discarded",
)
ONE_STATE: Final = f"one of {', '.join(STATES)}."


@contextmanager
def reading(url: str, command: str = "messages") -> "Iterator[Store]":
    """The store, open for reading; exit status 1 with one line where it cannot be read."""
    from adapter.store import StoreError, read_store

    try:
        with read_store(url) as store:
            yield store
    except StoreError as error:
        fail(str(error), command)


def carried_out(url: str, orders: "Sequence[Order]") -> Iterator[tuple[int, ...]]:
    """Carry orders out, by the running server where there is one; after each the numbers of those that changed."""
    from adapter.server.desk import carry_out
    from adapter.store import StoreError, StoreInUse, open_store

    try:
        with open_store(url) as store:
            yield from (carry_out(order, store) for order in orders)
    except StoreInUse:
        yield from _by_server(url, orders)
    except StoreError as error:
        fail(str(error))


def order(url: str, wanted: "Order") -> tuple[int, ...]:
    """Carry one order out; the numbers of those that changed."""
    (done,) = carried_out(url, [wanted])
    return done


def _by_server(url: str, orders: "Sequence[Order]") -> Iterator[tuple[int, ...]]:
    from adapter.server.desk import NoDesk, OrderFailed, desk_path, send_order

    try:
        yield from (send_order(desk_path(url), wanted) for wanted in orders)
    except NoDesk:
        fail("another process has the store open and takes no orders: stop it, then try again")
    except OrderFailed as error:
        fail(str(error))


def fail(text: str, command: str = "messages") -> NoReturn:
    """One line on standard error, exit status 1."""
    typer.echo(f"ldt {command}: {text}", err=True)
    raise typer.Exit(1) from None


def state_of(text: str | None) -> "MessageState | None":
    """The state that an option names."""
    for state in STATES:
        if text == state:
            return state
    if text is None:
        return None
    raise typer.BadParameter(f"{text} is none of {', '.join(STATES)}", param_hint="--state")


def patient_key(text: str | None) -> str | None:
    """The patient that an option or argument names, of the form that the store has."""
    if text is None:
        return None
    authority, _, rest = text.partition("/")
    _, separator, number = rest.partition("/")
    if not (authority and separator and number):
        raise typer.BadParameter(f"{text} is not of the form AUTHORITY/TYPE/NUMBER, such as HOSP/MR/4711")
    return text


def existing(store: "Store", numbers: Sequence[int]) -> "list[StoredMessage]":
    """The messages with these numbers; exit status 1 where one does not exist."""
    found = []
    for number in numbers:
        try:
            found.append(store.message(number))
        except KeyError:
            fail(f"there is no message {number}")
    return found
