"""Which patient and which order a result belongs to: our groups and those of hl7apy, for messages of the standard's order.

Messages in another order have no peer to be compared with: hl7apy drops segments there (traps/structure.yaml).
"""

import random

import pytest
from hl7apy.core import Group, Message, Segment
from hl7apy.parser import parse_message as hl7apy_parse

from adapter.hl7v2 import groups, parse_message

Owners = dict[str, tuple[str, str]]
"""By OBX-1: PID-3 and OBR-3 that the result stands under."""


def report(seed: int) -> str:
    """An ORU^R01 of several patients and orders, in the order of the standard, each result with a number of its own."""
    chance = random.Random(seed)
    lines = [r"MSH|^~\&|LAB|HOSP|NELM|HOSP|20260110093000||ORU^R01^ORU_R01|A1|P|2.5.1"]
    number = 0
    for patient in range(chance.randint(1, 3)):
        lines += [f"PID|1||P{patient}^^^HOSP^MR", *(["NTE|1||of the patient"] if chance.random() < 0.3 else [])]
        for order in range(chance.randint(1, 3)):
            lines += ["ORC|RE"] if chance.random() < 0.5 else []
            lines.append(f"OBR|1||R{patient}{order}^LAB|58410-2^CBC^LN")
            for _ in range(chance.randint(0, 3)):
                number += 1
                lines += [f"OBX|{number}|NM|777-3^Platelets^LN||210"]
                lines += ["NTE|1||of the result"] if chance.random() < 0.3 else []
            lines += ["SPM|1|||119297000^Blood^SCT"] if chance.random() < 0.3 else []
    return "".join(f"{line}\r" for line in lines)


def our_owners(text: str) -> Owners:
    return {
        result.field(1).text: (
            group.patient.field(3).first.component(1) if group.patient else "",
            order.order.field(3).first.component(1) if order.order else "",
        )
        for group in groups(parse_message(text.encode()))
        for order in group.orders
        for result in order.observations
    }


def hl7apy_owners(text: str) -> Owners:
    found: Owners = {}

    def walk(element: Message | Group, patient: str, order: str) -> tuple[str, str]:
        for child in element.children:
            if isinstance(child, Group):
                inner = walk(child, patient, order)
                patient = inner[0] if child.name == "ORU_R01_PATIENT" else patient
            else:
                patient, order = _own(child, patient, order)
                if child.name == "OBX":
                    found[child.obx_1.to_er7()] = (patient, order)
        return patient, order

    walk(hl7apy_parse(text), "", "")
    return found


def _own(segment: Segment, patient: str, order: str) -> tuple[str, str]:
    if segment.name == "PID":
        return segment.pid_3.cx_1.to_er7(), order
    if segment.name == "OBR":
        return patient, segment.obr_3.ei_1.to_er7()
    return patient, order


@pytest.mark.parametrize("seeds", [range(20), range(20, 40)], ids=["0-19", "20-39"])
def test_results_stand_under_the_same_patient_and_order(seeds: range) -> None:
    results = 0
    for seed in seeds:
        text = report(seed)
        ours = our_owners(text)
        results += len(ours)
        assert ours == hl7apy_owners(text), seed
        assert len(ours) == text.count("\rOBX|")
    assert results > 50
