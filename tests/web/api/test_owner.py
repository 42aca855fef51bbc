"""Changes of owner (W 7.6): one record or up to 500, to an active user of the organisation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from postroom.store import users
from tests.web.api.guests import Guest, error, guests, only, standard


async def owner_of(guest: Guest, path: str) -> str:
    number: str = only(await guest.get(path), 200)["Owner"]["id"]
    return number


async def test_a_record_gets_another_owner(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path, ben = f"/Contacts/{world.contact.id}", str(world.colleague.id)
        body = {"owner": {"id": ben}, "notify": True}
        told = only(await own.ask("POST", f"{path}/actions/change_owner", body), 200)
        assert told == {
            "code": "SUCCESS",
            "details": {"id": str(world.contact.id)},
            "message": "owner is successfully updated",
            "status": "success",
        }
        read = only(await own.get(path), 200)
        assert (read["Owner"]["id"], read["Modified_By"]["name"], read["Email"]) == (
            *(ben, "Ada Byron", world.contact.email),
        )
        assert read["Modified_Time"] > read["Created_Time"]
        # It is found by its new owner, and by the old one no more.
        headers = await own.house.headers("ZohoBigin.modules.ALL,ZohoSearch.securesearch.READ")
        for number, status in ((ben, 200), (str(world.user.id), 204)):
            asked = {"criteria": f"(Owner:equals:{number})"}
            found = await own.ask("GET", "/Contacts/search", params=asked, headers=headers)
            assert found.status_code == status
        deal = f"/crm/v8/Deals/{world.deal.id}"
        assert only(await own.ask("POST", f"{deal}/actions/change_owner", {"owner": {"id": int(ben)}}), 200)
        assert await owner_of(own, deal) == ben


async def test_many_get_another_owner_by_one_call(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, ben = both.own, str(both.own.world.colleague.id)
        made = [await own.insert("Products", *({"Product_Name": f"{n}-{m}"} for m in range(100))) for n in range(5)]
        ids = [each["details"]["id"] for answer in made for each in answer.json()["data"]]
        answer = await own.ask("POST", "/Products/actions/change_owner", {"ids": ids, "owner": {"id": ben}})
        assert answer.status_code == 200
        assert [each["details"]["id"] for each in answer.json()["data"]] == ids
        for each in (ids[0], ids[-1]):
            assert await owner_of(own, f"/Products/{each}") == ben
        more = await own.ask("POST", "/Products/actions/change_owner", {"ids": [*ids, "1"], "owner": {"id": ben}})
        assert error(more, 400, "INVALID_DATA") == {
            "maximum_length": 500,
            "api_name": "ids",
            "json_path": "$.ids",
        }


async def test_each_record_is_answered_for(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        mine, theirs = world.contact.id, both.other.world.contact.id
        ids = [mine, str(theirs), "x", "5", str(world.company.id), str(mine)]
        body = {"ids": ids, "owner": {"id": str(world.colleague.id)}}
        answer = await own.ask("POST", "/Contacts/actions/change_owner", body)
        assert answer.status_code == 207
        told = answer.json()["data"]
        assert [each["code"] for each in told] == ["SUCCESS", *["INVALID_DATA"] * 4, "SUCCESS"]
        assert [each["details"] for each in told] == [{"id": str(each)} for each in ids]
        assert told[1]["message"] == "the id given seems to be invalid"
        assert await owner_of(own, f"/Accounts/{world.company.id}") == str(world.user.id)
        for number in (5, theirs, "x"):
            path = f"/Contacts/{number}/actions/change_owner"
            assert only(await own.ask("POST", path, {"owner": body["owner"]}), 400)["details"] == {"id": str(number)}


OWNER = {"id": "1003"}


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ([], "INVALID_DATA", None),
        ({}, "MANDATORY_NOT_FOUND", "$.owner"),
        ({"ids": ["1"]}, "MANDATORY_NOT_FOUND", "$.owner"),
        ({"owner": "1003", "ids": ["1"]}, "INVALID_DATA", "$.owner"),
        ({"owner": {}, "ids": ["1"]}, "MANDATORY_NOT_FOUND", "$.owner.id"),
        ({"owner": {"id": "x"}, "ids": ["1"]}, "INVALID_DATA", "$.owner.id"),
        ({"owner": {"id": "5"}, "ids": ["1"]}, "INVALID_DATA", "$.owner.id"),
        ({"owner": OWNER}, "MANDATORY_NOT_FOUND", "$.ids"),
        ({"owner": OWNER, "ids": []}, "MANDATORY_NOT_FOUND", "$.ids"),
        ({"owner": OWNER, "ids": "1"}, "INVALID_DATA", "$.ids"),
        ({"owner": OWNER, "ids": ["1", {}]}, "INVALID_DATA", "$.ids[1]"),
        (
            {"owner": OWNER, "ids": ["1"], "related_modules": [{"api_name": "Tasks", "id": "1"}]},
            *("FEATURE_NOT_SUPPORTED", "$.related_modules"),
        ),
    ],
)
async def test_a_body_that_is_wrong(tmp_path: Path, body: Any, code: str, path: str | None) -> None:
    async with guests(tmp_path) as both:
        assert both.own.world.colleague.id == 1003
        answer = await both.own.ask("POST", "/Contacts/actions/change_owner", body)
        assert error(answer, 400, code).get("json_path") == path


async def test_the_new_owner_is_an_active_user_of_the_organisation(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        await own.house.app.db.write(lambda tx: users.save(tx, replace(world.colleague, active=False)))
        path = f"/Contacts/{world.contact.id}"
        for number in (world.colleague.id, both.other.world.user.id, world.contact.id):
            answer = await own.ask("POST", f"{path}/actions/change_owner", {"owner": {"id": str(number)}})
            assert error(answer, 400, "INVALID_DATA") == {"api_name": "id", "json_path": "$.owner.id"}
        assert await owner_of(own, path) == str(world.user.id)


async def test_a_module_that_is_none(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for path in ("/Nothings/actions/change_owner", "/Nothings/1/actions/change_owner"):
            answer = await both.own.ask("POST", path, {"owner": OWNER, "ids": ["1"]})
            assert error(answer, 400, "INVALID_MODULE") == {"resource_path_index": 0}
        error(await both.own.get("/Contacts/actions/change_owner"), 400, "INVALID_REQUEST_METHOD")


async def test_another_organisation_changes_nothing(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own, both.other
        path, number = f"/Contacts/{own.world.contact.id}", str(own.world.contact.id)
        body = {"owner": {"id": str(other.world.colleague.id)}, "ids": [number]}
        for where in (f"{path}/actions/change_owner", "/Contacts/actions/change_owner"):
            assert only(await other.ask("POST", where, body), 400)["details"] == {"id": number}
        assert await owner_of(own, path) == str(own.world.user.id)


async def test_a_standard_user_may_do_it_too(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben, contact = await standard(both.own), both.own.world.contact
        body = {"owner": {"id": str(both.own.world.colleague.id)}, "ids": [str(contact.id)]}
        for path in (f"/Contacts/{contact.id}", "/Contacts"):
            assert only(await ben.ask("POST", f"{path}/actions/change_owner", body), 200)["code"] == "SUCCESS"
