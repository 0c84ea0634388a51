"""What forbids using a FHIR resource whatever it says: unknown modifiers, prohibitions, findings about somebody else.

It gives a reason and drops nothing: the statements of the resource are excluded with it.
"""

from adapter.fhir.elements import Reference
from adapter.fhir.resources import DeviceRequest, MedicationRequest, Observation, ServiceRequest


def veto(resource: object) -> str:
    """What forbids to use a resource whatever it says: a modifier that nobody here knows, or a prohibition."""
    if getattr(resource, "modifierExtension", None) or getattr(resource, "implicitRules", ""):
        return "modifier"
    if isinstance(resource, Observation):
        return "about-another-person" if any(map(_is_person, resource.focus)) else ""
    if isinstance(resource, MedicationRequest | ServiceRequest | DeviceRequest):
        if not isinstance(resource, DeviceRequest) and resource.doNotPerform:
            return "do-not-perform"
        if resource.intent in ("proposal", "option") and resource.status != "draft":
            return "only-proposed"
    return ""


def _is_person(focus: Reference) -> bool:
    """Whether an Observation with this focus is about somebody, who then is not its subject (a fetus, a donor)."""
    return any(f"{kind}/" in focus.reference for kind in ("Patient", "RelatedPerson"))
