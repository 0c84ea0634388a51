"""Whatever bytes come in, the reader gives a document or refuses them; nothing else can happen.

Not for which of the two it is.
"""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.fhir.document import NotFhir, read_document
from adapter.fhir.resources import READ
from tests.fhir.resources import bundle, encoded, observation, patient

BUNDLE = encoded(bundle(patient("p1"), observation("o1", valueQuantity={"value": 1.5, "unit": "mg/dL"})))

names = st.sampled_from(
    [
        "resourceType",
        "id",
        "entry",
        "resource",
        "parameter",
        "status",
        "code",
        "coding",
        "valueQuantity",
        "value",
        "subject",
        "reference",
        "link",
        "component",
        "item",
        "answer",
        "meta",
        "fullUrl",
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
types = st.sampled_from(["Bundle", "Parameters", "Immunization", *READ])
anything = st.recursive(
    scalars | types, lambda part: st.lists(part, max_size=3) | st.dictionaries(names, part, max_size=4), max_leaves=12
)


def documents(content: object) -> bytes:
    return json.dumps(content).encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good Bundle with some bytes replaced."""
    start = draw(st.integers(0, len(BUNDLE)))
    return BUNDLE[:start] + draw(st.binary(max_size=6)) + BUNDLE[start + draw(st.integers(0, 6)) :]


def _outcome(raw: bytes) -> None:
    with suppress(NotFhir):
        for record in read_document(raw).records:
            assert (record.resource is None) is (record.fault is not None)
            assert record.place
            assert record.key


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60) | damaged() | anything.map(documents))
@example(b'{"resourceType":"Patient","id":"\xff"}')
@example(b'{"resourceType":"Patient\xff"}')
@example(b'\xef\xbb\xbf[{"resourceType":"Patient\xff"}]')
def test_any_bytes_are_a_document_or_no_fhir(raw: bytes) -> None:
    _outcome(raw)


@pytest.mark.hazard("HZ-X08")
@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"resourceType":"Observation","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"resourceType":"QuestionnaireResponse","item":' + b'[{"item":' * 5_000 + b"[]" + b"}]" * 5_000 + b"}",
    ],
    ids=["open", "closed", "objects", "resource", "items"],
)
def test_deep_nesting_is_a_document_or_no_fhir(raw: bytes) -> None:
    _outcome(raw)
