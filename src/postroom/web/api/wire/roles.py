"""Roles as clients see them (W 6.2): there is one, and everybody has it."""

from msgspec import Struct

from postroom.web.api.wire.values import Id, made_id


class Role(Struct, frozen=True, kw_only=True):
    """One role; its name and id are those that each user shows."""

    id: Id = made_id("role", "CEO")
    name: str = "CEO"
    display_label: str = "CEO"
    api_name: str = "CEO"
    description: None = None
    share_with_peers: bool = True
    admin_user: bool = True
    reporting_to: None = None
    forecast_manager: None = None


class Roles(Struct, frozen=True, kw_only=True):
    """Every role."""

    roles: tuple[Role, ...] = (Role(),)
