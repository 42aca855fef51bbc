"""What each profile may do (W 5.3), written by hand."""

import pytest

from postroom.access.permission import GRANTED, Permission, allows, wire_name

WITHHELD_FROM_STANDARD = {"Mass_Delete", "Manage_Users", "Customize_Zoho_CRM"}


@pytest.mark.parametrize("permission", Permission)
def test_a_standard_user_lacks_only_what_reaches_beyond_their_own_work(permission: Permission) -> None:
    assert allows("Administrator", permission)
    assert allows("Standard", permission) is (permission.value not in WITHHELD_FROM_STANDARD)


@pytest.mark.parametrize("profile", ["", "administrator", "Owner"])
def test_a_profile_nobody_knows_has_no_rights(profile: str) -> None:
    assert profile not in GRANTED
    assert not any(allows(profile, each) for each in Permission)


def test_the_wires_names() -> None:
    assert wire_name(Permission.VIEW, "Leads") == "Crm_Implied_View_Leads"
    assert wire_name(Permission.SEND, "") == "Crm_Implied_Send_Email"
    assert wire_name(Permission.CUSTOMIZE, "") == "Crm_Implied_Customize_Zoho_CRM"
