"""Fields as clients see them (W 6.2): the keys that the real service has for each."""

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

from postroom import record
from postroom.access.permission import GRANTED
from postroom.record import PIPELINES, Kind
from postroom.web.api.wire.values import Id, ModuleName, made_id

# The type a field's JSON value has; text where nothing else is said.
_JSON_TYPES: Final = {
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.DOUBLE: "double",
    Kind.CURRENCY: "double",
    Kind.LOOKUP: "jsonobject",
    Kind.OWNER: "jsonobject",
    Kind.TAGS: "jsonarray",
}
_MONEY_PLACES: Final = 2  # after the decimal point
_SEVERAL: Final = "se_module"  # what a lookup that leads to several modules names instead of one (W 13.3)


class Nothing(Struct, frozen=True, kw_only=True):
    """An empty object: there is nothing of the kind."""


class Unique(Struct, frozen=True, kw_only=True):
    """Empty where records may share a value."""

    casesensitive: Literal["0"] | UnsetType = UNSET


class Lookup(Struct, frozen=True, kw_only=True):
    """Where a lookup leads; empty for other fields."""

    display_label: str | UnsetType = UNSET
    api_name: str | UnsetType = UNSET
    module: ModuleName | UnsetType = UNSET
    id: Id | UnsetType = UNSET


class Choice(Struct, frozen=True, kw_only=True):
    """One value of a pick list."""

    id: Id
    display_value: str
    actual_value: str
    reference_value: str
    sequence_number: int
    colour_code: None = None
    type: Literal["used"] = "used"


class Currency(Struct, frozen=True, kw_only=True):
    """Empty for what is no money."""

    precision: int | UnsetType = UNSET


class ViewType(Struct, frozen=True, kw_only=True):
    """Where people would see the field."""

    view: bool = True
    edit: bool
    create: bool
    quick_create: bool = False


class OperationType(Struct, frozen=True, kw_only=True):
    """What may write the field."""

    web_create: bool
    web_update: bool
    api_create: bool
    api_update: bool


class EmailParser(Struct, frozen=True, kw_only=True):
    """What a parser of incoming mails may do with the field; there is none."""

    fields_update_supported: bool = False
    record_operations_supported: bool = False


class Profile(Struct, frozen=True, kw_only=True):
    """What the users of a profile may do with the field."""

    permission_type: Literal["read_write", "read_only"]
    name: str
    id: Id


class Field(Struct, frozen=True, kw_only=True):
    """One field of a module; what has a value here is the same for each."""

    id: Id
    api_name: str
    field_label: str
    display_label: str
    data_type: str
    json_type: str
    type: Literal["used"] = "used"
    length: int
    system_mandatory: bool
    required: bool
    read_only: bool
    field_read_only: bool
    custom_field: bool
    display_field: bool
    visible: bool = True
    sequence_number: int
    filterable: bool
    searchable: bool
    sortable: bool
    unique: Unique
    lookup: Lookup
    multiselectlookup: Nothing = field(default_factory=Nothing)
    multi_module_lookup: Nothing = field(default_factory=Nothing)
    pick_list_values: list[Choice]
    pick_list_values_sorted_lexically: bool = False
    global_picklist: None = None
    decimal_place: int | None
    currency: Currency
    default_value: str | None
    created_source: Literal["default"] = "default"
    view_type: ViewType
    operation_type: OperationType
    profiles: list[Profile]
    email_parser: EmailParser = field(default_factory=EmailParser)
    formula: Nothing = field(default_factory=Nothing)
    auto_number: Nothing = field(default_factory=Nothing)
    virtual_field: bool = False
    mass_update: bool = False
    webhook: bool = False
    businesscard_supported: bool = False
    separator: bool = False
    enable_colour_code: bool = False
    colour_code_enabled_by_system: bool = False
    display_type: int = -1
    tooltip: None = None
    crypt: None = None
    external: None = None
    subform: None = None
    address: None = None
    range: None = None
    parent_field: None = None
    child_fields: None = None
    association_details: None = None
    display_format: None = None
    display_format_properties: None = None
    history_tracking: None = None
    created_time: None = None
    modified_time: None = None


class Fields(Struct, frozen=True, kw_only=True):
    """Fields of a module."""

    fields: list[Field]


def fields(module: record.Module, deals_name: str) -> list[Field]:
    """Every field of a module."""
    return [_field(module, each, n, deals_name) for n, each in enumerate(module.fields, start=1)]


def _field(module: record.Module, one: record.Field, n: int, deals_name: str) -> Field:
    money, writable = one.kind is Kind.CURRENCY, not one.system
    return Field(
        id=str(one.id) if one.id else made_id("field", module.name, one.name),
        api_name=one.name,
        field_label=one.label,
        display_label=one.label,
        data_type="text" if one.kind is Kind.TAGS else one.kind.value,
        json_type=_JSON_TYPES.get(one.kind, "string"),
        length=one.length,
        system_mandatory=one.mandatory,
        required=one.mandatory,
        read_only=one.system,
        field_read_only=one.system,
        custom_field=one.id is not None,
        display_field=module.title == (one.name,) or one.name == "Full_Name",
        sequence_number=n,
        filterable=one.indexed,
        searchable=one.indexed,
        # What has several values stands in no one place.
        sortable=one.indexed and one.kind is not Kind.TAGS,
        unique=Unique(casesensitive="0") if one.unique else Unique(),
        lookup=_lookup(one, deals_name),
        pick_list_values=[_choice(module, one, n) for n in range(len(one.choices))],
        decimal_place=_MONEY_PLACES if money else None,
        currency=Currency(precision=_MONEY_PLACES) if money else Currency(),
        default_value=one.default,
        view_type=ViewType(edit=writable, create=writable),
        operation_type=OperationType(
            web_create=writable, web_update=writable, api_create=writable, api_update=writable
        ),
        profiles=[
            Profile(permission_type="read_write" if writable else "read_only", name=each, id=made_id("profile", each))
            for each in GRANTED
        ],
    )


def _lookup(one: record.Field, deals_name: str) -> Lookup:
    if not one.targets:
        return Lookup()
    target = one.targets[0] if len(one.targets) == 1 else _SEVERAL
    name = deals_name if target == PIPELINES.name else target
    return Lookup(
        display_label=one.label,
        api_name=one.name,
        module=ModuleName(api_name=name, id=made_id("module", target)),
        id=made_id("lookup", target, one.name),
    )


def _choice(module: record.Module, one: record.Field, n: int) -> Choice:
    value = one.choices[n]
    return Choice(
        id=made_id("choice", module.name, one.name, value),
        display_value=value,
        actual_value=value,
        reference_value=value,
        sequence_number=n + 1,
    )
