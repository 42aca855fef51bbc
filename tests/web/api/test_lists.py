"""Lists and searches of records at a running server: every page, in every order, and never another's records."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.api.guests import EVERYTHING, Guest, error, guests
from tests.web.house import house

HOUR = 3_600_000  # ms
# Who has which title: two have the same in another case, two have none.
PEOPLE = {"Abel": "CEO", "Baker": "cto", "Cole": None, "Dunn": "CTO", "Egan": "Dev", "Ford": None}


async def people(guest: Guest) -> None:
    """These contacts, and with them the one that was there."""
    done = await guest.insert("Contacts", *({"Last_Name": name, "Title": title} for name, title in PEOPLE.items()))
    assert done.status_code == 201, done.text


def names(answer: httpx.Response) -> list[str]:
    """The last names on a page."""
    return [each["Last_Name"] for each in answer.json()["data"]] if answer.status_code == 200 else []


async def walk(guest: Guest, **params: str) -> tuple[list[str], list[str]]:
    """All pages forwards by token, and from the last back to the first; the names in the order of the list."""
    answer = await guest.get("/Contacts", fields="Last_Name", **params)
    there = names(answer)
    while token := answer.json()["info"]["next_page_token"]:
        answer = await guest.get("/Contacts", fields="Last_Name", page_token=token, **params)
        there += names(answer)
    back = names(answer)
    while token := answer.json()["info"]["previous_page_token"]:
        answer = await guest.get("/Contacts", fields="Last_Name", page_token=token, **params)
        back = names(answer) + back
    assert answer.json()["info"]["page"] == 1
    return there, back


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["Ford", "Egan", "Dunn", "Cole", "Baker", "Abel", "Dahl"]),
        ({"sort_order": "asc"}, ["Dahl", "Abel", "Baker", "Cole", "Dunn", "Egan", "Ford"]),
        ({"sort_by": "Title"}, ["Egan", "Dunn", "Baker", "Abel", "Ford", "Cole", "Dahl"]),
        ({"sort_by": "Title", "sort_order": "asc"}, ["Abel", "Baker", "Dunn", "Egan", "Dahl", "Cole", "Ford"]),
    ],
)
async def test_tokens_lead_through_a_list_and_back(
    tmp_path: Path, database_url: str, params: dict[str, str], expected: list[str]
) -> None:
    async with guests(tmp_path, database_url) as both:
        await people(both.other)
        await people(both.own)
        for size in ("1", "3", "7", "200"):
            assert await walk(both.own, per_page=size, **params) == (expected, expected), size


async def test_a_page_tells_where_it_is(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        await people(both.own)
        answer = (await both.own.get("/Contacts", fields="Last_Name", per_page="2", page="2")).json()
        assert [each["Last_Name"] for each in answer["data"]] == ["Dunn", "Cole"]
        info = answer["info"]
        tokens = [info.pop(name) for name in ("next_page_token", "previous_page_token")]
        assert all(isinstance(each, str) for each in tokens)
        assert info.pop("page_token_expiry").endswith("+00:00")
        assert info == {
            "per_page": 2,
            "count": 2,
            "sort_by": "id",
            "page": 2,
            "sort_order": "desc",
            "more_records": True,
        }
        third = await both.own.get("/Contacts", fields="Last_Name", per_page="2", page_token=tokens[0], page="9")
        assert (names(third), third.json()["info"]["page"]) == (["Baker", "Abel"], 3)
        assert (await both.own.get("/Contacts", fields="Last_Name", page="9")).status_code == 204


async def test_what_comes_and_goes_between_pages_moves_nothing(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own = both.own
        await people(own)
        first = await own.get("/Contacts", fields="Last_Name", per_page="2", sort_by="Last_Name", sort_order="asc")
        await own.insert("Contacts", {"Last_Name": "Aaron"})
        await own.ask("DELETE", f"/Contacts/{first.json()['data'][1]['id']}")
        token = first.json()["info"]["next_page_token"]
        second = await own.get(
            "/Contacts", fields="Last_Name", per_page="2", sort_by="Last_Name", sort_order="asc", page_token=token
        )
        assert (names(first), names(second)) == (["Abel", "Baker"], ["Cole", "Dahl"])


MISMATCH = "TOKEN_BOUND_DATA_MISMATCH"


async def test_a_token_is_of_the_list_that_gave_it(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        own = both.own
        await people(own)
        await people(both.other)
        asked = {"fields": "Last_Name", "per_page": "2", "sort_by": "Last_Name"}
        token = (await own.get("/Contacts", **asked)).json()["info"]["next_page_token"]
        assert (await own.get("/Contacts", **asked, page_token=token)).status_code == 200
        changes: list[dict[str, str]] = [
            {"fields": "Email"},
            {"per_page": "3"},
            {"sort_by": "Title"},
            {"sort_order": "asc"},
            {"ids": "1"},
            {"approved": "true"},
        ]
        for change in changes:
            assert error(await own.get("/Contacts", **asked | change, page_token=token), 400, MISMATCH) == {}, change
        del asked["sort_by"]
        assert error(await own.get("/Contacts", **asked, page_token=token), 400, MISMATCH) == {}
        asked["sort_by"] = "Last_Name"
        for guest, path in ((own, "/crm/v8/Contacts"), (both.other, "/Contacts"), (own, "/Contacts/")):
            answer = await guest.get(path, **asked, page_token=token)
            assert answer.status_code in (400, 404), path
        for text in (token[:-8], token[::-1], "x", "ä", "A" * 5000):
            assert error(await own.get("/Contacts", **asked, page_token=text), 400, MISMATCH) == {}, text


async def test_a_token_is_good_for_a_day(tmp_path: Path) -> None:
    now = 1_760_000_000_000
    async with house(tmp_path, clock=lambda: now) as home:

        async def ask(**more: str) -> httpx.Response:
            params = {"fields": "Last_Name", "per_page": "1", **more}
            return await home.http.get(f"{home.api}/Contacts", params=params, headers=await home.headers(EVERYTHING))

        body = {"data": [{"Last_Name": "Abel"}]}
        await home.http.post(f"{home.api}/Contacts", json=body, headers=await home.headers(EVERYTHING))
        info = (await ask()).json()["info"]
        assert info["page_token_expiry"] == "2025-10-10T08:53:20+00:00"
        now += 24 * HOUR - 1
        assert names(await ask(page_token=info["next_page_token"])) == ["Dahl"]
        now += 1
        told = await ask(page_token=info["next_page_token"])
        assert (error(told, 400, "EXPIRED_VALUE"), told.json()["message"]) == ({}, "Page token expired")


@pytest.mark.parametrize(
    ("given", "code", "details"),
    [
        ({"page": "0"}, "INVALID_DATA", {"param_name": "page"}),
        ({"page": "x"}, "INVALID_DATA", {"param_name": "page"}),
        ({"page": "11"}, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", {}),
        ({"page": "201", "per_page": "10"}, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", {}),
        ({"per_page": "-1"}, "INVALID_DATA", {"param_name": "per_page"}),
        ({"sort_by": "Description"}, "INVALID_DATA", {"param_name": "sort_by"}),
        ({"sort_by": "Tag"}, "INVALID_DATA", {"param_name": "sort_by"}),
        ({"sort_by": "*"}, "INVALID_DATA", {"param_name": "sort_by"}),
        ({"sort_order": "up"}, "INVALID_DATA", {"param_name": "sort_order"}),
        ({"cvid": "5"}, "INVALID_DATA", {"param_name": "cvid"}),
        ({"approved": "maybe"}, "INVALID_DATA", {"param_name": "approved"}),
        ({"ids": "1,x"}, "INVALID_DATA", {"param_name": "ids"}),
        ({"ids": ",".join(map(str, range(1, 102)))}, "INVALID_DATA", {"param_name": "ids", "limit": 100}),
        ({"page_token": "abc"}, MISMATCH, {}),
        ({"fields": ",".join(["Email"] * 51)}, "LIMIT_EXCEEDED", {"limit": 50, "param_name": "fields"}),
    ],
)
async def test_a_wrong_parameter_is_told(
    tmp_path: Path, given: dict[str, str], code: str, details: dict[str, Any]
) -> None:
    async with guests(tmp_path) as both:
        told = error(await both.own.get("/Contacts", **{"fields": "Email", **given}), 400, code)
        assert told | details == told
        assert bool(told) is bool(details)


async def test_fields_are_required_where_the_version_says_so(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for prefix in ("/bigin/v2", "/crm/v3", "/crm/v8"):
            details = error(await both.own.get(f"{prefix}/Contacts"), 400, "REQUIRED_PARAM_MISSING")
            assert details == {"param_name": "fields"}
        for prefix in ("/bigin/v1", "/crm/v2", "/crm/v2.1"):
            answer = await both.own.get(f"{prefix}/Contacts")
            assert answer.json()["data"][0]["Full_Name"] == "Cleo Dahl"
            assert (await both.own.get(f"{prefix}/Contacts", page="500")).status_code == 204
            error(await both.own.get(f"{prefix}/Contacts", page="501"), 400, "PAGINATION_LIMIT_EXCEEDED")


async def test_none_but_those_of_some_ids(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own, other = both.own, both.other.world
        ids = f"{own.world.contact.id},{other.contact.id},{own.world.company.id},{own.world.contact.id}"
        for more in ({}, {"sort_by": "Title"}, {"approved": "both"}):
            answer = await own.get("/Contacts", fields="Last_Name", ids=ids, **more)
            assert [each["id"] for each in answer.json()["data"]] == [str(own.world.contact.id)]
        assert (await own.get("/Contacts", fields="Last_Name", ids=ids, approved="false")).status_code == 204
        assert (await own.get("/Contacts", fields="Last_Name", ids=str(other.contact.id))).status_code == 204


async def test_what_has_changed_since(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        own = both.own
        await own.insert("Contacts", {"Last_Name": "Abel"})
        path = f"/Contacts/{own.world.contact.id}"

        async def since(moment: str, where: str = "/Contacts") -> httpx.Response:
            headers = {"If-Modified-Since": moment}
            return await own.ask("GET", where, params={"fields": "Last_Name"}, headers=headers)

        # The world's own contact was last changed in the second of 2025-10-09T08:53:20Z.
        for moment in ("2025-10-09T08:53:19Z", "Thu, 09 Oct 2025 08:53:19 GMT", "2025-10-09T10:53:19+02:00"):
            assert names(await since(moment)) == ["Abel", "Dahl"]
            assert names(await since(moment, path)) == ["Dahl"]
        for moment in ("2025-10-09T08:53:20Z", "Thu, 09 Oct 2025 08:53:20 GMT"):
            assert names(await since(moment)) == ["Abel"]
            answer = await since(moment, path)
            assert (answer.status_code, answer.content) == (304, b"")
        assert (await since("2999-01-01T00:00:00Z")).status_code == 304
        for nonsense in ("yesterday", "2025-10-09", "2025-10-09T08:53:20", "9" * 400):
            assert names(await since(nonsense)) == ["Abel", "Dahl"]


# --- searches


async def found(guest: Guest, path: str = "/Contacts/search", **params: str) -> list[str]:
    return names(await guest.get(path, **params))


async def searched(guest: Guest) -> None:
    """Contacts to search for."""
    done = await guest.insert(
        "Contacts",
        {"First_Name": "Rita", "Last_Name": "Weber", "Email": "rita@weber.example", "Phone": "+49 (30) 12-34"},
        {"First_Name": "Ada", "Last_Name": "von Weber", "Secondary_Email": "Rita.Ada@x.example", "Mobile": "040 7"},
        {"Last_Name": "Paren (thesis), Inc.", "Title": "CEO", "Email_Opt_Out": True},
    )
    assert done.status_code == 201, done.text


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"criteria": "(Last_Name:equals:WEBER)"}, ["Weber"]),
        ({"criteria": "((Last_Name:starts_with:w)or(First_Name:equals:ada))"}, ["von Weber", "Weber"]),
        ({"criteria": r"(Last_Name:equals:Paren \(thesis\)\, Inc.)"}, ["Paren (thesis), Inc."]),
        ({"criteria": "(Email_Opt_Out:equals:true)and(Title:in:cfo,ceo)"}, ["Paren (thesis), Inc."]),
        ({"criteria": "(Created_Time:less_than:2025-11-01T00:00:00Z)"}, ["Dahl"]),
        ({"criteria": "(Email:equals:RITA@Weber.example)"}, ["Weber"]),
        ({"criteria": "(Title:not_equal:ceo)"}, ["von Weber", "Weber", "Dahl"]),
        ({"criteria": "(Last_Name:equals:nobody)"}, []),
        ({"email": "rita"}, ["von Weber", "Weber"]),
        ({"email": "RITA@"}, ["Weber"]),
        ({"phone": "49301"}, ["Weber"]),
        ({"phone": "0407"}, ["von Weber"]),
        ({"word": "web"}, ["von Weber", "Weber"]),
        ({"word": "web ri"}, ["von Weber", "Weber"]),
        ({"word": "thesis ceo"}, ["Paren (thesis), Inc."]),
        ({"word": "bob"}, []),
        ({"word": "??"}, []),
        # Of several the first one counts.
        (
            {"word": "bob", "phone": "0407", "email": "rita@", "criteria": "(Title:equals:ceo)"},
            ["Paren (thesis), Inc."],
        ),
        ({"word": "bob", "phone": "0407", "email": "rita@"}, ["Weber"]),
        ({"word": "bob", "phone": "0407"}, ["von Weber"]),
        ({"criteria": "", "word": "thesis"}, ["Paren (thesis), Inc."]),
    ],
)
async def test_what_is_searched_for(
    tmp_path: Path, database_url: str, params: dict[str, str], expected: Sequence[str]
) -> None:
    async with guests(tmp_path, database_url) as both:
        await searched(both.other)
        await searched(both.own)
        assert await found(both.own, **params) == expected
        up = await found(both.own, **params, sort_by="Last_Name", sort_order="asc")
        assert up == sorted(expected, key=str.casefold)


async def test_a_search_has_pages_without_tokens(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        await searched(both.own)
        answer = await both.own.get("/Contacts/search", word="we", per_page="1", page="2", fields="Last_Name")
        assert answer.json()["data"][0].keys() == {"Last_Name", "id"}
        assert (names(answer), answer.json()["info"]) == (
            ["Weber"],
            {
                "per_page": 1,
                "count": 1,
                "sort_by": "id",
                "page": 2,
                "sort_order": "desc",
                "more_records": False,
            },
        )
        far = await both.own.get("/Contacts/search", word="we", page="11")
        error(far, 400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")


async def test_a_search_by_what_a_module_has_not_finds_nothing(tmp_path: Path, database_url: str) -> None:
    async with guests(tmp_path, database_url) as both:
        for order in ({}, {"sort_by": "Created_Time"}):
            assert (await both.own.get("/Accounts/search", email="cleo", **order)).status_code == 204
            assert (await both.own.get("/Products/search", phone="49", **order)).status_code == 204


@pytest.mark.parametrize(
    ("params", "code", "details"),
    [
        ({}, "REQUIRED_PARAM_MISSING", {"param_name": "criteria"}),
        ({"word": ""}, "REQUIRED_PARAM_MISSING", {"param_name": "criteria"}),
        ({"word": "x"}, "INVALID_DATA", {"param_name": "word", "minimum_length": 2}),
        ({"criteria": "Last_Name"}, "INVALID_QUERY", {"position": 0}),
        ({"criteria": "(Shoe_Size:equals:1)"}, "INVALID_QUERY", {"api_name": "Shoe_Size"}),
        (
            {"criteria": "(Account_Name:starts_with:1)"},
            "INVALID_QUERY",
            {"api_name": "Account_Name", "operator": "starts_with"},
        ),
        ({"criteria": "(Owner:equals:Ada)"}, "INVALID_QUERY", {"api_name": "Owner"}),
        ({"criteria": "(Last_Name:equals:a\0)"}, "INVALID_DATA", {"param_name": "criteria"}),
        ({"criteria": "(" * 5000}, "INVALID_QUERY", {}),
        ({"word": "we", "sort_by": "Tag"}, "INVALID_DATA", {"param_name": "sort_by"}),
    ],
)
async def test_a_search_that_cannot_be_understood(
    tmp_path: Path, params: dict[str, str], code: str, details: dict[str, Any]
) -> None:
    async with guests(tmp_path) as both:
        told = error(await both.own.get("/Contacts/search", **params), 400, code)
        assert told | details == told
        assert (code == "INVALID_QUERY") is ("reason" in told)
