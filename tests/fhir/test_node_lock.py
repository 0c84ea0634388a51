"""The lock of the npm packages that tests use: exact versions with checksums, and no address of a registry."""

import json

from tests.repository import ROOT

NODE = ROOT / "tests/node"


def test_the_lock_has_checksums_and_no_address() -> None:
    text = (NODE / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert len(packages) > 2
    assert all(package["integrity"].startswith("sha512-") for name, package in packages.items() if name)
    assert (
        json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"] == packages[""]["dependencies"]
    )
