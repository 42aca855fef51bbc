"""Files of records (W 3.3): one at a time, with one record of one organisation."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from postroom.mail.limits import FILE_OCTETS
from postroom.store.tables import enclosure, file
from tests.web.api.guests import Guest, error, guests, only, standard

FIELDS = {"fields": "File_Name,Size,Owner"}
NO_IDS = ("x", "9" * 19)
SHOWN = {"$file_id", "$type", "$editable", "$state", "$se_module", "id"}


async def attach(guest: Guest, path: str, *files: tuple[str, bytes]) -> httpx.Response:
    return await guest.ask("POST", f"{path}/Attachments", files=[("file", each) for each in files])


async def attached(guest: Guest, path: str, name: str = "offer.pdf", content: bytes = b"%PDF") -> str:
    """The id of a new file of the record at that path."""
    number: str = only(await attach(guest, path, (name, content)), 200)["details"]["id"]
    return number


async def rows(guest: Guest) -> tuple[int, int]:
    """How many files there are, and how many of them lie with records."""
    counts = [select(func.count()).select_from(table) for table in (file, enclosure)]
    one, other = await guest.house.app.db.read(lambda tx: [tx.execute(each).scalar_one() for each in counts])
    return one, other


async def test_a_file_is_attached_listed_downloaded_and_deleted(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path, ada = f"/Contacts/{world.contact.id}", {"name": "Ada Byron", "id": str(world.user.id)}
        assert (await own.get(f"{path}/Attachments", **FIELDS)).status_code == 204
        made = only(await attach(own, path, ("Übersicht.csv", b"a,b\r\n")), 200)
        assert (made["code"], made["message"], made["status"]) == (
            *("SUCCESS", "attachment uploaded successfully", "success"),
        )
        details = made["details"]
        assert details.keys() == {"Modified_Time", "Modified_By", "Created_Time", "id", "Created_By"}
        assert (details["Created_By"], details["Modified_By"]) == (ada, ada)
        listed = await own.get(f"/bigin/v1{path}/Attachments")
        entry = only(listed, 200)
        assert listed.json()["info"] == {"per_page": 200, "count": 1, "page": 1, "more_records": False}
        whose = {**ada, "email": world.user.email}
        assert len(entry.pop("$file_id")) == 64
        assert entry == {
            "Owner": whose,
            "Created_By": whose,
            "Modified_By": whose,
            "Created_Time": details["Created_Time"],
            "Modified_Time": details["Created_Time"],
            "File_Name": "Übersicht.csv",
            "Size": "5",
            "Parent_Id": {"name": "Cleo Dahl", "id": str(world.contact.id)},
            "id": details["id"],
            "$type": "File",
            "$editable": True,
            "$state": "save",
            "$se_module": "Contacts",
        }
        back = await own.get(f"{path}/Attachments/{details['id']}")
        assert (back.status_code, back.content) == (200, b"a,b\r\n")
        assert back.headers["content-type"] == "application/x-download"
        assert back.headers["content-disposition"] == (
            "attachment; filename=\"_bersicht.csv\"; filename*=UTF-8''%C3%9Cbersicht.csv"
        )
        assert back.headers["x-content-type-options"] == "nosniff"
        gone = only(await own.ask("DELETE", f"{path}/Attachments/{details['id']}"), 200)
        assert (gone["message"], gone["details"]) == ("record deleted", {"id": details["id"]})
        assert (await own.get(f"{path}/Attachments/{details['id']}")).status_code == 204
        assert await rows(own) == (0, 0)


async def test_files_are_listed_page_by_page_the_latest_first(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, path = both.own, f"/Accounts/{both.own.world.company.id}"
        numbers = [await attached(own, path, f"{n}.txt") for n in range(3)]
        first = await own.get(f"{path}/Attachments", **FIELDS, per_page="2")
        data = first.json()["data"]
        assert [each["id"] for each in data] == [numbers[2], numbers[1]]
        assert data[0].keys() == SHOWN | {"File_Name", "Size", "Owner"}
        assert first.json()["info"] == {"per_page": 2, "count": 2, "page": 1, "more_records": True}
        second = await own.get(f"{path}/Attachments", **FIELDS, per_page="2", page="2")
        assert [each["id"] for each in second.json()["data"]] == [numbers[0]]
        assert second.json()["info"] == {"per_page": 2, "count": 1, "page": 2, "more_records": False}
        assert (await own.get(f"{path}/Attachments", **FIELDS, page="2")).status_code == 204
        assert error(await own.get(f"{path}/Attachments"), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "fields"}
        assert error(await own.get(f"{path}/Attachments", fields="x," * 50), 400, "LIMIT_EXCEEDED")["limit"] == 50
        for wrong in ({"page": "0"}, {"per_page": "x"}):
            assert error(await own.get(f"{path}/Attachments", **FIELDS, **wrong), 400, "INVALID_DATA")


async def test_one_file_of_20_mb_at_the_most(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, path = both.own, f"/Contacts/{both.own.world.contact.id}"
        number = await attached(own, path, "max.bin", b"x" * FILE_OCTETS)
        assert len((await own.get(f"{path}/Attachments/{number}")).content) == FILE_OCTETS
        over = await attach(own, path, ("over.bin", b"x" * (FILE_OCTETS + 1)))
        assert error(over, 415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE") == {"limit": FILE_OCTETS}
        two = await attach(own, path, ("a", b"1"), ("b", b"2"))
        assert error(two, 400, "INVALID_REQUEST") == {"limit": 1}
        assert await rows(own) == (1, 1)


@pytest.mark.parametrize("given", [{}, {"data": {"file": "no file"}}, {"files": {"upload": ("a", b"1")}}])
async def test_a_body_without_a_file(tmp_path: Path, given: dict[str, Any]) -> None:
    async with guests(tmp_path) as both:
        path = f"/Contacts/{both.own.world.contact.id}/Attachments"
        answer = await both.own.ask("POST", path, **given)
        assert list(error(answer, 400, "failure_in_attachment_handling")) == ["reason"]
        assert await rows(both.own) == (0, 0)


async def test_files_of_each_module_that_has_them(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        task = only(await own.insert("Tasks", {"Subject": "Call back"}), 201)["details"]["id"]
        for path in (f"/Pipelines/{world.deal.id}", f"/crm/v8/Deals/{world.deal.id}", f"/Tasks/{task}"):
            number = await attached(own, path)
            entry = (await own.get(f"{path}/Attachments", **FIELDS)).json()["data"][0]
            assert (entry["id"], entry["$se_module"]) == (number, path.split("/")[-2])
        note = {"Note_Content": "x", "Parent_Id": {"id": str(world.contact.id)}}
        number = only(await own.insert("Notes", note), 201)["details"]["id"]
        refused = await attach(own, f"/Notes/{number}", ("a", b"1"))
        assert error(refused, 400, "INVALID_DATA") == {"resource_path_index": 2}


async def test_a_file_of_a_record_can_be_sent(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        path = f"/Contacts/{world.contact.id}"
        number = await attached(own, path)
        file_id = only(await own.get(f"{path}/Attachments", **FIELDS), 200)["$file_id"]
        mail = {
            "from": {"email": world.sender.email},
            "to": [{"email": world.contact.email}],
            "subject": "Offer",
            "content": "",
            "attachments": [{"id": file_id}],
        }
        sent = only(await own.ask("POST", f"{path}/actions/send_mail", {"data": [mail]}), 200)
        # The mail goes on showing it.
        assert only(await own.ask("DELETE", f"{path}/Attachments/{number}"), 200)
        shown = await own.get(f"{path}/Emails/{sent['details']['message_id']}")
        assert shown.json()["Emails"][0]["attachments"] == [{"id": file_id, "name": "offer.pdf", "size": "4"}]
        assert (await own.get("/files", id=file_id)).content == b"%PDF"


async def test_files_are_deleted_with_their_record(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, path = both.own, f"/Contacts/{both.own.world.contact.id}"
        await attached(own, path)
        kept = await attached(own, f"/Accounts/{both.own.world.company.id}")
        assert only(await own.ask("DELETE", path), 200)
        assert await rows(own) == (1, 1)
        # Equal content is kept once, and is still there for the other.
        back = await own.get(f"/Accounts/{both.own.world.company.id}/Attachments/{kept}")
        assert back.content == b"%PDF"


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "Attachments?fields=File_Name", {}),
    ("POST", "Attachments", {"files": {"file": ("a", b"1")}}),
    ("GET", "Attachments/{file}", {}),
    ("DELETE", "Attachments/{file}", {}),
]


@pytest.mark.parametrize(("method", "rest", "given"), CALLS)
async def test_a_record_that_is_none_has_no_files(
    tmp_path: Path, method: str, rest: str, given: dict[str, Any]
) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        rest = rest.format(file=await attached(own, f"/Contacts/{world.contact.id}"))
        for each in (both.other.world.contact.id, world.company.id, "5", "x"):
            answer = await own.ask(method, f"/Contacts/{each}/{rest}", **given)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}, each
            assert answer.json()["message"] == "the related id given seems to be invalid"
        assert await rows(own) == (1, 1)
        blobs = own.house.app.settings.data_dir / "blobs"
        assert len([each for each in blobs.rglob("*") if each.is_file()]) == 1


async def test_a_file_of_another_record_is_none_of_this_one(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        number = await attached(own, f"/Accounts/{world.company.id}")
        path = f"/Contacts/{world.contact.id}/Attachments"
        for each in (number, "7", *NO_IDS):
            assert (await own.get(f"{path}/{each}")).status_code == (400 if each in NO_IDS else 204)
            gone = await own.ask("DELETE", f"{path}/{each}")
            assert error(gone, 400, "INVALID_DATA") == {"resource_path_index": 3}
        assert await rows(own) == (1, 1)


@pytest.mark.parametrize(("method", "rest", "given"), CALLS)
async def test_another_organisation_sees_and_changes_nothing(
    tmp_path: Path, database_url: str, method: str, rest: str, given: dict[str, Any]
) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own, both.other
        path = f"/Contacts/{own.world.contact.id}"
        number = await attached(own, path, "secret.txt", b"secret")
        rest = rest.format(file=number)
        answer = await other.ask(method, f"{path}/{rest}", **given)
        assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}
        answer = await other.ask(method, f"/Contacts/{other.world.contact.id}/{rest}", **given)
        assert "secret" not in answer.text
        entry = only(await own.get(f"{path}/Attachments", **FIELDS), 200)
        assert entry["id"] == number
        assert error(await other.get("/files", id=entry["$file_id"]), 400, "INVALID_DATA")
        assert (await own.get(f"{path}/Attachments/{number}")).content == b"secret"


async def test_a_standard_user_may_do_it_too(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben, path = await standard(both.own), f"/Contacts/{both.own.world.contact.id}"
        number = await attached(ben, path)
        assert only(await ben.get(f"{path}/Attachments", **FIELDS), 200)["Owner"]["name"] == "Ito"
        assert only(await ben.ask("DELETE", f"{path}/Attachments/{number}"), 200)


@pytest.mark.parametrize(("method", "rest", "given"), CALLS)
async def test_two_scopes_at_once_are_needed(tmp_path: Path, method: str, rest: str, given: dict[str, Any]) -> None:
    async with guests(tmp_path) as both:
        own, path = both.own, f"/Contacts/{both.own.world.contact.id}"
        rest = rest.format(file=await attached(own, path))
        of_module, of_files = "ZohoBigin.modules.contacts.ALL", "ZohoBigin.modules.attachments.ALL"
        for scopes in (of_module, of_files, f"{of_module},ZohoBigin.files.ALL"):
            answer = await own.ask(method, f"{path}/{rest}", headers=await own.house.headers(scopes), **given)
            error(answer, 401, "OAUTH_SCOPE_MISMATCH")
        headers = await own.house.headers(f"{of_module},{of_files}")
        assert (await own.ask(method, f"{path}/{rest}", headers=headers, **given)).status_code == 200
