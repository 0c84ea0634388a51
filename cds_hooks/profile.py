"""What kinds of clients take, where that is less or other than the specification says.

Not for reading what they send: requests and feedback are read in every known spelling, whatever the profile.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from cds_hooks.card import Suggestion
from cds_hooks.fault import Fault
from cds_hooks.shape import elements_of

ProfileName = Literal["spec", "epic-like", "sandbox"]


@dataclass(frozen=True, slots=True)
class EhrProfile:
    """How one kind of client differs from the specification; None and empty mean "not at all".

    `creatable` lists the resource types that it can create, `actions` is the most actions of a suggestion,
    `any_only` says that it knows no selectionBehavior but `any`, `topic_code` is the form of `source.topic.code`,
    `smart_links` says whether links of type smart lead somewhere, `plain_http` whether its FHIR server may be
    given over http together with a token, which only test clients may do.
    """

    name: ProfileName
    creatable: frozenset[str] | None = None
    actions: int | None = None
    any_only: bool = False
    topic_code: re.Pattern[str] | None = None
    smart_links: bool = True
    plain_http: bool = False

    def takes(self, suggestion: Suggestion) -> bool:
        """Whether the client can carry the suggestion out; one that it cannot is better not sent."""
        return not any(_suggestion_faults(self, suggestion.to_json(), "Suggestion"))

    def card_faults(self, card: object, place: str) -> Iterator[Fault]:
        """What the client would not take of a card, each as a warning."""
        if not isinstance(card, Mapping):
            return
        if self.any_only and card.get("selectionBehavior") not in (None, "any"):
            yield _warning(self, "selection-behavior", f"{place}.selectionBehavior", "Only any is known there.")
        yield from self._topic_faults(card.get("source"), f"{place}.source")
        for index, suggestion in enumerate(elements_of(card.get("suggestions"))):
            yield from _suggestion_faults(self, suggestion, f"{place}.suggestions[{index}]")
        for index, link in enumerate(elements_of(card.get("links"))):
            if not self.smart_links and isinstance(link, Mapping) and link.get("type") == "smart":
                yield _warning(self, "smart-link", f"{place}.links[{index}]", "Links of type smart lead nowhere there.")

    def _topic_faults(self, source: object, place: str) -> Iterator[Fault]:
        topic = source.get("topic") if isinstance(source, Mapping) else None
        code = topic.get("code") if isinstance(topic, Mapping) else None
        if self.topic_code is not None and isinstance(code, str) and not self.topic_code.fullmatch(code):
            hint = f"The code of a topic has the form {self.topic_code.pattern} there."
            yield _warning(self, "topic-code", f"{place}.topic.code", hint)


def _suggestion_faults(profile: EhrProfile, suggestion: object, place: str) -> Iterator[Fault]:
    actions = elements_of(suggestion.get("actions")) if isinstance(suggestion, Mapping) else ()
    if profile.actions is not None and len(actions) > profile.actions:
        yield _warning(profile, "actions", f"{place}.actions", f"At most {profile.actions} for a suggestion there.")
    for index, action in enumerate(actions):
        resource = action.get("resource") if isinstance(action, Mapping) and action.get("type") == "create" else None
        made = resource.get("resourceType") if isinstance(resource, Mapping) else None
        if profile.creatable is not None and isinstance(made, str) and made not in profile.creatable:
            hint = f"Only these are created there: {', '.join(sorted(profile.creatable))}."
            yield _warning(profile, "creatable", f"{place}.actions[{index}].resource.resourceType", hint)


def _warning(profile: EhrProfile, code: str, place: str, hint: str) -> Fault:
    return Fault(f"{profile.name}-{code}", place, hint, "warning")


SPEC: Final = EhrProfile("spec")
"""The specification itself."""

EPIC_LIKE: Final = EhrProfile(
    "epic-like",
    creatable=frozenset({"Condition", "MedicationRequest", "ServiceRequest"}),
    actions=1,
    any_only=True,
    topic_code=re.compile(r"[A-Za-z0-9]{1,100}"),
)
"""What a large vendor's public tutorial says of its own client."""

SANDBOX: Final = EhrProfile("sandbox", smart_links=False, plain_http=True)
"""The public CDS Hooks sandbox, as it was seen to behave."""

PROFILES: Final[Mapping[ProfileName, EhrProfile]] = MappingProxyType(
    {profile.name: profile for profile in (SPEC, EPIC_LIKE, SANDBOX)}
)
"""All profiles by name."""
