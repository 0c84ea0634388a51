"""Every call in fixtures/hooks is answered as expected.yaml says; dropping a call there adds a test."""

from typing import Any

import pytest
import yaml

from adapter.store import Store
from cds_hooks import HOOK_NAMES
from tests.cds_hooks.invariants import broken_in_request
from tests.server.hooks.calling import FOLDER, cards, client_of, example

EXPECTED: dict[str, Any] = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))


def test_every_call_is_expected_and_every_hook_has_one() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EXPECTED)
    assert {example(name)["hook"] for name in EXPECTED} == HOOK_NAMES


@pytest.mark.parametrize("public_url", ["", "https://ldt.hospital.example"])
@pytest.mark.parametrize("name", EXPECTED)
def test_the_call_is_answered_as_expected(store: Store, name: str, public_url: str) -> None:
    """The words stand on the card whether or not a link leads to the whole answer."""
    client = client_of(store, public_url=public_url)
    wanted, request = EXPECTED[name], example(name)
    assert broken_in_request(request) == []
    found = cards(client, request)
    assert len(found) == wanted["cards"]
    for card in found:
        assert card["indicator"] == wanted["indicator"]
        assert wanted["summary"] in card["summary"]
        assert [words for words in wanted["says"] if words not in card["detail"]] == []
        assert [words for words in wanted["silent"] if words in card["detail"]] == []
        assert [suggestion["label"] for suggestion in card.get("suggestions", ())] == wanted["suggests"]
