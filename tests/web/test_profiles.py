"""What a user's profile forbids, whatever the scopes (W 5.3), at a running server."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import update

from postroom.store import senders
from postroom.store.tables import user
from postroom.web.api.routes import ROUTES
from tests.web.api.guests import EVERYTHING, error
from tests.web.house import House, house


async def become(home: House, profile: str) -> dict[str, str]:
    """Give the world's user that profile, and a token that no cache knows."""
    change = update(user).where(user.c.id == home.world.user.id).values(profile=profile)
    await home.app.db.write(lambda tx: tx.execute(change).rowcount)
    return await home.headers(EVERYTHING)


async def test_a_standard_user_deletes_one_record_and_not_many(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Standard")
        many = await home.http.delete(
            f"{home.api}/Contacts", params={"ids": str(home.world.contact.id)}, headers=headers
        )
        assert error(many, 403, "NO_PERMISSION") == {"permissions": ["Crm_Implied_Mass_Delete_Contacts"]}
        assert many.json()["message"] == "permission denied"
        path = f"{home.api}/Contacts/{home.world.contact.id}"
        assert (await home.http.get(path, headers=headers)).status_code == 200
        assert (await home.http.delete(path, headers=headers)).status_code == 200


async def test_an_administrator_deletes_many(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Administrator")
        ids = {"ids": str(home.world.contact.id)}
        assert (await home.http.delete(f"{home.api}/Contacts", params=ids, headers=headers)).status_code == 200


async def test_a_standard_user_reads_nobody_elses_from_addresses(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Standard")
        path = f"{home.api}/settings/emails/actions/from_addresses"
        answer = await home.http.get(path, params={"user_id": str(home.world.colleague.id)}, headers=headers)
        assert error(answer, 400, "AUTHORIZATION_FAILED") == {}
        assert answer.json()["message"] == "User does not have sufficient privilege to do this"
        assert (await home.http.get(path, headers=headers)).status_code == 200


async def test_scopes_are_judged_before_profiles(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await become(home, "Standard")
        headers = await home.headers("ZohoBigin.modules.contacts.READ")
        answer = await home.http.delete(f"{home.api}/Contacts", params={"ids": "1"}, headers=headers)
        error(answer, 401, "OAUTH_SCOPE_MISMATCH")
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'


# By hand: every call, and the right that its profile must have; a Standard user lacks those that are marked
RIGHTS: Final = {
    "POST /{module}/{id}/actions/send_mail": "Send_Email",
    "GET /{module}/{id}/Emails": "View",
    "GET /{module}/{id}/Emails/{message_id}": "View",
    "GET /{module}/{id}/Emails/actions/download_attachments": "View",
    "PUT /{module}/{id}/Emails/{message_id}": "Send_Email",
    "DELETE /{module}/{id}/Emails/{message_id}": "Send_Email",
    "POST /{module}/{id}/Emails/{message_id}/actions/send_now": "Send_Email",
    "POST /{module}/{id}/Emails/{message_id}/actions/hold": "Send_Email",
    "POST /{module}/{id}/Emails/{message_id}/actions/release": "Send_Email",
    "POST /{module}/{id}/Emails/{message_id}/actions/retry": "Send_Email",
    "POST /Emails/actions/hold": "Send_Email",
    "POST /Emails/actions/release": "Send_Email",
    "POST /Emails/actions/cancel": "Send_Email",
    "POST /Emails/actions/retry": "Send_Email",
    "POST /Emails/actions/reschedule": "Send_Email",
    "GET /settings/emails/actions/from_addresses": "View",
    "POST /files": "Create",
    "GET /files": "View",
    "POST /{module}": "Create",
    "GET /{module}": "View",
    "PUT /{module}": "Edit",
    "DELETE /{module}": "Mass_Delete",  # not for Standard
    "GET /{module}/search": "View",
    "POST /{module}/upsert": "Edit",
    "GET /{module}/{id}": "View",
    "PUT /{module}/{id}": "Edit",
    "DELETE /{module}/{id}": "Delete",
    "GET /{module}/deleted": "View",
    "POST /{module}/actions/change_owner": "Edit",
    "POST /{module}/{id}/actions/change_owner": "Edit",
    "GET /{module}/{id}/Notes": "View",
    "POST /{module}/{id}/Notes": "Create",
    "GET /{module}/{id}/Notes/{note_id}": "View",
    "PUT /{module}/{id}/Notes/{note_id}": "Edit",
    "DELETE /{module}/{id}/Notes/{note_id}": "Delete",
    "GET /{module}/{id}/Attachments": "View",
    "POST /{module}/{id}/Attachments": "Create",
    "GET /{module}/{id}/Attachments/{attachment_id}": "View",
    "DELETE /{module}/{id}/Attachments/{attachment_id}": "Delete",
    "GET /{module}/{id}/Locking_Information__s": "View",
    "POST /{module}/{id}/Locking_Information__s": "Edit",
    "GET /{module}/{id}/Locking_Information__s/{lock_id}": "View",
    "PUT /{module}/{id}/Locking_Information__s/{lock_id}": "Edit",
    "DELETE /{module}/{id}/Locking_Information__s/{lock_id}": "Edit",
    "GET /{module}/{id}/{related}": "View",
    "PUT /{module}/{id}/{related}": "Edit",
    "DELETE /{module}/{id}/{related}": "Edit",
    "DELETE /{module}/{id}/{related}/{related_id}": "Edit",
    "GET /settings/modules": "View",
    "GET /settings/modules/{module}": "View",
    "GET /settings/fields": "View",
    "POST /settings/fields": "Customize_Zoho_CRM",  # not for Standard
    "GET /settings/fields/{id}": "View",
    "DELETE /settings/fields/{id}": "Customize_Zoho_CRM",  # not for Standard
    "GET /settings/layouts": "View",
    "GET /settings/layouts/{id}": "View",
    "GET /settings/related_lists": "View",
    "GET /settings/email_templates": "View",
    "POST /settings/email_templates": "Create",
    "GET /settings/email_templates/{id}": "View",
    "PUT /settings/email_templates/{id}": "Edit",
    "DELETE /settings/email_templates/{id}": "Delete",
    "GET /settings/domain_keys": "Customize_Zoho_CRM",
    "POST /settings/domain_keys": "Customize_Zoho_CRM",
    "POST /settings/domain_keys/{id}/actions/start": "Customize_Zoho_CRM",
    "DELETE /settings/domain_keys/{id}": "Customize_Zoho_CRM",
    "GET /settings/tags": "View",
    "GET /settings/roles": "View",
    "GET /users": "View",
    "PUT /users": "Edit",
    "GET /users/{id}": "View",
    "PUT /users/{id}": "Edit",
    "GET /org": "View",
    "POST /coql": "View",
}


def test_every_route_has_a_right() -> None:
    assert {f"{route.method} {route.template}": route.permission.value for route in ROUTES} == RIGHTS


@pytest.mark.parametrize(
    ("profile", "lacking"),
    [
        ("Administrator", set()),
        ("Standard", {"Mass_Delete", "Customize_Zoho_CRM"}),
        ("Nobody", set(RIGHTS.values())),
    ],
)
async def test_each_call_by_each_profile(tmp_path: Path, profile: str, lacking: set[str]) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, profile)
        for call, right in RIGHTS.items():
            method, template = call.split()
            path = re.sub(r"\{\w+\}", "x", template.replace("{module}", "Contacts").replace("{id}", "1"))
            answer = await home.http.request(method, home.api + path, headers=headers)
            if right in lacking:
                place = "_Contacts" if "{module}" in template else ""
                named = error(answer, 403, "NO_PERMISSION")
                assert named == {"permissions": [f"Crm_Implied_{right}{place}"]}, call
            else:
                assert answer.status_code not in (401, 403), call


async def test_the_module_is_named_as_the_url_names_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Standard")
        answer = await home.http.delete(f"{home.url}/crm/v7/Deals", params={"ids": "1,2"}, headers=headers)
        assert error(answer, 403, "NO_PERMISSION") == {"permissions": ["Crm_Implied_Mass_Delete_Deals"]}


async def test_a_standard_user_sends_from_their_own_addresses_and_from_those_of_all(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Standard")
        bens = replace(home.world.sender, id=77, user_id=home.world.colleague.id, email=home.world.colleague.email)
        await home.app.db.write(lambda tx: senders.add(tx, bens))
        for sender, status in ((home.world.sender, 200), (home.world.org_sender, 200), (bens, 400)):
            item = {
                "from": {"email": sender.email},
                "to": [{"email": home.world.contact.email}],
                "subject": "Hello",
                "content": "Hello",
            }
            path = f"{home.api}/Contacts/{home.world.contact.id}/actions/send_mail"
            answer = await home.http.post(path, json={"data": [item]}, headers=headers)
            assert answer.status_code == status, answer.text
