"""Deleted records (W 7.6): who deleted what and when, the latest first, in one organisation."""

from pathlib import Path

import pytest

from tests.web.api.guests import Guest, error, guests, only, standard


async def delete(guest: Guest, module: str, *ids: int | str) -> None:
    for each in ids:
        only(await guest.ask("DELETE", f"/{module}/{each}"), 200)


async def test_what_is_deleted_is_told(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, contact = both.own, both.own.world.contact
        assert (await own.get("/Contacts/deleted")).status_code == 204
        ben = await standard(own)
        await delete(ben, "Contacts", contact.id)
        answer = await ben.get("/Contacts/deleted")
        told = only(answer, 200)
        assert told.pop("deleted_time").endswith("+00:00")
        assert told == {
            "deleted_by": {"name": "Ito", "id": str(own.world.colleague.id)},
            "id": str(contact.id),
            "display_name": "Cleo Dahl",
            "type": "permanent",
            "created_by": {"name": "Ada Byron", "id": str(own.world.user.id)},
        }
        assert answer.json()["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}
        # Of this module only, and what is there is not deleted.
        assert (await own.get("/Accounts/deleted")).status_code == 204
        # What only seemed to be deleted is not told.
        await own.ask("DELETE", "/Contacts/5")
        assert (await own.get("/Contacts/deleted")).json()["info"]["count"] == 1


async def test_page_by_page_the_latest_first(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        made = await own.insert("Products", *({"Product_Name": f"P{n}"} for n in range(3)))
        ids = [each["details"]["id"] for each in made.json()["data"]]
        await delete(own, "Products", *ids)
        first = await own.get("/Products/deleted", per_page="2")
        assert [each["display_name"] for each in first.json()["data"]] == ["P2", "P1"]
        assert first.json()["info"] == {"per_page": 2, "count": 2, "page": 1, "more_records": True}
        second = await own.get("/Products/deleted", per_page="2", page="2")
        assert [each["id"] for each in second.json()["data"]] == [ids[0]]
        assert second.json()["info"]["more_records"] is False
        assert (await own.get("/Products/deleted", per_page="2", page="3")).status_code == 204
        assert (await own.get("/Products/deleted", page="999999999")).status_code == 204


@pytest.mark.parametrize(("kind", "status"), [("all", 200), ("permanent", 200), ("recycle", 204)])
async def test_each_deletion_is_for_ever(tmp_path: Path, kind: str, status: int) -> None:
    async with guests(tmp_path) as both:
        await delete(both.own, "Contacts", both.own.world.contact.id)
        assert (await both.own.get("/Contacts/deleted", type=kind)).status_code == status


async def test_only_what_was_deleted_since(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        await delete(own, "Contacts", own.world.contact.id)
        for since, status in (("2025-01-01T00:00:00Z", 200), ("Tue, 01 Jan 2999 00:00:00 GMT", 304), ("soon", 200)):
            answer = await own.ask("GET", "/Contacts/deleted", headers={"If-Modified-Since": since})
            assert answer.status_code == status, since


async def test_notes_that_go_with_a_record_are_told_too(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, contact = both.own, both.own.world.contact
        item = {"Note_Content": "They called"}
        number = only(await own.ask("POST", f"/Contacts/{contact.id}/Notes", {"data": [item]}), 201)["details"]["id"]
        await delete(own, "Contacts", contact.id)
        told = only(await own.get("/Notes/deleted"), 200)
        assert (told["id"], told["display_name"]) == (number, None)


@pytest.mark.parametrize(
    ("asked", "named"),
    [({"type": "gone"}, "type"), ({"page": "0"}, "page"), ({"per_page": "-1"}, "per_page")],
)
async def test_a_parameter_that_is_wrong(tmp_path: Path, asked: dict[str, str], named: str) -> None:
    async with guests(tmp_path) as both:
        assert error(await both.own.get("/Contacts/deleted", **asked), 400, "INVALID_DATA")["param_name"] == named
        wrong = await both.own.get("/Nothings/deleted")
        assert error(wrong, 400, "INVALID_MODULE") == {"resource_path_index": 0}


async def test_another_organisation_is_told_nothing(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        await delete(both.own, "Contacts", both.own.world.contact.id)
        assert (await both.other.get("/Contacts/deleted")).status_code == 204
        await delete(both.other, "Contacts", both.other.world.contact.id)
        assert only(await both.other.get("/Contacts/deleted"), 200)["id"] == str(both.other.world.contact.id)
        assert only(await both.own.get("/Contacts/deleted"), 200)["id"] == str(both.own.world.contact.id)


async def test_the_module_s_scope_is_needed(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        home = both.own.house
        for scopes, status in (("ZohoBigin.modules.contacts.READ", 204), ("ZohoBigin.modules.contacts.DELETE", 401)):
            answer = await both.own.ask("GET", "/Contacts/deleted", headers=await home.headers(scopes))
            assert answer.status_code == status
