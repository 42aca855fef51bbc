from pathlib import Path

from tests.web.api.guests import guests

# W 6.4
KEYS = (  # noqa: SIM905 - a paragraph reads better than a column of forty
    "id company_name domain_name zgid primary_email primary_zuid time_zone currency currency_symbol currency_locale "
    "iso_code country_code license_details hipaa_compliance_enabled privacy_settings mc_status gapps_enabled "
    "lite_users_enabled translation_enabled deletable_org_account hierarchy_preferences photo_id phone mobile fax "
    "website street city state zip country alias description employee_count zia_portal_id"
).split()


async def test_the_organisation_has_every_key_and_is_the_caller_s(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for guest in (both.own, both.other):
            (shown,) = (await guest.get("/org")).json()["org"]
            assert sorted(shown) == sorted(KEYS)
            org = guest.world.org
            assert (shown["zgid"], shown["company_name"], shown["primary_email"]) == (
                str(org.id),
                org.name,
                org.primary_email,
            )
            assert shown["primary_zuid"] == str(guest.world.user.id)
            assert shown["license_details"]["users_license_purchased"] == 2
