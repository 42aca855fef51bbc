"""Who is let in (W 5.3): what a request shows of its caller, the refusal, and the challenge that goes with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from postroom.access import grant
from postroom.store import users
from tests.access import dance
from tests.access.dance import HOUR, granted
from tests.web.api.guests import EVERYTHING, error
from tests.web.house import House, house
from tests.web.raw import dial, request
from tests.world import NOW

NOBODY: Final = ("AUTHENTICATION_FAILURE", "Authentication failed", 'Bearer realm="Postroom"')
STRANGER: Final = ("INVALID_TOKEN", "invalid oauth token", 'Bearer error="invalid_token"')
TOO_NARROW: Final = (
    "OAUTH_SCOPE_MISMATCH",
    "invalid oauth scope to access this URL",
    'Bearer error="insufficient_scope"',
)

# The token that is shown, and the refusal; None where the caller is let in
TOKENS: Final = {
    "good": None,
    "narrow": TOO_NARROW,
    "unknown": STRANGER,
    "expired": STRANGER,
    "revoked": STRANGER,
    "revoked with its refresh token": STRANGER,
    "another centre's": STRANGER,
    "a switched off user's": STRANGER,
    "a refresh token": STRANGER,
    "a code": STRANGER,
}
# What stands for the header's whole value; {} is a good token
HEADERS: Final = [
    ([], NOBODY),
    ([""], NOBODY),
    (["Bearer"], NOBODY),
    (["Zoho-oauthtoken"], NOBODY),
    (["{}"], NOBODY),
    (["Basic {}"], NOBODY),
    (["Basic YTpi"], NOBODY),
    (["Token {}"], NOBODY),
    (["Zoho-authtoken {}"], NOBODY),
    (["Bearer={}"], NOBODY),
    (["Bearer:{}"], NOBODY),
    (["Bearer {}", "Bearer {}"], NOBODY),  # RFC 9110 §5.3: it stands once
    (["Bearer {}", "Basic YTpi"], NOBODY),
    (["Basic YTpi", "Zoho-oauthtoken {}"], NOBODY),
    (["Bearer {}, Bearer {}"], STRANGER),
    (["Bearer {} {}"], STRANGER),
    (['Bearer "{}"'], STRANGER),
    (["Bearer Zoho-oauthtoken {}"], STRANGER),
    (["Zoho-oauthtoken {}"], None),
    (["zoho-oauthtoken {}"], None),
    (["ZOHO-OAUTHTOKEN {}"], None),
    (["Bearer {}"], None),
    (["bearer {}"], None),
    (["BEARER  {}"], None),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """A server whose clock stands an hour after ``NOW``, and the tokens above."""

    house: House
    tokens: dict[str, str]


@asynccontextmanager
async def door(folder: Path) -> AsyncIterator[Door]:
    now = NOW + HOUR * 1000
    async with house(folder / "here", clock=lambda: now) as home, house(folder / "there", clock=lambda: now) as other:
        db, dancer = home.app.db, home.dancer
        good, last = await granted(db, dancer, EVERYTHING, now=now), await granted(db, dancer, EVERYTHING, now=now)
        revoked, expired = (
            await granted(db, dancer, EVERYTHING, now=now),
            await granted(db, dancer, EVERYTHING, now=NOW),
        )
        assert last.refresh_token
        assert await grant.revoke(db, revoked.access_token)
        assert await grant.revoke(db, last.refresh_token)
        narrow = await granted(db, dancer, "ZohoBigin.users.READ", now=now)
        ben = await dance.register(db, replace(home.world, user=home.world.colleague))
        bens = await granted(db, ben, EVERYTHING, now=now)
        await db.write(lambda tx: users.save(tx, replace(home.world.colleague, active=False)))
        tokens = {
            "good": good.access_token,
            "narrow": narrow.access_token,
            "unknown": f"1000.{'0' * 32}.{'1' * 32}",
            "expired": expired.access_token,
            "revoked": revoked.access_token,
            "revoked with its refresh token": last.access_token,
            "another centre's": (await granted(other.app.db, other.dancer, EVERYTHING, now=now)).access_token,
            "a switched off user's": bens.access_token,
            "a refresh token": good.refresh_token or "",
            "a code": await dance.make_code(db, dancer, EVERYTHING, now=now),
        }
        yield Door(house=home, tokens=tokens)


async def test_each_kind_of_token(tmp_path: Path) -> None:
    async with door(tmp_path) as here:
        assert here.tokens.keys() == TOKENS.keys()
        for name, refusal in TOKENS.items():
            await shown(here, [f"Zoho-oauthtoken {here.tokens[name]}"], refusal)


async def test_each_form_of_the_header(tmp_path: Path) -> None:
    async with door(tmp_path) as here:
        for values, refusal in HEADERS:
            await shown(here, [value.replace("{}", here.tokens["good"]) for value in values], refusal)


async def shown(here: Door, values: list[str], refusal: tuple[str, str, str] | None) -> None:
    """Ask with these Authorization headers."""
    headers = [("Authorization", value) for value in values]
    answer = await here.house.http.get(f"{here.house.api}/org", headers=headers)
    if refusal is None:
        assert (answer.status_code, "www-authenticate" in answer.headers) == (200, False), values
        return
    code, message, challenge = refusal
    assert (answer.status_code, answer.headers.get_list("www-authenticate")) == (401, [challenge]), values
    assert answer.json() == {"code": code, "details": {}, "message": message, "status": "error"}


@pytest.mark.parametrize("name", ["access_token", "oauth_token", "authtoken", "Authorization"])
async def test_a_token_counts_only_in_the_header(tmp_path: Path, name: str) -> None:
    """RFC 6750 §5.3: URLs are logged and bodies are forwarded."""
    async with house(tmp_path) as home:
        token = (await home.headers(EVERYTHING))["Authorization"].split()[1]
        for method, path in (("GET", "/org"), ("POST", "/Contacts")):
            for given in ({"params": {name: token}}, {"data": {name: token}}, {"json": {name: token}}):
                answer = await home.http.request(method, home.api + path, **given)  # type: ignore[arg-type]
                assert error(answer, 401, "AUTHENTICATION_FAILURE") == {}
        answer = await home.http.get(f"{home.api}/org", headers={"Cookie": f"{name}={token}"})
        error(answer, 401, "AUTHENTICATION_FAILURE")


async def test_a_token_in_the_query_does_not_spoil_the_one_in_the_header(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        headers = await home.headers(EVERYTHING)
        with capture_logs() as lines:
            answer = await home.http.get(f"{home.api}/org", params={"access_token": "1000.a.b"}, headers=headers)
        assert answer.status_code == 200
        assert "1000." not in str(lines)


async def test_octets_that_are_no_text_in_the_header(tmp_path: Path) -> None:
    async with house(tmp_path) as home, dial(home.url) as peer:
        for value in (b"Bearer \xff\xfe", b"Bearer \xc3\xa9", b"\xe2\x80\x8bBearer 1000.a.b"):
            await peer.send(
                request("GET", "/bigin/v2/org", {}).replace(b"\r\n\r\n", b"\r\nAuthorization: %b\r\n\r\n" % value)
            )
            assert (await peer.answer()).status == 401
