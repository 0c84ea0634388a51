"""Whether the detail of a card is GitHub-flavoured Markdown that runs and loads nothing.

Not for escaping patient text: whoever writes a card does that. The checks err on the strict side, since
renderers of clients are unknown.
"""

import re
from collections.abc import Iterator
from html import unescape

from cds_hooks.fault import Fault

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HTML = re.compile(r"<(?!https?://[^\s<>]*>)[A-Za-z/!?]")
_IMAGE = re.compile(r"!\[")
_INLINE_TARGET = re.compile(r"\]\([\s<]*([^\s)>]*)")
_DEFINED_TARGET = re.compile(r"^[ >\t\-*+0-9.)]*\[[^\]]{0,999}\]:[\s<]*(\S*)", re.MULTILINE)
# An escaped sign stands aside in Unicode's private use area while the structure is read.
_ASIDE = 0xE000
_BACK = {_ASIDE + code: chr(code) for code in range(0x21, 0x7F)}
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):")
_ALLOWED_SCHEMES = frozenset({"http", "https", "mailto"})
_CONTROL_OR_BLANK = re.compile(r"[\x00-\x20\x7f-\x9f]+")


def markdown_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a markdown text: no raw HTML, no images, links only to http, https and mailto addresses
    (checklist R6).
    """
    if not isinstance(value, str):
        yield Fault("wrong-type", place, "This must be a string.")
        return
    if not value.strip():
        yield Fault("empty-value", place, "A text has more than blanks; leave the member out.")
    active = _ESCAPE.sub(lambda escape: chr(_ASIDE + ord(escape[1])), value)
    if _HTML.search(active):
        yield Fault("markdown-html", place, "No HTML: write &lt; or a backslash before the sign.")
    if _IMAGE.search(active):
        yield Fault("markdown-image", place, "No images: they are loaded from outside without the user's wish.")
    if any(_is_active(target) for target in _targets(active)):
        yield Fault("markdown-link", place, "Links lead to http, https or mailto addresses.")


def _targets(active: str) -> Iterator[str]:
    """All that may be read as the target of a link, escaped signs put back."""
    for target in (*_INLINE_TARGET.findall(active), *_DEFINED_TARGET.findall(active)):
        yield target.translate(_BACK)


def _is_active(target: str) -> bool:
    """Whether the target names a scheme that is not allowed, however it is disguised."""
    plain = _CONTROL_OR_BLANK.sub("", unescape(target)).lower()
    scheme = _SCHEME.match(plain)
    return scheme is not None and scheme[1] not in _ALLOWED_SCHEMES
