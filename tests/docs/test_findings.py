"""docs/findings.md says every code that the software can say, and no other.

The codes are taken from the source text: a new one fails here until it is on the page.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from adapter.case.tables import read_yaml
from adapter.hl7v2 import BatchFault, errors
from adapter.hl7v2.findings import HINTS as READER
from adapter.mapping.fhir import HINTS as EXCLUDING
from adapter.mapping.fhir_values import ABSENT_REASONS
from adapter.mapping.sender import SenderFault
from adapter.server.judge import MAPPING_FAILED
from adapter.server.unapplied import DAMAGED, FAILED
from tests.repository import ROOT

PAGE = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")
SEVERITIES = {"info", "warning", "error"}
NOTING = {"Finding": 0, "note": 0, "_exclude": 2}
REASONING = {"Missing", "Unusable", "excluded", "absent", "_absent", "_unused", "_ratio", "Problem"}
# Words with a hyphen in these files that are neither findings nor reasons.
OTHER = {
    "utf-8",
    "utf-8-sig",
    "own-code",
    "birth-date",
    "table-code",
    "questionnaire-response-status",
    "in-components",
    "as-result",
    "replaced-by",
}
STORED = "Reasons of stored messages"
HEADINGS = (
    "Findings",
    "Reasons of facts and statements",
    STORED,
    "Reasons in the ledger",
    "Files that cannot be read",
)
# Outcomes of messages that are not stored, and a character set.
NOT_STORED = {"latin-1", "out-of-sequence", "store-unavailable", "internal-error"}
SAYING = [
    *(ROOT / "adapter/case").glob("*.py"),
    *(ROOT / "adapter/mapping").glob("*.py"),
    ROOT / "adapter/fhir/document.py",
    ROOT / "adapter/ldt/missing.py",
    ROOT / "adapter/cli/inputs.py",
]


def table(heading: str) -> dict[str, list[str]]:
    """The rows of a table of the page: code and further cells."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    found = {cells[0].strip("` "): [cell.strip(" |") for cell in cells[1:]] for cells in rows}
    assert len(found) == len(rows) > 0, heading
    return found


def calls(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            yield name, node.args


def texts(node: ast.expr) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def noted() -> dict[str, str]:
    """Codes of findings that are written out in calls, with their severity where that is written out too."""
    found: dict[str, str] = {}
    for path in SAYING:
        for name, arguments in calls(path):
            position = NOTING.get(name)
            if position is None or len(arguments) <= position:
                continue
            severity = {text for argument in arguments for text in texts(argument)} & SEVERITIES
            for code in texts(arguments[position]):
                if CODE.fullmatch(code) or code in ("charset", "noise"):
                    found[code] = next(iter(severity), "error")
    return found


def findings() -> dict[str, str]:
    """Every finding code with its severity."""
    unusable = dict.fromkeys(get_args(errors.UnusableCode), "error")
    # `message-` and the kind of the chunk; only a truncated one is not called noise.
    return {
        **unusable,
        **dict.fromkeys(get_args(SenderFault), "error"),
        **dict.fromkeys(READER, "info"),
        **dict.fromkeys(EXCLUDING, "warning"),
        **noted(),
        "message-truncated": "error",
    }


def of_statuses() -> set[str]:
    """The reasons of the status tables."""
    content = read_yaml(ROOT / "mappings/statuses.yaml").value
    assert isinstance(content, dict)
    tables = content["tables"]
    assert isinstance(tables, dict)
    effects = [text for rows in tables.values() if isinstance(rows, dict) for text in rows.values()]
    reasons = {str(text).partition(" ")[2] or str(text) for text in effects}
    return reasons - {"final", "as-result", "promoted", "corrected"}


def written() -> set[str]:
    """Every word with a hyphen in the files that give reasons, and every single word that is given as one."""
    found: set[str] = set()
    for path in SAYING:
        found |= {text for text in texts(ast.parse(path.read_text(encoding="utf-8"))) if CODE.fullmatch(text)}  # type: ignore[arg-type]
        for name, arguments in calls(path):
            if name in REASONING:
                found |= {text for argument in arguments for text in texts(argument) if re.fullmatch(r"[a-z]+", text)}
    return found - OTHER - set(ABSENT_REASONS) - SEVERITIES


def test_every_finding_is_on_the_page_with_its_severity() -> None:
    assert {code: cells[0] for code, cells in table("Findings").items()} == findings()


def test_every_finding_has_a_meaning_and_something_to_do() -> None:
    for code, cells in table("Findings").items():
        assert len(cells) == 3, code
        assert all(cell.endswith(".") for cell in cells[1:]), code


def test_every_reason_is_on_the_page() -> None:
    documented = set().union(*(table(heading) for heading in HEADINGS))
    assert (written() | of_statuses()) - documented == set()


def test_every_reason_on_the_page_is_given_somewhere() -> None:
    known = written() | of_statuses() | set(ABSENT_REASONS)
    given = set(table("Reasons of facts and statements"))
    assert given - known == set()
    assert set(table("Files that cannot be read")) <= known | set(findings())


def test_reasons_of_status_tables_have_the_state_of_their_effect() -> None:
    content = read_yaml(ROOT / "mappings/statuses.yaml").value
    assert isinstance(content, dict)
    tables = content["tables"]
    assert isinstance(tables, dict)
    states: dict[str, set[str]] = {}
    for rows in tables.values():
        assert isinstance(rows, dict)
        for text in rows.values():
            effect, _, reason = str(text).partition(" ")
            if effect not in ("final", "as-result", "promoted"):
                state = {"withdrawn": "absent", "refuted": "excluded"}.get(effect, effect)
                states.setdefault(reason or effect, set()).add(state)
    page = table("Reasons of facts and statements")
    assert {code: set(page[code][0].split(", ")) for code in states} == states


def of_messages() -> set[str]:
    """Every reason and finding that the row of a stored message can have beside the findings of the mapping."""
    found = {DAMAGED, FAILED, MAPPING_FAILED, "refused", "acknowledgement", "charset"}
    for name in ("judge", "content", "acceptance", "intake"):
        words = texts(ast.parse((ROOT / f"adapter/server/{name}.py").read_text(encoding="utf-8")))  # type: ignore[arg-type]
        found |= {text for text in words if CODE.fullmatch(text)}
    return (found | set(get_args(errors.UnusableCode)) | set(get_args(BatchFault))) - NOT_STORED


def test_every_reason_of_a_stored_message_is_on_the_page() -> None:
    of_findings, own = set(table("Findings")), set(table(STORED))
    assert of_messages() - of_findings == own
    introduction = PAGE.split(f"## {STORED}\n")[1].split("\n|")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", introduction)) == of_messages() & of_findings
    for code, cells in table(STORED).items():
        assert len(cells) == 3, code
        assert all(cell.endswith(".") for cell in cells[1:]), code


@pytest.mark.parametrize("heading", HEADINGS)
def test_no_code_stands_twice_and_tables_are_in_order(heading: str) -> None:
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    codes = re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)
    assert len(codes) == len(set(codes))
    if heading in ("Findings", STORED):
        assert codes == sorted(codes)
