"""Credits and calls at once, at the door (W 10.1, 10.2): each organisation has its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from postroom.access.credits import Credits
from postroom.app import open_app
from postroom.config import Settings
from postroom.errors import TooMany
from postroom.store.usage import HOUR
from tests.web.api.guests import Guest, error, guests
from tests.web.house import house
from tests.web.raw import Peer, dial, request

NOW = 1_760_000_000_000 // HOUR * HOUR
TEN = [{"Last_Name": f"Number {n}"} for n in range(10)]


async def spend(guest: Guest, calls: int) -> None:
    for _ in range(calls):
        assert (await guest.get("/org")).status_code == 200


def limit_of(answer: httpx.Response) -> int:
    """The limit that an answer tells of, which must be a refusal of the shape of W 10.2."""
    details = error(answer, 429, "TOO_MANY_REQUESTS")
    assert answer.json()["message"] == "Rate limit exceeded. Please retry after the specified time."
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert list(details) == ["trace_id", "retry_after", "limit", "window"]
    assert details["trace_id"].isdigit()
    assert answer.headers["retry-after"] == str(details["retry_after"])
    assert int(details["retry_after"]) > 0
    return int(details["limit"])


async def test_a_call_over_the_limit_is_refused_in_the_documented_shape(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url, credits_per_day=5) as both:
        await spend(both.own, 5)
        with capture_logs() as lines:
            answer = await both.own.get("/org")
        assert limit_of(answer) == 5
        [refusal, _] = lines
        # Under this id whoever complains is found again.
        assert (refusal["event"], str(refusal["request_id"])) == (
            "too many calls",
            answer.json()["details"]["trace_id"],
        )
        assert answer.json()["details"]["window"] == 86_400
        # To the hour: they count as if they had been used evenly within it.
        assert abs(answer.json()["details"]["retry_after"] - 86_400) <= 3600
        await spend(both.other, 5)
        assert limit_of(await both.other.get("/org")) == 5


async def test_what_each_call_costs(tmp_path: Path) -> None:
    async with guests(tmp_path, credits_per_day=100) as both:
        calls: list[tuple[int, str, str, Any]] = [
            (1, "GET", "/users", None),
            (1, "GET", "/settings/modules", None),
            (1, "GET", "/settings/fields?module=Contacts", None),
            (1, "GET", "/settings/emails/actions/from_addresses", None),
            (1, "GET", "/Contacts?fields=Last_Name", None),
            (3, "GET", "/Contacts?fields=Last_Name&cvid=7", None),
            (1, "GET", "/Contacts/1", None),
            (1, "HEAD", "/org", None),
            (1, "GET", "/files?id=1", None),
            (1, "POST", "/Contacts", {"data": TEN}),
            (2, "POST", "/Contacts", {"data": [*TEN, {"Last_Name": "Number 10"}]}),
            (10, "PUT", "/Contacts", {"data": [{"id": "1"}] * 100}),
            (1, "PUT", "/Contacts/1", {"data": TEN}),
            (1, "DELETE", "/Contacts?ids=1", None),
            (1, "POST", "/Contacts", {"data": {}}),
            (1, "POST", "/Nothings", {"data": TEN * 10}),  # refused before anybody looks at its records
            (1, "GET", "/Nothings/1/Emails", None),
        ]
        spent = 0
        for price, method, path, body in calls:
            assert (await both.own.ask(method, path, body)).status_code != 429
            spent += price
            assert await left_of(both.own) == 100 - spent, (method, path)
        assert await left_of(both.other) == 100


async def left_of(guest: Guest) -> int:
    """How many credits the guest has left; costs none."""
    app, org_id = guest.house.app, guest.world.org.id
    await app.credits.flush(app.clock())
    fresh = Credits(app.db, app.settings.credits_per_day)
    left = 0
    with suppress(TooMany):
        while True:
            await fresh.take(org_id, 1, app.clock())
            left += 1
    return left


async def test_what_nobody_is_let_in_for_costs_nothing(tmp_path: Path) -> None:
    async with guests(tmp_path, credits_per_day=2) as both:
        narrow = await both.own.house.headers("ZohoBigin.users.READ")
        for _ in range(3):
            for answer, status in (
                (await both.own.get("/nothing/at/all/here"), 404),
                (await both.own.ask("PATCH", "/org"), 400),
                (await both.own.ask("OPTIONS", "/org"), 204),
                (await both.own.ask("GET", "/org", headers=narrow), 401),
                (await both.own.ask("GET", "/org", headers={"Authorization": "Bearer 1000.a.b"}), 401),
            ):
                assert answer.status_code == status
        await spend(both.own, 2)
        assert limit_of(await both.own.get("/org")) == 2
        # Nor does it tell anything else than before.
        assert (await both.own.ask("PATCH", "/org")).status_code == 400
        assert (await both.own.ask("GET", "/org", headers=narrow)).status_code == 401


async def test_a_refused_write_changes_nothing_and_costs_nothing(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url, credits_per_day=4) as both:
        await spend(both.own, 2)
        assert limit_of(await both.own.insert("Contacts", *TEN * 3)) == 4
        await spend(both.own, 1)
        listed = (await both.own.get("/Contacts", fields="Last_Name")).json()
        assert [each["Last_Name"] for each in listed["data"]] == ["Dahl"]
        assert limit_of(await both.own.get("/org")) == 4


async def test_the_accounts_server_costs_nothing_and_is_never_closed(tmp_path: Path) -> None:
    async with guests(tmp_path, credits_per_day=1) as both:
        await spend(both.own, 1)
        assert limit_of(await both.own.get("/org")) == 1
        home = both.own.house
        for _ in range(3):
            assert (await home.http.get(f"{home.url}/oauth/serverinfo", headers=both.own.headers)).status_code == 200
            assert (await home.http.post(f"{home.url}/oauth/v2/token", headers=both.own.headers)).status_code == 200
        assert await home.headers()


async def test_processes_on_one_database_share_the_credits(database_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database=database_url, credits_per_day=1000, stop_seconds=2.0)
    async with guests(tmp_path, database_url, credits_per_day=1000) as both, open_app(settings) as elsewhere:
        await spend(both.own, 3)
        await elsewhere.credits.take(both.own.world.org.id, 997, elsewhere.clock())
        await elsewhere.credits.flush(elsewhere.clock())
        # Nobody flushes here: the server does so by itself, and it is told of the others within a second.
        while (await both.own.get("/org")).status_code != 429:
            continue
        await spend(both.other, 3)


async def test_a_clean_stop_forgets_nothing(database_url: str, tmp_path: Path) -> None:
    async with guests(tmp_path, database_url, credits_per_day=5) as both:
        own, other = both.own.world.org.id, both.other.world.org.id
        await spend(both.own, 3)
        await spend(both.other, 1)
    settings = Settings(data_dir=tmp_path, database=database_url, credits_per_day=5)
    async with open_app(settings) as app:
        for org_id, left in ((own, 2), (other, 4)):
            await app.credits.take(org_id, left, app.clock())
            with pytest.raises(TooMany):
                await app.credits.take(org_id, 1, app.clock())


async def test_a_day_later_there_are_credits_again(tmp_path: Path) -> None:
    now = NOW
    settings = Settings(data_dir=tmp_path, credits_per_day=4, stop_seconds=2.0)
    async with house(tmp_path, clock=lambda: now, settings=settings) as home:

        async def ask() -> httpx.Response:
            return await home.http.get(f"{home.api}/org", headers=await home.headers("ZohoBigin.org.READ"))

        for _ in range(4):
            assert (await ask()).status_code == 200
        refused = await ask()
        await home.app.credits.flush(now)  # as it does by itself long before the day is over
        waits = int(refused.headers["retry-after"])
        now = NOW + (waits - 1) * 1000
        assert (await ask()).status_code == 429
        now = NOW + waits * 1000
        assert (await ask()).status_code == 200
        assert (await ask()).status_code == 429


@asynccontextmanager
async def held(guest: Guest) -> AsyncIterator[Peer]:
    """A call that is being answered: its body is awaited. It ends as its peer does."""
    async with dial(guest.house.url) as peer:
        fields = {**guest.headers, "Expect": "100-continue", "Content-Length": "2"}
        await peer.send(request("POST", "/bigin/v2/Contacts", fields))
        assert (await peer.answer()).status == 100
        yield peer


async def test_no_more_calls_at_once_than_allowed(tmp_path: Path) -> None:
    async with guests(tmp_path, calls_at_once=2) as both, held(both.own) as first, held(both.own):
        answer = await both.own.get("/org")
        assert limit_of(answer) == 2
        assert (answer.headers["retry-after"], answer.json()["details"]["window"]) == ("1", 1)
        async with held(both.other):
            await spend(both.other, 1)
        await first.send(b"{}")
        assert (await first.answer()).status == 400
        await spend(both.own, 3)


async def test_a_client_that_goes_away_gives_its_place_back(tmp_path: Path) -> None:
    async with guests(tmp_path, calls_at_once=1) as both:
        async with held(both.own):
            assert limit_of(await both.own.get("/org")) == 1
            await spend(both.other, 1)
        while (await both.own.get("/org")).status_code == 429:
            continue
        await spend(both.own, 2)


async def test_a_call_refused_for_its_company_costs_no_credits(tmp_path: Path) -> None:
    async with guests(tmp_path, calls_at_once=1, credits_per_day=3) as both:
        async with held(both.own) as peer:
            for _ in range(5):
                assert limit_of(await both.own.get("/org")) == 1
            await peer.send(b"{}")
            assert (await peer.answer()).status == 400
        await spend(both.own, 2)
        assert limit_of(await both.own.get("/org")) == 3


async def test_who_is_refused_for_credits_holds_no_place(tmp_path: Path) -> None:
    async with guests(tmp_path, calls_at_once=1, credits_per_day=1) as both:
        await spend(both.own, 1)
        for _ in range(3):
            assert limit_of(await both.own.get("/org")) == 1
            assert (await both.own.get("/org")).json()["details"]["window"] == 86_400


async def test_without_limits_anything_goes(tmp_path: Path) -> None:
    async with guests(tmp_path) as both, held(both.own), held(both.own), held(both.own):
        await spend(both.own, 50)
