"""Status tables: what a sender's status makes of a statement. Every table says what unknown and missing codes do."""

from dataclasses import dataclass
from typing import Literal, get_args

from adapter.case.fact import Standing
from adapter.case.tables import Located

Effect = Literal["final", "preliminary", "promoted", "excluded", "absent", "withdrawn", "refuted", "as-result"]
_EFFECTS = frozenset(get_args(Effect))
_REQUIRED = ("otherwise", "missing")


@dataclass(frozen=True, slots=True)
class StatusEffect:
    """What one status does, and the reason to show when it does not count."""

    effect: Effect
    reason: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Statuses:
    """All tables by name."""

    tables: dict[str, dict[str, StatusEffect]]

    def effect(self, statuses: tuple[tuple[str, str], ...]) -> StatusEffect:
        """The first status that says more than "as the result says"; FINAL when none does."""
        replaces = False
        for table, code in statuses:
            rows = self.tables[table]
            known = rows.get(code)
            effect = (known or rows["otherwise"]) if code else rows["missing"]
            if effect.effect not in _SAYS_NO_MORE:
                return effect
            replaces = replaces or (known is not None and known.effect == "final" and known.reason == CORRECTED)
        return _REPLACING if replaces else _FINAL


_SAYS_NO_MORE: tuple[Effect, ...] = ("final", "as-result")
_FINAL, _REPLACING = StatusEffect("final"), StatusEffect("final", replaces=True)

REVERSED = "reversed"
"""The table that says what becomes of content which another message takes back."""

CORRECTED = "corrected"
"""The reason in the tables that marks a final status which replaces what the same result said before."""

STANDING: dict[Effect, Standing] = {
    "final": Standing.FINAL,
    "as-result": Standing.FINAL,
    "preliminary": Standing.PRELIMINARY,
    "excluded": Standing.EXCLUDED,
    "absent": Standing.ABSENT,
    "withdrawn": Standing.WITHDRAWN,
    "refuted": Standing.EXCLUDED,
    "promoted": Standing.PROMOTED,
}


def load_statuses(table: Located) -> Statuses:
    """The table statuses.yaml. Raises TableError for an unknown effect or a table without its two catch-alls."""
    value = table.value
    tables = value.get("tables") if isinstance(value, dict) else None
    if not isinstance(tables, dict):
        raise table.error((), "expected a mapping named 'tables'")
    loaded: dict[str, dict[str, StatusEffect]] = {}
    for name, rows in tables.items():
        if not isinstance(rows, dict) or any(key not in rows for key in _REQUIRED):
            raise table.error(("tables", name), "a status table needs the rows 'otherwise' and 'missing'")
        loaded[name] = {code: _effect(table, name, code, text) for code, text in rows.items()}
    return Statuses(loaded)


def _effect(table: Located, name: str, code: str, text: object) -> StatusEffect:
    effect, _, reason = str(text).partition(" ")
    if not isinstance(text, str) or effect not in _EFFECTS:
        raise table.error(("tables", name, code), f"the effect must be one of {', '.join(sorted(_EFFECTS))}")
    return StatusEffect(effect, reason)  # type: ignore[arg-type]
