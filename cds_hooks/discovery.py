"""The services that this side offers, and the discovery document made of them.

Not for what a service does when it is called: handlers are given to `routing.py`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cds_hooks.fault import Fault, refuse
from cds_hooks.hooks import HOOK_NAMES, HookName
from cds_hooks.json_values import Json, without_empty
from cds_hooks.template import template_faults

_SERVICE_ID = re.compile(r"[A-Za-z0-9\-._~]{1,255}")


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the discovery document (CDS Hooks 2.0, Discovery).

    `prefetch` maps a key to its template. Building one with an unusable id, hook or template raises
    InvalidMember.
    """

    id: str
    hook: HookName
    description: str
    title: str | None = None
    prefetch: Mapping[str, str] = field(default_factory=dict)
    usage_requirements: str | None = None

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


class Registry:
    """The services by id; a second one of an id is refused, since clients would call only that."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services: dict[str, Service] = {}
        for service in services:
            if service.id in self._services:
                place = f"services[{service.id}]"
                refuse([Fault("duplicate-id", place, "Each service needs an id of its own.")])
            self._services[service.id] = service

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all services."""
        return frozenset(self._services)

    def find(self, service_id: str) -> Service | None:
        """The service of that id, or None."""
        return self._services.get(service_id)

    def to_json(self) -> dict[str, Json]:
        """The discovery document, in the order in which the services were given."""
        return {"services": [service.to_json() for service in self._services.values()]}
