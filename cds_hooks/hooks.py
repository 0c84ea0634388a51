"""The hooks that this package knows, and which members of their contexts may be prefetch tokens.

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


def is_hook(name: str) -> TypeGuard[HookName]:
    """Whether this package knows the hook."""
    return name in HOOK_NAMES
