"""docs/cds-hooks.md has every code with which a CDS Hooks call can be refused, and no other."""

import re

from tests.repository import ROOT

RAISED = re.compile(
    r"(?:BadRequest|UnsupportedContent|PreconditionFailed|ServiceUnavailable|_unavailable|super\(\).__init__)"
    r"\(\s*\"([a-z][a-z0-9-]+)\""
)
UNANSWERED = {"disconnected", "unauthorized"}
"""Nobody is there to read the one, and the other is bare."""


def raised() -> set[str]:
    folders = [ROOT / "cds_hooks", ROOT / "adapter/server/hooks", ROOT / "adapter/server/ehr"]
    paths = [path for folder in folders for path in folder.glob("*.py")] + [ROOT / "adapter/server/feedback.py"]
    return {code for path in paths for code in RAISED.findall(path.read_text(encoding="utf-8"))}


def test_every_code_of_an_error_is_on_the_page_and_no_other() -> None:
    page = (ROOT / "docs/cds-hooks.md").read_text(encoding="utf-8").split("\n## Errors\n")[1].split("\n## ")[0]
    told = {
        code for row in re.findall(r"^\| \d* ?\| (`.*?`) \|", page, re.MULTILINE) for code in row[1:-1].split("`, `")
    }
    assert told == (raised() | {"store-unavailable"}) - UNANSWERED - {"unavailable"}
