"""How a fault of our own is reported at the outer edges: its class and its place in the code.

Not for what senders do wrong. The text of an exception may hold patient data and goes nowhere.
"""

import structlog

log = structlog.get_logger("adapter.server")


def report(event: str, error: Exception, **more: str) -> None:
    """Log a fault as an error event with class and place; `more` are further fields without content of messages."""
    log.error(event, error_class=type(error).__name__, code_place=code_place(error), **more)


def warn(event: str, error: Exception, **more: str) -> None:
    """The same as a warning: something was not there or not in time, the answer says so, and the server runs on."""
    log.warning(event, error_class=type(error).__name__, code_place=code_place(error), **more)


def code_place(error: BaseException) -> str:
    """Module and line where the exception was raised."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
