"""Diagnoses that came and that nobody could read: in words alone, or by a code that no row reads.

Their words are never read or shown; they only tell two of them apart. A code that the tables declare as not read
(`not_read`) is no such diagnosis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.case.moment import Moment
from adapter.mapping.interpret import Interpreted
from adapter.mapping.ledger import Outcome
from adapter.mapping.tables import Tables

OVER = frozenset({"resolved", "inactive", "remission"})
"""Why a diagnosis is excluded that was true once and says nothing of today."""

_OUT = frozenset({"withdrawn", "absent", "refuted"})

_KNOWN_SYSTEM = ("code-unmapped", "not-read-from-", "needs-more")


@dataclass(frozen=True, slots=True)
class UnreadDiagnosis:
    """A diagnosis that nobody could read, and when it was made.

    `code` is `system|code`, empty where there is none. `opaque`: nobody can look up what it is, since it stands in
    words alone or in codes of a system that nobody here knows. `same` tells whether two are one and the same.
    """

    code: str
    when: Moment | None
    opaque: bool
    same: tuple[str, ...] = field(default=(), repr=False)


def unread_diagnoses(interpreted: Iterable[Interpreted], tables: Tables) -> tuple[UnreadDiagnosis, ...]:
    """The diagnoses that may hold and state nothing, in the order in which they came."""
    return tuple([_unread(result) for result in interpreted if _is_unread(result, tables)])


def distinct(diagnoses: Iterable[UnreadDiagnosis]) -> tuple[UnreadDiagnosis, ...]:
    """Each diagnosis once: senders repeat them with every message. Of several dates the latest stands, and none, which
    may be any, before all."""
    found: dict[tuple[str, ...], UnreadDiagnosis] = {}
    for one in diagnoses:
        known = found.get(one.same)
        if known is None or (known.when is not None and (one.when is None or known.when.before(one.when))):
            found[one.same] = one
    return tuple(found.values())


def _is_unread(result: Interpreted, tables: Tables) -> bool:
    item = result.item
    if item.kind != "diagnosis" or result.statements or result.entry.outcome is Outcome.IGNORED:
        return False
    status = tables.statuses.effect(item.statuses)
    return status.effect not in _OUT and status.reason not in OVER


def _unread(result: Interpreted) -> UnreadDiagnosis:
    item, entry = result.item, result.entry
    code = entry.code if entry.code.partition("|")[2] else ""
    same = (code,) if code else item.names or (item.document, item.place.element)
    return UnreadDiagnosis(code, item.when, not entry.reason.startswith(_KNOWN_SYSTEM), same)
