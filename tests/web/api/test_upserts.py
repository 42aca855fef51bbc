"""Upserts at a running server: who is there is changed, who is not is made, and each item is told which."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.api.guests import Guest, error, guests, only


async def upsert(guest: Guest, *items: Any, module: str = "Contacts", **more: Any) -> httpx.Response:
    return await guest.ask("POST", f"/{module}/upsert", {"data": list(items), **more})


def told(item: dict[str, Any]) -> tuple[str, str | None, str]:
    """What an upsert tells of an item: what it did, by which field, and in which words."""
    return item["action"], item["duplicate_field"], item["message"]


NEW, OLD = ("insert", None, "record added"), ("update", "Email", "record updated")


async def test_who_is_there_is_changed_and_who_is_not_is_made(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, contact = both.own, both.own.world.contact
        email = str(contact.email).upper()
        answer = await upsert(
            own, {"Last_Name": "Changed", "Email": email}, {"Last_Name": "Made", "Email": "m@x.example"}
        )
        assert answer.status_code == 200
        changed, made = answer.json()["data"]
        assert (told(changed), changed["details"]["id"]) == (OLD, str(contact.id))
        assert told(made) == NEW
        read = only(await own.get(f"/Contacts/{contact.id}"), 200)
        # What was not named stays.
        assert (read["Full_Name"], read["Email"], read["Account_Name"]["name"]) == ("Cleo Changed", email, "Northwind")
        assert read["Created_Time"] < read["Modified_Time"]
        assert only(await own.get(f"/Contacts/{made['details']['id']}"), 200)["Email"] == "m@x.example"


async def test_items_of_one_call_meet_each_other(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        items = [
            {"Last_Name": "First", "Email": "one@x.example", "Title": "kept"},
            {"Last_Name": "Second", "Email": "ONE@x.example"},
            {"Last_Name": "Other", "Email": "two@x.example"},
            {"Last_Name": "Nameless"},
            {"Last_Name": "Nameless"},
        ]
        data = (await upsert(both.own, *items)).json()["data"]
        assert [told(each) for each in data] == [NEW, OLD, NEW, NEW, NEW]
        ids = [each["details"]["id"] for each in data]
        assert ids[0] == ids[1]
        assert len(set(ids)) == 4
        read = only(await both.own.get(f"/Contacts/{ids[0]}"), 200)
        assert (read["Last_Name"], read["Title"], read["Email"]) == ("Second", "kept", "ONE@x.example")
        listed = await both.own.get("/Contacts", fields="Last_Name")
        assert listed.json()["info"]["count"] == 5


async def test_another_organisation_s_record_is_nobody(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        theirs = both.other.world.contact
        made = only(await upsert(both.own, {"Last_Name": "Mine", "Email": theirs.email}), 200)
        assert told(made) == NEW
        assert only(await both.other.get(f"/Contacts/{theirs.id}"), 200)["Last_Name"] == "Dahl"


async def test_the_unique_fields_of_other_modules(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own = both.own
        deal = {"Deal_Name": "BIG ORDER", "Stage": "Closed Won", "Amount": 5}
        for module, item, field, number in (
            ("Pipelines", deal, "Deal_Name", own.world.deal.id),
            ("Accounts", {"Account_Name": "northwind", "Phone": "1"}, "Account_Name", own.world.company.id),
        ):
            item_of = only(await upsert(own, item, module=module), 200)
            assert (item_of["action"], item_of["duplicate_field"], item_of["details"]["id"]) == (
                "update",
                field,
                str(number),
            )
        read = only(await own.get(f"/Pipelines/{own.world.deal.id}"), 200)
        assert (read["Deal_Name"], read["Stage"], read["Contact_Name"]["name"]) == (
            "BIG ORDER",
            "Closed Won",
            "Cleo Dahl",
        )
        assert read["Sub_Pipeline"] is None  # what a new deal would have by itself changes nothing here


async def test_the_fields_to_check_by_may_be_named(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, contact = both.own, both.own.world.contact
        item = {"Last_Name": "New", "Email": contact.email}
        assert told(only(await upsert(own, item, duplicate_check_fields=["Email"]), 200)) == OLD
        # By none it is new, and its address is taken.
        assert only(await upsert(own, item, duplicate_check_fields=[]), 400)["code"] == "DUPLICATE_DATA"
        wrong: list[tuple[Any, str]] = [
            (["Email", "Last_Name"], "$.duplicate_check_fields[1]"),
            ([5], "$.duplicate_check_fields[0]"),
            ([["Email"]], "$.duplicate_check_fields[0]"),
            ([None], "$.duplicate_check_fields[0]"),
        ]
        for fields, path in wrong:
            details = error(await upsert(own, item, duplicate_check_fields=fields), 400, "INVALID_DATA")
            assert (details["json_path"], details["supported_values"]) == (path, ["Email"])
        for fields in ("Email", 5, {"Email": 1}):
            details = error(await upsert(own, item, duplicate_check_fields=fields), 400, "INVALID_DATA")
            assert details["expected_data_type"] == "jsonarray"


async def test_faults_are_told_item_by_item(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, contact = both.own, both.own.world.contact
        answer = await upsert(
            own, {"Email": contact.email}, {"Email": "x@x.example"}, 7, {"Last_Name": 5, "Email": contact.email}
        )
        assert answer.status_code == 207
        there, nameless, nothing, wrong = answer.json()["data"]
        # Who is there has a name already.
        assert told(there) == OLD
        assert (nameless["code"], nameless["details"]["json_path"]) == ("MANDATORY_NOT_FOUND", "$.data[1].Last_Name")
        assert nothing["details"] == {"expected_data_type": "jsonobject"}
        assert (wrong["code"], wrong["details"]["json_path"]) == ("INVALID_DATA", "$.data[3].Last_Name")
        assert not {"action", "duplicate_field"} & (nameless.keys() | wrong.keys())


@pytest.mark.parametrize(("body", "path"), [({}, "$.data"), ({"data": [{}] * 101}, "$.data")])
async def test_a_body_that_is_wrong_as_a_whole(tmp_path: Path, body: Any, path: str) -> None:
    async with guests(tmp_path) as both:
        answer = await both.own.ask("POST", "/Contacts/upsert", body)
        assert (answer.status_code, answer.json()["details"]["json_path"]) == (400, path)
        triggers: list[Any] = ["workflow", [5], {}]
        for trigger in triggers:
            answer = await upsert(both.own, {"Last_Name": "X"}, trigger=trigger)
            assert error(answer, 400, "INVALID_DATA")["json_path"] == "$.trigger"
