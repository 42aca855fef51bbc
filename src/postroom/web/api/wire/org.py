"""The organisation as clients see it (W 6.4): every key, ``null`` where Postroom knows nothing of the kind."""

from typing import Literal

from msgspec import Struct

from postroom.store.orgs import Org
from postroom.store.users import User
from postroom.web.api.wire.values import Id


class License(Struct, frozen=True, kw_only=True):
    """Postroom is free; it counts the users."""

    paid: bool = False
    paid_type: str = "free"
    paid_expiry: None = None
    trial_type: None = None
    trial_expiry: None = None
    users_license_purchased: int
    portal_users_license_purchased: int = 0


class Hierarchy(Struct, frozen=True, kw_only=True):
    """Who sees whose records: by role."""

    type: Literal["Role_Hierarchy"] = "Role_Hierarchy"


class Organization(Struct, frozen=True, kw_only=True):
    """The caller's organisation."""

    currency: None = None
    currency_symbol: None = None
    currency_locale: None = None
    iso_code: None = None
    country_code: None = None
    photo_id: None = None
    phone: None = None
    mobile: None = None
    fax: None = None
    website: None = None
    street: None = None
    city: None = None
    state: None = None
    zip: None = None
    country: None = None
    alias: None = None
    description: None = None
    employee_count: None = None
    zia_portal_id: None = None
    id: Id
    zgid: Id
    company_name: str
    domain_name: str
    primary_email: str
    primary_zuid: Id | None
    time_zone: str
    license_details: License
    hipaa_compliance_enabled: bool = False
    privacy_settings: bool = False
    mc_status: bool = False
    gapps_enabled: bool = False
    lite_users_enabled: bool = False
    translation_enabled: bool = False
    deletable_org_account: bool = False
    hierarchy_preferences: Hierarchy = Hierarchy()


class Organizations(Struct, frozen=True, kw_only=True):
    """A list of the one organisation."""

    org: list[Organization]


def org(shown: Org, owner: User | None, user_count: int) -> Organizations:
    """The organisation; ``owner`` counts as the one who founded it."""
    one = Organization(
        id=str(shown.id),
        zgid=str(shown.id),
        company_name=shown.name,
        domain_name=f"org{shown.id}",
        primary_email=shown.primary_email,
        primary_zuid=str(owner.id) if owner else None,
        time_zone=shown.time_zone,
        license_details=License(users_license_purchased=user_count),
    )
    return Organizations(org=[one])
