"""What a site has changed of the rule set, as cards show it: each change with the source's value beside the site's.

It is made by overlaid.py from the overlay of the site; a rule set without a site has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OverrideKind = Literal["threshold", "age", "wording", "off", "shadow"]


@dataclass(frozen=True, slots=True)
class Override:
    """One change: what it is about, the rule set's own value, the site's, and who decided it why and when.

    `about` names a rule, a predicate, a code or a fact; `source` and `here` are empty for a rule that is switched off.
    """

    kind: OverrideKind
    about: str
    source: str
    here: str
    reason: str
    by: str
    day: str


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its changes; `version` is that of its overlay. `numbers` are the comparisons of the site by the rules
    that read them, directly or by a predicate: the words of such a rule still tell the rule set's own number."""

    name: str
    version: str
    overrides: tuple[Override, ...]
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
