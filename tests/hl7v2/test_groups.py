"""Grouping by order: patients, orders, specimens, pharmacy, and that no segment is lost or doubled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import PatientGroup, Segment, groups
from tests.hl7v2.messages import read


def addresses(segments: tuple[Segment, ...]) -> list[str]:
    return [segment.address for segment in segments]


def of(*names: str) -> tuple[PatientGroup, ...]:
    return groups(read(*(f"{name}|1" for name in names)))


def everything(group: PatientGroup) -> list[Segment]:
    found = [*group.preamble, *group.segments]
    found += [group.patient] if group.patient else []
    for order in group.orders:
        found += [segment for segment in (order.order, order.common) if segment]
        found += [*order.specimens, *order.observations, *order.notes, *order.segments]
    return found


def shape(group: PatientGroup) -> list[tuple[str, str, list[str]]]:
    """For each order: its order segment, its ORC, its OBX."""
    return [
        (
            order.order.address if order.order else "",
            order.common.address if order.common else "",
            addresses(order.observations),
        )
        for order in group.orders
    ]


def test_a_plain_report() -> None:
    (group,) = of("EVN", "PID", "PV1", "ORC", "OBR", "NTE", "OBX", "OBX", "NTE", "OBR", "OBX")
    assert addresses(group.preamble) == ["MSH[1]", "EVN[1]"]
    assert group.patient is not None
    assert group.patient.address == "PID[1]"
    assert addresses(group.segments) == ["PV1[1]"]
    assert shape(group) == [("OBR[1]", "ORC[1]", ["OBX[1]", "OBX[2]"]), ("OBR[2]", "", ["OBX[3]"])]
    assert addresses(group.orders[0].notes) == ["NTE[1]", "NTE[2]"]
    assert group.common_of(1) is None


def test_each_pid_opens_a_patient() -> None:
    first, second = of("PID", "OBR", "OBX", "PID", "PV1", "OBR", "OBX")
    assert shape(first) == [("OBR[1]", "", ["OBX[1]"])]
    assert shape(second) == [("OBR[2]", "", ["OBX[2]"])]
    assert addresses(second.segments) == ["PV1[1]"]
    assert (addresses(first.preamble), second.preamble) == (["MSH[1]"], ())


def test_results_before_the_pid_are_no_patients() -> None:
    before, after = of("OBR", "OBX", "PID")
    assert before.patient is None
    assert shape(before) == [("OBR[1]", "", ["OBX[1]"])]
    assert (after.patient is not None, after.orders) == (True, ())


def test_a_second_header_closes_the_patient() -> None:
    first, second = of("PID", "OBX", "MSH", "OBX")
    assert shape(first) == [("", "", ["OBX[1]"])]
    assert second.patient is None
    assert (addresses(second.preamble), shape(second)) == (["MSH[2]"], [("", "", ["OBX[2]"])])


def test_obx_after_spm_belong_to_the_order_above() -> None:
    (group,) = of("PID", "ORC", "OBR", "OBX", "SPM", "OBX", "SPM", "ORC", "OBR", "OBX")
    assert shape(group) == [("OBR[1]", "ORC[1]", ["OBX[1]", "OBX[2]"]), ("OBR[2]", "ORC[2]", ["OBX[3]"])]
    assert addresses(group.orders[0].specimens) == ["SPM[1]", "SPM[2]"]


def test_specimen_led_messages() -> None:
    (group,) = of("PID", "SPM", "OBR", "ORC", "OBX", "OBR", "ORC", "OBX", "SPM", "OBR", "OBX")
    assert shape(group) == [
        ("OBR[1]", "ORC[1]", ["OBX[1]"]),
        ("OBR[2]", "ORC[2]", ["OBX[2]"]),
        ("OBR[3]", "", ["OBX[3]"]),
    ]
    assert [addresses(group.specimens_of(index)) for index in range(3)] == [
        ["SPM[1]"],
        ["SPM[1]"],
        ["SPM[2]"],
    ]
    assert group.common_of(2) is None


def test_results_on_the_specimen_itself() -> None:
    (group,) = of("PID", "SPM", "OBX", "OBR", "OBX")
    assert shape(group) == [("", "", ["OBX[1]"]), ("OBR[1]", "", ["OBX[2]"])]
    assert addresses(group.specimens_of(1)) == ["SPM[1]"]


def test_results_without_any_order() -> None:
    (group,) = of("PID", "PV1", "OBX", "NTE", "AL1", "NTE", "OBX", "DG1")
    assert shape(group) == [("", "", ["OBX[1]", "OBX[2]"])]
    assert addresses(group.orders[0].notes) == ["NTE[1]"]
    assert addresses(group.segments) == ["PV1[1]", "AL1[1]", "NTE[2]", "DG1[1]"]


def test_timing_between_orc_and_obr() -> None:
    (group,) = of("PID", "ORC", "NTE", "TQ1", "OBR", "DG1", "OBX")
    assert shape(group) == [("OBR[1]", "ORC[1]", ["OBX[1]"])]
    assert addresses(group.orders[0].segments) == ["TQ1[1]", "DG1[1]"]


def test_results_under_an_orc_alone_are_not_given_to_the_order_before() -> None:
    (group,) = of("PID", "ORC", "OBR", "OBX", "ORC", "OBX", "OBR", "OBX")
    assert shape(group) == [
        ("OBR[1]", "ORC[1]", ["OBX[1]"]),
        ("", "ORC[2]", ["OBX[2]"]),
        ("OBR[2]", "", ["OBX[3]"]),
    ]


def test_patient_segments_after_an_order_stay_the_patients() -> None:
    (group,) = of("PID", "OBR", "OBX", "PV1", "OBX")
    assert addresses(group.segments) == ["PV1[1]"]
    assert shape(group) == [("OBR[1]", "", ["OBX[1]", "OBX[2]"])]


def test_pharmacy_order_as_encoded_wins_over_as_written() -> None:
    (group,) = of("PID", "ORC", "RXO", "RXR", "RXE", "RXR", "RXC", "OBX", "ORC", "RXE")
    assert shape(group) == [("RXE[1]", "ORC[1]", ["OBX[1]"]), ("RXE[2]", "ORC[2]", [])]
    assert addresses(group.orders[0].segments) == ["RXR[1]", "RXO[1]", "RXR[2]", "RXC[1]"]


def test_each_administration_is_a_group_under_one_orc() -> None:
    (group,) = of("PID", "ORC", "RXA", "RXR", "OBX", "RXA", "OBX", "RXA", "OBR", "OBX")
    assert shape(group) == [
        ("RXA[1]", "ORC[1]", ["OBX[1]"]),
        ("RXA[2]", "", ["OBX[2]"]),
        ("RXA[3]", "", []),
        ("OBR[1]", "", ["OBX[3]"]),
    ]
    governing = [group.common_of(index) for index in range(4)]
    assert [common.address if common else None for common in governing] == [
        "ORC[1]",
        "ORC[1]",
        "ORC[1]",
        None,
    ]


@pytest.mark.parametrize("name", ["RXA", "RXE", "RXO", "RXD", "RXG"])
def test_pharmacy_without_orc(name: str) -> None:
    (group,) = of("PID", name, name)
    assert shape(group) == [(f"{name}[1]", "", []), (f"{name}[2]", "", [])]
    assert group.common_of(1) is None


def test_a_message_without_patient() -> None:
    (group,) = of("EVN")
    assert (addresses(group.preamble), group.patient, group.orders) == (["MSH[1]", "EVN[1]"], None, ())


names = st.sampled_from(
    [
        "PID",
        "PV1",
        "ORC",
        "OBR",
        "OBX",
        "NTE",
        "SPM",
        "RXO",
        "RXE",
        "RXA",
        "TQ1",
        "DG1",
        "MSH",
        "ZPI",
        "odd",
        "BHS",
    ]
)


@given(st.lists(names, max_size=25))
def test_every_segment_is_in_exactly_one_place(sequence: list[str]) -> None:
    message = read(*(f"{name}|1" for name in sequence))
    found = groups(message)
    positions = sorted(segment.position for group in found for segment in everything(group))
    assert positions == list(range(len(message.segments)))


@given(st.lists(names, max_size=25))
def test_results_stay_with_the_patient_above_them(sequence: list[str]) -> None:
    message = read(*(f"{name}|1" for name in sequence))
    for group in groups(message):
        for segment in everything(group):
            above = [s for s in message.segments[: segment.position + 1] if s.name in ("PID", "MSH", "BHS")]
            expected = above[-1] if above[-1].name == "PID" else None
            if expected is not None or segment not in group.preamble:
                assert group.patient is expected or segment in group.preamble
        for index in range(len(group.orders)):
            group.common_of(index)
            group.specimens_of(index)
