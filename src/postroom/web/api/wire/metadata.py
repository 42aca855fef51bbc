"""Modules as clients see them (W 6.1): the keys that the real service and its SDKs name."""

from typing import Final

from postroom.access.permission import GRANTED
from postroom.record import MODULES, NOTES, PIPELINES, Module, named
from postroom.web.api.wire.values import Json, made_id

# Files are no records; yet clients look for them among the modules.
_ATTACHMENTS: Final = Module(name="Attachments", singular="Attachment", plural="Attachments", title=(), fields=())
_LISTED: Final = (*MODULES, _ATTACHMENTS)
_HIDDEN: Final = (NOTES, _ATTACHMENTS)  # W 6.1: they have no tab of their own, and no templates


def modules(deals_name: str) -> Json:
    """Every module."""
    return {"modules": [_module(each, deals_name) for each in _LISTED]}


def module(name: str, deals_name: str) -> Json | None:
    """The module of that name."""
    found = _ATTACHMENTS if name == _ATTACHMENTS.name else named(name, deals_name)
    return None if found is None else {"modules": [_module(found, deals_name)]}


def _module(shown: Module, deals_name: str) -> Json:
    deals = shown is PIPELINES and deals_name != shown.name
    singular, plural = ("Deal", "Deals") if deals else (shown.singular, shown.plural)
    name, visible = deals_name if deals else shown.name, shown not in _HIDDEN
    return {
        **_SAME,
        "id": made_id("module", shown.name),
        "api_name": name,
        "module_name": name,
        "singular_label": singular,
        "plural_label": plural,
        "actual_singular_label": singular,
        "actual_plural_label": plural,
        "visible": visible,
        "show_as_tab": visible,
        "emailTemplate_support": visible,
        "editable": shown is not _ATTACHMENTS,
        "sequence_number": _LISTED.index(shown) + 1,
        # Every profile may use it.
        "profiles": [{"name": each, "id": made_id("profile", each)} for each in GRANTED],
        "profile_count": len(GRANTED),
        "arguments": [],
        "parent_module": {},
    }


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
    "visibility": 1,
    "convertable": False,
    "filter_supported": False,
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
