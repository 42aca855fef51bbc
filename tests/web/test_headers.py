"""What stands in the head of each kind of answer (W 0)."""

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from postroom.config import Settings
from postroom.store.tables import org
from tests.access.dance import granted, register
from tests.web.api.guests import guests
from tests.web.house import house
from tests.web.raw import dial
from tests.world import NOW, found

SAFE = {
    "server": "Postroom",
    "cache-control": "no-store, no-cache, must-revalidate, private",
    "pragma": "no-cache",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "x-download-options": "noopen",
    "x-xss-protection": "0",
}
JSON = {
    **SAFE,
    "content-type": "application/json;charset=UTF-8",
    "content-disposition": "attachment; filename=response.json",
    "content-language": "en-US",
}
OF_JSON = {"content-type", "content-disposition", "content-language"}
OF_CALLERS = {"x-accesstoken-reset", "server-timing"}


def shown(answer: httpx.Response) -> dict[str, str]:
    """The headers that differ from one kind of answer to another."""
    return {name: value for name, value in answer.headers.items() if name in JSON}


async def test_json_of_the_api(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for method, path, status in (
            ("GET", "/org", 200),
            ("POST", "/Contacts", 400),
            ("PATCH", "/org", 400),
            ("GET", "/Nothings?fields=a", 400),
        ):
            answer = await both.own.ask(method, path)
            assert (answer.status_code, shown(answer)) == (status, JSON)
            assert answer.headers.keys() >= OF_CALLERS
            assert re.fullmatch(r"totalTime;dur=\d+\.\d", answer.headers["server-timing"])


async def test_a_stranger_is_told_neither_an_end_nor_a_time(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path, bearer, status in (("/org", "1000.a.b", 401), ("/org", "Bearer", 401), ("/nothing/at/all", "x", 404)):
            answer = await home.http.get(home.api + path, headers={"Authorization": f"Bearer {bearer}"})
            assert (answer.status_code, shown(answer)) == (status, JSON)
            # How long a look-up took is nothing for who guesses tokens.
            assert not OF_CALLERS & answer.headers.keys()


async def test_what_has_no_body_names_none(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        for method, path in (("OPTIONS", "/org"), ("GET", "/Contacts/1?fields=Last_Name")):
            answer = await both.own.ask(method, path)
            assert (answer.status_code, shown(answer)) == (204, SAFE)
            assert not OF_JSON & answer.headers.keys()


async def test_a_download_has_its_own(tmp_path: Path) -> None:
    async with guests(tmp_path) as both:
        sent = await both.own.ask("POST", "/files", files={"file": ("a.txt", b"1")})
        back = await both.own.get("/files", id=sent.json()["data"][0]["details"]["id"])
        assert back.headers["content-disposition"].startswith('attachment; filename="a.txt"')
        assert (back.headers["content-type"], back.headers["server"]) == ("application/x-download", "Postroom")
        assert "content-language" not in back.headers
        assert back.headers.keys() >= OF_CALLERS


async def test_the_accounts_server_says_less(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        told = await home.http.post(f"{home.url}/oauth/v2/token")
        assert shown(told) == {**SAFE, "content-type": "application/json;charset=UTF-8"}
        page = await home.http.get(f"{home.url}/signin")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert (page.headers["server"], page.headers["x-frame-options"]) == ("Postroom", "DENY")
        for answer in (told, page):
            assert not (OF_CALLERS | {"content-disposition", "content-language"}) & answer.headers.keys()


async def test_what_is_no_http_is_answered_under_the_same_head(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        await peer.send(b"EHLO postroom\r\n")
        answer = await peer.answer()
        assert {name: value for name, value in answer.headers.items() if name in JSON} == JSON
        assert "date" in answer.headers


@pytest.mark.parametrize(
    ("zone", "then"),
    [
        ("UTC", "2025-10-09T09:53:20+00:00"),
        ("Africa/Nairobi", "2025-10-09T12:53:20+03:00"),
        ("America/St_Johns", "2025-10-09T07:23:20-02:30"),
        ("Nowhere/At_All", "2025-10-09T09:53:20+00:00"),
    ],
)
async def test_a_tokens_end_is_told_in_the_organisations_offset(
    database_url: str, tmp_path: Path, zone: str, then: str
) -> None:
    settings = Settings(data_dir=tmp_path, database=database_url, stop_seconds=2.0)
    async with house(tmp_path, settings=settings, clock=lambda: NOW) as home:
        db = home.app.db
        other = await db.write(lambda tx: found(tx, 2))
        await db.write(lambda tx: tx.execute(update(org).where(org.c.id == other.org.id).values(time_zone=zone)))
        for dancer, end in ((home.dancer, "2025-10-09T09:53:20+00:00"), (await register(db, other), then)):
            made = await granted(db, dancer, "ZohoBigin.org.READ", now=NOW)
            answer = await home.http.get(f"{home.api}/org", headers={"Authorization": f"Bearer {made.access_token}"})
            assert (answer.status_code, answer.headers["x-accesstoken-reset"]) == (200, end)
