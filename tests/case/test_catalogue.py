"""The catalogue of facts as shipped, and the rows that it refuses.

Not for whether the ages and bounds are right, which is for a clinician.
"""

import pytest
from pydantic import ValidationError

from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind, Merge, catalogue
from adapter.case.moment import Duration

ROW = {
    "name": "bilirubin_mg_dl",
    "label": "Total bilirubin",
    "kind": "quantity",
    "role": "input",
    "meaning": "Total serum bilirubin.",
    "unit": "mg/dL",
    "max_age": "P30D",
}


def test_the_row_that_the_others_are_broken_copies_of_is_accepted() -> None:
    fact = FactDefinition.model_validate(ROW)
    assert (fact.kind, fact.merge, fact.ask) == (Kind.QUANTITY, Merge.LATEST, "optional")


@pytest.mark.hazard("HZ-A11")
@pytest.mark.parametrize("member", ["max_age", "unit", "name", "label", "kind", "role", "meaning"])
def test_a_row_without_unit_age_or_name_is_refused(member: str) -> None:
    with pytest.raises(ValidationError):
        FactDefinition.model_validate({name: value for name, value in ROW.items() if name != member})


@pytest.mark.parametrize(
    "fault",
    [
        {"max_age": "30 days"},
        {"max_age": ""},
        {"max_age_procedure": "14"},
        {"kind": "number"},
        {"merge": "newest"},
        {"role": "output"},
        {"ask": "maybe"},
        {"kind": "coded"},
        {"kind": "list"},
        {"plausible": ["0"]},
        {"plausible": ["0", "lots"]},
        {"plausible": "0 to 100"},
        {"values": "a"},
        {"colour": "red"},
    ],
)
def test_a_broken_row_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FactDefinition.model_validate(ROW | fault)


def test_the_catalogue_has_the_65_inputs_of_the_rules() -> None:
    assert len(catalogue().inputs) == 65
    assert "bilirubin_mg_dl" in catalogue()
    assert "bilirubin" not in catalogue()
    assert catalogue()["bilirubin_mg_dl"].unit == "mg/dL"
    assert catalogue().version


@pytest.mark.hazard("HZ-V12")
@pytest.mark.parametrize("fact", catalogue().facts.values(), ids=lambda fact: str(fact.name))
def test_every_quantity_has_a_unit_and_bounds_the_right_way_round(fact: FactDefinition) -> None:
    if fact.kind is Kind.QUANTITY:
        assert fact.unit
        assert fact.plausible is not None
        assert 0 <= fact.plausible[0] < fact.plausible[1]
    assert len(fact.values) == len(set(fact.values))


@pytest.mark.parametrize("fact", catalogue().facts.values(), ids=lambda fact: str(fact.name))
def test_an_age_for_signing_is_never_longer_than_the_age(fact: FactDefinition) -> None:
    if fact.max_age_procedure:
        longer, shorter = Duration.parse(fact.max_age), Duration.parse(fact.max_age_procedure)
        assert (shorter.months, shorter.days) < (longer.months, longer.days)


# Settled ages: laboratory 30 (14) days, imaging and distribution 3 months, receptor imaging and LVEF 6 months.
@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("platelets_10e9_l", "P30D"),
        ("liver_burden_percent", "P3M"),
        ("disease_distribution", "P3M"),
        ("sstr_status", "P6M"),
        ("lvef_poor", "P6M"),
        ("resectability", "P3M"),
        ("ki67_percent", NO_EXPIRY),
        ("who_grade", NO_EXPIRY),
        ("primary_site", NO_EXPIRY),
        ("daxx_atrx_status", NO_EXPIRY),
        ("prior_liver_directed", NO_EXPIRY),
    ],
)
def test_settled_ages(name: str, age: str) -> None:
    fact = catalogue()[name]
    assert fact.max_age == age
    assert (fact.expiry(procedure=False) is None) is (age == NO_EXPIRY)


def test_what_a_wrong_guess_would_derive_is_only_observed() -> None:
    observed = [name for name, fact in catalogue().facts.items() if fact.role == "observed"]
    assert {"lvef_percent", "ecog", "overall_disease_status", "portal_vein_thrombosis"} <= set(observed)
