"""One client and its users across three data centres that share nothing (W 4.12)."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from postroom.access import registry
from postroom.access.registry import Registered
from postroom.store.clients import ClientType
from postroom.worker.loop import work
from tests.centers.realm import CALLBACK, CLIENT_ID, realm
from tests.smtp.peers import Inbox, until
from tests.web.house import House

SCOPES = "ZohoBigin.modules.ALL,ZohoBigin.send_mail.all.CREATE"


def asking(home: House, **more: str) -> str:
    """Where the client sends its user's browser."""
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": CALLBACK, "scope": SCOPES}
    return f"{home.url}/oauth/v2/auth?{urlencode(asked | {'access_type': 'offline', 'state': 'a &=?ü'} | more)}"


def told(url: str) -> dict[str, str]:
    """What a callback says."""
    assert url.startswith(f"{CALLBACK}?"), url
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


async def exchange(home: House, client: Registered, code: str, at: str | None = None) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": client.secret}
    form |= {"code": code, "redirect_uri": CALLBACK}
    answer = await home.http.post(f"{at or home.url}/oauth/v2/token", data=form)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def refreshed(home: House, client: Registered, token: str) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": client.secret}
    found: dict[str, Any] = (
        await home.http.post(f"{home.url}/oauth/v2/token", data=form | {"refresh_token": token})
    ).json()
    return found


async def call(home: House, token: str, path: str = "/org", **given: Any) -> httpx.Response:
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    return await home.http.request(given.pop("method", "GET"), home.api + path, headers=headers, **given)


async def test_from_the_wrong_centre_to_a_mail_sent_in_the_right_one(tmp_path: Path) -> None:
    async with Inbox().listening() as inbox, realm(tmp_path, "us", "eu", "in", smtp_port=inbox.port) as all_three:
        secrets = await all_three.register("us", "eu", "in")
        eu = all_three["eu"]
        back = told(await all_three.walk(asking(all_three["us"]), all_three.living_in("eu")))
        assert back["location"] == "eu"
        assert back["accounts-server"] == eu.url
        assert back["state"] == "a &=?ü"
        tokens = await exchange(eu, secrets["eu"], back["code"], at=back["accounts-server"])
        assert tokens["api_domain"] == eu.url
        world = eu.world
        mail = {
            "from": {"user_name": "Office", "email": world.org_sender.email},
            "to": [{"email": world.contact.email}],
            "subject": "Across",
            "content": "Sent from where its sender lives.",
            "mail_format": "text",
        }
        path = f"{tokens['api_domain']}/bigin/v2/Contacts/{world.contact.id}/actions/send_mail"
        headers = {"Authorization": f"Zoho-oauthtoken {tokens['access_token']}"}
        answer = await eu.http.post(path, json={"data": [mail]}, headers=headers)
        assert answer.status_code == 200, answer.text
        delivering = asyncio.create_task(work(eu.app, eu.stop))
        await until(lambda: bool(inbox.mails))
        assert b"Subject: Across" in inbox.mails[0].content
        eu.stop.set()
        await delivering


@pytest.mark.parametrize("home", ["us", "eu", "in"])
async def test_everybody_ends_at_their_own_centre_wherever_they_begin(tmp_path: Path, home: str) -> None:
    async with realm(tmp_path, "us", "eu", "in") as all_three:
        await all_three.register("us", "eu", "in")
        for start in ("us", "eu", "in"):
            back = told(await all_three.walk(asking(all_three[start]), all_three.living_in(home)))
            assert (back["location"], back["accounts-server"]) == (home, all_three[home].url)


async def test_another_centres_credentials_are_refused_as_unknown_ones(tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu") as both:
        secrets = await both.register("us", "eu")
        us, eu = both["us"], both["eu"]
        code = told(await both.walk(asking(eu), both.living_in("eu")))["code"]
        assert await exchange(us, secrets["us"], code) == {"error": "invalid_code"}
        assert await exchange(us, secrets["eu"], code) == {"error": "invalid_client_secret"}
        assert await exchange(eu, secrets["us"], code) == {"error": "invalid_client_secret"}
        tokens = await exchange(eu, secrets["eu"], code)
        assert (await call(eu, tokens["access_token"])).status_code == 401  # its scopes do not name /org
        contact = f"/Contacts/{eu.world.contact.id}"
        assert (await call(eu, tokens["access_token"], contact)).status_code == 200
        refused = await call(us, tokens["access_token"], contact)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_TOKEN")
        assert await refreshed(us, secrets["us"], tokens["refresh_token"]) == {"error": "invalid_code"}
        assert "access_token" in await refreshed(eu, secrets["eu"], tokens["refresh_token"])


async def test_a_client_serves_only_the_centres_where_it_is_known_and_on(tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu") as both:
        secrets = await both.register("us")
        us, eu = both["us"], both["eu"]
        page = await both.walk(asking(us), both.living_in("eu"))
        assert "invalid_client" in page
        assert await exchange(eu, secrets["us"], "1000.a.b") == {"error": "invalid_client"}
        there = (await both.register("eu"))["eu"]
        assert "code" in told(await both.walk(asking(us), both.living_in("eu")))
        await registry.switch(eu.app.db, there.client, active=False)
        assert "invalid_client" in await both.walk(asking(us), both.living_in("eu"))
        assert "code" in told(await both.walk(asking(us), both.living_in("us")))


async def test_nobody_is_sent_to_china_or_out_of_it(tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "cn") as both:
        await both.register("us", "cn")
        for start, home in (("us", "cn"), ("cn", "us")):
            assert "must start there" in await both.walk(asking(both[start]), both.living_in(home))
        assert told(await both.walk(asking(both["cn"]), both.living_in("cn")))["location"] == "cn"


async def test_every_centre_lists_all(tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu", "in") as all_three:
        urls = {name: home.url for name, home in all_three.centers.items()}
        for home in all_three.centers.values():
            answer = await home.http.get(f"{home.url}/oauth/serverinfo")
            assert answer.json() == {"result": "success", "locations": urls}


async def test_a_device_is_told_where_its_user_lives_and_asks_there(tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu", device_poll_seconds=0) as both:
        secrets = await both.register("us", "eu", kind=ClientType.DEVICE)
        us, eu = both["us"], both["eu"]
        form = {"client_id": CLIENT_ID, "grant_type": "device_request", "scope": SCOPES, "access_type": "offline"}
        begun = (await us.http.post(f"{us.url}/oauth/v3/device/code", data=form)).json()

        async def poll(home: House, client: Registered) -> dict[str, Any]:
            asked = {"grant_type": "device_token", "client_id": CLIENT_ID, "client_secret": client.secret}
            answer = await home.http.post(
                f"{home.url}/oauth/v3/device/token", data=asked | {"code": begun["device_code"]}
            )
            found: dict[str, Any] = answer.json()
            return found

        assert await poll(us, secrets["us"]) == {"error": "authorization_pending"}
        assert await poll(eu, secrets["eu"]) == {"error": "invalid_code"}
        page = await both.walk(begun["verification_uri_complete"], both.living_in("eu"))
        assert "Connected" in page
        assert await poll(us, secrets["us"]) == {"error": "other_dc", "user_location": "eu"}
        tokens = await poll(eu, secrets["eu"])
        assert tokens["api_domain"] == eu.url
        assert "refresh_token" in tokens
        assert (await call(eu, tokens["access_token"], f"/Contacts/{eu.world.contact.id}")).status_code == 200
        assert await poll(eu, secrets["eu"]) == {"error": "invalid_code"}
