"""A server with people, and a browser in front of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from postroom.access.registry import Registered
from postroom.app import clock
from postroom.config import Settings
from postroom.store.users import User
from tests.oauth_clients.scene import PASSWORD, Scene, scene
from tests.web.accounts.browser import Page, Seat, browser

ORG = "ZohoBigin.org.READ"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """``seat`` is a browser in which nobody has signed in yet."""

    at: Scene
    seat: Seat

    @property
    def ada(self) -> User:
        return self.at.house.world.user

    async def sign_in(self, email: str = "", onward: str = "/account", *, seat: Seat | None = None) -> Page:
        """Both steps for a person (ada); what they see then."""
        seat = seat or self.seat
        page = await seat.open(f"/signin?{urlencode({'next': onward})}")
        page = await seat.press(page, "Next", email=email or self.at.ada)
        return await seat.press(page, "Sign in", password=PASSWORD)

    def request(self, made: Registered, **more: str) -> str:
        """The path with which a client sends its user here; ``more`` adds to what it says, or replaces it."""
        asked = {
            "response_type": "code",
            "client_id": made.client.id,
            "redirect_uri": self.at.site.callback,
            "scope": ORG,
            "state": "s1",
        }
        return f"/oauth/v2/auth?{urlencode(asked | more)}"

    async def org(self, access_token: object) -> str | None:
        """The organisation that a token opens; None: it opens nothing."""
        headers = {"Authorization": f"Zoho-oauthtoken {access_token}"}
        told = await self.seat.http.get(f"{self.at.house.api}/org", headers=headers)
        name: str | None = told.json()["org"][0]["company_name"] if told.status_code == 200 else None
        return name

    async def exchange(self, made: Registered, code: str) -> dict[str, Any]:
        """What the client gets for its code."""
        shown = {"grant_type": "authorization_code", "client_id": made.client.id, "client_secret": made.secret}
        shown |= {"code": code, "redirect_uri": self.at.site.callback}
        told: dict[str, Any] = (await self.seat.http.post(self.at.url("/oauth/v2/token"), data=shown)).json()
        return told


@asynccontextmanager
async def stage(
    folder: Path, *, clock: Callable[[], int] = clock, database: str = "", **chosen: Any
) -> AsyncIterator[Stage]:
    """Everything runs until the block ends; ``chosen`` are settings."""
    given = {"data_dir": folder, "database": database, "stop_seconds": 2.0, "device_poll_seconds": 0}
    async with (
        scene(folder, clock=clock, settings=Settings(**{**given, **chosen})) as at,
        browser(at.house.url) as seat,
    ):
        yield Stage(at=at, seat=seat)
