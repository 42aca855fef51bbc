"""What a user's profile forbids, whatever the scopes (W 5.3), at a running server."""

from pathlib import Path

from sqlalchemy import update

from postroom.store.tables import user
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


async def test_a_profile_nobody_knows_opens_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await become(home, "Nobody")
        answer = await home.http.get(f"{home.api}/Contacts/1", headers=headers)
        assert error(answer, 403, "NO_PERMISSION") == {"permissions": ["Crm_Implied_View_Contacts"]}


async def test_a_token_counts_only_in_the_header(tmp_path: Path) -> None:
    """RFC 6750 §5.3: URLs are logged and bodies are forwarded."""
    async with house(tmp_path) as home:
        token = (await home.headers(EVERYTHING))["Authorization"].split()[1]
        for given in ({"params": {"access_token": token}}, {"data": {"access_token": token}}):
            answer = await home.http.request("GET", f"{home.api}/org", **given)  # type: ignore[arg-type]
            error(answer, 401, "AUTHENTICATION_FAILURE")
            assert answer.headers["www-authenticate"] == "Bearer"
