"""Values of a response: a fault is found wherever it stands, and none where there is none."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.sendable import value_faults

Tried = tuple[object, int]
"""A value, and how many faults it has."""

_FINE = ["text", "Grüße", "two\nlines", 0, 7, True, False, Decimal("1.50")]
_FAULTY: list[object] = [
    "",
    None,
    [],
    {},
    (),
    1.5,
    Decimal("NaN"),
    b"bytes",
    "turned \u202e round",
    "bell \x07",
    "\ud800",
]
_SCALARS = st.one_of(
    st.sampled_from(_FINE).map(lambda value: (value, 0)), st.sampled_from(_FAULTY).map(lambda value: (value, 1))
)


def _array(parts: list[Tried]) -> Tried:
    return [value for value, _ in parts], sum(faults for _, faults in parts)


def _object(parts: dict[str, Tried]) -> Tried:
    faults = sum(1 if name in ("", "hidden \x00") else inner for name, (_, inner) in parts.items())
    return {name: value for name, (value, _) in parts.items()}, faults


_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_array),
        st.dictionaries(st.sampled_from(["name", "other", "", "hidden \x00"]), inner, min_size=1, max_size=3).map(
            _object
        ),
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_every_fault_is_found_once_and_nothing_else(tried: Tried) -> None:
    value, faults = tried
    assert len(list(value_faults(value, "card"))) == faults


def test_an_array_of_a_resource_may_hold_null_where_a_sibling_array_explains_it() -> None:
    resource = {"given": [None, "Anna"], "_given": [{"extension": [{"url": "u"}]}, None]}
    assert [fault.place for fault in value_faults({"resource": resource}, "action")] == []
    assert [fault.place for fault in value_faults(resource, "card")] == ["card.given[0]", "card._given[1]"]
