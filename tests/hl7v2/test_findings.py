"""Each finding code has a message that gives it, at its place, and no finding shows content."""

from collections.abc import Mapping
from typing import get_args

import pytest

from adapter.hl7v2 import HINTS, FindingCode, ReadFinding, parse_message
from tests.hl7v2.messages import MSH, PID, msh_with, obx, wire

MARK = b"\xef\xbb\xbf"

SAMPLES: Mapping[FindingCode, tuple[bytes, str, bytes]] = {
    "byte-order-mark": (MARK + wire(MSH), "MSH[1]", MARK),
    "byte-order-mark-contradicts-charset": (MARK + wire(msh_with(18, "8859/1")), "MSH[1]-18", MARK),
    "blank-segment": (wire(MSH, "", PID), "MSH[1]", b"\r"),
    "segment-end-not-cr": (wire(MSH, PID, end="\n"), "MSH[1]", b"\n"),
    "segment-end-refused": (wire(MSH, PID, end="\n"), "MSH[1]", b"\n"),
    "segment-name": (wire(MSH, obx("a"), "SECRET line|x"), "?[1]", b"SECRET line|x"),
    "second-header": (wire(MSH, PID, "MSH#$%!@#X"), "MSH[2]", b"MSH#$%!@#X"),
    "charset-several": (wire(msh_with(18, "8859/1~8859/2")), "MSH[1]-18", b"8859/1~8859/2"),
    "charset-switch": (wire(MSH, obx("a\\C2842\\b")), "OBX[1]-5", b"\\C2842\\"),
    "escape-hex": (wire(MSH, obx("a\\X4G\\b")), "OBX[1]-5", b"\\X4G\\"),
    "escape-unknown": (wire(MSH, obx("a\\Q\\b")), "OBX[1]-5", b"\\Q"),
    "escape-unclosed": (wire(MSH, obx("a\\F\\\\Fb")), "OBX[1]-5", b"\\Fb"),
}


def _findings(raw: bytes) -> list[ReadFinding]:
    message = parse_message(raw)
    only_cr = parse_message(raw, segment_ends="CR").findings
    refused = [finding for finding in only_cr if finding.code == "segment-end-refused"]
    return [*message.findings, *message.escape_findings(), *refused]


@pytest.mark.parametrize("code", get_args(FindingCode))
def test_each_code_is_found_at_its_place(code: FindingCode) -> None:
    raw, place, content = SAMPLES[code]
    found = [finding for finding in _findings(raw) if finding.code == code]
    assert [(finding.place, raw[slice(*finding.span)]) for finding in found] == [(place, content)]
    assert "SECRET" not in repr(found)


def test_a_clean_message_has_no_findings() -> None:
    assert _findings(wire(MSH, PID, obx("a\\F\\\\E\\\\X41\\\\H\\b\\N\\\\Zxy\\\\.br\\"))) == []


def test_every_code_has_a_hint() -> None:
    assert set(HINTS) == set(get_args(FindingCode))
    assert ReadFinding("segment-name", "?[1]", (0, 1)).hint.endswith(".")


def test_leading_blank_lines_are_noted() -> None:
    raw = b"\r\n" + wire(MSH, PID)
    message = parse_message(raw)
    assert [finding.code for finding in message.findings] == ["segment-end-not-cr", "blank-segment"]
    assert message.segments[0].span[0] == 2


def test_a_line_without_segment_name_shows_no_content_as_name() -> None:
    raw = wire(MSH, obx("x"), "DOE JANE", "obx|1", "OB|1", "1AB|x", "OBXX|1", "ÄÖÜ|1", "ZPI|ok", "ZZ1")
    assert [segment.name for segment in parse_message(raw).segments][2:] == ["?"] * 6 + ["ZPI", "ZZ1"]
