"""Records as clients see them (W 7), and what they ask for: fields and pages."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from msgspec import structs

from postroom.errors import Fault, Invalid, Reason
from postroom.record import Field, Kind, Module, Reading, Value, read_number, read_values
from postroom.store.records import Record
from postroom.store.users import User
from postroom.web.api.wire.record_shapes import PageInfo, Stored
from postroom.web.api.wire.values import Json, made_id, moment, person, read_count

PER_PAGE: Final = 200  # W 7.1: the default and the most
FIELDS_AT_MOST: Final = 50  # W 7.1
RECORDS_AT_MOST: Final = 100_000  # W 7.1: nobody pages further than this

# W 12.1 and W 13.6: where a list may be asked for without naming its fields.
WITHOUT_FIELDS: Final = frozenset({"/bigin/v1", "/crm/v2", "/crm/v2.1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What records are shown with: the organisation's users, the names that lookups show, its time, its words."""

    users: Mapping[int, User]
    names: Mapping[int, str]
    zone: tzinfo
    deals_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of a list; ``number`` counts from 1."""

    number: int
    size: int
    ascending: bool

    @property
    def offset(self) -> int:
        """How many records come before it."""
        return (self.number - 1) * self.size


def read_item(module: Module, item: Any, *, partial: bool) -> Reading:
    """One item of ``data``."""
    if not isinstance(item, dict):
        return Reading(values={}, faults=(Fault(Reason.WRONG_TYPE, (), {"expected_data_type": "jsonobject"}),))
    return read_values(module, item, partial=partial)


def read_item_id(item: Any) -> int | None:
    """The id that an item of an update names; None where it names none."""
    return read_number(item.get("id")) if isinstance(item, dict) else None


def read_fields(module: Module, text: str | None) -> Collection[str] | None:
    """The fields asked for; names of none are passed over. None: all. Raises ``Invalid`` for more than 50."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) > FIELDS_AT_MOST:
        raise Invalid(Fault(Reason.PARAM_WRONG, details={"limit": FIELDS_AT_MOST, "param_name": "fields"}))
    return {name for name in names if name in module.by_name}


def read_page(asked: Mapping[str, str | None]) -> Page:
    """The page asked for; more than 200 a page are 200. Raises ``Invalid`` naming the parameter that is wrong."""
    if asked.get("sort_by") not in (None, "id"):
        raise _wrong("sort_by", supported_values=["id"])
    if asked.get("page_token") is not None:
        raise _wrong("page_token")
    order = asked.get("sort_order") or "desc"
    if order not in ("asc", "desc"):
        raise _wrong("sort_order", supported_values=["asc", "desc"])
    number = read_count("page", asked.get("page"), 1)
    size = min(read_count("per_page", asked.get("per_page"), PER_PAGE), PER_PAGE)
    if number * size > RECORDS_AT_MOST:
        raise _wrong("page", limit=RECORDS_AT_MOST)
    return Page(number=number, size=size, ascending=order == "asc")


def linked(found: Iterable[Record], module: Module) -> set[int]:
    """The ids of the records that these records' lookups lead to."""
    names = [field.name for field in module.fields if field.kind is Kind.LOOKUP]
    return {value for record in found for name in names if isinstance(value := record.fields.get(name), int)}


def listing(found: Sequence[Json], page: Page, *, more: bool) -> Json:
    """The answer to a list."""
    info = PageInfo(
        per_page=page.size,
        next_page_token=None,
        count=len(found),
        sort_by="id",
        page=page.number,
        previous_page_token=None,
        page_token_expiry=None,
        sort_order="asc" if page.ascending else "desc",
        more_records=more,
    )
    return {"data": found, "info": info}


def show(module: Module, record: Record, wanted: Collection[str] | None, context: Context) -> Json:
    """One record: the ``wanted`` fields (None: all), ``null`` where there is no value (W 0), and its id."""
    shown = {
        field.name: _show(field, record, context) for field in module.fields if wanted is None or field.name in wanted
    }
    return shown | {"id": str(record.id)}


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
    name = context.deals_name if module.name == "Pipelines" else module.name
    first = {
        "id": number,
        "module": {"api_name": name, "id": made_id("module", module.name)},
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
            return {"name": context.names[value], "id": str(value)} if value in context.names else None
        case int() if field.kind is Kind.DATETIME:
            return moment(value, context.zone)
        case list():
            return [{"name": name, "id": made_id("tag", name), "color_code": None} for name in value]
        case None if field.kind is Kind.BOOLEAN:
            return False
        case None if field.kind is Kind.TAGS:
            return []
    return value


def _owner(record: Record, context: Context) -> Json:
    user = context.users.get(record.owner_id)
    return structs.asdict(person(context.users, record.owner_id)) | {"email": user.email if user else None}


# Fields whose value is not among the record's own.
_MADE: Final[Mapping[str, Callable[[Record, Context], Any]]] = {
    "Owner": _owner,
    "Created_By": lambda record, context: person(context.users, record.created_by),
    "Modified_By": lambda record, context: person(context.users, record.modified_by),
    "Created_Time": lambda record, context: moment(record.created_at, context.zone),
    "Modified_Time": lambda record, context: moment(record.modified_at, context.zone),
    "Full_Name": lambda record, _: record.name,
}


def _wrong(name: str, **details: object) -> Invalid:
    return Invalid(Fault(Reason.PARAM_WRONG, details={"param_name": name, **details}))
