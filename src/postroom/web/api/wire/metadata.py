"""Modules and fields as clients see them (W 6.1, 6.2): the keys that the real service and its SDKs name."""

from typing import Any, Final

from postroom.access.permission import GRANTED
from postroom.record import MODULES, PIPELINES, Field, Kind, Module
from postroom.web.api.wire.values import Json, made_id

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


def modules(deals_name: str) -> Json:
    """Every module."""
    return {"modules": [module(each, deals_name) for each in MODULES]}


def module(shown: Module, deals_name: str) -> Json:
    """One module; every profile may use it."""
    deals = shown is PIPELINES and deals_name != shown.name
    singular, plural = ("Deal", "Deals") if deals else (shown.singular, shown.plural)
    name = _name(shown.name, deals_name)
    return {
        **_SAME,
        "id": made_id("module", shown.name),
        "api_name": name,
        "module_name": name,
        "singular_label": singular,
        "plural_label": plural,
        "actual_singular_label": singular,
        "actual_plural_label": plural,
        "sequence_number": MODULES.index(shown) + 1,
        "profiles": [{"name": each, "id": made_id("profile", each)} for each in GRANTED],
        "profile_count": len(GRANTED),
        "arguments": [],
        "parent_module": {},
    }


def fields(shown: Module, deals_name: str) -> Json:
    """Every field of a module."""
    return {"fields": [_field(shown, each, n, deals_name) for n, each in enumerate(shown.fields, start=1)]}


def _name(module_name: str, deals_name: str) -> str:
    return deals_name if module_name == PIPELINES.name else module_name


# What is the same for each module: what Postroom does with one.
_SAME: Final[Json] = {
    "has_more_profiles": False,
    "access_type": "org_based",
    "private_profile": None,
    "global_search_supported": False,
    "deletable": True,
    "description": None,
    "creatable": True,
    "email_parser_supported": False,
    "inventory_template_supported": False,
    "modified_time": None,
    "presence_sub_menu": False,
    "triggers_supported": False,
    "isBlueprintSupported": False,
    "visible": True,
    "visibility": 1,
    "convertable": False,
    "editable": True,
    "emailTemplate_support": True,
    "filter_supported": False,
    "show_as_tab": True,
    "web_link": None,
    "viewable": True,
    "api_supported": True,
    "quick_create": False,
    "modified_by": None,
    "generated_type": "default",
    "feeds_required": False,
    "scoring_supported": False,
    "webform_supported": False,
    "public_fields_configured": False,
    "business_card_field_limit": 0,
}


def _field(shown: Module, field: Field, n: int, deals_name: str) -> Json:
    return {
        "id": made_id("field", shown.name, field.name),
        "api_name": field.name,
        "field_label": field.label,
        "display_label": field.label,
        "data_type": "text" if field.kind is Kind.TAGS else field.kind.value,
        "json_type": _JSON_TYPES.get(field.kind, "string"),
        "length": field.length,
        "system_mandatory": field.mandatory,
        "required": field.mandatory,
        "read_only": field.system,
        "field_read_only": field.system,
        "custom_field": False,
        "visible": True,
        "sequence_number": n,
        "unique": {"casesensitive": False} if field.unique else {},
        "lookup": _lookup(field, deals_name),
        "multiselectlookup": {},
        "pick_list_values": [_choice(shown, field, i) for i in range(len(field.choices))],
        "pick_list_values_sorted_lexically": False,
        "decimal_place": 2 if field.kind is Kind.CURRENCY else None,
        "currency": {"precision": 2} if field.kind is Kind.CURRENCY else {},
        "default_value": None,
        "created_source": "default",
        "view_type": {"view": True, "edit": not field.system, "create": not field.system, "quick_create": False},
        "operation_type": {
            "web_create": not field.system,
            "web_update": not field.system,
            "api_create": not field.system,
            "api_update": not field.system,
        },
    }


def _lookup(field: Field, deals_name: str) -> Json:
    if not field.targets:
        return {}
    return {
        "display_label": field.label,
        "api_name": field.name,
        "module": {"api_name": _name(field.targets[0], deals_name), "id": made_id("module", field.targets[0])},
        "id": made_id("lookup", field.targets[0], field.name),
    }


def _choice(shown: Module, field: Field, i: int) -> dict[str, Any]:
    value = field.choices[i]
    return {
        "id": made_id("choice", shown.name, field.name, value),
        "display_value": value,
        "actual_value": value,
        "reference_value": value,
        "sequence_number": i + 1,
        "type": "used",
    }
