"""What a site may change of the rule set: numbers, ages, wording, and which rules speak (rules.yaml of its folder).

It is the form of the file; what a change does is decided in overlaid.py. Sources cannot be named here, so that no
citation can be removed.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from adapter.ldt.document import Document, Problem, RuleSetError, read_document
from adapter.ldt.schema import Code, Day, Row, Text

OVERLAY = "rules.yaml"
"""The file of a site folder that changes the rule set."""


SITE_FILES = (OVERLAY, "site.yaml", "codes.csv", "units.csv", "values.csv")
"""The files that a site folder may hold; one at least, so that a misspelt name does not go unnoticed."""


_LETTERS = "0-9A-Za-zÀ-ÖØ-öø-ÿ"
_PLAIN = rf"[ #%'()*+,\-./:;<=>\[\]^_{{|}}{_LETTERS}]"
Shown = Annotated[str, Field(max_length=400, pattern=rf"^{_PLAIN}*[{_LETTERS}]{_PLAIN}*$")]
"""Text that every answer can show whole: Latin letters, digits and plain signs, and not only signs."""


class Change(Row):
    """Why a site departs from the rule set: the reason, who decided it, and when. Cards show all three."""

    reason: Shown
    by: Shown
    day: Day


class ThresholdChange(Change):
    """Another number in one comparison: `where` is a rule or predicate, `threshold` the comparison as written there."""

    where: Annotated[str, Field(pattern=r"^(R-[0-9]{3}|[a-z][a-z0-9_]*)$")]
    threshold: Text
    number: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]


class AgeChange(Change):
    """Another maximum age of a fact, as an ISO 8601 duration; `max_age_procedure` holds while a procedure is signed."""

    fact: Code
    max_age: str = ""
    max_age_procedure: str = ""

    @model_validator(mode="after")
    def _some(self) -> "AgeChange":
        if not self.max_age and not self.max_age_procedure:
            raise ValueError("an age is given: max_age or max_age_procedure")
        return self


class WordingChange(Change):
    """Other words for a caution, action or note (its code), the title of a rule (its id), or a therapy (its code)."""

    item: Annotated[str, Field(pattern=r"^(R-[0-9]{3}|[a-z][a-z0-9_]*)$")]
    text: Shown


class SwitchChange(Change):
    """A rule (R-411) or a whole section (3.9) that is `off`, or in `shadow`: evaluated and logged, not shown."""

    item: Annotated[str, Field(pattern=r"^(R-[0-9]{3}|3\.[0-9]+)$")]
    mode: Literal["off", "shadow"]


class Overlay(Row):
    """rules.yaml of a site folder."""

    site: Shown
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$")]
    thresholds: tuple[ThresholdChange, ...] = ()
    ages: tuple[AgeChange, ...] = ()
    wording: tuple[WordingChange, ...] = ()
    switches: tuple[SwitchChange, ...] = ()


def read_overlay(folder: Path) -> Document | None:
    """The overlay of a site folder with its lines, None when the site changes nothing of the rule set.

    Raises RuleSetError when the folder is missing or the file cannot be read.
    """
    if not folder.is_dir():
        raise RuleSetError([Problem(str(folder), 1, "there is no such site folder")])
    path = folder / OVERLAY
    if not path.exists():
        if not any((folder / name).exists() for name in SITE_FILES):
            names = ", ".join(SITE_FILES)
            raise RuleSetError([Problem(str(folder), 1, f"the site folder holds none of its files ({names})")])
        return None
    try:
        return read_document(OVERLAY, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise RuleSetError([Problem(OVERLAY, 1, "the file is not UTF-8")]) from None
    except OSError as error:
        raise RuleSetError([Problem(OVERLAY, 1, f"cannot be read: {error.strerror}")]) from None
