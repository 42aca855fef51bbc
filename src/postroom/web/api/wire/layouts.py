"""Layouts as clients see them (W 6.2): one for each module, with its fields in sections.

The layout of Pipelines is the team pipeline, and its stages are the pick list of Stage in the section that Zoho calls
Potential Information.
"""

from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct, field

from postroom import record
from postroom.access.permission import GRANTED
from postroom.record import PIPELINES
from postroom.web.api.wire.fields import Field, fields
from postroom.web.api.wire.values import Id, Named, made_id


class LayoutActions(Struct, frozen=True, kw_only=True):
    """What may be done with a layout: nothing."""

    edit: bool = False
    rename: bool = False
    clone: bool = False
    downgrade: bool = False
    delete: bool = False
    deactivate: bool = False
    set_layout_permissions: bool = False


class SectionActions(Struct, frozen=True, kw_only=True):
    """What may be done with a section: nothing."""

    add_field: bool = False
    rename: bool = False
    change_tab_traversal: bool = False
    reorder: bool = False
    delete: bool = False
    remove_field: bool = False
    change_column_count: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """Some fields that belong together."""

    id: Id
    name: str
    api_name: str
    display_label: str
    sequence_number: int
    fields: list[Field]
    type: Literal["used"] = "used"
    generated_type: Literal["default"] = "default"
    column_count: int = 2
    tab_traversal: Literal["left_to_right"] = "left_to_right"
    is_subform_section: bool = field(default=False, name="isSubformSection")
    properties: None = None
    actions_allowed: SectionActions = field(default_factory=SectionActions)


class Layout(Struct, frozen=True, kw_only=True):
    """The layout of a module, which every profile has."""

    id: Id
    name: str
    api_name: str
    display_label: str
    sections: list[Section]
    profiles: list[Named]
    has_more_profiles: bool = False
    status: Literal["active"] = "active"
    visible: bool = True
    generated_type: Literal["default"] = "default"
    source: Literal["crm"] = "crm"
    mode: Literal["view"] = "view"
    show_business_card: bool = False
    convert_mapping: None = None
    created_for: None = None
    created_by: None = None
    created_time: None = None
    modified_by: None = None
    modified_time: None = None
    actions_allowed: LayoutActions = field(default_factory=LayoutActions)


class Layouts(Struct, frozen=True, kw_only=True):
    """The layouts of a module: there is one."""

    layouts: list[Layout]


def layouts(module: record.Module, deals_name: str) -> Layouts:
    """The layouts of a module."""
    name = module.by_name["Pipeline"].default if module.name == PIPELINES.name else None
    return Layouts(
        layouts=[
            Layout(
                id=made_id("layout", module.name),
                name=name or "Standard",
                api_name="Standard__s",
                display_label=name or "Standard",
                sections=_sections(module, deals_name),
                profiles=[Named(name=each, id=made_id("profile", each)) for each in GRANTED],
            )
        ]
    )


# Which fields stand apart from the others, by their names.
_APART: Final[dict[str, Callable[[str], bool]]] = {
    "Address Information": lambda name: name.startswith(("Mailing_", "Billing_")),
    "Description Information": lambda name: name == "Description",
}


def _sections(module: record.Module, deals_name: str) -> list[Section]:
    subject = "Potential" if module.name == PIPELINES.name else module.singular
    first, every = f"{subject} Information", fields(module, deals_name)
    sections: dict[str, list[Field]] = {first: [], **{name: [] for name in _APART}}
    for each in every:
        sections[next((name for name, holds in _APART.items() if holds(each.api_name)), first)].append(each)
    return [
        Section(
            id=made_id("section", module.name, name),
            name=name,
            api_name=name.replace(" ", "_"),
            display_label=name,
            sequence_number=n,
            fields=held,
        )
        for n, (name, held) in enumerate(((name, held) for name, held in sections.items() if held), start=1)
    ]
