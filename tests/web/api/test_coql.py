from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from postroom.record import CONTACTS
from postroom.store import fields
from postroom.store.fields import Draft
from tests.access.dance import granted
from tests.web.api.guests import Guest, error, guests, only

PEOPLE: Final = (
    {"Last_Name": "Abel", "First_Name": "Ann", "Email": "ann@abel.example", "Phone": "+49 (30) 11", "Tag": ["a", "b"]},
    {"Last_Name": "Beer", "Email": "bo@beer.example", "Phone": "030 12", "Email_Opt_Out": True},
    {"Last_Name": "Coe", "First_Name": "Ann", "Title": 'Ms. O\'Hara \\ "x"', "Tag": ["b"]},
    {"Last_Name": "abel", "Email": "eve@abel.example"},
)
DEALS: Final = (
    {"Deal_Name": "Small", "Stage": "Qualification", "Amount": 10, "Closing_Date": "2026-01-31"},
    {"Deal_Name": "Large", "Stage": "Closed Won", "Amount": 1000.5, "Closing_Date": "2026-02-01"},
    {"Deal_Name": "Debt", "Stage": "Closed Won", "Amount": -5},
)
# The world has a contact and a deal of its own.
DAHL: Final = "Dahl"
BIG: Final = "Big order"

OF_CONTACTS: Final[dict[str, list[str]]] = {
    "Last_Name = 'Abel'": ["Abel", "abel"],
    "Last_Name != 'abel'": [DAHL, "Beer", "Coe"],
    "Last_Name > 'Abel' and Last_Name < 'Dahl'": ["Beer", "Coe"],
    "Last_Name >= 'beer' and Last_Name <= 'COE'": ["Beer", "Coe"],
    "Last_Name between 'b' and 'coe'": ["Beer", "Coe"],
    "Last_Name not between 'b' and 'coe'": [DAHL, "Abel", "abel"],
    "Last_Name in ('Beer', 'dahl', 'nobody')": [DAHL, "Beer"],
    "Last_Name not in ('Beer', 'dahl')": ["Abel", "Coe", "abel"],
    "Last_Name like 'AB%'": ["Abel", "abel"],
    "Last_Name not like 'ab%'": [DAHL, "Beer", "Coe"],
    "Full_Name like 'ann a%'": ["Abel"],
    "Email like 'ann@%'": ["Abel"],
    "Email is null": ["Coe"],
    "Email is not null": [DAHL, "Abel", "Beer", "abel"],
    "Phone = '493011'": ["Abel"],
    "Phone like '(030)%'": ["Beer"],
    "Email_Opt_Out = true": ["Beer"],
    "Email_Opt_Out = 'false' and id > 1009": ["Abel", "Coe", "abel"],
    "Title = 'Ms. O''Hara \\\\ \"x\"'": ["Coe"],
    "Tag in ('a', 'b')": ["Abel", "Coe"],
    "Tag is null": [DAHL, "Beer", "abel"],
    "Account_Name = 1008": [DAHL],
    "Owner = 1002 and id > 1009": ["Abel", "Beer", "Coe", "abel"],
    "id = '1009'": [DAHL],
    "id in (1009, 17)": [DAHL],
    "id not in (1009)": ["Abel", "Beer", "Coe", "abel"],
    "id is null": [],
    "id is not null": [DAHL, "Abel", "Beer", "Coe", "abel"],
    "id between 1008 and 1009": [DAHL],
    "id <= 1009": [DAHL],
    "id < 1009": [],
    "id > 9223372036854775807": [],
    "id <= 9223372036854775807 and Last_Name = Coe": ["Coe"],
    "Created_Time > '2025-12-31T23:59:59+00:00'": ["Abel", "Beer", "Coe", "abel"],
    "Created_Time <= '2025-12-31T23:59:59Z'": [DAHL],
    "(Last_Name = 'Abel' and First_Name is null) or Last_Name = 'Coe'": ["Coe", "abel"],
    "Last_Name = 'Abel' and (First_Name = 'Ann' or Last_Name = 'Coe')": ["Abel"],
    "((First_Name = 'Ann' and Last_Name = 'Abel') or (Last_Name = 'Beer' and Phone = '03012')) or id = 1009": [
        DAHL,
        "Abel",
        "Beer",
    ],
}
OF_DEALS: Final[dict[str, list[str]]] = {
    "Amount > 9.5": ["Small", "Large"],
    "Amount <= 10": ["Small", "Debt"],
    "Amount between -5 and 10": ["Small", "Debt"],
    "Amount is null": [BIG],
    "Closing_Date < '2026-02-01'": ["Small"],
    "Stage = 'Closed Won' and Amount < 0": ["Debt"],
    "Deal_Name = 'LARGE'": ["Large"],
}


async def fill(guest: Guest) -> None:
    await guest.insert("Contacts", *PEOPLE)
    await guest.insert("Pipelines", *DEALS)


async def ask(guest: Guest, query: Any, **given: Any) -> httpx.Response:
    return await guest.ask("POST", given.pop("path", "/coql"), {"select_query": query}, **given)


async def names(guest: Guest, query: str, name: str = "Last_Name") -> list[str]:
    answer = await ask(guest, query)
    if answer.status_code == 204:
        return []
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["info"]["count"] == len(told["data"])
    return [each[name] for each in told["data"]]


async def test_each_condition_finds_what_it_says(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        await fill(both.own)
        for condition, expected in OF_CONTACTS.items():
            assert await names(both.own, f"select Last_Name from Contacts where {condition}") == expected, condition
        for condition, expected in OF_DEALS.items():
            found = await names(both.own, f"select Deal_Name from Pipelines where {condition}", "Deal_Name")
            assert found == expected, condition


async def test_the_columns_that_were_asked_for_and_the_id_are_answered(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        answer = await ask(both.own, "select Email, Account_Name, Created_Time from Contacts where Last_Name = Dahl")
        world = both.own.world
        assert answer.json() == {
            "data": [
                {
                    "Email": world.contact.email,
                    "Account_Name": {"name": "Northwind", "id": str(world.company.id)},
                    "Created_Time": "2025-10-09T08:53:20+00:00",
                    "id": str(world.contact.id),
                }
            ],
            "info": {"count": 1, "more_records": False},
        }
        assert only(await ask(both.own, "select id from Contacts where id > 1"), 200) == {"id": str(world.contact.id)}


async def test_a_field_of_ones_own_is_one_to_ask_for(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        app, org_id = both.own.house.app, both.own.world.org.id
        shoe = Draft(app.ids.number(), {"field_label": "Shoe Size", "data_type": "integer"})
        await app.db.write(lambda tx: fields.define(tx, org_id, CONTACTS, [shoe], now=1))
        await both.own.insert("Contacts", {"Last_Name": "Foot", "Shoe_Size": 46}, {"Last_Name": "Toe", "Shoe_Size": 35})
        query = "select Last_Name, Shoe_Size from Contacts where Shoe_Size > 40"
        assert only(await ask(both.own, query), 200)["Shoe_Size"] == 46
        assert error(await ask(both.other, query), 400, "INVALID_QUERY") == {"column_name": "Shoe_Size"}


async def test_order_and_pages(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        await fill(both.own)
        own = both.own
        everybody = "select Last_Name from Contacts where id is not null"
        assert await names(own, f"{everybody} order by id desc") == ["abel", "Coe", "Beer", "Abel", DAHL]
        assert await names(own, f"{everybody} order by Last_Name") == ["Abel", "abel", "Beer", "Coe", DAHL]
        assert await names(own, f"{everybody} order by Last_Name desc") == [DAHL, "Coe", "Beer", "abel", "Abel"]
        # Those without a value come last in either order.
        assert (await names(own, f"{everybody} order by Email"))[-1] == "Coe"
        assert (await names(own, f"{everybody} order by Email desc"))[-1] == "Coe"
        assert await names(own, f"{everybody} limit 1, 2") == ["Abel", "Beer"]
        assert await names(own, f"{everybody} limit 2 offset 1") == ["Abel", "Beer"]
        assert await names(own, f"{everybody} order by Last_Name limit 3, 200") == ["Coe", DAHL]
        assert await names(own, f"{everybody} limit 5, 200") == []
        for query, more in ((f"{everybody} limit 4", True), (f"{everybody} limit 5", False)):
            assert (await ask(own, query)).json()["info"]["more_records"] is more


@pytest.mark.parametrize(
    ("query", "code", "message", "details"),
    [
        ("update Contacts", "SYNTAX_ERROR", "given coql query not supported", {}),
        ("select id from Contacts", "SYNTAX_ERROR", "missing clause", {"clause": "where"}),
        (
            "select id from Contacts where",
            "SYNTAX_ERROR",
            "error occured while parsing the query",
            {"line": 1, "column": 30, "near": ""},
        ),
        (
            "select x from Contacts where id > 1",
            "INVALID_QUERY",
            "column given seems to be invalid",
            {"column_name": "x"},
        ),
        (
            "select id from Contacts where Email like 'x'",
            "INVALID_QUERY",
            "invalid query formed",
            {"reason": "a beginning is needed, and % behind it", "column_name": "Email", "operator": "like"},
        ),
        (
            "select id from Contacts where id = x",
            "INVALID_QUERY",
            "value given seems to be invalid for the column",
            {"column_name": "id", "expected_data_type": "integer"},
        ),
        (
            "select id from Contacts where id > 1 limit x",
            "INVALID_QUERY",
            "limit given seems to be invalid",
            {"limit": "x"},
        ),
        (
            "select id from Contacts where id > 1 limit 500",
            "LIMIT_EXCEEDED",
            "limit exceeded",
            {"limit": 200, "clause": "limit"},
        ),
        (
            "select id, id from Contacts where id > 1",
            "DUPLICATE_DATA",
            "duplicate select column",
            {"column_name": "id"},
        ),
        (
            "select id from Nothings where id > 1",
            "INVALID_MODULE",
            "the module name given seems to be invalid",
            {"module": "Nothings"},
        ),
        (
            None,
            "MANDATORY_NOT_FOUND",
            "required field not found",
            {"api_name": "select_query", "json_path": "$.select_query"},
        ),
        (
            ["select"],
            "INVALID_DATA",
            "invalid data",
            {"expected_data_type": "string", "api_name": "select_query", "json_path": "$.select_query"},
        ),
    ],
)
async def test_what_is_wrong_is_told(tmp_path: Path, query: Any, code: str, message: str, details: Any) -> None:
    async with guests(tmp_path) as both:
        answer = await ask(both.own, query)
        assert answer.status_code == 400
        assert answer.json() == {"code": code, "details": details, "message": message, "status": "error"}


async def test_a_body_that_is_no_object_is_refused(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for body in (b"", b"[]", b"{"):
            error(await both.own.ask("POST", "/coql", content=body), 400, "INVALID_DATA")


async def test_nobody_finds_what_is_anothers(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        await fill(both.other)
        own, other = both.own.world, both.other.world
        for condition in (*OF_CONTACTS, f"id = {other.contact.id}", f"Account_Name = {other.company.id}"):
            assert set(await names(both.own, f"select Last_Name from Contacts where {condition}")) <= {DAHL}, condition
        assert await names(both.own, f"select Last_Name from Contacts where id = {other.contact.id}") == []
        assert await names(both.other, f"select Last_Name from Contacts where id in ({own.contact.id})") == []


async def test_deals_have_their_name_under_each_prefix(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        query = "select Deal_Name from {} where id is not null"
        assert only(await ask(both.own, query.format("Deals"), path="/crm/v8/coql"), 200)["Deal_Name"] == BIG
        error(await ask(both.own, query.format("Pipelines"), path="/crm/v8/coql"), 400, "INVALID_MODULE")
        error(await ask(both.own, query.format("Deals")), 400, "INVALID_MODULE")


@pytest.mark.parametrize(
    ("scopes", "opens"),
    [
        ("ZohoBigin.coql.READ,ZohoBigin.modules.contacts.READ", True),
        ("ZohoBigin.coql.ALL,ZohoBigin.modules.ALL", True),
        ("ZohoCRM.coql.READ ZohoCRM.modules.all.READ", True),
        ("ZohoBigin.coql.READ", False),
        ("ZohoBigin.modules.ALL", False),
        ("ZohoBigin.coql.READ,ZohoBigin.modules.accounts.READ", False),
        ("ZohoBigin.coql.READ,ZohoBigin.modules.contacts.CREATE", False),
    ],
)
async def test_two_scopes_are_needed(tmp_path: Path, scopes: str, opens: bool) -> None:
    async with guests(tmp_path) as both:
        home = both.own.house
        made = await granted(home.app.db, home.dancer, scopes, now=home.app.clock())
        given = {"Authorization": f"Zoho-oauthtoken {made.access_token}"}
        answer = await ask(both.own, "select id from Contacts where id is not null", headers=given)
        if opens:
            only(answer, 200)
        else:
            assert error(answer, 401, "OAUTH_SCOPE_MISMATCH") == {}
            assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
