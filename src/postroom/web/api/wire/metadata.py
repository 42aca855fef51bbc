"""Modules and fields as clients see them (W 6.1, 6.2): the keys that the real service and its SDKs name."""

from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, field

from postroom import record
from postroom.access.permission import GRANTED
from postroom.record import MODULES, PIPELINES, Kind
from postroom.web.api.wire.values import Id, ModuleName, Named, made_id

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


class Nothing(Struct, frozen=True, kw_only=True):
    """An empty object: there is nothing of the kind."""


class Module(Struct, frozen=True, kw_only=True):
    """One module; what has a value here is the same for each of them: what Postroom does with one."""

    has_more_profiles: bool = False
    access_type: str = "org_based"
    private_profile: None = None
    global_search_supported: bool = False
    deletable: bool = True
    description: None = None
    creatable: bool = True
    email_parser_supported: bool = False
    inventory_template_supported: bool = False
    modified_time: None = None
    presence_sub_menu: bool = False
    triggers_supported: bool = False
    is_blueprint_supported: bool = field(default=False, name="isBlueprintSupported")
    visible: bool = True
    visibility: int = 1
    convertable: bool = False
    editable: bool = True
    email_template_support: bool = field(default=True, name="emailTemplate_support")
    filter_supported: bool = False
    show_as_tab: bool = True
    web_link: None = None
    viewable: bool = True
    api_supported: bool = True
    quick_create: bool = False
    modified_by: None = None
    generated_type: Literal["default"] = "default"
    feeds_required: bool = False
    scoring_supported: bool = False
    webform_supported: bool = False
    public_fields_configured: bool = False
    business_card_field_limit: int = 0
    id: Id
    api_name: str
    module_name: str
    singular_label: str
    plural_label: str
    actual_singular_label: str
    actual_plural_label: str
    sequence_number: int
    profiles: list[Named]
    profile_count: int
    arguments: tuple[()] = ()
    parent_module: Nothing = Nothing()


class Modules(Struct, frozen=True, kw_only=True):
    """Some modules, or one."""

    modules: list[Module]


class Unique(Struct, frozen=True, kw_only=True):
    """Empty where records may share a value."""

    casesensitive: Literal[False] | UnsetType = UNSET


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


class Field(Struct, frozen=True, kw_only=True):
    """One field of a module."""

    id: Id
    api_name: str
    field_label: str
    display_label: str
    data_type: str
    json_type: str
    length: int
    system_mandatory: bool
    required: bool
    read_only: bool
    field_read_only: bool
    custom_field: bool = False
    visible: bool = True
    sequence_number: int
    unique: Unique
    lookup: Lookup
    multiselectlookup: Nothing = Nothing()
    pick_list_values: list[Choice]
    pick_list_values_sorted_lexically: bool = False
    decimal_place: int | None
    currency: Currency
    default_value: None = None
    created_source: Literal["default"] = "default"
    view_type: ViewType
    operation_type: OperationType


class Fields(Struct, frozen=True, kw_only=True):
    """Every field of a module."""

    fields: list[Field]


def modules(deals_name: str) -> Modules:
    """Every module."""
    return Modules(modules=[_module(each, deals_name) for each in MODULES])


def one_module(shown: record.Module, deals_name: str) -> Modules:
    """One module."""
    return Modules(modules=[_module(shown, deals_name)])


def fields(shown: record.Module, deals_name: str) -> Fields:
    """Every field of a module."""
    return Fields(fields=[_field(shown, each, n, deals_name) for n, each in enumerate(shown.fields, start=1)])


def _module(shown: record.Module, deals_name: str) -> Module:
    deals = shown is PIPELINES and deals_name != shown.name
    singular, plural = ("Deal", "Deals") if deals else (shown.singular, shown.plural)
    name = _name(shown.name, deals_name)
    return Module(
        id=made_id("module", shown.name),
        api_name=name,
        module_name=name,
        singular_label=singular,
        plural_label=plural,
        actual_singular_label=singular,
        actual_plural_label=plural,
        sequence_number=MODULES.index(shown) + 1,
        # Every profile may use it.
        profiles=[Named(name=each, id=made_id("profile", each)) for each in GRANTED],
        profile_count=len(GRANTED),
    )


def _name(module_name: str, deals_name: str) -> str:
    return deals_name if module_name == PIPELINES.name else module_name


def _field(shown: record.Module, one: record.Field, n: int, deals_name: str) -> Field:
    money, writable = one.kind is Kind.CURRENCY, not one.system
    return Field(
        id=made_id("field", shown.name, one.name),
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
        sequence_number=n,
        unique=Unique(casesensitive=False) if one.unique else Unique(),
        lookup=_lookup(one, deals_name),
        pick_list_values=[_choice(shown, one, i) for i in range(len(one.choices))],
        decimal_place=_MONEY_PLACES if money else None,
        currency=Currency(precision=_MONEY_PLACES) if money else Currency(),
        view_type=ViewType(edit=writable, create=writable),
        operation_type=OperationType(
            web_create=writable, web_update=writable, api_create=writable, api_update=writable
        ),
    )


def _lookup(one: record.Field, deals_name: str) -> Lookup:
    if one.target is None:
        return Lookup()
    return Lookup(
        display_label=one.label,
        api_name=one.name,
        module=ModuleName(api_name=_name(one.target, deals_name), id=made_id("module", one.target)),
        id=made_id("lookup", one.target, one.name),
    )


def _choice(shown: record.Module, one: record.Field, i: int) -> Choice:
    value = one.choices[i]
    return Choice(
        id=made_id("choice", shown.name, one.name, value),
        display_value=value,
        actual_value=value,
        reference_value=value,
        sequence_number=i + 1,
    )
