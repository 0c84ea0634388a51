"""The services that this side offers, and the discovery document made of them.

Not for what a service does when it is called: handlers are given to `routing.py`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cds_hooks.fault import Fault, refuse
from cds_hooks.hooks import HOOK_NAMES, HOOK_VERSIONS, HookName
from cds_hooks.json_values import Json, without_empty
from cds_hooks.sendable import value_faults
from cds_hooks.shape import extension
from cds_hooks.template import template_faults

_SERVICE_ID = re.compile(r"[A-Za-z0-9\-._~]{1,255}")
_SEMANTIC_VERSION = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.\-]{1,64})?")


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the discovery document (CDS Hooks 2.0, Discovery).

    `prefetch` maps a key to its template. `version` (of CDS Hooks, such as 2.0.1) and `hook_version` belong to
    the 3.0 ballot and are left out by default. Building one with an unusable id, hook or template raises
    InvalidMember.
    """

    id: str
    hook: HookName
    description: str
    title: str | None = None
    prefetch: Mapping[str, str] = field(default_factory=dict)
    usage_requirements: str | None = None
    version: str | None = None
    hook_version: str | None = None
    extension: Mapping[str, Json] | None = None

    def __post_init__(self) -> None:
        """Refuse what a client could not read or resolve."""
        refuse(_service_faults(self))
        object.__setattr__(self, "prefetch", MappingProxyType(dict(self.prefetch)))

    def to_json(self) -> dict[str, Json]:
        """The entry as JSON; members without value are left out (checklist G3)."""
        return without_empty(
            {
                "id": self.id,
                "hook": self.hook,
                "title": self.title,
                "description": self.description,
                "prefetch": dict(self.prefetch),
                "usageRequirements": self.usage_requirements,
                "version": self.version,
                "hookVersion": self.hook_version,
                "extension": self.extension,
            }
        )


def _service_faults(service: Service) -> Iterator[Fault]:
    place = "Service"
    if not _SERVICE_ID.fullmatch(service.id):
        yield Fault("service-id", f"{place}.id", "An id is part of the URL: letters, digits and -._~ only.")
        return
    place = f"services[{service.id}]"
    if service.hook not in HOOK_NAMES:
        yield Fault("unknown-hook", f"{place}.hook", f"Known hooks: {', '.join(sorted(HOOK_NAMES))}.")
        return
    if not service.description.strip():
        yield Fault("missing-member", f"{place}.description", "This member is required.")
    for key, template in service.prefetch.items():
        yield from template_faults(template, service.hook, f"{place}.prefetch.{key}")
    yield from _optional_faults(service, place)


def _optional_faults(service: Service, place: str) -> Iterator[Fault]:
    if service.version is not None and not _SEMANTIC_VERSION.fullmatch(service.version):
        yield Fault("version-form", f"{place}.version", "The version of CDS Hooks has three numbers, as 2.0.1.")
    if service.hook_version is not None and service.hook_version not in HOOK_VERSIONS[service.hook]:
        known = ", ".join(sorted(HOOK_VERSIONS[service.hook]))
        yield Fault("hook-version", f"{place}.hookVersion", f"Published versions of {service.hook}: {known}.")
    if service.extension is not None:
        yield from extension(service.extension, f"{place}.extension")
        yield from value_faults(service.extension, f"{place}.extension")


class Registry:
    """The services by id and hook.

    Each service needs an id of its own, since some clients call only the last one of an id (the public sandbox
    does). With `shared_ids` several hooks may share an id, which the specification reads as "my later cards
    replace my earlier ones" (checklist D7); the hook of the call then chooses.
    """

    def __init__(self, services: Iterable[Service], *, shared_ids: bool = False) -> None:
        self._services: dict[tuple[str, HookName], Service] = {}
        for service in services:
            taken = (service.id, service.hook) in self._services if shared_ids else service.id in self.ids
            if taken:
                place = f"services[{service.id}]"
                refuse([Fault("duplicate-id", place, "Each service needs an id of its own.")])
            self._services[service.id, service.hook] = service

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all services."""
        return frozenset(service_id for service_id, _ in self._services)

    def find(self, service_id: str) -> tuple[Service, ...]:
        """The services of that id, one for each hook; none where the id is unknown."""
        return tuple(service for service in self._services.values() if service.id == service_id)

    def to_json(self) -> dict[str, Json]:
        """The discovery document, in the order in which the services were given."""
        return {"services": [service.to_json() for service in self._services.values()]}
