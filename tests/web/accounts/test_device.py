"""The page on which people consent to what a device asks (W 4.9; RFC 8628 §3.3, 5.1, 5.4)."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from postroom.access import registry
from postroom.access.device import USER_CODE_SECONDS
from postroom.access.registry import Registered
from postroom.access.terms import TEN_MINUTES
from postroom.store import accounts, devices, users
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from tests.oauth_clients.scene import PASSWORD
from tests.web.accounts.browser import Page
from tests.web.accounts.stage import ORG, Stage, stage
from tests.world import NOW

PATH = "/oauth/v3/device"
OTHERS = "eu=https://accounts.eu.example in=https://accounts.in.example"
UNKNOWN = "No device waits for this code."


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A device that has asked: what it shows, and what it keeps."""

    here: Stage
    made: Registered
    user_code: str
    device_code: str

    @property
    def path(self) -> str:
        return f"{PATH}?{urlencode({'user_code': self.user_code})}"

    @property
    def digest(self) -> str:
        return sha256(self.device_code.encode()).hexdigest()

    async def polled(self) -> dict[str, Any]:
        """What it is told when it asks for its token."""
        shown = {"client_id": self.made.client.id, "client_secret": self.made.secret, "grant_type": "device_token"}
        told = await self.here.seat.http.post(
            self.here.at.url("/oauth/v3/device/token"), data=shown | {"code": self.device_code}
        )
        answer: dict[str, Any] = told.json()
        return answer


async def device(here: Stage, **more: str) -> Waiting:
    """A device of ours that begins to ask."""
    made = await here.at.register(ClientType.DEVICE, "Wall & display")
    asked = {"client_id": made.client.id, "grant_type": "device_request", "scope": ORG, "access_type": "offline"}
    told = (await here.seat.http.post(here.at.url("/oauth/v3/device/code"), data=asked | more)).json()
    return Waiting(here=here, made=made, user_code=told["user_code"], device_code=told["device_code"])


async def typed(here: Stage, code: str) -> Page:
    """What the page says to a code."""
    return await here.seat.press(await here.seat.open(PATH), "Next", user_code=code)


async def test_the_code_is_typed_compared_and_accepted(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        waiting = await device(here)
        page = await here.seat.open(PATH)
        field = page.form("Next").attributes["user_code"]
        assert field["autocomplete"] == "one-time-code"
        code = f" {waiting.user_code.lower().replace('-', ' ')} "
        page = await here.seat.press(page, "Next", user_code=code)
        assert page.path == "/signin"
        page = await here.seat.press(page, "Next", email=here.at.ada)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.title == "Allow Wall & display?"
        for each in (
            "only if your device shows this code",
            code.strip(),
            "See the facts of the organisation",
            ORG,
            "while you are away",
            here.at.house.world.org.name,
            f"Signed in as {here.at.ada}",
        ):
            assert each in page.text, each
        assert await waiting.polled() == {"error": "authorization_pending"}
        page = await here.seat.press(page, "Accept")
        assert (page.status, page.title) == (200, "Connected")
        given = await waiting.polled()
        assert given["refresh_token"]
        assert await here.org(given["access_token"]) == here.at.house.world.org.name
        page = await here.seat.open("/account")
        assert "Wall & display for" in page.text, "a consent as any other"


async def test_who_denies_is_told_and_so_is_the_device(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await device(here)
        page = await here.sign_in(onward=waiting.path)
        told = await here.seat.press(page, "Deny")
        assert (told.status, told.title) == (200, "Refused")
        assert await waiting.polled() == {"error": "access_denied"}
        assert (await here.seat.press(page, "Accept")).status == 404, "answered already"
        assert await waiting.polled() == {"error": "access_denied"}


async def test_who_belongs_to_several_organisations_chooses(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await device(here)
        page = await here.sign_in(here.at.eve, waiting.path)
        sent = here.seat.filled(page, "Accept")
        for user in ("", str(here.ada.id), "9001\0"):
            told = await here.seat.post(PATH, sent | {"user": user})
            assert (told.status, "Choose one of your organisations." in told.text) == (400, True)
        assert await waiting.polled() == {"error": "authorization_pending"}
        assert (await here.seat.press(page, "Accept", user="Second & Sons")).title == "Connected"
        assert await here.org((await waiting.polled())["access_token"]) == "Second & Sons"


async def test_what_no_device_shows_is_told(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        await here.sign_in()
        for code in ("BCDF-GHJK", "x", "\0", "\u00fc", "1000", "<script>alert(1)</script>", "B" * 5000):
            page = await typed(here, code)
            assert (page.status, page.path) == (404, PATH), code
            assert UNKNOWN in page.text
            assert "script" not in page.tags
            assert page.form("Next"), "and asked for again"
        assert (await typed(here, " ")).status == 200


async def test_a_code_ends_after_five_minutes(tmp_path: Path) -> None:
    now = [NOW]
    async with stage(tmp_path, clock=lambda: now[0]) as here:
        waiting = await device(here)
        page = await here.sign_in(onward=waiting.path)
        now[0] += USER_CODE_SECONDS * 1000
        assert (await here.seat.press(page, "Accept")).status == 404
        assert (await typed(here, waiting.user_code)).status == 404
        assert await waiting.polled() == {"error": "expired"}


async def test_who_guesses_has_to_wait_with_the_right_code_too(tmp_path: Path) -> None:
    now = [NOW]
    async with stage(tmp_path, clock=lambda: now[0]) as here:
        await here.sign_in()
        for _ in range(20):
            assert (await typed(here, "BCDF-GHJK")).status == 404
        waiting = await device(here)
        page = await typed(here, waiting.user_code)
        assert (page.status, "Too many attempts" in page.text) == (429, True)
        await here.seat.press(page, "Not you? Sign out")
        page = await here.sign_in(here.at.eve, waiting.path)
        assert page.title == "Allow Wall & display?", "others need not wait"
        now[0] += TEN_MINUTES
        waiting = await device(here)
        await here.seat.press(await here.seat.open("/account"), "Not you? Sign out")
        await here.sign_in()
        assert (await typed(here, waiting.user_code)).status == 200


async def test_who_is_signed_out_meanwhile_signs_in_and_is_asked_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await device(here)
        page = await here.sign_in(onward=waiting.path)
        sent = here.seat.filled(page, "Accept")
        token = (await here.seat.press(page, "Not you? Sign out")).form("Next").fields["form_token"]
        page = await here.seat.post(PATH, sent | {"form_token": token})
        assert page.path == "/signin"
        page = await here.seat.press(page, "Next", email=here.at.ada)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert (page.title, waiting.user_code in page.text) == ("Allow Wall & display?", True)


async def test_nobody_is_asked_for_a_client_that_was_switched_off(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await device(here)
        await registry.switch(here.at.house.app.db, waiting.made.client, active=False)
        page = await here.sign_in(onward=waiting.path)
        assert (page.status, UNKNOWN in page.text) == (404, True)


async def test_who_belongs_nowhere_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await device(here)
        await here.at.house.app.db.write(lambda tx: users.save(tx, replace(here.ada, active=False)))
        page = await here.sign_in(onward=waiting.path)
        assert (page.status, page.title) == (403, "No organisation")
        assert page.form("Not you? Sign out").fields["next"] == waiting.path


async def lives_in(here: Stage, data_center: str) -> str:
    """Somebody of another centre."""
    new = Account(email="far@people.example", data_center=data_center, created_at=NOW)
    await here.at.house.app.db.write(lambda tx: accounts.keep(tx, new))
    return new.email


async def test_who_lives_elsewhere_takes_the_request_there(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url, data_centers=OTHERS, clock=lambda: NOW) as here:
        waiting, email = await device(here), await lives_in(here, "eu")
        page = await here.seat.press(await here.seat.open(waiting.path), "Next", email=email)
        assert page.url.partition("?")[0] == "https://accounts.eu.example/oauth/v3/device"
        assert page.told == {
            "device": waiting.digest,
            "client_id": waiting.made.client.id,
            "scope": ORG,
            "access_type": "offline",
            "expires": str(NOW + USER_CODE_SECONDS * 1000),
            "login_hint": email,
        }
        assert await waiting.polled() == {"error": "other_dc", "user_location": "eu"}


async def test_who_types_a_wrong_code_goes_elsewhere_without_a_request(tmp_path: Path) -> None:
    async with stage(tmp_path, data_centers=OTHERS) as here:
        email = await lives_in(here, "eu")
        page = await here.seat.press(await typed(here, "BCDF-GHJK"), "Next", email=email)
        assert page.url == f"https://accounts.eu.example/signin?{urlencode({'login_hint': email})}"


async def test_nobody_guesses_by_going_elsewhere(tmp_path: Path) -> None:
    """RFC 8628 §5.1: who is not signed in yet is counted by where they are."""
    now = [NOW]
    async with stage(tmp_path, data_centers=OTHERS, clock=lambda: now[0]) as here:
        page = await typed(here, "BCDF-GHJK")
        for _ in range(20):
            assert (await here.seat.press(page, "eu")).url == "https://accounts.eu.example/signin"
        waiting = await device(here)
        page = await typed(here, waiting.user_code)
        assert (await here.seat.press(page, "eu")).url == "https://accounts.eu.example/signin", (
            "the right one, too late"
        )
        assert await waiting.polled() == {"error": "authorization_pending"}
        now[0] += TEN_MINUTES
        waiting = await device(here)
        page = await typed(here, waiting.user_code)
        assert (await here.seat.press(page, "eu")).told["device"] == waiting.digest


async def test_what_arrives_from_elsewhere_is_asked_for_here(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url, data_centers=OTHERS) as here:
        waiting = await arriving(here)
        page = await here.seat.open(waiting.arrival)
        assert page.form("Next").fields["email"] == "ada@hint.example"
        page = await here.seat.press(page, "Next", email=here.at.ada)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.title == "Allow Wall & display?"
        assert "only if you have just typed the code of a device of yours" in page.text
        assert (await here.seat.open(waiting.arrival)).title == page.title, "the page may be loaded again"
        assert (await here.seat.press(page, "Accept")).title == "Connected"
        given = await waiting.polled()
        assert await here.org(given["access_token"]) == here.at.house.world.org.name
        assert "refresh_token" in given
        assert (await here.seat.open(waiting.arrival)).status == 404, "once"


async def test_what_arrives_can_be_denied(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await arriving(here)
        page = await here.sign_in(onward=waiting.arrival)
        assert (await here.seat.press(page, "Deny")).title == "Refused"
        assert await waiting.polled() == {"error": "access_denied"}


async def test_from_the_second_centre_it_goes_on_to_a_third(tmp_path: Path) -> None:
    async with stage(tmp_path, data_centers=OTHERS) as here:
        waiting = await arriving(here)
        page = await here.seat.press(await here.seat.open(waiting.arrival), "in")
        assert page.url.startswith("https://accounts.in.example/oauth/v3/device?")
        told, came = page.told, parse_qs(urlsplit(waiting.arrival).query)
        assert told["login_hint"] == came["login_hint"][0]
        assert {name: told[name] for name in ("device", "client_id", "scope", "access_type")} == {
            name: came[name][0] for name in ("device", "client_id", "scope", "access_type")
        }
        assert await waiting.polled() == {"error": "other_dc", "user_location": "in"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Arriving(Waiting):
    """A device that began to ask in another centre."""

    more: dict[str, str]

    @property
    def arrival(self) -> str:
        come = {"device": self.digest, "client_id": self.made.client.id, "scope": ORG, "access_type": "offline"}
        end = str(self.here.at.house.app.clock() + 100_000)
        return f"{PATH}?{urlencode(come | {'expires': end, 'login_hint': 'ada@hint.example'} | self.more)}"


async def arriving(here: Stage, **more: str) -> Arriving:
    made = await here.at.register(ClientType.DEVICE, "Wall & display")
    return Arriving(here=here, made=made, user_code="", device_code="1000.from.elsewhere", more=more)


@pytest.mark.parametrize(
    "more",
    [
        {"device": "ab"},
        {"device": "z" * 64},
        {"device": "ab" * 33},
        {"device": " ".join(["ab"] * 32)},
        {"client_id": "1000.UNKNOWN"},
        {"client_id": "\0"},
        {"scope": "nonsense"},
        {"scope": ""},
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": "soon"},
        {"expires": "9" * 5000},
    ],
)
async def test_what_nobody_sent_on_is_not_asked_for(more: dict[str, str], tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        waiting = await arriving(here, **more)
        page = await here.sign_in(onward=waiting.arrival)
        assert (page.status, UNKNOWN in page.text) == (404, True)
        found = await here.at.house.app.db.read(lambda tx: devices.find(tx, bytes.fromhex(waiting.digest)))
        assert found is None
