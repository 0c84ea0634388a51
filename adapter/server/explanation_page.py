"""The explanation page: the parts of an answer and the reasons behind it as HTML, without script or address.

It says what `ldt evaluate --explain` says, in the same words; who may read it is decided by tickets.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapter.advice.assessment import Assessment, once
from adapter.advice.indicator import indicator
from adapter.advice.parts import COLUMNS, parts
from adapter.advice.reasoning import reasons_given
from adapter.advice.summary import summary
from adapter.advice.wording import printable
from adapter.server.problem import NO_STORE


def _finalized(value: object) -> object:
    """What a template shows: no character that could turn the direction of a line; marks of our own stay."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES: Final = Environment(
    loader=PackageLoader("adapter.server"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_finalized,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Our own file, without anything filled in; its hash lets it, and no other style, through the policy.
_STYLE: Final = Markup(_TEMPLATES.get_template("explanation.css").render())  # noqa: S704
_STYLE_HASH: Final = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final[Mapping[str, str]] = {
    **NO_STORE,
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}
"""The headers of every answer at the address of an explanation: shown once, kept nowhere, told to nobody."""


_END: Final = Markup("<!-- until -->")
"""Where the end of the link stands; whatever a sender wrote has no such bracket here."""


def explanation_page(assessment: Assessment, until: datetime) -> bytes:
    """The page of an assessment, whose link ends at `until` (UTC)."""
    return "".join(_pages(assessment)).replace(_END, f"{until:%Y-%m-%d %H:%M} UTC").encode()


@once
def _pages(assessment: Assessment) -> Iterator[str]:
    """The page, without the time."""
    *told, closing = parts(assessment)
    yield _TEMPLATES.get_template("explanation.html").render(
        style=_STYLE,
        subject=assessment.case.subject,
        indicator=indicator(assessment),
        summary=summary(assessment),
        parts=told,
        closing=closing,
        columns=COLUMNS,
        reasons=list(reasons_given(assessment)),
        findings=assessment.findings,
        until=_END,
    )


def missing_page() -> bytes:
    """The page for every link that leads nowhere, whatever the reason."""
    return _TEMPLATES.get_template("no-explanation.html").render(style=_STYLE).encode()
