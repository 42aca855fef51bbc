"""The page behind a mailed link, and what may be sent before and after (W 1.5, 2)."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from postroom.access import confirmation
from postroom.access.confirmation import DAYS, Subject
from postroom.access.terms import TEN_MINUTES
from postroom.mail.retry import DAY
from postroom.store import senders
from postroom.store.tables import user
from tests.web.accounts.stage import Stage, stage
from tests.world import NOW

TOKEN = "1000.of.a.mail"
DESK = "desk@new.example"
GONE = "Nothing to confirm"


async def ask(here: Stage, token: str = TOKEN, *, of_user: bool = False) -> str:
    """Mail a link that confirms the desk's address, or Ada's account; its path."""
    house = here.at.house
    world, now = house.world, house.app.clock()
    desk = replace(world.sender, id=1, email=DESK, is_default=False, confirmed_at=None)
    of = Subject(org=world.org, user=world.user, sender=None if of_user else desk)
    if not of_user and all(each.id != 1 for each in await house.app.db.read(_listed(here))):
        await house.app.db.write(partial(senders.add, new=desk))
    mail_id = house.app.ids.opaque()
    asked = partial(confirmation.ask, of=of, token=token, mail_id=mail_id, accounts=house.url, now=now)
    await house.app.db.write(asked)
    return f"/confirm?token={token}"


def _listed(here: Stage) -> Any:
    return partial(senders.listing, org_id=here.at.house.world.org.id)


async def send(here: Stage, sender: str) -> tuple[int, Any]:
    """Send a mail to the contact; status and answer."""
    house = here.at.house
    contact = house.world.contact
    mail = {"from": {"email": sender}, "to": [{"email": contact.email}], "subject": "Hello"}
    url = f"{house.api}/Contacts/{contact.id}/actions/send_mail"
    answer = await house.http.post(url, json={"data": [mail]}, headers=await house.headers())
    return answer.status_code, answer.json()


async def offered(here: Stage) -> list[str]:
    """What Ada is told that she may send from."""
    house = here.at.house
    url = f"{house.api}/settings/emails/actions/from_addresses"
    answer = await house.http.get(url, headers=await house.headers("ZohoBigin.settings.emails.READ"))
    return [each["email"] for each in answer.json()["from_addresses"]]


async def test_the_button_confirms_and_the_link_alone_does_not(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=_server(database_url)) as here:
        path = await ask(here)
        for _ in range(3):
            page = await here.seat.open(path)
            assert (page.status, page.title) == (200, f"Confirm {DESK}?")
            status, answer = await send(here, DESK)
            (refusal,) = answer["data"]
            assert (status, refusal["code"]) == (403, "NO_PERMISSION")
            assert refusal["details"] == {"api_name": "email", "json_path": "$.data[0].from.email"}
            assert DESK not in await offered(here)
        assert page.headers["cache-control"] == "no-store"
        page = await here.seat.press(page, "Confirm")
        assert (page.status, page.title) == (200, "Confirmed")
        assert (await send(here, DESK))[0] == 200
        assert DESK in await offered(here)


async def test_it_is_good_for_one_press_however_many_press_at_once(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=_server(database_url)) as here:
        page = await here.seat.open(await ask(here))
        fields = here.seat.filled(page, "Confirm")
        pressed = await asyncio.gather(*(here.seat.post("/confirm", fields) for _ in range(10)))
        assert sorted(each.status for each in pressed) == [200] + [410] * 9
        for replayed in (await here.seat.post("/confirm", fields), await here.seat.open(f"/confirm?token={TOKEN}")):
            assert (replayed.status, replayed.title) == (410, GONE)
            assert "confirmed already" in replayed.text


async def test_it_ends_after_its_days_and_with_the_next_one(tmp_path: Path) -> None:
    now = NOW
    async with stage(tmp_path, clock=lambda: now) as here:
        older = await here.seat.open(await ask(here))
        newer = await here.seat.open(await ask(here, "1000.the.newer"))
        for gone in (await here.seat.press(older, "Confirm"), await here.seat.open(f"/confirm?token={TOKEN}")):
            assert (gone.status, gone.title) == (404, GONE)
        now = NOW + DAYS * DAY
        for gone in (await here.seat.press(newer, "Confirm"), await here.seat.open("/confirm?token=1000.the.newer")):
            assert (gone.status, gone.title) == (410, GONE)
            assert f"older than {DAYS} days" in gone.text
        now -= 1
        assert (await here.seat.press(newer, "Confirm")).status == 200


async def test_nobody_guesses_for_long_and_a_form_of_elsewhere_does_nothing(tmp_path: Path) -> None:
    now = NOW
    async with stage(tmp_path, clock=lambda: now) as here:
        path = await ask(here)
        fields = here.seat.filled(await here.seat.open(path), "Confirm")
        assert (await here.seat.post("/confirm", fields, origin="https://evil.example")).status == 403
        assert (await here.seat.post("/confirm", {"token": TOKEN})).status == 403
        guesses = [await here.seat.open(f"/confirm?token={n}") for n in ("", *range(20))]
        assert [each.status for each in guesses] == [404] * 20 + [429]
        assert guesses[-1].headers["retry-after"] == str(TEN_MINUTES // 1000)
        now += TEN_MINUTES
        assert [(await here.seat.open("/confirm?token=1")).status for _ in range(21)][19:] == [404, 429]
        assert (await here.seat.post("/confirm", fields)).status == 200


async def test_an_account_sends_nothing_until_it_is_confirmed(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        house = here.at.house
        waiting = user.update().where(user.c.id == here.ada.id).values(confirmed_at=None)
        await house.app.db.write(lambda tx: tx.execute(waiting).rowcount)
        assert await send(here, house.world.sender.email) == (
            403,
            {
                "code": "NO_PERMISSION",
                "details": {},
                "message": "Account confirmation required.Please confirm your account registration so that you can"
                " send emails",
                "status": "error",
            },
        )
        page = await here.seat.open(await ask(here, of_user=True))
        assert f"has made an account for {here.ada.email}" in page.text
        assert (await here.seat.press(page, "Confirm")).title == "Confirmed"
        assert (await send(here, house.world.sender.email))[0] == 200


def _server(database_url: str) -> str:
    """The setting ``database`` for it: none for SQLite, whose file lies where the server looks."""
    return database_url if database_url.startswith("postgresql") else ""
