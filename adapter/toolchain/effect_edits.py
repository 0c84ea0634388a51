"""Every small change that could be made to the effects of one rule: an effect or a therapy left out, a strength turned.

It knows what effects say and not what comes of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.ldt.rule import Rated, Remarked
from adapter.ldt.schema import EffectRow

TURNED: dict[Rated, tuple[Rated, ...]] = {
    Rated.PREFERRED: (Rated.REASONABLE,),
    Rated.REASONABLE: (Rated.PREFERRED, Rated.NOT_RECOMMENDED),
    Rated.NOT_RECOMMENDED: (Rated.REASONABLE,),
    Rated.OVERRIDE: (Rated.NOT_RECOMMENDED,),
    Rated.CONTRAINDICATED: (Rated.NOT_RECOMMENDED, Rated.OVERRIDE),
    Rated.SUPPORT: (Rated.PREFERRED, Rated.REASONABLE),
    Rated.DOWNGRADE: (),
}
"""What each strength is mistaken for. A downgrade is only ever left out."""


@dataclass(frozen=True, slots=True)
class EffectEdit:
    """Changed effects, the change in words, and the number of the effect that it concerns."""

    words: str
    number: int
    effects: tuple[EffectRow, ...]


def effect_edits(effects: tuple[EffectRow, ...]) -> Iterator[EffectEdit]:
    """Every change of the effects, in their order."""
    for number, effect in enumerate(effects):
        before, after = effects[:number], effects[number + 1 :]
        yield EffectEdit(f"effect left out: {_words(effect)}", number, before + after)
        rated = _rated(effect)
        if rated is None:
            continue
        therapies = therapies_of(effect, rated)
        for therapy in therapies:
            rest = tuple(_effect(rated, (other,)) for other in therapies if other != therapy)
            if rest:
                words = f"{therapy} left out of {_plain(rated)}"
                yield EffectEdit(words, number, before + rest + after)
            for other in TURNED[rated]:
                words = f"{therapy}: {_plain(rated)} made {_plain(other)}"
                yield EffectEdit(words, number, (*before, *rest, _effect(other, (therapy,)), *after))


def therapies_of(effect: EffectRow, rated: Rated) -> tuple[str, ...]:
    """The therapies that an effect rates so."""
    return getattr(effect, rated.value) or ()


def _rated(effect: EffectRow) -> Rated | None:
    return next((rated for rated in Rated if therapies_of(effect, rated)), None)


def _effect(rated: Rated, therapies: tuple[str, ...]) -> EffectRow:
    return EffectRow.model_validate({rated.value: therapies})


def _plain(rated: Rated) -> str:
    return rated.value.replace("_", " ")


def _words(effect: EffectRow) -> str:
    rated = _rated(effect)
    if rated is not None:
        return f"{_plain(rated)} {', '.join(therapies_of(effect, rated))}"
    return next(f"{kind.value} {code}" for kind in Remarked if (code := getattr(effect, kind.value)) is not None)
