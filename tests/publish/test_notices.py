"""The notices of published resources are those of NOTICE, and each resource carries those that its content needs."""

import re

import pytest

from adapter.publish.notices import PAPERS, SYSTEMS, notice
from tests.publish.published import Json, codings, resources
from tests.repository import ROOT

NOTICE = " ".join((ROOT / "NOTICE").read_text(encoding="utf-8").split())


def sentences(text: str) -> list[str]:
    """Its sentences, without the name of the work that stands as a heading in NOTICE."""
    body = re.sub(r"^[\w ,&-]+: ", "", text)
    return [part for part in re.split(r"(?<=\.) (?=[A-Z])", body) if len(part) > 30]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_notice_of_a_code_system_says_what_notice_says(system: str) -> None:
    found = sentences(SYSTEMS[system])
    assert found
    assert [one for one in found if one.rstrip(".") not in NOTICE] == []


def test_the_papers_are_named_as_notice_names_them() -> None:
    for part in (
        "Rabei R, Fidelman N.",
        "Copyright The Author(s) 2023",
        "Changes were made. The authors do not endorse this project.",
        "The scenario labels and the strengths of recommendation of its Table 1 are reproduced",
        "none of its sentences or tables is included",
    ):
        assert part in PAPERS
        assert part in NOTICE


def systems(resource: Json) -> set[str]:
    """The foreign code systems whose codes a resource carries."""
    include = resource.get("compose", {}).get("include", [])
    groups = resource.get("group", [])
    found = {part["system"] for part in include} | {group["source"] for group in groups}
    found |= {system for system, _, _ in codings(resource)}
    return {system for system in found if system in SYSTEMS}


def test_every_resource_carries_the_notices_of_the_code_systems_in_it() -> None:
    carried = 0
    for resource in resources():
        for system in systems(resource):
            carried += 1
            assert SYSTEMS[system] in resource["copyright"], (resource["id"], system)
    assert carried > 80


def test_a_code_system_without_a_notice_is_not_published() -> None:
    with pytest.raises(KeyError):
        notice(["http://example.org/unheard-of"])
