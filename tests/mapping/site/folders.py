"""Site folders for tests, written as a site writes them."""

from pathlib import Path

from adapter.hl7v2 import Header, parse_message
from adapter.mapping.site import Site, load_site


def site(folder: Path, text: str = "", **tables: str) -> Site:
    """The site of a folder with this site.yaml and these CSV files (codes, units, values)."""
    if text:
        (folder / "site.yaml").write_text(text, encoding="utf-8")
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(rows, encoding="utf-8")
    return load_site(folder)


def header(application: str, facility: str = "HOSP") -> Header:
    """The header of a message from this application and facility."""
    return parse_message(f"MSH|^~\\&|{application}|{facility}|N|C|2026||ORU^R01|1|P|2.5\r".encode()).header
