"""Modules as clients see them (W 6.1): the keys that the real service and its SDKs name."""

from typing import Final, Literal

from msgspec import Struct, field

from postroom import record
from postroom.access.permission import GRANTED
from postroom.record import MODULES, NOTES, PIPELINES, named
from postroom.web.api.wire.fields import Nothing
from postroom.web.api.wire.values import Id, Named, made_id

# Files are no records; yet clients look for them among the modules.
_ATTACHMENTS: Final = record.Module(
    name="Attachments", singular="Attachment", plural="Attachments", title=(), fields=()
)
_LISTED: Final = (*MODULES, _ATTACHMENTS)
_HIDDEN: Final = (NOTES, _ATTACHMENTS)  # W 6.1: they have no tab of their own, and no templates


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
    visible: bool
    visibility: int = 1
    convertable: bool = False
    editable: bool
    email_template_support: bool = field(name="emailTemplate_support")
    filter_supported: bool = False
    show_as_tab: bool
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


def modules(deals_name: str) -> Modules:
    """Every module."""
    return Modules(modules=[_module(each, deals_name) for each in _LISTED])


def module(name: str, deals_name: str) -> Modules | None:
    """The module of that name."""
    found = _ATTACHMENTS if name == _ATTACHMENTS.name else named(name, deals_name)
    return None if found is None else Modules(modules=[_module(found, deals_name)])


def _module(shown: record.Module, deals_name: str) -> Module:
    deals = shown is PIPELINES and deals_name != shown.name
    singular, plural = ("Deal", "Deals") if deals else (shown.singular, shown.plural)
    name, visible = deals_name if deals else shown.name, shown not in _HIDDEN
    return Module(
        id=made_id("module", shown.name),
        api_name=name,
        module_name=name,
        singular_label=singular,
        plural_label=plural,
        actual_singular_label=singular,
        actual_plural_label=plural,
        visible=visible,
        show_as_tab=visible,
        email_template_support=visible,
        editable=shown is not _ATTACHMENTS,
        sequence_number=_LISTED.index(shown) + 1,
        # Every profile may use it.
        profiles=[Named(name=each, id=made_id("profile", each)) for each in GRANTED],
        profile_count=len(GRANTED),
    )
