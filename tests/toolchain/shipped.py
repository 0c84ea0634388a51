"""The shipped rule set with its worked cases, read once for all tests of a process."""

from functools import cache
from importlib.resources import files

from adapter.case.catalogue import catalogue
from adapter.ldt.loader import read_sheets
from adapter.toolchain.altered import Original, original
from adapter.toolchain.casebook import Casebook, read_casebook
from adapter.toolchain.guard import Guard, guard
from tests.repository import ROOT

FIXTURES = ROOT / "fixtures"


@cache
def rules() -> Original:
    """The shipped rule set, ready to be altered."""
    return original(read_sheets(files("adapter.ldt").joinpath("rules")), catalogue())


@cache
def casebook() -> Casebook:
    """All worked cases."""
    return read_casebook(FIXTURES)


@cache
def guarded() -> Guard:
    """The guard of the shipped rule set with all worked cases."""
    return guard(rules(), casebook())
