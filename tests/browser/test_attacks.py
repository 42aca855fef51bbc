"""What strangers try with the browser of somebody who is signed in (RFC 9700; RFC 6749 §10)."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.async_api import Browser, expect

from postroom.access.registry import Registered
from postroom.store import clients
from postroom.store.clients import Client, ClientType
from tests.browser.chromium import Seat, seat_at
from tests.browser.walk import answer, be_signed_in, name_oneself, press, request, sign_in
from tests.oauth_clients.person import Person
from tests.oauth_clients.scene import Scene, scene

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"


@asynccontextmanager
async def victim(chromium: Browser, at: Scene) -> AsyncIterator[Seat]:
    """The browser of ada, who is signed in."""
    async with seat_at(chromium) as seat:
        await be_signed_in(at, seat.page, at.ada)
        yield seat


def rows(folder: Path) -> list[str]:
    """Everything the database holds."""
    with closing(sqlite3.connect(folder / "postroom.db")) as database:
        return list(database.iterdump())


def form(action: str, fields: dict[str, str]) -> str:
    """A page that sends this form as soon as it is looked at."""
    inputs = "".join(f'<input name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    return (
        f'<!doctype html><title>A prize</title><form method="post" action="{escape(action)}">{inputs}</form>'
        "<script>document.forms[0].submit()</script>"
    )


def token_in(page: str) -> str:
    """What a page's own forms carry."""
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def wishes(at: Scene, made: Registered) -> dict[str, dict[str, str]]:
    """What an attacker would like a victim to send."""
    user, client_id = str(at.house.world.user.id), made.client.id
    query = urlsplit(request(at, made)).query
    return {
        "/oauth/v2/auth": {"query": query, "user": user, "decision": "accept"},
        "/oauth/v3/device": {"query": "user_code=BCDF-GHJK", "user": user, "decision": "accept"},
        "/signin": {"email": at.eve, "password": "a right password", "next": "/account"},
        "/signout": {"next": "/account"},
        "/account/withdraw": {"client_id": client_id, "user": user},
        "/clients/new": {"name": "Mine", "type": "self", "user": user},
        "/clients/edit": {"id": client_id, "name": "Mine", "redirect_uris": "https://evil.example/"},
        "/clients/secret": {"id": client_id},
        "/clients/switch": {"id": client_id},
        "/clients/remove": {"id": client_id, "sure": "yes"},
        "/clients/code": {"id": client_id, "scope": "ZohoBigin.modules.ALL", "minutes": "10", "user": user},
    }


async def test_nobody_is_sent_to_an_address_that_is_not_registered(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        near = (
            f"{at.site.url}/elsewhere",
            f"{at.site.callback}/more",
            f"{at.site.callback}?x=1",
            f"{at.site.callback}#",
        )
        for wanted in (*near, f"{at.site.other_url}/callback", "javascript:alert(1)", ""):
            told = await seat.page.goto(request(at, made, redirect_uri=wanted, prompt="consent"))
            assert told is not None
            assert told.status == 400, wanted
            assert "This request cannot be answered" in await seat.text(), wanted
            assert await seat.page.get_by_role("button", name="Accept").count() == 0
            assert await seat.page.get_by_role("link").evaluate_all("all => all.map(a => a.pathname)") == ["/account"]
        assert at.site.targets == []


async def test_an_address_changed_in_the_form_is_refused_as_well(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        await seat.page.goto(request(at, made))
        other = urlsplit(request(at, made, redirect_uri=f"{at.site.url}/elsewhere")).query
        await seat.page.locator("input[name=query]").evaluate("(field, value) => { field.value = value }", other)
        await press(seat.page, "Accept")
        await expect(seat.page.get_by_role("heading")).to_have_text("This request cannot be answered")
        assert at.site.targets == []


async def test_signing_in_leads_to_no_other_site(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        await seat.page.goto(at.url(f"/signin?{urlencode({'next': '//evil.example/'})}"))
        await sign_in(seat.page, at.ada)
        assert seat.page.url == at.url("/account")
        for onward in ("https://evil.example/", "/\\evil.example/", "/\t/evil.example", "javascript:alert(1)"):
            await seat.page.goto(at.url(f"/signin?{urlencode({'next': onward})}"))
            assert seat.page.url == at.url("/account"), onward


@pytest.mark.parametrize("same_site", [False, True], ids=["another site", "another port of this host"])
async def test_a_form_of_another_site_changes_nothing(chromium: Browser, same_site: bool, tmp_path: Path) -> None:
    """The cookies of this host are sent from its other ports too: it is not them that protect it."""
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        await seat.page.goto(request(at, made))
        await press(seat.page, "Accept")
        cookies = await seat.page.context.cookies()
        before, evil = rows(tmp_path), at.site.url if same_site else at.site.other_url
        for path, fields in wishes(at, made).items():
            at.site.pages["/prize"] = form(at.url(path), fields)
            async with seat.page.expect_response(at.url(path)) as refused:
                await seat.page.goto(f"{evil}/prize")
            assert (await refused.value).status == 403, path
            await expect(seat.page.get_by_role("heading")).to_have_text("Not accepted")
        assert rows(tmp_path) == before
        assert {each["name"]: each["value"] for each in cookies}.items() <= {
            each["name"]: each["value"] for each in await seat.page.context.cookies(at.house.url)
        }.items(), "still signed in, as herself"
        assert len(at.site.asked("/callback")) == 1


async def test_planted_cookies_do_not_make_a_form_ours(chromium: Browser, tmp_path: Path) -> None:
    """Whoever has another port of this host can set its cookies (RFC 6265 §8.6), and knows the token to them."""
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        http = at.house.http
        own = {"form_token": token_in(await Person(http, at.eve).answer(at.url("/account")))}
        for name, value in http.cookies.items():
            await seat.page.context.add_cookies([{"name": name, "url": at.house.url, "value": value}])
        assert (await http.post(at.url("/clients/edit"), data=own)).status_code != 403, "it is the right one"
        before = rows(tmp_path)
        for path, fields in wishes(at, made).items():
            at.site.pages["/prize"] = form(at.url(path), fields | own)
            async with seat.page.expect_response(at.url(path)) as refused:
                await seat.page.goto(f"{at.site.url}/prize")
            assert (await refused.value).status == 403, path
        assert rows(tmp_path) == before


async def test_a_script_of_another_site_learns_nothing(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        await seat.page.goto(f"{at.site.url}/")
        read = "url => fetch(url, {credentials: 'include'}).then(told => told.text(), () => 'nothing')"
        assert await seat.page.evaluate(read, at.url("/account")) == "nothing"
        opened = "url => { const other = open(url); try { return other.document.title } catch { return 'nothing' } }"
        assert await seat.page.evaluate(opened, at.url("/account")) in ("nothing", "")
        seat.complaints.clear()  # the browser says what it kept from the script


async def test_no_page_shows_in_anothers_frame(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        for url in (request(at, made), *map(at.url, ("/account", "/clients", "/oauth/v3/device"))):
            at.site.pages["/prize"] = f'<!doctype html><title>A prize</title><iframe src="{escape(url)}"></iframe>'
            async with seat.page.expect_response(url):
                await seat.page.goto(f"{at.site.url}/prize")
            (frame,) = seat.page.main_frame.child_frames
            await frame.wait_for_load_state()
            assert frame.url.startswith("chrome-error:"), url
            assert await frame.get_by_role("button").count() == 0
            assert any("frame" in each for each in seat.complaints), url
            seat.complaints.clear()


async def test_a_script_in_a_clients_words_is_only_text(chromium: Browser, tmp_path: Path) -> None:
    """No such name can be registered; whatever way one comes in, the pages do not run it."""
    async with scene(tmp_path) as at, victim(chromium, at) as seat:
        made = await at.register(ClientType.SERVER)
        kept = {name: getattr(made.client, name) for name in Client.__slots__}
        hostile = Client(**kept | {"name": SCRIPT, "homepage": f"javascript:alert(1){SCRIPT}"})
        await at.house.app.db.write(lambda tx: clients.replace(tx, hostile))
        await seat.page.goto(request(at, made))
        assert f"Allow {SCRIPT}?" in await seat.text()
        await press(seat.page, "Accept")
        for path in ("/account", "/clients", f"/clients/edit?id={made.client.id}"):
            await seat.page.goto(at.url(path))
            assert SCRIPT in await seat.text(), path
            assert await seat.page.locator("script, img, a[href^='javascript:']").count() == 0
        # seat.complaints: no script was even tried


async def test_a_script_in_a_request_is_only_text(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await seat.page.goto(request(at, made, state=SCRIPT, login_hint=SCRIPT))
        await expect(seat.page.get_by_label("E-mail address")).to_have_value(SCRIPT)
        await sign_in(seat.page, at.ada)
        await press(seat.page, "Accept")
        assert answer(await at.site.arrived())["state"] == SCRIPT
        await seat.page.goto(request(at, made, client_id=SCRIPT))
        await seat.page.goto(at.url(f"/oauth/v3/device?{urlencode({'user_code': SCRIPT})}"))
        await expect(seat.page.get_by_role("alert")).to_be_visible()
        await seat.page.goto(at.url(f"/clients/edit?{urlencode({'id': SCRIPT})}"))
        await expect(seat.page.get_by_role("heading")).to_have_text("No such client")


async def test_a_session_from_before_is_not_the_one_after_signing_in(chromium: Browser, tmp_path: Path) -> None:
    """A cookie that an attacker planted stays worthless (session fixation)."""
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        for name in ("postroom_session_us", "postroom_visit_us"):
            await seat.page.context.add_cookies([{"name": name, "url": at.house.url, "value": "planted"}])
        await seat.page.goto(at.url("/account"))
        await sign_in(seat.page, at.ada)
        kept = {each["name"]: each for each in await seat.page.context.cookies(at.house.url)}
        assert kept.keys() == {"postroom_session_us", "postroom_visit_us"}
        assert all(each["value"] != "planted" for each in kept.values())
        assert all(each["httpOnly"] and each["sameSite"] == "Lax" for each in kept.values())
        assert await seat.page.evaluate("document.cookie") == ""


async def test_who_is_unknown_and_who_mistypes_hear_the_same(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        heard = []
        for email in (at.ada, "nobody@org1.example"):
            await seat.page.goto(at.url("/signin"))
            await name_oneself(seat.page, email)
            await seat.page.get_by_label("Password").fill("a wrong password")
            await press(seat.page, "Sign in")
            heard.append(await seat.text())
        assert heard[0] == heard[1]
