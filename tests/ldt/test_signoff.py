"""Signatures: nothing is signed yet, a signature holds for the text that was read, and cards say what is unsigned."""

from pathlib import Path

import pytest

from adapter.advice.basis import signature, unsigned
from adapter.ldt import RuleSet, RuleSetError, load_rule_set, rule_set
from tests.ldt.folders import change, copy_of_rules

POLICY, ELIGIBILITY, CODES = "00-policy.yaml", "01-eligibility.yaml", "codes.yaml"


def signed(folder: Path, item: str, digest: str, day: str = "2026-12-01") -> None:
    row = f'{{item: "{item}", digest: "{digest}", version: "2026.1.0", by: "Dr A. Example", role: "Hepatology", day: "{day}"}}'
    path = folder / "signoff.yaml"
    path.write_text(f"sign_offs:\n  - {row}\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of_rules(tmp_path)


def digest(item: str) -> str:
    return rule_set().digests[item]


def test_nothing_is_signed_yet() -> None:
    rules = rule_set()
    assert rules.sign_offs == ()
    assert all(rules.sign_off(item) is None for item in rules.digests)
    assert {"R-101", "P1", "P14", "C-38", "age:bilirubin_mg_dl"} <= rules.digests.keys()
    assert "age:ki67_percent" not in rules.digests  # no expiry, nothing to sign
    assert len({policy.id for policy in rules.policies}) == 14


def test_a_signature_holds_while_the_text_stands(folder: Path) -> None:
    signed(folder, "R-010", digest("R-010"))
    rules = load_rule_set(folder)
    assert signature(rules, "R-010") == "signed by Dr A. Example, Hepatology, on 2026-12-01"
    assert signature(rules, "R-011") == "unsigned"


# The rule itself, the text of a code that it sets, and the definition of a predicate that it uses.
@pytest.mark.parametrize(
    ("item", "file", "old", "new"),
    [
        ("R-012", ELIGIBILITY, 'title: "Wait and not embolise', 'title: "Wait, do not embolise'),
        ("R-012", CODES, 'text: "Delaying embolisation is', 'text: "Postponing embolisation is'),
        ("R-012", POLICY, "lesion_cm < 3.0 and not severe_hormonal", "lesion_cm < 3.1 and not severe_hormonal"),
        ("P6", POLICY, 'one therapy: the lowest strength wins."', 'one therapy: the lowest strength is taken."'),
    ],
)
def test_a_signature_lapses_with_any_change_of_what_was_read(
    folder: Path, item: str, file: str, old: str, new: str
) -> None:
    signed(folder, item, digest(item))
    assert load_rule_set(folder).sign_off(item) is not None
    change(folder, file, old, new)
    rules = load_rule_set(folder)
    assert rules.sign_off(item) is None
    assert rules.sign_offs[0].item == item  # kept on record


@pytest.mark.parametrize("item", ["R-999", "P15", "C-99", "age:ki67_percent", "age:nothing"])
def test_a_signature_for_nothing_is_refused(folder: Path, item: str) -> None:
    signed(folder, item, "0" * 12)
    with pytest.raises(RuleSetError, match=f"signoff.yaml:2: {item} is nothing that can be signed"):
        load_rule_set(folder)


def all_signed(folder: Path) -> RuleSet:
    rows = [
        f'  - {{item: "{item}", digest: "{made}", version: "2026.1.0", by: "Dr A", role: "Oncology", day: "2026-12-01"}}'
        for item, made in rule_set().digests.items()
    ]
    (folder / "signoff.yaml").write_text("\n".join(["sign_offs:", *rows, ""]), encoding="utf-8")
    return load_rule_set(folder)


def test_what_is_unsigned_is_named_until_everything_is_signed(folder: Path) -> None:
    shipped = rule_set()
    policy, sourced = shipped.rules["R-305"], shipped.rules["R-201"]
    assert "POLICY" in policy.row.basis
    assert sourced.row.basis == "source"
    said = unsigned(shipped, [policy, sourced])
    assert said == (
        "Not signed by a clinician: 2 rules behind this answer, of which strength or wording by project policy: R-305; "
        "how a case is evaluated and "
        "ratings are combined (policies P1 to P14); maximum ages of facts (all are assumptions)."
    )
    whole = all_signed(folder)
    assert unsigned(whole, list(whole.rules.values())) == ""
