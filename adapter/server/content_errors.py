"""What an acknowledgement says of a message that is quarantined for its content, where its sender wants to know.

Not for whether it is quarantined (content.py). Source: table HL70357.
"""

import re
from collections.abc import Mapping
from typing import Final

from adapter.hl7v2 import AckError
from adapter.server.content import Content

_ADDRESS: Final = re.compile(r"[A-Z][A-Z0-9]{2}\[\d+\](?:-\d+(?:\[\d+\])?(?:\.\d+){0,2})?")

_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "charset": ("102", "The bytes do not belong to the character set."),
    "charset-unsupported": ("103", "The character set cannot be read."),
    "segment-end-refused": ("100", "Segments have to end with CR."),
    "second-header": ("100", "A second message header stands inside the message."),
    "no-patient": ("100", "The segment PID is missing."),
    "no-identifier": ("101", "There is no patient identifier that can be used."),
    "identifier-unusable": ("102", "A patient identifier is too long, or holds control characters."),
    "no-authority": ("101", "The patient identifier names no assigning authority."),
    "identity-conflict": ("204", "The person does not fit the patient identifier."),
    "merge-cycle": ("204", "The merge would lead back to itself."),
    "merge-not-applied": ("204", "The merge cannot be applied to the patient numbers that are sent."),
    "unlink-not-applied": ("204", "The numbers to unlink were merged, or two are not named."),
    "record-deleted": ("201", "A deletion of a person or a visit is not applied."),
    "local-event": ("201", "The trigger event is not of the standard."),
    "too-many-parts": ("207", "The message has more segments and repetitions than are taken."),
    "too-many-patients": ("207", "The message has more patients than are taken."),
}
"""Code and text for each reason of quarantine that the sender can do something about; not for faults of our own."""

_PLACEHOLDER: Final = (
    "A placeholder stands in place of the patient's number (as 000000 or UNKNOWN do). Send the number of the patient; "
    "if this is a real one, have the receiver list it as real for this sender (real_numbers)."
)
"""The text for a number that is missing because a placeholder stands in its place."""


def content_errors(content: Content) -> tuple[AckError, ...]:
    """The errors of a quarantined message, one for each place; none where it is not the sender's content."""
    found = _ERRORS.get(content.reason)
    if content.state != "quarantined" or found is None:
        return ()
    places = (noted.place for noted in content.findings if noted.code == content.reason)
    known = tuple(dict.fromkeys(place if _ADDRESS.fullmatch(place) else "" for place in places)) or ("",)
    placeholders = {noted.place for noted in content.findings if noted.code == "placeholder-number"}
    texts = (_PLACEHOLDER if place in placeholders else found[1] for place in known)
    return tuple(AckError(found[0], place, "E", text) for place, text in zip(known, texts, strict=True))
