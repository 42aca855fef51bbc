from pathlib import Path

import pytest
from sqlalchemy import update

from postroom.store.tables import user
from tests.web.api.guests import Guest, error, guests


async def names(guest: Guest, **params: str) -> list[str]:
    answer = await guest.get("/users", **params)
    return [] if answer.status_code == 204 else [each["full_name"] for each in answer.json()["users"]]


async def test_the_current_user_is_the_token_s(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        body = (await both.own.get("/users", type="CurrentUser")).json()
        (shown,) = body["users"]
        ada = both.own.world.user
        assert (shown["id"], shown["email"], shown["full_name"]) == (str(ada.id), ada.email, "Ada Byron")
        assert shown["profile"]["name"] == "Administrator"
        assert (shown["status"], shown["confirm"], shown["time_zone"]) == ("active", True, "UTC")
        assert body["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}


async def test_each_type_means_its_users(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben = both.own.world.colleague
        leave = update(user).where(user.c.id == ben.id).values(active=False, profile="Standard")
        await both.own.house.app.db.write(lambda tx: tx.execute(leave).rowcount)
        assert await names(both.own) == ["Ada Byron", "Ito"]
        assert await names(both.own, type="'AllUsers'") == ["Ada Byron", "Ito"]
        assert await names(both.own, type="ActiveUsers") == ["Ada Byron"]
        assert await names(both.own, type="DeactiveUsers") == ["Ito"]
        assert await names(both.own, type="AdminUsers") == ["Ada Byron"]
        assert await names(both.own, type="ActiveConfirmedAdmins") == ["Ada Byron"]
        assert await names(both.own, type="DeletedUsers") == []
        assert await names(both.own, type="AllUsers", per_page="1", page="2") == ["Ito"]
        first = (await both.own.get("/users", per_page="1")).json()
        assert first["info"]["more_records"] is True


@pytest.mark.parametrize(("given", "name"), [({"type": "Nobody"}, "type"), ({"page": "x"}, "page")])
async def test_a_wrong_parameter_is_named(tmp_path: Path, given: dict[str, str], name: str) -> None:
    async with guests(tmp_path) as both:
        assert error(await both.own.get("/users", **given), 400, "INVALID_DATA")["param_name"] == name


async def test_one_user_is_read_within_the_organisation(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben = both.own.world.colleague
        (shown,) = (await both.own.get(f"/users/{ben.id}")).json()["users"]
        assert shown["email"] == ben.email
        assert (await both.other.get(f"/users/{ben.id}")).status_code == 204
        assert error(await both.own.get("/users/x"), 400, "INVALID_DATA") == {"resource_path_index": 1}
