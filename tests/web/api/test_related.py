"""Related lists (W 7.6): what is in them, who is put into them and taken out, and that another organisation is not."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.api.guests import Guest, error, guests, only, standard
from tests.world import add, record

FIELDS = {"fields": "Last_Name"}
UNKNOWN = "the related id given seems to be invalid"
ACTIVITIES: dict[str, dict[str, str]] = {
    "Tasks": {"Subject": "Call back"},
    "Events": {
        "Event_Title": "Visit",
        "Start_DateTime": "2026-01-01T10:00:00+00:00",
        "End_DateTime": "2026-01-01T11:00:00+00:00",
    },
    "Calls": {
        "Subject": "Order",
        "Call_Type": "Inbound",
        "Call_Start_Time": "2026-01-01T10:00:00+00:00",
        "Call_Duration": "03:00",
    },
}


async def made(guest: Guest, module: str, **values: Any) -> str:
    """The id of a new record."""
    number: str = only(await guest.insert(module, values), 201)["details"]["id"]
    return number


def listed(answer: httpx.Response) -> list[str]:
    """The ids of a page; nothing for 204."""
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def test_a_list_holds_those_whose_lookup_leads_to_the_record(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        company = f"/Accounts/{world.company.id}"
        second = await made(own, "Contacts", Last_Name="Weber", Account_Name={"id": str(world.company.id)})
        await made(own, "Contacts", Last_Name="Nobody's")
        answer = await own.get(f"{company}/Contacts", **FIELDS)
        assert answer.json()["data"] == [
            {"Last_Name": "Weber", "id": second},
            {"Last_Name": "Dahl", "id": str(world.contact.id)},
        ]
        info = answer.json()["info"]
        assert (info["count"], info["more_records"], info["page"], info["next_page_token"]) == (2, False, 1, None)
        deals = await own.get(f"{company}/Pipelines", fields="Deal_Name")
        assert deals.json()["data"] == [{"Deal_Name": "Big order", "id": str(world.deal.id)}]
        deals = await own.get(f"/Contacts/{world.contact.id}/Pipelines", fields="Deal_Name")
        assert listed(deals) == [str(world.deal.id)]
        assert listed(await own.get(f"/Contacts/{second}/Pipelines", fields="Deal_Name")) == []


async def test_a_deal_s_contact_is_its_own(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path = f"/Pipelines/{world.deal.id}/Contacts"
        assert listed(await own.get(path, **FIELDS)) == [str(world.contact.id)]
        later = {"If-Modified-Since": "2999-01-01T00:00:00Z"}
        assert (await own.ask("GET", path, params=FIELDS, headers=later)).status_code == 304
        other = await made(own, "Contacts", Last_Name="Weber")
        added = only(await own.ask("PUT", path, {"data": [{"id": other}]}), 200)
        assert added == {
            "code": "SUCCESS",
            "details": {"id": other},
            "message": "relation added",
            "status": "success",
        }
        assert listed(await own.get(path, **FIELDS)) == [other]
        many = await own.ask("PUT", path, {"data": [{"id": other}, {"id": str(world.contact.id)}]})
        assert error(many, 400, "INVALID_DATA")["maximum_length"] == 1
        gone = await own.ask("DELETE", f"{path}/{world.contact.id}")
        assert only(gone, 400)["message"] == "relation not found"
        assert only(await own.ask("DELETE", f"{path}/{other}"), 200)["message"] == "relation removed"
        assert listed(await own.get(path, **FIELDS)) == []
        assert only(await own.get(f"/Pipelines/{world.deal.id}"), 200)["Contact_Name"] is None
        wrong = only(await own.ask("PUT", path, {"data": [{"id": str(world.company.id)}]}), 400)
        assert wrong["details"] == {"api_name": "id", "json_path": "$.data[0].id"}


@pytest.mark.parametrize("module", ACTIVITIES)
async def test_activities_are_found_by_whom_and_by_what(tmp_path: Path, module: str) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        product = await made(own, "Products", Product_Name="Chair")
        parents: dict[str, dict[str, Any]] = {
            f"/Contacts/{world.contact.id}": {"Who_Id": {"id": str(world.contact.id)}},
            f"/Accounts/{world.company.id}": {"What_Id": {"id": str(world.company.id)}, "$se_module": "Accounts"},
            f"/Pipelines/{world.deal.id}": {"What_Id": {"id": str(world.deal.id)}},
            f"/Products/{product}": {"What_Id": {"id": product}},
        }
        numbers = {path: await made(own, module, **ACTIVITIES[module], **given) for path, given in parents.items()}
        for path, number in numbers.items():
            assert listed(await own.get(f"{path}/{module}", fields="Owner")) == [number]
            assert only(await own.ask("DELETE", f"{path}/{module}/{number}"), 200)["details"] == {"id": number}
            assert listed(await own.get(f"{path}/{module}", fields="Owner")) == []
            assert only(await own.ask("PUT", f"{path}/{module}", {"data": [{"id": number}]}), 200)
            assert listed(await own.get(f"{path}/{module}", fields="Owner")) == [number]


async def test_a_list_is_read_page_by_page_in_any_order(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path, company = f"/Accounts/{world.company.id}/Contacts", {"id": str(world.company.id)}
        names = [f"N{n}" for n in range(6)]
        await own.insert("Contacts", *({"Last_Name": name, "Account_Name": company} for name in names))
        ordered = {**FIELDS, "sort_by": "Last_Name", "sort_order": "asc", "per_page": "3"}
        first = await own.get(path, **ordered)
        assert [each["Last_Name"] for each in first.json()["data"]] == ["Dahl", "N0", "N1"]
        token = first.json()["info"]["next_page_token"]
        second = await own.get(path, **ordered, page_token=token)
        assert [each["Last_Name"] for each in second.json()["data"]] == ["N2", "N3", "N4"]
        third = await own.get(path, **ordered, page="3")
        assert [each["Last_Name"] for each in third.json()["data"]] == ["N5"]
        # A token leads on in its own list only.
        elsewhere = await own.get("/Contacts", **ordered, page_token=token)
        error(elsewhere, 400, "TOKEN_BOUND_DATA_MISMATCH")
        far = await own.get(path, **FIELDS, page="11")
        error(far, 400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
        assert (await own.get(path, **FIELDS, page="2")).status_code == 204


async def test_only_what_has_changed_since(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        path = f"/Accounts/{world.company.id}/Contacts"
        number = await made(own, "Contacts", Last_Name="Weber", Account_Name={"id": str(world.company.id)})
        # The world's contact is of October 2025, and the clock goes on from today.
        since = {"If-Modified-Since": "2025-12-01T00:00:00+01:00"}
        assert listed(await own.ask("GET", path, params=FIELDS, headers=since)) == [number]
        since = {"If-Modified-Since": "Tue, 01 Jan 2999 00:00:00 GMT"}
        answer = await own.ask("GET", path, params=FIELDS, headers=since)
        assert (answer.status_code, answer.content) == (304, b"")
        since = {"If-Modified-Since": "yesterday"}
        assert len(listed(await own.ask("GET", path, params=FIELDS, headers=since))) == 2


async def test_fields_must_be_named_but_for_old_prefixes(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        path = f"/Accounts/{world.company.id}/Contacts"
        assert error(await own.get(path), 400, "REQUIRED_PARAM_MISSING") == {"param_name": "fields"}
        assert error(await own.get(path, fields="x," * 50), 400, "LIMIT_EXCEEDED")["limit"] == 50
        old = await own.get(f"/bigin/v1{path}")
        assert old.json()["data"][0]["Email"] == world.contact.email


async def test_deals_are_called_as_the_prefix_has_it(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own, world = both.own, both.own.world
        path = f"/Accounts/{world.company.id}"
        assert listed(await own.get(f"/crm/v8{path}/Deals", fields="Deal_Name")) == [str(world.deal.id)]
        for wrong in (f"/crm/v8{path}/Pipelines", f"/bigin/v2{path}/Deals"):
            answer = await own.get(wrong, fields="Deal_Name")
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}
            assert answer.json()["message"] == "The relation name given seems to be invalid"


async def test_records_are_put_into_a_list_and_taken_out(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, world = both.own, both.own.world
        company = await made(own, "Accounts", Account_Name="Contoso")
        path = f"/Accounts/{company}/Contacts"
        weber = await made(own, "Contacts", Last_Name="Weber")
        mine, theirs = str(world.contact.id), str(both.other.world.contact.id)
        items = [{"id": weber}, {"id": int(mine)}, {"id": theirs}, {"id": company}, {}, 5, {"id": weber}]
        answer = await own.ask("PUT", path, {"data": items})
        assert answer.status_code == 207
        told = answer.json()["data"]
        assert [each["message"] for each in told] == [
            *("relation added", "relation added"),
            *["the id given seems to be invalid"] * 2,
            "required field not found",
            "the id given seems to be invalid",
            "relation added",
        ]
        assert told[2]["details"] == {"api_name": "id", "json_path": "$.data[2].id"}
        assert set(listed(await own.get(path, **FIELDS))) == {weber, mine}
        # The contact has left the company in which it was.
        assert listed(await own.get(f"/Accounts/{world.company.id}/Contacts", **FIELDS)) == []
        read = only(await own.get(f"/Contacts/{mine}"), 200)
        assert read["Account_Name"] == {"name": "Contoso", "id": company}
        assert read["Email"] == world.contact.email
        answer = await own.ask("DELETE", path, params={"ids": f"{weber},{theirs},x,{company}"})
        assert answer.status_code == 207
        assert [(each["message"], each["details"]) for each in answer.json()["data"]] == [
            ("relation removed", {"id": weber}),
            ("relation not found", {"id": theirs}),
            ("relation not found", {"id": "x"}),
            ("relation not found", {"id": company}),
        ]
        assert listed(await own.get(path, **FIELDS)) == [mine]
        assert only(await own.ask("DELETE", f"{path}/{weber}"), 400)["code"] == "INVALID_DATA"
        assert only(await own.ask("DELETE", f"{path}/{mine}"), 200)["message"] == "relation removed"
        # Parted, not deleted.
        assert only(await own.get(f"/Contacts/{mine}"), 200)["Account_Name"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "INVALID_DATA"),
        (b'{"data":[]}', "MANDATORY_NOT_FOUND"),
        (b'{"data":{}}', "INVALID_DATA"),
        (b'{"data":[' + b'{"id":"1"},' * 100 + b'{"id":"1"}]}', "INVALID_DATA"),
    ],
)
async def test_a_body_that_links_nothing(tmp_path: Path, body: bytes, code: str) -> None:
    async with guests(tmp_path) as both:
        path = f"/Accounts/{both.own.world.company.id}/Contacts"
        error(await both.own.ask("PUT", path, content=body), 400, code)


async def test_too_many_to_be_taken_out(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        path = f"/Accounts/{both.own.world.company.id}/Contacts"
        ids = ",".join(str(n) for n in range(1, 102))
        told = error(await both.own.ask("DELETE", path, params={"ids": ids}), 400, "INVALID_DATA")
        assert told == {"param_name": "ids", "limit": 100}
        told = error(await both.own.ask("DELETE", path), 400, "REQUIRED_PARAM_MISSING")
        assert told == {"param_name": "ids"}


CALLS: list[tuple[str, str, Any]] = [
    ("GET", "Contacts?fields=Last_Name", None),
    ("PUT", "Contacts", {"data": [{"id": "1009"}]}),
    ("DELETE", "Contacts?ids=1009", None),
    ("DELETE", "Contacts/1009", None),
]


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
async def test_a_record_that_is_none_has_no_lists(tmp_path: Path, method: str, rest: str, body: Any) -> None:
    async with guests(tmp_path) as both:
        own = both.own
        for number in (both.other.world.company.id, own.world.contact.id, 5, "x", "9" * 19):
            answer = await own.ask(method, f"/Accounts/{number}/{rest}", body)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}, number
            assert answer.json()["message"] == UNKNOWN
        answer = await own.ask(method, f"/Nothings/1/{rest}", body)
        assert error(answer, 400, "INVALID_MODULE") == {"resource_path_index": 0}
        for module in ("Contacts", "Products", "Notes"):
            answer = await own.ask(method, f"/{module}/1/{rest}", body)
            assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 2}


async def test_what_is_no_name_of_a_list_is_no_url(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for name in ("1", "Con-tacts", "%20", "a" * 101):
            answer = await both.own.get(f"/Accounts/{both.own.world.company.id}/{name}", **FIELDS)
            error(answer, 404, "INVALID_URL_PATTERN")


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
async def test_another_organisation_sees_and_changes_nothing(
    tmp_path: Path, database_url: str, method: str, rest: str, body: Any
) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own, both.other
        path = f"/Accounts/{own.world.company.id}"
        assert own.world.contact.id == 1009
        answer = await other.ask(method, f"{path}/{rest}", body)
        assert error(answer, 400, "INVALID_DATA") == {"resource_path_index": 1}
        # Nor by way of a record of theirs.
        answer = await other.ask(method, f"/Accounts/{other.world.company.id}/{rest}", body)
        assert str(own.world.contact.id) not in listed(answer) if method == "GET" else answer.status_code == 400
        assert listed(await own.get(f"{path}/Contacts", **FIELDS)) == [str(own.world.contact.id)]


async def test_a_standard_user_may_do_it_too(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        ben = await standard(both.own)
        path = f"/Accounts/{both.own.world.company.id}/Contacts"
        number = await made(ben, "Contacts", Last_Name="Weber")
        assert only(await ben.ask("PUT", path, {"data": [{"id": number}]}), 200)["code"] == "SUCCESS"
        assert number in listed(await ben.get(path, **FIELDS))
        # Many at once: nothing is deleted.
        assert only(await ben.ask("DELETE", path, params={"ids": number}), 200)["code"] == "SUCCESS"


async def test_a_lookup_into_another_organisation_shows_nothing(tmp_path: Path, database_url: str) -> None:
    """No call writes one; a list must not rely on that."""
    async with guests(tmp_path, database_url) as both:
        own, other = both.own.world, both.other.world
        fields: dict[str, object] = {"Last_Name": "Stray"}
        stray = record(77, other.org, other.user, "Contacts", name="Stray", fields=fields, account_id=own.company.id)
        await both.own.house.app.db.write(lambda tx: add(tx, stray))
        assert listed(await both.own.get(f"/Accounts/{own.company.id}/Contacts", **FIELDS)) == [str(own.contact.id)]
