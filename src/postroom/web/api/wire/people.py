"""Users, the organisation and from addresses as clients see them (W 2, 6.3, 6.4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from postroom.access.permission import ADMINISTRATOR
from postroom.store.orgs import Org
from postroom.store.senders import Sender
from postroom.store.users import User
from postroom.web.api.wire.values import Json, made_id

PER_PAGE: Final = 200  # W 6.3
CURRENT: Final = "CurrentUser"  # beside the types below: whoever asks
# W 6.3: whom each type means. Nobody's address is confirmed by mail and nobody is deleted: all count as confirmed.
TYPES: Final[Mapping[str, Callable[[User], bool]]] = {
    "AllUsers": lambda _: True,
    "ActiveUsers": lambda user: user.active,
    "DeactiveUsers": lambda user: not user.active,
    "ConfirmedUsers": lambda _: True,
    "NotConfirmedUsers": lambda _: False,
    "DeletedUsers": lambda _: False,
    "ActiveConfirmedUsers": lambda user: user.active,
    "AdminUsers": lambda user: user.profile == ADMINISTRATOR,
    "ActiveConfirmedAdmins": lambda user: user.active and user.profile == ADMINISTRATOR,
}


def users(page: Sequence[User], org: Org, *, number: int, size: int, more: bool) -> Json:
    """One page of users."""
    info = {"per_page": size, "count": len(page), "page": number, "more_records": more}
    return {"users": [user(each, org) for each in page], "info": info}


def user(shown: User, org: Org) -> Json:
    """One user."""
    return {
        "id": str(shown.id),
        "full_name": shown.full_name,
        "first_name": shown.first_name or None,
        "last_name": shown.last_name,
        "email": shown.email,
        "zuid": str(shown.id),
        "role": {"name": "CEO", "id": made_id("role", "CEO")},
        "profile": {"name": shown.profile, "id": made_id("profile", shown.profile)},
        "status": "active" if shown.active else "disabled",
        "confirm": True,
        "category": "regular_user",
        "time_zone": org.time_zone,
        "locale": "en_US",
    }


def org(shown: Org, owner: User | None, user_count: int) -> Json:
    """The organisation, with every key of W 6.4; ``null`` where Postroom knows nothing of the kind."""
    return {
        "org": [
            {
                **dict.fromkeys(_UNKNOWN),
                "id": str(shown.id),
                "zgid": str(shown.id),
                "company_name": shown.name,
                "domain_name": f"org{shown.id}",
                "primary_email": shown.primary_email,
                "primary_zuid": str(owner.id) if owner else None,
                "time_zone": shown.time_zone,
                "license_details": {
                    "paid": False,
                    "paid_type": "free",
                    "paid_expiry": None,
                    "trial_type": None,
                    "trial_expiry": None,
                    "users_license_purchased": user_count,
                    "portal_users_license_purchased": 0,
                },
                "hipaa_compliance_enabled": False,
                "privacy_settings": False,
                "mc_status": False,
                "gapps_enabled": False,
                "lite_users_enabled": False,
                "translation_enabled": False,
                "deletable_org_account": False,
                "hierarchy_preferences": {"type": "Role_Hierarchy"},
            }
        ]
    }


_UNKNOWN: Final = (
    "currency",
    "currency_symbol",
    "currency_locale",
    "iso_code",
    "country_code",
    "photo_id",
    "phone",
    "mobile",
    "fax",
    "website",
    "street",
    "city",
    "state",
    "zip",
    "country",
    "alias",
    "description",
    "employee_count",
    "zia_portal_id",
)


def from_addresses(found: Sequence[Sender]) -> Json:
    """The from addresses, in the order given; exactly one is the default: the first that is marked, or the first."""
    marked = next((each for each in found if each.is_default), found[0])
    return {
        "from_addresses": [
            {
                "email": each.email,
                "type": "org_email" if each.user_id is None else "user",
                "id": None if each.id is None else str(each.id),
                "user_name": each.name,
                "default": each is marked,
            }
            for each in found
        ]
    }
