"""The token endpoint as real clients call it (W 4.3 to 4.6, 4.11, 13.2)."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from postroom.config import Settings
from tests.access import dance
from tests.access.dance import SCOPES, UNLIMITED
from tests.web.house import House, house

TOKEN = re.compile(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}")
KEYS = {"access_token", "refresh_token", "scope", "api_domain", "token_type", "expires_in"}
JSON = "application/json;charset=UTF-8"


def encoded(way: str, said: dict[str, str]) -> dict[str, Any]:
    """What httpx must be told so that it says this in that way."""
    match way:
        case "query":
            return {"params": said}
        case "query and an empty form":  # axios
            form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "0"}
            return {"params": said, "headers": form}
        case "form":
            return {"data": said}
        case "form without a type":
            return {"content": str(httpx.QueryParams(said)).encode()}
        case "multipart":
            return {"files": {name: (None, value) for name, value in said.items()}}
        case "half and half":
            first, *rest = said.items()
            return {"params": dict([first]), "data": dict(rest)}
    pair = base64.b64encode(f"{said['client_id']}:{said['client_secret']}".encode()).decode()
    others = {name: value for name, value in said.items() if not name.startswith("client_")}
    return {"data": others, "headers": {"Authorization": f"Basic {pair}"}}


WAYS = ["query", "query and an empty form", "form", "form without a type", "multipart", "half and half", "basic"]


def credentials(home: House) -> dict[str, str]:
    return {"client_id": home.dancer.client.id, "client_secret": home.dancer.secret}


async def ask(home: House, path: str = "/oauth/v2/token", **given: Any) -> dict[str, Any]:
    """A call that is answered 200 in JSON, whatever became of it."""
    answer = await home.http.post(home.url + path, **given)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.headers["cache-control"].startswith("no-store")  # RFC 6749 §5.1
    told: dict[str, Any] = answer.json()
    return told


async def make_code(home: House) -> str:
    return await dance.make_code(home.app.db, home.dancer, now=home.app.clock())


async def test_both_grants_in_every_encoding(tmp_path: Path) -> None:
    async with house(tmp_path, settings=replace(UNLIMITED, data_dir=tmp_path, stop_seconds=2.0)) as home:
        for way in WAYS:
            said = {"grant_type": "authorization_code", **credentials(home), "code": await make_code(home)}
            first = await ask(home, **encoded(way, said))
            assert first.keys() == KEYS, way
            assert TOKEN.fullmatch(first["access_token"])
            assert TOKEN.fullmatch(first["refresh_token"])
            assert (first["scope"], first["token_type"], first["expires_in"]) == (SCOPES, "Bearer", 3600)
            assert first["api_domain"] == home.url
            renewal = {"grant_type": "refresh_token", **credentials(home), "refresh_token": first["refresh_token"]}
            second = await ask(home, **encoded(way, renewal))
            assert second.keys() == KEYS - {"refresh_token"}, way
            for each in (first, second):
                await use(home, each)


async def use(home: House, told: dict[str, Any]) -> None:
    """Call the API with what the token answer says, as clients do."""
    answer = await home.http.get(
        f"{told['api_domain']}/bigin/v2/Contacts/{home.world.contact.id}/Emails",
        headers={"Authorization": f"{told['token_type']} {told['access_token']}"},
    )
    assert answer.status_code == 204


async def test_api_domain_is_the_url_that_clients_reach_us_by(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, public_url="https://mail.example/", access_token_seconds=60)
    async with house(tmp_path, settings=settings) as home:
        said = {"grant_type": "authorization_code", **credentials(home), "code": await make_code(home)}
        told = await ask(home, data=said)
        assert (told["api_domain"], told["expires_in"]) == ("https://mail.example", 60)


async def test_the_errors_of_the_reference(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        good = credentials(home)
        code = {"grant_type": "authorization_code", "code": await make_code(home)}
        table: list[tuple[dict[str, str], str]] = [
            ({}, "general_error"),
            ({**good}, "general_error"),
            ({**good, "grant_type": "password"}, "general_error"),
            ({**code}, "invalid_client"),
            ({**code, "client_id": "1000.NOBODY"}, "invalid_client"),
            ({**code, "client_id": "\0"}, "invalid_client"),
            ({**code, "client_id": good["client_id"]}, "invalid_client_secret"),
            ({**code, **good, "client_secret": "0" * 42}, "invalid_client_secret"),
            ({**code, **good, "code": "1000.a.b"}, "invalid_code"),
            ({**good, "grant_type": "authorization_code"}, "invalid_code"),
            ({**good, "grant_type": "refresh_token"}, "invalid_code"),
            ({**good, "grant_type": "refresh_token", "refresh_token": code["code"]}, "invalid_code"),
        ]
        for said, error in table:
            assert await ask(home, data=said) == {"error": error}, said
        assert "access_token" in await ask(home, data={**code, **good})
        assert await ask(home, data={**code, **good}) == {"error": "invalid_code"}


@pytest.mark.parametrize("way", ["query", "form", "multipart"])
async def test_revoking_ends_all_that_came_from_the_token(tmp_path: Path, way: str) -> None:
    async with house(tmp_path) as home:
        said = {"grant_type": "authorization_code", **credentials(home), "code": await make_code(home)}
        made = await ask(home, data=said)
        headers = {"Authorization": f"Zoho-oauthtoken {made['access_token']}"}
        assert (await home.http.get(f"{home.api}/Contacts/1/Emails", headers=headers)).status_code == 400
        revoke = encoded(way, {"token": made["refresh_token"]})
        assert await ask(home, "/oauth/v2/token/revoke", **revoke) == {"status": "success"}
        refused = await home.http.get(f"{home.api}/Contacts/1/Emails", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "INVALID_TOKEN")
        in_vain = {"status": "failure", "error": "invalid_code"}
        assert await ask(home, "/oauth/v2/token/revoke", **revoke) == in_vain
        assert await ask(home, "/oauth/v2/token/revoke") == in_vain


BROKEN: list[tuple[str, bytes]] = [
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=", b"--\r\n"),
    ("multipart/form-data; boundary=a", b"--b\r\n\r\nx"),
    ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nx'),
    ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n\xff\r\n--a--\r\n'),
    ("multipart/mixed; boundary=a", b"--a--\r\n"),
    ("application/x-www-form-urlencoded", b"\xff\xfe=1"),
    ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1000)),
    ("application/json", b'{"grant_type":"refresh_token"}'),
    ("text/plain", b""),
]


async def test_a_body_that_cannot_be_read(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for kind, octets in BROKEN:
            told = await ask(home, content=octets, headers={"Content-Type": kind})
            assert told == {"error": "general_error"}, octets


async def test_other_methods_and_paths(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        for path in ("/oauth/v2/token", "/oauth/v2/token/revoke"):
            answer = await home.http.get(home.url + path)
            assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST_METHOD")
            assert answer.headers["allow"] == "OPTIONS, POST"
            answer = await home.http.options(home.url + path)
            assert (answer.status_code, answer.headers["allow"]) == (204, "OPTIONS, POST")
        for path in ("/oauth", "/oauth/v2", "/oauth/v2/token/", "/oauth/v3/auth", "/oauth/v1/token"):
            answer = await home.http.post(home.url + path)
            assert (answer.status_code, answer.json()["code"]) == (404, "INVALID_URL_PATTERN")


async def test_a_body_too_large_for_a_token(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        answer = await home.http.post(f"{home.url}/oauth/v2/token", content=b"a" * (64 * 1024 + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "LIMIT_EXCEEDED")
        assert answer.json()["details"] == {"limit": 64 * 1024}


async def test_no_secret_is_logged(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with capture_logs() as lines:
            said = {"grant_type": "authorization_code", **credentials(home), "code": await make_code(home)}
            made = await ask(home, params=said)
            await ask(home, "/oauth/v2/token/revoke", params={"token": made["refresh_token"]})
            headers = {"Authorization": f"Bearer {made['access_token']}"}
            await home.http.get(f"{home.api}/org?secret={made['access_token']}", headers=headers)
        assert [(line["path"], line["status"]) for line in lines] == [
            ("/oauth/v2/token", 200),
            ("/oauth/v2/token/revoke", 200),
            ("/org", 401),
        ]
        written = str(lines)
        for secret in (said["code"], home.dancer.secret, made["access_token"], made["refresh_token"]):
            assert secret not in written
