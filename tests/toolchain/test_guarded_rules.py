"""The shipped rules under guard: no alteration escapes the worked cases, except those listed with their reason.

One test per file of rules, so that several processes share the work.
"""

import pytest

from adapter.toolchain.alterations import alterations
from adapter.toolchain.survivors import judged, read_survivors
from tests.toolchain.shipped import FIXTURES, guarded, rules

ALL = alterations(rules().sheets, rules().rules.facts)
KNOWN = read_survivors(FIXTURES / "guard/survivors.yaml")
FILES = list(dict.fromkeys(alteration.file for alteration in ALL))


@pytest.mark.parametrize("file", FILES)
def test_every_alteration_is_noticed_by_a_case_or_listed_with_its_reason(file: str) -> None:
    tried = [alteration for alteration in ALL if alteration.file == file]
    owners = {alteration.owner for alteration in tried}
    known = {name: survivor for name, survivor in KNOWN.items() if survivor.owner in owners}
    report = judged(guarded().outcomes(tried), known)
    assert [f"{one.alteration.place} {one.alteration.name}" for one in report.unexplained] == []
    assert [f"{one.place} {one.alteration}" for one in report.outdated] == []
    assert report.noticed > 0.8 * len(tried)


def test_nothing_is_listed_that_cannot_be_altered() -> None:
    assert KNOWN.keys() <= {alteration.name for alteration in ALL}
