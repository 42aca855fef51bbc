"""What a user's profile allows, whatever the scopes of a token say (W 5.3). Pure.

Of Bigin's two profiles an Administrator may do everything. Which rights a Standard user lacks is not published as a
list; here they lack what reaches beyond their own work.
"""

from enum import Enum
from typing import Final

ADMINISTRATOR: Final = "Administrator"
STANDARD: Final = "Standard"


class Permission(Enum):
    """A right; the value stands in the wire's name of it."""

    VIEW = "View"
    CREATE = "Create"
    EDIT = "Edit"
    DELETE = "Delete"
    MASS_DELETE = "Mass_Delete"  # many records by one call
    SEND = "Send_Email"
    MANAGE_USERS = "Manage_Users"  # what belongs to other users
    CUSTOMIZE = "Customize_Zoho_CRM"  # what the modules hold; the wire's whole name of it (W 6.2)


GRANTED: Final = {
    ADMINISTRATOR: frozenset(Permission),
    STANDARD: frozenset(Permission) - {Permission.MASS_DELETE, Permission.MANAGE_USERS, Permission.CUSTOMIZE},
}


def allows(profile: str, permission: Permission) -> bool:
    """Whether users of that profile have the right; those of an unknown profile have none."""
    return permission in GRANTED.get(profile, frozenset())


def wire_name(permission: Permission, place: str) -> str:
    """The right as the wire calls it: ``Crm_Implied_View_Contacts``; ``place`` is a module's or a resource's name."""
    return f"Crm_Implied_{permission.value}_{place}" if place else f"Crm_Implied_{permission.value}"
