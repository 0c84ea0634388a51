"""The hooks that this package knows, their published versions, and which context members may be prefetch tokens.

Not for the values of a context (`context.py`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeGuard, get_args

HookName = Literal[
    "patient-view",
    "order-select",
    "order-sign",
    "order-dispatch",
    "encounter-start",
    "problem-list-item-create",
]

HOOK_NAMES: Final[frozenset[str]] = frozenset(get_args(HookName))

_USER_PATIENT_ENCOUNTER = frozenset({"userId", "patientId", "encounterId"})

PREFETCH_TOKENS: Final[Mapping[HookName, frozenset[str]]] = MappingProxyType(
    {
        "patient-view": _USER_PATIENT_ENCOUNTER,
        "order-select": _USER_PATIENT_ENCOUNTER,
        "order-sign": _USER_PATIENT_ENCOUNTER,
        "order-dispatch": frozenset({"patientId"}),
        "encounter-start": _USER_PATIENT_ENCOUNTER,
        "problem-list-item-create": _USER_PATIENT_ENCOUNTER,
    }
)
"""The root-level primitive context members of each hook that every client can put into a template
(checklist P3).
"""

HOOK_VERSIONS: Final[Mapping[HookName, frozenset[str]]] = MappingProxyType(
    {
        "patient-view": frozenset({"1.0"}),
        "order-select": frozenset({"1.0", "1.0.2"}),
        "order-sign": frozenset({"1.0", "1.1.0"}),
        "order-dispatch": frozenset({"1.1"}),
        "encounter-start": frozenset({"1.0"}),
        "problem-list-item-create": frozenset({"0.1.0"}),
    }
)
"""What the CDS Hooks Library calls the version of each hook, in its heading and its change log (checklist D5)."""


def is_hook(name: str) -> TypeGuard[HookName]:
    """Whether this package knows the hook."""
    return name in HOOK_NAMES
