"""The context of a hook call, one type for each hook of the CDS Hooks Library.

Not for the resources inside: Bundles and Tasks stay the raw JSON that was sent, since clients send much
that strict FHIR refuses (a Bundle without type, an order without intent).
"""

import re
from dataclasses import dataclass, field
from typing import assert_never

import msgspec

from cds_hooks.errors import BadRequest
from cds_hooks.hooks import HookName
from cds_hooks.json_members import JsonObject, array_of, object_of

# Ids of real servers run past 64 characters and hold underscores, so both are wider than FHIR's own.
_ID = re.compile(r"[A-Za-z0-9\-._~]{1,255}")
_REFERENCE = re.compile(r"(?:https?://[!-~]{1,1024}/)?[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-._~]{1,255}")
_ID_WANTED = "a FHIR id alone, without resource type, blanks or slashes"
_REFERENCE_WANTED = "a reference of the form Type/id"


@dataclass(frozen=True, slots=True)
class PatientView:
    """patient-view 1.0: the user opened the patient's record."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderSelect:
    """order-select 1.0: judge the `selections` (Type/id); `draft_orders` is the raw Bundle of all drafts."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str | None = field(repr=False)
    selections: tuple[str, ...] = field(repr=False)
    draft_orders: msgspec.Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderSign:
    """order-sign 1.0: `draft_orders` is the raw Bundle about to be signed, perhaps not for the first time."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str | None = field(repr=False)
    draft_orders: msgspec.Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderDispatch:
    """order-dispatch 1.1: orders (Type/id) go to a performer (Type/id); this hook names no user."""

    patient_id: str = field(repr=False)
    dispatched_orders: tuple[str, ...] = field(repr=False)
    performer: str = field(repr=False)
    fulfillment_tasks: tuple[msgspec.Raw, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EncounterStart:
    """encounter-start 1.0: an encounter begins; the hook may fire several times."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProblemListItemCreate:
    """problem-list-item-create 0.1.0: `conditions` is the raw Bundle of the new Conditions."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str | None = field(repr=False)
    conditions: msgspec.Raw = field(repr=False)


HookContext = PatientView | OrderSelect | OrderSign | OrderDispatch | EncounterStart | ProblemListItemCreate


def read_context(hook: HookName, context: JsonObject) -> HookContext:
    """Read the context of the hook; BadRequest names the first member that is missing or of the wrong form.

    Members that the hook does not define are ignored.
    """
    patient_id = _required_id(context, "patientId")
    match hook:
        case "patient-view":
            return PatientView(_user(context), patient_id, _encounter(context))
        case "order-select":
            selections = context.required_texts("selections", _REFERENCE, _REFERENCE_WANTED)
            drafts = _bundle(context, "draftOrders")
            return OrderSelect(_user(context), patient_id, _encounter(context), selections, drafts)
        case "order-sign":
            return OrderSign(_user(context), patient_id, _encounter(context), _bundle(context, "draftOrders"))
        case "order-dispatch":
            orders = context.required_texts("dispatchedOrders", _REFERENCE, _REFERENCE_WANTED)
            return OrderDispatch(patient_id, orders, _reference(context, "performer"), _tasks(context))
        case "encounter-start":
            return EncounterStart(_user(context), patient_id, _required_id(context, "encounterId"))
        case "problem-list-item-create":
            conditions = _bundle(context, "conditions")
            return ProblemListItemCreate(_user(context), patient_id, _encounter(context), conditions)
        case _:
            assert_never(hook)


def _required_id(context: JsonObject, name: str) -> str:
    return context.required_text(name, _ID, _ID_WANTED)


def _encounter(context: JsonObject) -> str | None:
    return context.text("encounterId", _ID, _ID_WANTED)


def _reference(context: JsonObject, name: str) -> str:
    return context.required_text(name, _REFERENCE, _REFERENCE_WANTED)


def _user(context: JsonObject) -> str:
    return _reference(context, "userId")


def _bundle(context: JsonObject, name: str) -> msgspec.Raw:
    """The member as sent, known to be an object; a Bundle without `type` is common and accepted."""
    context.required_object(name)
    return context.required(name)


def _tasks(context: JsonObject) -> tuple[msgspec.Raw, ...]:
    """The Tasks, also under the older spelling `fulfillment-tasks` of the Library's example."""
    name, older = "fulfillmentTasks", "fulfillment-tasks"
    if context.raw(name) is not None and context.raw(older) is not None:
        raise BadRequest("two-spellings", context.place_of(name), f"Send {name} without {older}.")
    value = context.raw(name) or context.raw(older)
    if value is None:
        return ()
    place = context.place_of(name)
    tasks = array_of(value, place)
    for index, task in enumerate(tasks):
        object_of(task, f"{place}[{index}]")
    return tuple(tasks)
