from pathlib import Path

import httpx
from sqlalchemy import delete, update

from postroom.store.tables import org, sender, user
from tests.web.api.guests import Guest, error, guests


async def addresses(guest: Guest, **params: str) -> list[tuple[str, str, bool]]:
    answer = await guest.get("/settings/emails/actions/from_addresses", **params)
    if answer.status_code == 204:
        return []
    shown = answer.json()["from_addresses"]
    assert all(set(each) == {"email", "type", "id", "user_name", "default"} for each in shown)
    assert sum(each["default"] for each in shown) == 1
    return [(each["email"], each["type"], each["id"] is None) for each in shown]


async def send(guest: Guest) -> httpx.Response:
    contact = guest.world.contact
    mail = {
        "from": {"email": guest.world.user.email},
        "to": [{"email": contact.email}],
        "subject": "Hello",
        "content": "Hello",
    }
    return await guest.ask("POST", f"/Contacts/{contact.id}/actions/send_mail", {"data": [mail]})


async def test_a_user_s_own_addresses_come_before_the_organisation_s(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for guest, domain in ((both.own, "org1.example"), (both.other, "org2.example")):
            assert await addresses(guest) == [
                (f"ada@{domain}", "user", False),
                (f"office@{domain}", "org_email", False),
            ]


async def test_without_a_sender_a_user_has_their_primary_address(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        ben = str(both.own.world.colleague.id)
        assert await addresses(both.own, user_id=ben) == [
            ("ben@org1.example", "user", True),
            ("office@org1.example", "org_email", False),
        ]
        closed = update(org).where(org.c.id == both.own.world.org.id).values(transport_id=None)
        await both.own.house.app.db.write(lambda tx: tx.execute(closed).rowcount)
        assert await addresses(both.own, user_id=ben) == [("office@org1.example", "org_email", False)]
        await both.own.house.app.db.write(lambda tx: tx.execute(delete(sender)).rowcount)
        assert await addresses(both.own, user_id=ben) == []


async def test_what_is_listed_may_be_sent_from_and_nothing_else(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        steps = (
            update(org).values(id=org.c.id),
            delete(sender).where(sender.c.user_id == own.world.user.id),
            update(org).values(transport_id=None),
        )
        for step, status in zip(steps, (200, 200, 400), strict=True):
            await own.house.app.db.write(lambda tx, step=step: tx.execute(step).rowcount)  # type: ignore[misc]
            answer = await send(own)
            assert answer.status_code == status, answer.text
            listed = [email for email, _, _ in await addresses(own)]
            assert (own.world.user.email in listed) == (status == 200)


async def test_only_an_administrator_asks_for_others(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        demote = update(user).where(user.c.id == both.own.world.user.id).values(profile="Standard")
        await both.own.house.app.db.write(lambda tx: tx.execute(demote).rowcount)
        ben = str(both.own.world.colleague.id)
        path = "/settings/emails/actions/from_addresses"
        assert error(await both.own.get(path, user_id=ben), 400, "AUTHORIZATION_FAILED") == {}
        assert await addresses(both.own, user_id=str(both.own.world.user.id))


async def test_only_users_of_the_organisation_can_be_asked_for(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        path = "/settings/emails/actions/from_addresses"
        for wrong in (str(both.other.world.user.id), "x", "5"):
            assert error(await both.own.get(path, user_id=wrong), 400, "INVALID_DATA") == {"param_name": "user_id"}
