"""Site folders for tests: an overlay written as a YAML file, the way a site writes it."""

import json
from pathlib import Path
from typing import Any

from adapter.ldt import RuleSet, site_rule_set

WHY = {"reason": "local policy", "by": "Dr A. Example", "day": "2026-12-01"}


def site_folder(folder: Path, **parts: list[dict[str, Any]]) -> Path:
    """A site folder with these thresholds, ages, wording and switches, each with a reason."""
    lines = ['site: "Example"', 'version: "7"']
    for name, rows in parts.items():
        lines.append(f"{name}:")
        lines += [f"  - {json.dumps({**WHY, **row})}" for row in rows]
    (folder / "rules.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def site_rules(folder: Path, **parts: list[dict[str, Any]]) -> RuleSet:
    """The shipped rule set as such a site has it."""
    return site_rule_set(site_folder(folder, **parts))
