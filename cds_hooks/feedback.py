"""What users did with cards, as clients report it, and how it is read from the bytes of the body.

Not for keeping it (`feedback_store.py`) and not for what it says about a service's quality.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast

import msgspec

from cds_hooks.card import Coding
from cds_hooks.client import Client
from cds_hooks.errors import BadRequest
from cds_hooks.json_limits import DEFAULT_LIMITS, Limits, scan
from cds_hooks.json_members import JsonObject, array_of, is_array, object_of

Outcome = Literal["accepted", "overridden"]

_ID = re.compile(r"[!-~]{1,255}")
_ID_WANTED = "the uuid that was sent (some clients use ids of their own: printable ASCII, at most 255)"
_OUTCOME = re.compile("accepted|overridden")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+\-]\d\d:\d\d)")
_INSTANT_WANTED = "a date and time with its zone (RFC 3339), as 2026-01-12T09:30:00Z"
_CODE = re.compile(r"\S(?:.{0,1022}\S)?")
_TEXT = re.compile(r"(?=.*\S).{1,8192}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Override:
    """Why a user did not follow a card: a code of those offered, words of the user, or a vendor's extension.

    `user_comment` is free text and may speak of the patient; repr() shows the code alone.
    """

    reason: Coding | None
    user_comment: str | None = field(default=None, repr=False)
    extension: msgspec.Raw | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What one user did with one card (CDS Hooks 2.0, Feedback).

    `card` and `accepted_suggestions` are the ids that were sent with the card; `outcome_time` is in UTC.
    `overrides` has at most one entry in the specification; a vendor sends several.
    """

    card: str
    outcome: Outcome
    outcome_time: datetime
    accepted_suggestions: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivedFeedback:
    """Feedback with the service that it is about and the client that sent it."""

    service_id: str
    client: Client | None
    feedback: Feedback

    @property
    def key(self) -> str:
        """The identity of this report: equal for the same content of the same client, whenever it is sent."""
        sender = [self.client.issuer, self.client.tenant] if self.client else []
        item = self.feedback
        content = [
            sender,
            self.service_id,
            item.card,
            item.outcome,
            item.outcome_time.isoformat(),
            sorted(item.accepted_suggestions),
            [_override_content(override) for override in item.overrides],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FeedbackBatch:
    """The items of one POST: those that were understood, and one fault for each of the others."""

    understood: tuple[Feedback, ...]
    faults: tuple[BadRequest, ...]


def read_feedback(body: bytes, limits: Limits = DEFAULT_LIMITS) -> FeedbackBatch:
    """Read a feedback body; raises BadRequest, which holds no text of it, where there is no list of items at all.

    A bad item costs that item. Read are the specification's `overrideReason` and the vendor's spelling
    `overrideReasons` (an object or a list of them, with an `extension` in place of a reason).
    """
    scan(body, limits)
    items = array_of(object_of(body).required("feedback"), "feedback")
    understood, faults = [], []
    for index, item in enumerate(items):
        try:
            understood.append(_feedback(object_of(item, f"feedback[{index}]")))
        except BadRequest as fault:
            faults.append(fault)
    return FeedbackBatch(tuple(understood), tuple(faults))


def _feedback(item: JsonObject) -> Feedback:
    outcome = cast(Outcome, item.required_text("outcome", _OUTCOME, "accepted or overridden"))
    return Feedback(
        card=item.required_text("card", _ID, _ID_WANTED),
        outcome=outcome,
        outcome_time=_time(item),
        accepted_suggestions=_suggestions(item, needed=outcome == "accepted"),
        overrides=_overrides(item),
    )


def _time(item: JsonObject) -> datetime:
    text = item.required_text("outcomeTimestamp", _INSTANT, _INSTANT_WANTED)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadRequest("wrong-form", item.place_of("outcomeTimestamp"), f"This must be {_INSTANT_WANTED}.", "value")


def _suggestions(item: JsonObject, *, needed: bool) -> tuple[str, ...]:
    sent = item.raw("acceptedSuggestions")
    place = item.place_of("acceptedSuggestions")
    entries = [] if sent is None else array_of(sent, place)
    if needed and not entries:
        hint = "An accepted card names the suggestions that were accepted."
        raise BadRequest("missing-member", place, hint, "required")
    found = (object_of(entry, f"{place}[{index}]") for index, entry in enumerate(entries))
    return tuple(entry.required_text("id", _ID, _ID_WANTED) for entry in found)


def _overrides(item: JsonObject) -> tuple[Override, ...]:
    name, vendor = "overrideReason", "overrideReasons"
    if item.raw(name) is not None and item.raw(vendor) is not None:
        raise BadRequest("two-spellings", item.place_of(name), f"Send {name} without {vendor}.")
    if item.raw(name) is not None:
        return (_override(item.required_object(name)),)
    sent = item.raw(vendor)
    if sent is None:
        return ()
    place = item.place_of(vendor)
    if not is_array(sent):
        return (_override(object_of(sent, place)),)
    entries = enumerate(array_of(sent, place))
    return tuple(_override(object_of(entry, f"{place}[{index}]")) for index, entry in entries)


def _override(sent: JsonObject) -> Override:
    reason = sent.object("reason")
    comment = sent.text("userComment", _TEXT, "a text of at most 8192 characters")
    extension = sent.raw("extension")
    if reason is None and comment is None and extension is None:
        raise BadRequest("missing-member", sent.place_of("reason"), "Give a reason or a userComment.", "required")
    # A copy of its own, since a raw value holds on to the whole body.
    kept = None if extension is None else extension.copy()
    return Override(None if reason is None else _coding(reason), comment, kept)


def _coding(reason: JsonObject) -> Coding:
    """The chosen reason; clients leave out its display, which this side knows."""
    return Coding(
        reason.required_text("code", _CODE, "a code"),
        reason.required_text("system", _CODE, "the URL of a code system"),
        reason.text("display", _TEXT, "a text"),
    )


def _override_content(override: Override) -> list[object]:
    """An override as plain JSON; the extension without the accidents of how it was written."""
    coding = None if override.reason is None else [override.reason.code, override.reason.system]
    extension = None
    if override.extension is not None:
        extension = json.loads(bytes(override.extension))
    return [coding, override.user_comment, json.dumps(extension, sort_keys=True)]
