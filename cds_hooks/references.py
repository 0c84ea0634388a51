"""Whether the actions of one suggestion hang together as the FHIR transaction they are applied as (checklist R10).

Not for references to resources of the client's server: only the client can resolve those.
"""

from collections.abc import Iterator, Mapping, Sequence

from cds_hooks.fault import Fault
from cds_hooks.shape import elements_of, is_array

_URN = "urn:uuid:"


def action_reference_faults(actions: Sequence[object], place: str) -> Iterator[Fault]:
    """References that nothing in the suggestion answers, and resources that two actions of it change."""
    resources = [action.get("resource") if isinstance(action, Mapping) else None for action in actions]
    ids = {resource["id"] for resource in resources if isinstance(resource, Mapping) and "id" in resource}
    targets: set[str] = set()
    for index, (action, resource) in enumerate(zip(actions, resources, strict=True)):
        if target := _target(action, resource):
            if target in targets:
                yield _warning("repeated-target", f"{place}[{index}]", "A transaction changes a resource only once.")
            targets.add(target)
        for reference, where in _references(resource, f"{place}[{index}].resource"):
            if not _resolves(reference, ids, resource):
                hint = "Nothing in this suggestion has the id that is referred to."
                yield _warning("unresolved-reference", where, hint)


def _warning(code: str, place: str, hint: str) -> Fault:
    return Fault(code, place, hint, "warning")


def _target(action: object, resource: object) -> str:
    """Type/id of what the action changes, or nothing where it creates without an id."""
    if isinstance(action, Mapping) and isinstance(action.get("resourceId"), str):
        return str(action["resourceId"])
    if isinstance(resource, Mapping) and isinstance(resource.get("id"), str):
        return f"{resource.get('resourceType')}/{resource['id']}"
    return ""


def _references(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Every `reference` string below a resource, with its place."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            if name == "reference" and isinstance(member, str):
                yield member, f"{place}.reference"
            else:
                yield from _references(member, f"{place}.{name}")
    elif is_array(value):
        for index, element in enumerate(elements_of(value)):
            yield from _references(element, f"{place}[{index}]")


def _resolves(reference: str, ids: set[object], resource: object) -> bool:
    if reference.startswith(_URN):
        return reference.removeprefix(_URN) in ids
    if not reference.startswith("#") or reference == "#":
        return True
    contained = elements_of(resource.get("contained")) if isinstance(resource, Mapping) else ()
    return reference[1:] in {inner.get("id") for inner in contained if isinstance(inner, Mapping)}
