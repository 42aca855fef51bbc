"""Locks of records as clients see them (W 7.8)."""

from collections.abc import Collection
from typing import Any, Final

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.zone import moment
from postroom.record import MODULES, NOTES, Field, Kind, Module
from postroom.record.values import read_value
from postroom.store.locks import Lock
from postroom.store.records import Record
from postroom.web.api.wire.items import body_of
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.records import Context
from postroom.web.api.wire.values import Json, ModuleName, made_id, person
from postroom.web.shape import Schemas

# W 7.8; CRM's length of a text of several lines that is a small one
REASON: Final = Field(name="Locked_Reason__s", label="Locked Reason", kind=Kind.TEXTAREA, length=2000, mandatory=True)


def _shown(name: str, kind: Kind, *choices: str, targets: tuple[str, ...] = ()) -> Field:
    label = name.removesuffix("__s").replace("_", " ")
    return Field(name=name, label=label, kind=kind, choices=choices, targets=targets, system=True)


# No module of records, but one whose fields Zoho's SDKs ask for before they ask for a lock.
LOCKS: Final = Module(
    name="Locking_Information__s",
    singular="Locking Information",
    plural="Locking Information",
    title=(REASON.name,),
    fields=(
        REASON,
        _shown("Locked_For__s", Kind.LOOKUP, targets=tuple(each.name for each in MODULES if each is not NOTES)),
        _shown("Lock_Source__s", Kind.PICKLIST, "Manual", "Automatic"),
        _shown("Locked_Time__s", Kind.DATETIME),
        _shown("Locked_By__s", Kind.OWNER),
    ),
)


def schema(_: Schemas) -> Json:
    """What locks a record, and what gives a lock another reason."""
    why = {"type": "string", "minLength": 1, "maxLength": REASON.length, "examples": ["An offer is being made"]}
    return body_of({"type": "object", "properties": {REASON.name: why}, "required": [REASON.name]}, 1)


def read(item: Any) -> str | Fault:
    """The reason that an item gives, or what is wrong with it."""
    if not isinstance(item, dict):
        return Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"})
    try:
        return str(read_value(REASON, item.get(REASON.name)))
    except Invalid as refused:
        return refused.faults[0]


def stored(new: Lock, context: Context) -> Stored:
    """The details of a lock just made."""
    at, by = moment(new.locked_at, context.zone), person(context.users, new.locked_by)
    return Stored(modified_time=at, modified_by=by, created_time=at, id=str(new.id), created_by=by)


def entry(lock: Lock, record: Record, wanted: Collection[str] | None, context: Context) -> Json:
    """A lock: the ``wanted`` fields (None: all), and its id."""
    name = context.module(record.module)
    module = ModuleName(api_name=name, id=made_id("module", record.module))
    fields = {
        "Locked_For__s": {"module": module, "name": record.name, "id": str(record.id)},
        REASON.name: lock.reason,
        "Lock_Source__s": "Manual",
        "Locked_Time__s": moment(lock.locked_at, context.zone),
        "Locked_By__s": person(context.users, lock.locked_by),
        "Record_Locking_Rule_Id__s": None,
        "Record_Locking_Configuration_Id__s": None,
    }
    return {name: value for name, value in fields.items() if wanted is None or name in wanted} | {"id": str(lock.id)}
