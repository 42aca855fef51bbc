"""Records as clients see them (W 7), and as they send them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.zone import moment
from postroom.record import PIPELINES, Field, Kind, Module, Reading, Value, read_number, read_values
from postroom.record.values import RELATED
from postroom.store.records import Named, Record
from postroom.store.users import User
from postroom.web.api.wire.record_shapes import Stored
from postroom.web.api.wire.tags import tag_id
from postroom.web.api.wire.values import Json, made_id, owner, person

FIELDS_AT_MOST: Final = 50  # W 7.1

# W 12.1 and W 13.6: where a list may be asked for without naming its fields.
WITHOUT_FIELDS: Final = frozenset({"/bigin/v1", "/crm/v2", "/crm/v2.1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What records are shown with: the organisation's users, what lookups show, its time, its words."""

    users: Mapping[int, User]
    names: Mapping[int, Named]
    zone: tzinfo
    deals_name: str

    def module(self, name: str) -> str:
        """A module's name as the client knows it."""
        return self.deals_name if name == PIPELINES.name else name


def read_item(module: Module, item: Any, *, partial: bool) -> Reading:
    """One item of ``data``."""
    if not isinstance(item, dict):
        return Reading(values={}, faults=(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}),))
    if item.get(RELATED) == "Deals":  # W 12.1: CRM's name of the module
        item = {**item, RELATED: PIPELINES.name}
    return read_values(module, item, partial=partial)


def read_extras(body: Any) -> None:
    """What a writing call may hold beside its records. Raises ``Invalid`` for a ``trigger`` that is none (W 7.2)."""
    trigger = body.get("trigger") if isinstance(body, dict) else None
    if trigger is not None and not (isinstance(trigger, list) and all(isinstance(each, str) for each in trigger)):
        raise Invalid(Fault(Reason.WRONG_TYPE, ("trigger",), {"expected_data_type": "jsonarray"}))


def read_check(module: Module, body: Any) -> list[str]:
    """The fields by which an upsert finds records that are there (W 7.3): the module's unique ones unless told.

    Raises ``Invalid`` for a field that is not unique.
    """
    unique = [field.name for field in module.unique]
    asked = body.get("duplicate_check_fields") if isinstance(body, dict) else None
    if asked is None:
        return unique
    if not isinstance(asked, list):
        raise Invalid(Fault(Reason.WRONG_TYPE, ("duplicate_check_fields",), {"expected_data_type": "jsonarray"}))
    for n, name in enumerate(asked):
        if name not in unique:
            raise Invalid(Fault(Reason.WRONG_VALUE, ("duplicate_check_fields", n), {"supported_values": unique}))
    return list(asked)


def read_ids(text: str, at_most: int) -> list[str]:
    """What stands in ``ids``, each once. Raises ``Invalid`` for more than ``at_most``."""
    ids = [each.strip() for each in text.split(",")]
    if len(ids) > at_most:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": "ids", "limit": at_most}))
    return list(dict.fromkeys(ids))


def read_item_id(item: Any) -> int | None:
    """The id that an item of an update names; None where it names none."""
    return read_number(item.get("id")) if isinstance(item, dict) else None


def id_amiss(item: Any) -> Reason:
    """What is wrong with an item that names no record."""
    unnamed = isinstance(item, dict) and item.get("id") is None
    return Reason.MISSING if unnamed else Reason.RECORD_UNKNOWN


def read_fields(module: Module, text: str | None) -> Collection[str] | None:
    """The fields asked for; names of none are passed over. None: all. Raises ``Invalid`` for more than 50."""
    names = read_names(text)
    return None if names is None else names & module.by_name.keys()


def read_names(text: str | None) -> Set[str] | None:
    """What stands in ``fields``; None: nothing. Raises ``Invalid`` for more than 50."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) > FIELDS_AT_MOST:
        raise Invalid(Fault(Reason.FIELDS_TOO_MANY, details={"limit": FIELDS_AT_MOST, "param_name": "fields"}))
    return set(names)


def linked(found: Iterable[Record], module: Module) -> set[int]:
    """The ids of the records that these records' lookups lead to."""
    names = [field.name for field in module.fields if field.targets]
    return {value for record in found for name in names if isinstance(value := record.fields.get(name), int)}


def show(module: Module, record: Record, wanted: Collection[str] | None, context: Context) -> Json:
    """One record: the ``wanted`` fields (None: all), ``null`` where there is no value (W 0), and its id."""
    shown = {
        field.name: _show(field, record, context) for field in module.fields if wanted is None or field.name in wanted
    }
    return shown | _related(module, record, context) | {"id": str(record.id)}


def _related(module: Module, record: Record, context: Context) -> Json:
    """W 6.2: which module a lookup leads to, where it may be one of several."""
    if not module.several:
        return {}
    found = [context.names.get(number) for name in module.several if isinstance(number := record.fields.get(name), int)]
    return {RELATED: context.module(found[0].module) if found and found[0] else None}


def stored(record: Record, context: Context) -> Stored:
    """The details of a record just written (W 7.2)."""
    return Stored(
        modified_time=moment(record.modified_at, context.zone),
        modified_by=person(context.users, record.modified_by),
        created_time=moment(record.created_at, context.zone),
        id=str(record.id),
        created_by=person(context.users, record.created_by),
    )


def explain(fault: Fault, module: Module, context: Context) -> Fault:
    """The fault with the details its answer shows: a duplicate names the record that was first (W 7.5)."""
    if fault.reason is not Reason.DUPLICATE:
        return fault
    number, owner_id = str(fault.details["id"]), fault.details["owner_id"]
    assert isinstance(owner_id, int), "the store names the owner by number"
    first = {
        "id": number,
        "module": {"api_name": context.module(module.name), "id": made_id("module", module.name)},
        "Owner": person(context.users, owner_id),
    }
    return Fault(fault.reason, fault.path, {"id": number, "more_records": False, "duplicate_record": first})


def _show(field: Field, record: Record, context: Context) -> Any:
    made = _MADE.get(field.name)
    return made(record, context) if made else _value(field, record.fields.get(field.name), context)


def _value(field: Field, value: Value, context: Context) -> Any:
    match value:
        case int() if field.kind is Kind.LOOKUP:
            # The record may be gone: then the lookup leads nowhere and shows nothing.
            return {"name": context.names[value].name, "id": str(value)} if value in context.names else None
        case int() if field.kind is Kind.DATETIME:
            return moment(value, context.zone)
        case list():
            return [{"name": name, "id": tag_id(name), "color_code": None} for name in value]
        case None if field.kind is Kind.BOOLEAN:
            return False
        case None if field.kind is Kind.TAGS:
            return []
    return value


# Fields whose value is not among the record's own.
_MADE: Final[Mapping[str, Callable[[Record, Context], Any]]] = {
    "Owner": lambda record, context: owner(context.users, record.owner_id),
    "Created_By": lambda record, context: person(context.users, record.created_by),
    "Modified_By": lambda record, context: person(context.users, record.modified_by),
    "Created_Time": lambda record, context: moment(record.created_at, context.zone),
    "Modified_Time": lambda record, context: moment(record.modified_at, context.zone),
    "Full_Name": lambda record, _: record.name,
}
