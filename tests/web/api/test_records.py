import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.web.api.guests import error, guests, only

CONTACT = {"Last_Name": "Weber", "Email": "Rita@Example.net"}


async def test_a_record_is_inserted_read_changed_and_deleted(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        company = {"id": str(world.company.id)}
        made = only(await own.insert("Contacts", {**CONTACT, "First_Name": "Rita", "Account_Name": company}), 201)
        details = made["details"]
        assert (made["code"], made["message"], made["status"]) == ("SUCCESS", "record added", "success")
        assert details["Created_By"] == details["Modified_By"] == {"name": "Ada Byron", "id": str(world.user.id)}
        assert details["Created_Time"] == details["Modified_Time"]
        assert details["Created_Time"].endswith("+00:00")
        path = f"/Contacts/{details['id']}"
        read = only(await own.get(path), 200)
        assert read["Full_Name"] == "Rita Weber"
        assert read["Account_Name"] == {"name": "Northwind", "id": str(world.company.id)}
        assert read["Owner"] == {"name": "Ada Byron", "id": str(world.user.id), "email": world.user.email}
        assert (read["Email"], read["Phone"], read["Email_Opt_Out"]) == ("Rita@Example.net", None, False)
        change = {"data": [{"Phone": "+49 30 1", "Account_Name": None, "id": "7"}]}
        assert only(await own.ask("PUT", path, change), 200)["message"] == "record updated"
        read = only(await own.get(path, fields="Phone,Account_Name,Last_Name,Nothing"), 200)
        assert read == {"Phone": "+49 30 1", "Account_Name": None, "Last_Name": "Weber", "id": details["id"]}
        gone = only(await own.ask("DELETE", path), 200)
        assert (gone["message"], gone["details"]) == ("record deleted", {"id": details["id"]})
        absent = await own.get(path)
        assert (absent.status_code, absent.content, absent.headers.get("content-type")) == (204, b"", None)


async def test_a_batch_is_answered_item_by_item(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.insert("Contacts", CONTACT, {"Email": "nobody"}, 5, {"Last_Name": 7})
        assert answer.status_code == 207
        added, several, no_object, wrong = answer.json()["data"]
        assert added["code"] == "SUCCESS"
        assert several["code"] == "MULTIPLE_OR_MULTI_ERRORS"
        assert [(each["code"], each["details"]) for each in several["details"]["errors"]] == [
            ("MANDATORY_NOT_FOUND", {"api_name": "Last_Name", "json_path": "$.data[1].Last_Name"}),
            (
                "INVALID_DATA",
                {"expected_data_type": "email", "api_name": "Email", "json_path": "$.data[1].Email"},
            ),
        ]
        assert no_object["details"] == {"expected_data_type": "jsonobject"}
        assert wrong["details"]["json_path"] == "$.data[3].Last_Name"
        assert (await both.own.insert("Contacts", {})).status_code == 400


@pytest.mark.parametrize(
    ("body", "code", "details"),
    [
        (b"", "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        (b"{", "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        (b"[]", "INVALID_DATA", {"expected_data_type": "jsonobject"}),
        (b"{}", "MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"}),
        (b'{"data":null}', "MANDATORY_NOT_FOUND", {"api_name": "data"}),
        (b'{"data":[]}', "MANDATORY_NOT_FOUND", {"api_name": "data"}),
        (b'{"data":{}}', "INVALID_DATA", {"expected_data_type": "jsonarray", "api_name": "data"}),
        (b'{"data":[' + b"{}," * 100 + b"{}]}", "INVALID_DATA", {"maximum_length": 100}),
    ],
)
async def test_a_body_that_is_wrong_as_a_whole(tmp_path: Path, body: bytes, code: str, details: Any) -> None:
    async with guests(tmp_path) as both:
        for method, path in (("POST", "/Contacts"), ("PUT", "/Contacts")):
            told = error(await both.own.ask(method, path, content=body), 400, code)
            assert told | details == told


async def test_lookups_and_owners_lead_somewhere_in_the_organisation(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own.world, both.other.world
        for name, number in (
            ("Account_Name", other.company.id),
            ("Account_Name", own.contact.id),
            ("Account_Name", 5),
            ("Owner", other.user.id),
        ):
            answer = only(await both.own.insert("Contacts", {"Last_Name": "X", name: {"id": number}}), 400)
            assert (answer["code"], answer["details"]["api_name"]) == ("INVALID_DATA", name)
        answer = only(await both.own.insert("Contacts", {"Last_Name": "X", "Owner": str(own.colleague.id)}), 201)
        read = only(await both.own.get(f"/Contacts/{answer['details']['id']}"), 200)
        assert read["Owner"]["name"] == "Ito"
        deal = {
            "Deal_Name": "D",
            "Stage": "Qualification",
            "Contact_Name": own.contact.id,
            "Amount": 12.5,
            "Closing_Date": "2026-01-31",
        }
        made = only(await both.own.insert("Pipelines", deal), 201)
        read = only(await both.own.get(f"/Pipelines/{made['details']['id']}"), 200)
        assert (read["Contact_Name"]["name"], read["Amount"], read["Closing_Date"]) == ("Cleo Dahl", 12.5, "2026-01-31")


async def test_an_address_belongs_to_one_contact(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        answer = await own.insert("Contacts", CONTACT, {"Last_Name": "Double", "Email": "rita@EXAMPLE.net"})
        assert answer.status_code == 207
        first, second = answer.json()["data"]
        number = first["details"]["id"]
        assert (second["code"], second["message"]) == ("DUPLICATE_DATA", "duplicate data")
        details = second["details"]
        assert (details["id"], details["api_name"], details["json_path"]) == (number, "Email", "$.data[1].Email")
        assert details["duplicate_record"]["id"] == number
        assert details["duplicate_record"]["module"]["api_name"] == "Contacts"
        assert details["duplicate_record"]["Owner"] == {"name": "Ada Byron", "id": str(own.world.user.id)}
        again = only(await own.insert("Contacts", CONTACT), 400)
        assert again["details"]["duplicate_record"]["id"] == number
        taken = {"data": [{"Email": own.world.contact.email}]}
        assert only(await own.ask("PUT", f"/Contacts/{number}", taken), 400)["code"] == "DUPLICATE_DATA"
        same = {"data": [{"Email": "RITA@example.net"}]}
        assert only(await own.ask("PUT", f"/Contacts/{number}", same), 200)["code"] == "SUCCESS"
        # Another organisation knows nothing of it.
        assert only(await both.other.insert("Contacts", CONTACT), 201)["code"] == "SUCCESS"


async def test_an_address_given_up_in_a_batch_is_free_for_the_next_item(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.insert("Contacts", CONTACT, {"Last_Name": "Next"})
        first, second = (each["details"]["id"] for each in answer.json()["data"])
        changes = [{"id": first, "Email": None}, {"id": second, "Email": CONTACT["Email"]}]
        assert (await both.own.ask("PUT", "/Contacts", {"data": changes})).status_code == 200


async def test_of_many_who_insert_one_address_at_once_one_wins(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        answers = await asyncio.gather(*(both.own.insert("Contacts", CONTACT) for _ in range(20)))
        assert sorted(each.status_code for each in answers) == [201] + [400] * 19


async def test_many_are_changed_by_the_ids_inside(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, contact = both.own, both.own.world.contact
        items = [
            {"id": contact.id, "Title": "CEO"},
            {"id": str(contact.id), "Phone": "1"},
            {"id": str(both.other.world.contact.id), "Title": "CEO"},
            {"Title": "CEO"},
        ]
        answer = await own.ask("PUT", "/Contacts", {"data": items})
        assert answer.status_code == 207
        assert [each["code"] for each in answer.json()["data"]] == [
            "SUCCESS",
            "SUCCESS",
            "INVALID_DATA",
            "MANDATORY_NOT_FOUND",
        ]
        assert answer.json()["data"][2]["message"] == "the id given seems to be invalid"
        read = only(await own.get(f"/Contacts/{contact.id}"), 200)
        assert (read["Title"], read["Phone"], read["Last_Name"]) == ("CEO", "1", "Dahl")
        theirs = only(await both.other.get(f"/Contacts/{both.other.world.contact.id}"), 200)
        assert theirs["Title"] is None


async def test_many_are_deleted_by_ids(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        mine, theirs = own.world.contact.id, both.other.world.contact.id
        answer = await own.ask("DELETE", "/Contacts", params={"ids": f"{mine},{theirs},x,{mine}"})
        assert answer.status_code == 207
        assert [(each["code"], each["details"]["id"]) for each in answer.json()["data"]] == [
            ("SUCCESS", str(mine)),
            ("INVALID_DATA", str(theirs)),
            ("INVALID_DATA", "x"),
        ]
        assert only(await both.other.get(f"/Contacts/{theirs}"), 200)["Last_Name"] == "Dahl"
        # A lookup to what is gone shows nothing.
        assert only(await own.get(f"/Pipelines/{own.world.deal.id}"), 200)["Contact_Name"] is None
        assert error(await own.ask("DELETE", "/Contacts"), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "ids"}
        many = ",".join(map(str, range(1, 102)))
        assert error(await own.ask("DELETE", "/Contacts", params={"ids": many}), 400, "INVALID_DATA")


async def test_another_organisation_s_record_is_not_there(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        path = f"/Contacts/{both.other.world.contact.id}"
        assert (await both.own.get(path)).status_code == 204
        for method, body in (("PUT", {"data": [{"Title": "x"}]}), ("DELETE", None)):
            answer = only(await both.own.ask(method, path, body), 400)
            assert answer["message"] == "the id given seems to be invalid"
        listed = (await both.own.get("/Contacts", fields="Email")).json()["data"]
        assert [each["id"] for each in listed] == [str(both.own.world.contact.id)]


async def test_deals_and_pipelines_are_one_module(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        number = str(both.own.world.deal.id)
        for path in (f"/crm/v8/Deals/{number}", f"/bigin/v1/Deals/{number}", f"/bigin/v2/Pipelines/{number}"):
            assert only(await both.own.get(path), 200)["Deal_Name"] == "Big order"
        for path in (f"/crm/v8/Pipelines/{number}", f"/bigin/v2/Deals/{number}", "/bigin/v2/Nothing/1"):
            assert error(await both.own.get(path), 400, "INVALID_MODULE") == {"resource_path_index": 0}


@pytest.mark.parametrize("number", ["x", "-1", "0", "9" * 19, "9" * 40, "1.0"])
async def test_what_cannot_be_an_id_is_refused(tmp_path: Path, number: str) -> None:
    async with guests(tmp_path) as both:
        for method, body in (("GET", None), ("PUT", {"data": [{}]})):
            told = error(await both.own.ask(method, f"/Contacts/{number}", body), 400, "INVALID_DATA")
            assert told == {"resource_path_index": 1}


async def test_times_stand_in_the_organisation_s_zone(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        contact = only(await both.own.get(f"/Contacts/{both.own.world.contact.id}"), 200)
        assert contact["Created_Time"] == "2025-10-09T08:53:20+00:00"
