"""Two organisations at one server, each with a caller who may do everything: what is one's own must stay one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from postroom.access.permission import STANDARD
from postroom.config import Settings
from postroom.store import users
from tests.access.dance import Dancer, granted, register
from tests.web.house import House, house
from tests.world import World, found

EVERYTHING = ",".join(
    (
        *(
            f"ZohoBigin.{each}.ALL"
            for each in ("modules", "settings", "templates.email", "files", "users", "org", "send_mail.all", "coql")
        ),
        "ZohoSearch.securesearch.READ",
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """A caller of one organisation; paths are below ``/bigin/v2`` unless they name a prefix."""

    world: World
    house: House
    headers: dict[str, str]

    async def ask(self, method: str, path: str, json: Any = None, **given: Any) -> httpx.Response:
        headers = self.headers | given.pop("headers", {})
        url = f"{self.house.url}{path}" if path.startswith(("/crm/", "/bigin/")) else f"{self.house.api}{path}"
        if json is not None:
            given["json"] = json
        return await self.house.http.request(method, url, headers=headers, **given)

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self.ask("GET", path, params=params or None)

    async def insert(self, module: str, *items: Any) -> httpx.Response:
        return await self.ask("POST", f"/{module}", {"data": list(items)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Guests:
    """``own`` and ``other`` belong to different organisations."""

    own: Guest
    other: Guest


@asynccontextmanager
async def guests(folder: Path, database: str = "", **chosen: Any) -> AsyncIterator[Guests]:
    """A running server with the two at its door. Without ``database``: SQLite in ``folder``. ``chosen``: settings."""
    settings = Settings(data_dir=folder, database=database, stop_seconds=2.0, **chosen)
    async with house(folder, settings=settings) as home:
        world = await home.app.db.write(lambda tx: found(tx, 2))
        own = Guest(world=home.world, house=home, headers=await _headers(home, home.dancer))
        other = Guest(world=world, house=home, headers=await _headers(home, await register(home.app.db, world)))
        yield Guests(own=own, other=other)


async def standard(guest: Guest) -> Guest:
    """The guest's colleague, who is no Administrator, with the same scopes."""
    app, colleague = guest.house.app, guest.world.colleague
    await app.db.write(lambda tx: users.save(tx, replace(colleague, profile=STANDARD)))
    dancer = await register(app.db, replace(guest.world, user=colleague))
    return replace(guest, headers=await _headers(guest.house, dancer))


async def _headers(home: House, dancer: Dancer) -> dict[str, str]:
    made = await granted(home.app.db, dancer, EVERYTHING, now=home.app.clock())
    return {"Authorization": f"Zoho-oauthtoken {made.access_token}"}


def only(response: httpx.Response, status: int) -> dict[str, Any]:
    """The one item of an answer's ``data``, whose status must be this."""
    assert response.status_code == status, response.text
    (item,) = response.json()["data"]
    assert isinstance(item, dict)
    return item


def error(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The details of a flat error with this code."""
    assert response.status_code == status, response.text
    body = response.json()
    assert (body["code"], body["status"]) == (code, "error")
    details = body["details"]
    assert isinstance(details, dict)
    return details
