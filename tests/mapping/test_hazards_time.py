"""Hazards of time (HZ-T), as far as mapping and case decide them, with the input of each row.

Clocks of servers and dates on cards are tested where they are.
"""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_obx, log_platelets, log_report
from tests.mapping.senders import (
    PATIENT,
    Json,
    Resource,
    bundle,
    by_fhir,
    fact,
    finding_codes,
    known,
    laboratory,
    only,
    standing,
)

PLATELETS = "platelets_10e9_l"


def count(value: int, **more: Json) -> Resource:
    return laboratory("777-3", value, "10*3/uL", **more)


@pytest.mark.hazard("HZ-T01")
def test_a_result_of_the_future_is_excluded_and_hides_nothing() -> None:
    order = OBR.replace("|20260110080000|", "|20990101080000|")
    future = log_report(log_platelets("35", when="20990101080000"), order=order)
    assert standing(log_mapping(future), PLATELETS) == ("excluded", "future-date")
    older = log_report(log_platelets("210"), control="A0", order=OBR.replace("R1^", "R0^"))
    assert known(log_mapping(older, future), PLATELETS) == 210
    assert standing(by_fhir(count(35, effectiveDateTime="2099-01-01T08:00:00Z")), PLATELETS) == (
        "excluded",
        "future-date",
    )


@pytest.mark.hazard("HZ-T02")
def test_an_old_result_is_stale_and_shown() -> None:
    old = log_report(log_platelets("210", when="20240110080000"))
    for mapping in (by_fhir(count(210, effectiveDateTime="2024-01-10T08:00:00Z")), log_mapping(old)):
        assert standing(mapping, PLATELETS) == ("stale", "stale")
        found = fact(mapping, PLATELETS)
        assert found.on_record is not None
        assert found.when is not None
        assert found.when.day == "2024-01-10"


@pytest.mark.hazard("HZ-T03")
def test_a_partial_date_is_an_interval() -> None:
    [year] = [s for s in only(by_fhir(count(210, effectiveDateTime="2026"))).statements if s.fact == PLATELETS]
    assert year.when is not None
    assert year.when.span == timedelta(days=365)
    # What it cannot settle stays open: all of 2025 is neither within the last 30 days nor outside of them, and of a
    # year that has only begun nobody knows whether the result is of a day that has passed.
    assert standing(by_fhir(count(210, effectiveDateTime="2026")), PLATELETS) == ("undated", "date-too-imprecise")
    assert standing(by_fhir(count(210, effectiveDateTime="2025")), PLATELETS) == ("undated", "date-too-imprecise")
    assert standing(log_mapping(log_report(log_platelets("210", when="2025"))), PLATELETS) == (
        "undated",
        "date-too-imprecise",
    )
    assert standing(by_fhir(count(210, effectiveDateTime="2024")), PLATELETS) == ("stale", "stale")


@pytest.mark.hazard("HZ-T04")
def test_the_order_is_that_of_instants() -> None:
    first = log_report(log_platelets("35", when="20260110233000-0500"))
    second = log_report(log_platelets("210", when="20260111040000+0000"), control="A2", order=OBR.replace("R1^", "R2^"))
    assert known(log_mapping(first, second), PLATELETS) == known(log_mapping(second, first), PLATELETS) == 35
    early, late = (
        count(35, id="a", effectiveDateTime="2026-01-10T23:30:00-05:00"),
        count(210, id="b", effectiveDateTime="2026-01-11T04:00:00Z"),
    )
    assert known(by_fhir(early, late), PLATELETS) == 35


@pytest.mark.hazard("HZ-T04")
def test_a_time_without_zone_is_in_that_of_the_message_else_of_the_sender() -> None:
    def instant(sent: str) -> datetime:
        text = log_report(log_platelets("35", when="20260110233000")).replace("20260110093000", sent)
        [statement] = [s for s in only(log_mapping(text)).statements if s.fact == PLATELETS]
        assert statement.when is not None
        return statement.when.earliest

    assert instant("20260110093000+0100") == datetime(2026, 1, 10, 22, 30, tzinfo=UTC)
    assert instant("20260110093000") == datetime(2026, 1, 11, 4, 30, tzinfo=UTC)


class Berlin(tzinfo):
    """Europe/Berlin in 2025, without a time-zone database on the machine."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        assert moment is not None
        local = moment.replace(tzinfo=None)
        if datetime(2025, 3, 30, 2) <= local < datetime(2025, 3, 30, 3):
            return timedelta(hours=2 if moment.fold else 1)
        if datetime(2025, 10, 26, 2) <= local < datetime(2025, 10, 26, 3):
            return timedelta(hours=1 if moment.fold else 2)
        summer = datetime(2025, 3, 30, 3) <= local < datetime(2025, 10, 26, 2)
        return timedelta(hours=2 if summer else 1)

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "Europe/Berlin"


@pytest.mark.hazard("HZ-T05")
@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("20251026023000", (2025, 10, 26, 0, 30), (2025, 10, 26, 1, 30, 1)),
        ("20250330023000", (2025, 3, 30, 0, 30), (2025, 3, 30, 1, 30, 1)),
    ],
    ids=["twice that night", "does not exist"],
)
def test_an_hour_that_comes_twice_or_not_at_all_is_an_interval(
    text: str, earliest: tuple[int, int, int], latest: tuple[int, int, int]
) -> None:
    mapping = log_mapping(log_report(log_platelets("210", when=text)), zone=Berlin())
    [statement] = [s for s in only(mapping).statements if s.fact == PLATELETS]
    assert statement.standing.value == "final"
    assert statement.when is not None
    assert (statement.when.earliest, statement.when.latest) == (
        datetime(*earliest, tzinfo=UTC),
        datetime(*latest, tzinfo=UTC),
    )


@pytest.mark.hazard("HZ-T06")
@pytest.mark.parametrize("text", ["20260230", "20261310", "20260110080060", "2026011024"])
def test_an_invalid_date_costs_its_result_only(text: str) -> None:
    creatinine = log_obx("2160-0^Creatinine^LN", "1.0", "mg/dL").replace("OBX|1", "OBX|2")
    mapping = log_mapping(log_report(log_platelets("35", when=text), creatinine))
    assert standing(mapping, PLATELETS) == ("excluded", "bad-date")
    assert known(mapping, "creatinine_mg_dl") == 1
    assert "bad-date" in finding_codes(mapping)


@pytest.mark.hazard("HZ-T06")
@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-10", "2026-01-10T24:00:00Z", "2026-01-10T08:00:61Z", "10.01.2026"]
)
def test_an_invalid_fhir_date_costs_its_result_only(text: str) -> None:
    mapping = by_fhir(count(35, effectiveDateTime=text), laboratory("2160-0", 1.0, "mg/dL", id="o2"))
    assert standing(mapping, PLATELETS) == ("excluded", "bad-date")
    assert known(mapping, "creatinine_mg_dl") == 1


@pytest.mark.hazard("HZ-T07")
def test_contradicting_values_of_one_moment_conflict_unless_one_was_issued_later() -> None:
    one, other = laboratory("2160-0", 0.9, "mg/dL", id="a"), laboratory("2160-0", 2.4, "mg/dL", id="b")
    mapping = by_fhir(one, other)
    assert standing(mapping, "creatinine_mg_dl") == ("conflicting", "conflicting-values")
    assert len(fact(mapping, "creatinine_mg_dl").origins) == 2
    issued = [{**one, "issued": "2026-01-10T09:00:00Z"}, {**other, "issued": "2026-01-10T10:00:00Z"}]
    assert str(known(by_fhir(*issued), "creatinine_mg_dl")) == "2.4"


@pytest.mark.hazard("HZ-T07")
def test_contradicting_values_of_one_message_conflict() -> None:
    """Two finals of one order, one code and one time: neither corrects the other."""
    pair = [
        log_obx("2160-0^Creatinine^LN", value, "mg/dL").replace("OBX|1", f"OBX|{n}")
        for n, value in ((1, "0.9"), (2, "2.4"))
    ]
    assert standing(log_mapping(log_report(*pair)), "creatinine_mg_dl") == ("conflicting", "conflicting-values")


@pytest.mark.hazard("HZ-T08")
def test_a_late_old_result_is_not_the_latest() -> None:
    first = log_report(log_platelets("210"))
    order = OBR.replace("R1^", "R0^").replace("|20260110080000|", "|20251201080000|")
    second = log_report(log_platelets("35", when="20251201080000"), control="A2", order=order)
    found = fact(log_mapping(first, second), PLATELETS)
    assert found.origins[0].sent == "210 10*3/uL"
    assert [unused.origin.sent for unused in found.unused] == ["35 10*3/uL"]


@pytest.mark.hazard("HZ-T08")
@pytest.mark.parametrize("newest_first", [True, False])
def test_the_latest_of_a_series_in_one_order_is_by_its_time(newest_first: bool) -> None:
    """A series under one filler number has one identity but for the time: the last in the message is not the latest."""
    series = [log_platelets("35"), log_platelets("210", when="20260109080000").replace("OBX|1", "OBX|2")]
    results = series if newest_first else series[::-1]
    assert known(log_mapping(log_report(*results)), PLATELETS) == 35


@pytest.mark.hazard("HZ-T09")
def test_the_time_of_the_message_is_not_that_of_the_value() -> None:
    order = "OBR|1||R1^LAB|58410-2^CBC^LN|||20190101080000|||||||||||||||20190101090000|||F"
    mapping = log_mapping(log_report(log_platelets("35", when=""), order=order))
    found = fact(mapping, PLATELETS)
    assert found.state.value == "stale"
    assert found.when is not None
    assert found.when.day == "2019-01-01"


@pytest.mark.hazard("HZ-T10")
def test_an_undated_value_does_not_decide() -> None:
    undated = {key: value for key, value in count(210).items() if key != "effectiveDateTime"}
    no_time = log_report(log_platelets("210", when=""), order="OBR|1||R1^LAB|58410-2^CBC^LN")
    for mapping in (by_fhir(undated), log_mapping(no_time)):
        assert standing(mapping, PLATELETS) == ("undated", "undated")
        assert known(mapping, PLATELETS) is None


@pytest.mark.hazard("HZ-T11")
@pytest.mark.parametrize("text", ["01/02/2026", "2026-01-10", "01.02.26", "10JAN2026"])
def test_only_the_standard_s_dates_are_dates(text: str) -> None:
    assert standing(log_mapping(log_report(log_platelets("35", when=text))), PLATELETS) == ("excluded", "bad-date")


@pytest.mark.hazard("HZ-T13")
@pytest.mark.parametrize("born", ["2031-01-01", "1850-01-01"])
def test_an_impossible_age_is_unknown(born: str) -> None:
    fhir = map_fhir(read_document(bundle({**PATIENT, "birthDate": born})), "b")
    hl7 = log_mapping(log_message(PID.replace("19610405", born.replace("-", ""))))
    for mapping in (fhir, hl7):
        state, reason = standing(mapping, "age_years")
        assert state in ("absent", "excluded")
        assert "birth-date" in reason


@pytest.mark.hazard("HZ-T13")
def test_an_age_is_counted_in_completed_years() -> None:
    for born, age in (("1961-01-12", 65), ("1961-01-13", 64), ("1961", {"low": 64, "high": 65}), ("2026-01-12", 0)):
        assert known(map_fhir(read_document(bundle({**PATIENT, "birthDate": born})), "b"), "age_years") == age
