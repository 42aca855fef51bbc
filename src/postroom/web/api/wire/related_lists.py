"""The related lists of a module as clients see them (W 6.2)."""

from typing import Literal

from msgspec import Struct

from postroom import record
from postroom.record import PIPELINES
from postroom.record.relations import ATTACHMENTS, Relation, related_lists, shown_name
from postroom.web.api.wire.values import Id, ModuleName, made_id


class RelatedList(Struct, frozen=True, kw_only=True):
    """One list; ``href`` is its URL with a place for the record's id."""

    id: Id
    sequence_number: str
    display_label: str
    api_name: str
    name: str
    module: ModuleName | None
    href: str
    action: None = None
    type: Literal["default"] = "default"
    connectedmodule: None = None
    linkingmodule: None = None
    customize_sort: bool = False
    customize_fields: bool = False
    customize_display_label: bool = False
    status: Literal["visible"] = "visible"
    visible: bool = True


class RelatedLists(Struct, frozen=True, kw_only=True):
    """The lists of a module."""

    related_lists: list[RelatedList]


def shown(module: record.Module, deals_name: str) -> RelatedLists:
    """The lists that records of a module have."""
    return RelatedLists(
        related_lists=[_list(each, n, deals_name) for n, each in enumerate(related_lists(module), start=1)]
    )


def _list(one: Relation, n: int, deals_name: str) -> RelatedList:
    name, of = shown_name(one, deals_name), deals_name if one.of is PIPELINES else one.of.name
    return RelatedList(
        id=made_id("related list", one.of.name, one.name),
        sequence_number=str(n),
        display_label=name if one.module is PIPELINES else one.label,
        api_name=name,
        name=name,
        module=_module(one, deals_name),
        href=f"{of}/{{ENTITYID}}/{name}",
    )


def _module(one: Relation, deals_name: str) -> ModuleName | None:
    """Of what module the list's items are; files count as one, mails do not (W 6.1)."""
    held = one.module.name if one.module else one.name
    if one.module is None and held != ATTACHMENTS:
        return None
    return ModuleName(api_name=deals_name if one.module is PIPELINES else held, id=made_id("module", held))
