"""Notes of a record (W 7.6): the URL says whose they are, whatever their bodies say."""

from pathlib import Path
from typing import Any

import pytest

from tests.web.api.guests import Guest, error, guests, only, standard
from tests.web.house import House

FIELDS = {"fields": "Note_Title,Note_Content"}
NO_IDS = ("x", "9" * 19)
UNKNOWN = "the related id given seems to be invalid"


async def note(guest: Guest, path: str, **values: Any) -> str:
    """The id of a new note of the record at that path."""
    answer = await guest.ask("POST", f"{path}/Notes", {"data": [{"Note_Content": "They called", **values}]})
    number: str = only(answer, 201)["details"]["id"]
    return number


async def test_a_note_is_written_read_changed_and_deleted(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path = f"/Contacts/{world.contact.id}"
        assert (await own.get(f"{path}/Notes", **FIELDS)).status_code == 204
        item = {"Note_Title": "First", "Note_Content": "They called\nand asked for a price"}
        made = only(await own.ask("POST", f"{path}/Notes", {"data": [item]}), 201)
        assert (made["message"], made["details"]["Created_By"]["name"]) == ("record added", "Ada Byron")
        number = made["details"]["id"]
        listed = await own.get(f"{path}/Notes", **FIELDS)
        assert listed.json()["data"] == [{**item, "$se_module": "Contacts", "id": number}]
        assert listed.json()["info"]["count"] == 1
        read = only(await own.get(f"{path}/Notes/{number}"), 200)
        assert read["Parent_Id"] == {"name": "Cleo Dahl", "id": str(world.contact.id)}
        assert (read["$se_module"], read["Owner"]["name"]) == ("Contacts", "Ada Byron")
        assert only(await own.get(f"{path}/Notes/{number}", fields="Note_Title"), 200).keys() == {
            *("Note_Title", "$se_module", "id")
        }
        later = {"If-Modified-Since": "2999-01-01T00:00:00Z"}
        assert (await own.ask("GET", f"{path}/Notes/{number}", headers=later)).status_code == 304
        change = {"data": [{"Note_Title": None, "id": "7"}]}
        assert only(await own.ask("PUT", f"{path}/Notes/{number}", change), 200)["message"] == "record updated"
        read = only(await own.get(f"{path}/Notes/{number}"), 200)
        assert (read["Note_Title"], read["Note_Content"]) == (None, item["Note_Content"])
        gone = only(await own.ask("DELETE", f"{path}/Notes/{number}"), 200)
        assert (gone["message"], gone["details"]) == ("record deleted", {"id": number})
        assert (await own.get(f"{path}/Notes/{number}")).status_code == 204
        assert (await own.get(f"{path}/Notes", **FIELDS)).status_code == 204


async def test_the_url_says_whose_a_note_is(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path, elsewhere = f"/Contacts/{world.contact.id}", {"id": str(world.company.id)}
        number = await note(own, path, Parent_Id=elsewhere)
        sent = {"data": [{"Note_Title": "Moved?", "Parent_Id": elsewhere, "$se_module": "Accounts"}]}
        only(await own.ask("PUT", f"{path}/Notes/{number}", sent), 200)
        read = only(await own.get(f"/Notes/{number}"), 200)
        assert (read["Parent_Id"]["id"], read["Note_Title"]) == (str(world.contact.id), "Moved?")
        assert (await own.get(f"/Accounts/{world.company.id}/Notes", **FIELDS)).status_code == 204
        # A null would leave the note without a record.
        only(await own.ask("PUT", f"{path}/Notes/{number}", {"data": [{"Parent_Id": None}]}), 200)
        assert (await own.get(f"{path}/Notes", **FIELDS)).json()["info"]["count"] == 1


async def test_notes_of_each_module_that_has_them(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        task = only(await own.insert("Tasks", {"Subject": "Call back"}), 201)["details"]["id"]
        product = only(await own.insert("Products", {"Product_Name": "Chair"}), 201)["details"]["id"]
        parents = [
            f"/Accounts/{world.company.id}",
            f"/Pipelines/{world.deal.id}",
            f"/Tasks/{task}",
            f"/Products/{product}",
        ]
        for path in parents:
            number = await note(own, path)
            read = only(await own.get(f"{path}/Notes", **FIELDS), 200)
            assert (read["id"], read["$se_module"]) == (number, path.split("/")[1])
        deal = f"/crm/v8/Deals/{world.deal.id}"
        assert only(await own.get(f"{deal}/Notes", **FIELDS), 200)["$se_module"] == "Deals"
        assert await note(own, deal)
        for answer in (
            await own.get(f"/Notes/{number}/Notes", **FIELDS),
            await own.ask("POST", f"/Notes/{number}/Notes", {"data": [{"Note_Content": "Of a note"}]}),
            await own.get(f"/Notes/{number}/Notes/{number}"),
        ):
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}


async def test_a_batch_is_answered_item_by_item(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        path = f"/Contacts/{both.own.world.contact.id}/Notes"
        items = [{"Note_Content": "Good"}, {"Note_Title": "Empty"}, 5, {"Note_Content": "x" * 32_001}]
        answer = await both.own.ask("POST", path, {"data": items})
        assert answer.status_code == 207
        assert [each["code"] for each in answer.json()["data"]] == [
            *("SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA", "INVALID_DATA"),
        ]
        assert answer.json()["data"][1]["details"] == {
            "api_name": "Note_Content",
            "json_path": "$.data[1].Note_Content",
        }
        many = await both.own.ask("POST", path, {"data": [{"Note_Content": "x"}] * 101})
        assert error(many, 400, "INVALID_DATA")["maximum_length"] == 100


async def test_a_note_of_another_record_is_none_of_this_one(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        number = await note(own, f"/Accounts/{world.company.id}")
        path = f"/Contacts/{world.contact.id}/Notes"
        for each in (number, "7", *NO_IDS, str(world.contact.id)):
            assert (await own.get(f"{path}/{each}")).status_code == (400 if each in NO_IDS else 204)
            changed = only(await own.ask("PUT", f"{path}/{each}", {"data": [{"Note_Title": "Mine"}]}), 400)
            assert changed["message"] == "the id given seems to be invalid"
            gone = only(await own.ask("DELETE", f"{path}/{each}"), 400)
            assert gone["details"] == {"id": each}
        read = only(await own.get(f"/Accounts/{world.company.id}/Notes/{number}"), 200)
        assert read["Note_Title"] is None


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "Notes?fields=Note_Title", None),
    ("POST", "Notes", {"data": [{"Note_Content": "x"}]}),
    ("GET", "Notes/{note}", None),
    ("PUT", "Notes/{note}", {"data": [{"Note_Title": "x"}]}),
    ("DELETE", "Notes/{note}", None),
]


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
async def test_a_record_that_is_none_has_no_notes(tmp_path: Path, method: str, rest: str, body: Any) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        number = await note(own, f"/Contacts/{world.contact.id}")
        for each in (both.other.world.contact.id, world.company.id, "5", "x"):
            answer = await own.ask(method, f"/Contacts/{each}/{rest.format(note=number)}", body)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}, each
            assert answer.json()["message"] == UNKNOWN


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
async def test_another_organisation_sees_and_changes_nothing(
    tmp_path: Path, database_url: str, method: str, rest: str, body: Any
) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own, both.other
        path = f"/Contacts/{own.world.contact.id}"
        number = await note(own, path, Note_Title="Ours")
        rest = rest.format(note=number)
        assert error(await other.ask(method, f"{path}/{rest}", body), 400, "INVALID_DATA") == {"resource_path_index": 1}
        answer = await other.ask(method, f"/Contacts/{other.world.contact.id}/{rest}", body)
        assert "Ours" not in answer.text
        read = only(await own.get(f"{path}/Notes", **FIELDS), 200)
        assert (read["id"], read["Note_Title"]) == (number, "Ours")


async def test_notes_are_deleted_with_their_record(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, path = both.own, f"/Contacts/{both.own.world.contact.id}"
        numbers = [
            await note(own, path),
            await note(own, path),
            await note(own, f"/Accounts/{both.own.world.company.id}"),
        ]
        only(await own.ask("DELETE", path), 200)
        assert [(await own.get(f"/Notes/{each}")).status_code for each in numbers] == [204, 204, 200]


async def test_a_standard_user_may_do_it_too(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben, path = await standard(both.own), f"/Contacts/{both.own.world.contact.id}"
        number = await note(ben, path)
        assert only(await ben.ask("PUT", f"{path}/Notes/{number}", {"data": [{"Note_Title": "x"}]}), 200)
        assert only(await ben.ask("DELETE", f"{path}/Notes/{number}"), 200)


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
async def test_two_scopes_at_once_are_needed(tmp_path: Path, method: str, rest: str, body: Any) -> None:
    async with guests(tmp_path) as both:
        own, path = both.own, f"/Contacts/{both.own.world.contact.id}"
        rest = rest.format(note=await note(own, path))
        home: House = own.house
        of_module, of_notes = "ZohoBigin.modules.contacts.ALL", "ZohoBigin.modules.notes.ALL"
        for scopes in (of_module, of_notes, f"{of_notes},ZohoBigin.modules.accounts.ALL"):
            answer = await own.ask(method, f"{path}/{rest}", body, headers=await home.headers(scopes))
            error(answer, 401, "OAUTH_SCOPE_MISMATCH")
        answer = await own.ask(method, f"{path}/{rest}", body, headers=await home.headers(f"{of_module},{of_notes}"))
        assert answer.status_code in (200, 201), answer.text
