"""Judging a stored message, by the settings and the tables of today: what its content means for its row.

Not for its acknowledgement, which it has had (judge.py).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapter.mapping.sender import SenderUnclear
from adapter.mapping.site import Profile, Site
from adapter.server.content import Content
from adapter.server.header import MessageLimits, open_header, reopen
from adapter.server.judge import Judged, by_header, content_of, without_header
from adapter.server.message_types import ACKNOWLEDGEMENTS
from adapter.server.routine import marked

MOST: Final = 1024
"""Kinds of headers that are remembered."""


@dataclass(slots=True)
class KnownHeaders:
    """The profiles by which messages of one site are read, by the kind of their header (routine.py: they differ in time
    and control id alone) and the name of the profile that they were taken by; the newest kinds."""

    _known: dict[tuple[bytes, str], Profile] = field(default_factory=dict)

    def profile(self, raw: bytes, name: str, site: Site, limits: MessageLimits) -> Profile | Content:
        """By which profile a stored message is to be read, or its row where it is not to be."""
        mark = marked(raw) if len(raw) <= limits.within else None
        if mark is None:
            return _profile(raw, name, site, limits)
        key = mark.kind, name
        known = self._known.get(key)
        if known is not None:
            return known
        found = _profile(raw, name, site, limits)
        if isinstance(found, Profile):
            self._keep(key, found)
        return found

    def _keep(self, key: tuple[bytes, str], profile: Profile) -> None:
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[key] = profile


def judge_stored(
    raw: bytes,
    profile: str,
    received: datetime,
    site: Site,
    limits: MessageLimits,
    known: KnownHeaders,
    *,
    most: int | None = None,
) -> Content:
    """What the row of a stored message needs; `profile` is the name of the one that it was taken by, `received` when it
    came. Of one with more segments than `most` only whom it is about is read. Raises for no bytes but where there is a
    fault of our own."""
    found = known.profile(raw, profile, site, limits)
    return found if isinstance(found, Content) else content_of(raw, found, site, received, most=most)


def _profile(raw: bytes, name: str, site: Site, limits: MessageLimits) -> Profile | Content:
    opened = open_header(raw)
    if opened.header is None:
        return _stored(without_header(opened.fault))
    if opened.header.code in ACKNOWLEDGEMENTS:
        return Content("quarantined", "acknowledgement")
    try:
        profile = site.profile_again(opened.header, name)
    except SenderUnclear as unclear:
        return Content("quarantined", unclear.code)
    opened = reopen(raw, opened.header, profile.sender, limits)
    if opened.header is None:
        return _stored(without_header(opened.fault))
    content = _stored(by_header(opened, opened.header, profile))
    return profile if content.state == "received" else content


def _stored(judged: Judged) -> Content:
    """What today would not be stored at all stays, and is used by nothing."""
    return judged.content or Content("quarantined", judged.outcome or "refused")
