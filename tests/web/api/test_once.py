"""Idempotency-Key: a request that is sent again is answered as the first time, and no second mail leaves (W 1.8)."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import func, select

from postroom.app import open_app
from postroom.config import Settings
from postroom.store import blocked, orgs
from postroom.store.blocked import Blocked
from postroom.store.db import Tx
from postroom.store.once import Answer, Deed, Named, do, drop_old
from postroom.store.tables import answered, mail
from postroom.worker import sweep
from tests.web.api.guests import Guest, error, guests, only
from tests.web.api.test_send import HELLO, url
from tests.web.raw import dial, request

KEY: Final = "Idempotency-Key"


async def send(guest: Guest, key: str, *items: Any, module: str = "Contacts") -> httpx.Response:
    return await guest.ask("POST", url(guest, module), {"data": [*items] or [HELLO]}, headers={KEY: key})


def unused(_: Sequence[bool]) -> Answer:
    raise AssertionError("nothing is too many")


def mails(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(mail)).scalar_one()


def answers(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(answered)).scalar_one()


async def stored(guest: Guest) -> int:
    return await guest.house.app.db.read(mails)


async def test_the_same_request_has_the_same_answer_and_one_mail(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        first = await send(visit.own, "order-1")
        # However it is written: the order of keys and blanks mean nothing.
        again = await visit.own.house.http.post(
            f"{visit.own.house.api}{url(visit.own)}",
            content=repr({"data": [dict(reversed(HELLO.items()))]}).replace("'", '"'),
            headers={**visit.own.headers, KEY: "order-1"},
        )
        assert only(first, 200)["details"]["message_id"]
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert await stored(visit.own) == 1


async def test_who_was_left_out_is_told_again(tmp_path: Path) -> None:
    async with guests(tmp_path) as visit:
        org = visit.own.world.org
        new = Blocked(org_id=org.id, address="boss@x.example", reason="bounced", created_at=1)
        await visit.own.house.app.db.write(lambda tx: blocked.add(tx, new))
        asked = HELLO | {
            "cc": [{"email": "Boss@X.example"}],
            "scheduled_time": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }
        first = await send(visit.own, "order-1", asked)
        assert only(first, 200)["details"]["blocked_email_addresses"] == [
            {"email": "Boss@x.example", "reason": "bounced"}
        ]
        await visit.own.house.app.db.write(lambda tx: blocked.remove(tx, org.id, "boss@x.example"))
        assert (await send(visit.own, "order-1", asked)).content == first.content
        unkeyed = await visit.own.ask("POST", url(visit.own), {"data": [HELLO]})
        assert only(unkeyed, 200)["details"].keys() == {"message_id"}


async def test_what_is_too_much_for_the_day_is_refused_alone(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url, mails_per_day=2) as visit:
        own, items = visit.own, [HELLO, {"from": {}}, HELLO, HELLO]
        first, again = await send(own, "1", *items), await send(own, "1", *items)
        assert (first.status_code, again.status_code, again.content) == (207, 207, first.content)
        assert [each["code"] for each in first.json()["data"]] == [
            *("SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS", "LIMIT_EXCEEDED")
        ]
        told = only(await send(own, "2"), 400)
        assert (told["code"], told["details"]) == ("LIMIT_EXCEEDED", {"period": "day", "allowed_limit": 2})
        assert (await stored(own), await own.house.app.db.read(answers)) == (2, 1)

        await own.house.app.db.write(lambda tx: orgs.choose_allowance(tx, own.world.org.id, 0))
        assert only(await send(own, "2"), 200)["code"] == "SUCCESS"


async def test_another_request_with_the_key_is_refused(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        await send(visit.own, "order-1")
        other = await send(visit.own, "order-1", HELLO | {"subject": "Another"})
        assert error(other, 409, "ALREADY_USED") == {"param_name": KEY}
        elsewhere = await send(visit.own, "order-1", module="Accounts")
        assert error(elsewhere, 409, "ALREADY_USED") == {"param_name": KEY}
        assert await stored(visit.own) == 1


async def test_a_key_is_its_users_own(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        theirs = HELLO | {
            "from": {"email": visit.other.world.sender.email},
            "to": [{"email": visit.other.world.contact.email}],
        }
        own, other = await send(visit.own, "1"), await send(visit.other, "1", theirs)
        assert only(own, 200)["details"] != only(other, 200)["details"]
        assert await stored(visit.own) == 2


async def test_what_was_refused_may_be_mended_under_the_same_key(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        assert (await send(visit.own, "1", HELLO | {"to": []})).status_code == 400
        assert (await send(visit.own, "1")).status_code == 200
        assert await stored(visit.own) == 1


async def test_what_was_done_in_part_is_not_done_again(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        items = HELLO, HELLO | {"to": []}, HELLO
        first, again = await send(visit.own, "1", *items), await send(visit.own, "1", *items)
        assert [each["status"] for each in first.json()["data"]] == ["success", "error", "success"]
        assert (again.status_code, again.content) == (207, first.content)
        assert await stored(visit.own) == 2


@pytest.mark.parametrize(
    "key",
    [
        "x" * 256,
        "two words",
        "ключ".encode().decode("latin-1"),
        "a\tb",
        "",
        f"a\r\n{KEY}: a",
        f"a\r\n{KEY}:",
        f"\r\n{KEY}:",
    ],
)
async def test_what_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    async with guests(tmp_path) as visit, dial(visit.own.house.url) as peer:
        headers = {**visit.own.headers, KEY: key}
        await peer.send(request("POST", f"/bigin/v2{url(visit.own)}", headers, b'{"data": []}'))
        answer = await peer.answer()
        assert (answer.status, answer.code) == (400, "INVALID_DATA")
        assert f'"param_name":"{KEY}"'.encode() in answer.body
        longest = await send(visit.own, "~" * 255)
        assert longest.status_code == 200


async def test_of_a_hundred_callers_at_once_one_is_first(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        asked = [send(visit.own, f"key-{n % 2}") for n in range(200)]
        told = await asyncio.gather(*asked)
        for n in range(2):
            bodies = {each.content for each in told[n::2]}
            assert len(bodies) == 1
            assert b"SUCCESS" in bodies.pop()
        assert await stored(visit.own) == 2


async def test_who_went_away_before_the_answer_gets_it_later(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        body = httpx.Request("POST", "http://x", json={"data": [HELLO]}).content
        for patience in count():
            async with dial(visit.own.house.url) as peer:
                headers = {**visit.own.headers, KEY: "1"}
                await peer.send(request("POST", f"/bigin/v2{url(visit.own)}", headers, body))
                # Of whoever leaves at once nothing may be written: each stays a little longer than the one before.
                for _ in range(patience):
                    await stored(visit.own)
            if await stored(visit.own):
                break
        answer = only(await send(visit.own, "1"), 200)
        told = (await visit.own.get(f"/Contacts/{visit.own.world.contact.id}/Emails")).json()["Emails"]
        assert [each["message_id"] for each in told] == [answer["details"]["message_id"]]


async def test_processes_on_one_database_know_of_each_other(database_url: str, tmp_path: Path) -> None:
    named = Named(1001, 1002, "1")
    settings = Settings(data_dir=tmp_path, database="" if database_url.startswith("sqlite") else database_url)
    async with guests(tmp_path, settings.database) as visit, open_app(settings) as elsewhere:
        asking: list[Awaitable[Answer]] = [
            app.db.write_together(do, Deed(Answer(named, b"d", 200, f"{n}", 1), (), unused))
            for n, app in enumerate([visit.own.house.app, elsewhere] * 20)
        ]
        assert len({each.body for each in await asyncio.gather(*asking)}) == 1


async def test_a_key_is_forgotten_after_seven_days(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url) as visit:
        await send(visit.own, "1")
        db, now = visit.own.house.app.db, visit.own.house.app.clock()
        assert await db.write(lambda tx: drop_old(tx, now - sweep.ANSWERS_KEPT)) == 0
        assert await db.write(lambda tx: drop_old(tx, now + 1)) == 1
        await send(visit.own, "1")
        assert await stored(visit.own) == 2
        assert await db.read(answers) == 1
