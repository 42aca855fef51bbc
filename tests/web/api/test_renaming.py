"""``PUT /users`` and ``PUT /users/{id}`` at a running server: names are changed, by whom they may (W 6.3)."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from postroom.store.tables import user
from tests.web.api.guests import Guest, Guests, error, guests


async def rename(guest: Guest, *items: Any, path: str = "/users") -> httpx.Response:
    return await guest.ask("PUT", path, {"users": list(items)})


async def shown(guest: Guest, number: int) -> dict[str, Any]:
    (found,) = (await guest.get(f"/users/{number}")).json()["users"]
    assert isinstance(found, dict)
    return found


async def standard(both: Guests) -> Guest:
    """The own guest as a Standard user, with a token that no cache knows."""
    change = update(user).where(user.c.id == both.own.world.user.id).values(profile="Standard")
    await both.own.house.app.db.write(lambda tx: tx.execute(change).rowcount)
    return Guest(
        world=both.own.world, house=both.own.house, headers=await both.own.house.headers("ZohoBigin.users.ALL")
    )


async def test_a_user_is_renamed_and_the_rest_stays(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ada = both.own.world.user
        before = await shown(both.own, ada.id)
        answer = await rename(both.own, {"id": "7", "last_name": " Lovelace "}, path=f"/users/{ada.id}")
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "users": [
                    {
                        "code": "SUCCESS",
                        "details": {"id": str(ada.id)},
                        "message": "User updated",
                        "status": "success",
                    }
                ]
            },
        )
        after = await shown(both.own, ada.id)
        assert after == before | {"full_name": "Ada Lovelace", "last_name": "Lovelace"}
        await rename(both.own, {"first_name": None}, path=f"/users/{ada.id}")
        assert (await shown(both.own, ada.id))["full_name"] == "Lovelace"


async def test_each_user_of_a_call_is_answered_by_itself(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ada, ben, theirs = both.own.world.user.id, both.own.world.colleague.id, both.other.world.user.id
        answer = await rename(
            both.own,
            {"id": str(ben), "first_name": "Benjamin"},
            {"id": ada, "last_name": "x" * 81},
            {"id": str(theirs), "last_name": "Nobody's"},
            {"last_name": "Who"},
            {"id": "seven"},
            "Ada",
        )
        assert answer.status_code == 207
        items = answer.json()["users"]
        assert [each["code"] for each in items] == [
            "SUCCESS",
            "INVALID_DATA",
            "INVALID_DATA",
            "MANDATORY_NOT_FOUND",
            "INVALID_DATA",
            "INVALID_DATA",
        ]
        assert items[1]["details"] == {
            "maximum_length": 80,
            "api_name": "last_name",
            "json_path": "$.users[1].last_name",
        }
        for n in (2, 3, 4):
            assert items[n]["details"] == {"api_name": "id", "json_path": f"$.users[{n}].id"}
        assert items[5]["details"] == {"expected_data_type": "jsonobject"}
        assert (await shown(both.own, ben))["full_name"] == "Benjamin Ito"
        assert (await shown(both.other, theirs))["full_name"] == "Ada Byron"


async def test_a_standard_user_renames_themselves_and_nobody_else(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own = await standard(both)
        ada, ben = own.world.user.id, own.world.colleague.id
        answer = await rename(own, {"id": str(ada), "last_name": "King"}, {"id": str(ben), "last_name": "King"})
        assert answer.status_code == 207
        mine, theirs = answer.json()["users"]
        assert mine["status"] == "success"
        assert (theirs["code"], theirs["details"]) == ("AUTHORIZATION_FAILED", {})
        assert theirs["message"] == "User does not have sufficient privilege to do this"
        alone = await rename(own, {"last_name": "King"}, path=f"/users/{ben}")
        assert (alone.status_code, alone.json()["users"][0]["code"]) == (400, "AUTHORIZATION_FAILED")
        assert (await shown(own, ada))["last_name"] == "King"
        assert (await shown(own, ben))["last_name"] == "Ito"


async def test_what_else_would_change_is_refused(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ada = both.own.world.user.id
        whole = await shown(both.own, ada)
        assert (await rename(both.own, whole | {"last_name": "King"})).status_code == 200
        for name, value in (
            ("email", "other@org1.example"),
            ("status", "disabled"),
            ("profile", {"name": "Standard"}),
            ("profile", "Standard"),
            ("role", {"id": "17"}),
        ):
            answer = await rename(both.own, {"id": str(ada), "last_name": "Nobody", name: value})
            (item,) = answer.json()["users"]
            assert (answer.status_code, item["code"]) == (400, "FEATURE_NOT_SUPPORTED")
            assert item["details"] == {"api_name": name, "json_path": f"$.users[0].{name}"}
        assert await shown(both.own, ada) == whole | {"last_name": "King", "full_name": "Ada King"}


@pytest.mark.parametrize("path", ["/users/17", "/users/x", "/users/2002"])
async def test_a_user_that_the_url_does_not_name(tmp_path: Path, path: str) -> None:
    async with guests(tmp_path) as both:
        assert both.other.world.user.id == 2002
        answer = await rename(both.own, {"last_name": "King"}, path=path)
        assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}


@pytest.mark.parametrize(
    ("path", "body", "code", "details"),
    [
        ("/users", {}, "MANDATORY_NOT_FOUND", {"api_name": "users", "json_path": "$.users"}),
        ("/users", {"users": [{}] * 11}, "INVALID_DATA", {"maximum_length": 10}),
        ("/users/1002", {"users": [{}, {}]}, "INVALID_DATA", {"maximum_length": 1}),
        ("/users/1002", {"users": "Ada"}, "INVALID_DATA", {"expected_data_type": "jsonarray"}),
    ],
)
async def test_a_body_that_is_wrong_as_a_whole(
    tmp_path: Path, path: str, body: Any, code: str, details: dict[str, Any]
) -> None:
    async with guests(tmp_path) as both:
        assert details.items() <= error(await both.own.ask("PUT", path, body), 400, code).items()
