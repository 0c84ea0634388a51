"""What stands beside a code: its body site and agents, other codes of the same day or draft, results of its panel.

Some codes cannot decide alone (one billing code for TAE, TACE and TARE); the rows name what they need, this finds it.
"""

from collections import defaultdict
from collections.abc import Sequence

from adapter.mapping.item import Choices, Codings, Item
from adapter.mapping.schema import Companion, Needs
from adapter.mapping.tables import Tables
from adapter.mapping.values import concepts


class Beside:
    """All items of one patient, indexed by what rows may ask for."""

    def __init__(self, items: Sequence[Item], tables: Tables) -> None:
        self._tables = tables
        self._by_day: dict[str, set[str]] = defaultdict(set)
        self._answers: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
        for item in items:
            if item.kind != "result":
                if self._counts(item):
                    self._by_day[_day(item)] |= self._concepts(item.codings)
            elif item.group and isinstance(item.value, Choices):
                self._note_answers(item, item.value)

    def unmet(self, item: Item, needs: Needs) -> bool:
        """Whether something that the row needs is not there."""
        return bool(
            (needs.body_site and not self._any(item.body_site, needs.body_site))
            or (needs.used and not self._any(item.used, needs.used))
            or (needs.reason and not self._any(item.reason, needs.reason))
            or (needs.together and not self._by_day[_day(item)] & set(needs.together))
            or (needs.companion and not self._accompanied(item, needs.companion))
        )

    def _counts(self, item: Item) -> bool:
        return not item.veto and self._tables.statuses.effect(item.statuses).effect == "final"

    def _any(self, sent: Sequence[Codings], wanted: tuple[str, ...]) -> bool:
        return any(self._concepts(codings) & set(wanted) for codings in sent)

    def _note_answers(self, item: Item, value: Choices) -> None:
        """Keep the first two results of a panel that give an answer: one of them is another than the one that asks."""
        asked = self._concepts(item.codings)
        for answer in {one for choice in value.choices for one in self._concepts(choice)} if asked else ():
            for concept in asked:
                known = self._answers[item.group, concept, answer]
                if len(known) < 2 and self._counts(item):
                    known.append(item)

    def _accompanied(self, item: Item, companion: Companion) -> bool:
        return any(
            other is not item
            for concept in companion.concepts
            for answer in companion.answers
            for other in self._answers.get((item.group, concept, answer), ())
        )

    def _concepts(self, codings: Codings) -> set[str]:
        return concepts(codings, self._tables)


def _day(item: Item) -> str:
    """Orders of one document are one draft; everything else belongs to its day, and to none when undated."""
    if item.kind == "order":
        return f"draft {item.document}"
    return item.when.day if item.when else f"undated {item.place.element}"
