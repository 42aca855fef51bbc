"""A walk past every page that people see, each in its fullest state."""

from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page

from postroom.config import Settings
from postroom.store import accounts
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from tests.browser.test_device import begun
from tests.browser.walk import name_oneself, press, request, sign_in
from tests.oauth_clients.scene import PASSWORD, SCOPES, Scene, hashed_password

STRANGER = "nobody.in.particular@a-rather-long-domain-of-nobody.example"


def settings(folder: Path) -> Settings:
    """A server that knows other centres."""
    others = "eu=https://accounts.eu.example in=https://accounts.in.example cn=https://accounts.cn.example"
    return Settings(data_dir=folder, stop_seconds=2.0, device_poll_seconds=0, data_centers=others)


async def walk(at: Scene, page: Page) -> AsyncIterator[str]:
    """The name of each page while it is shown; the server has the ``settings`` above."""
    server = await at.register(ClientType.SERVER, "Relationship Tracker & Sons of the Northern Counties")
    async for name in _signing_in(at, page, request(at, server)):
        yield name
    await press(page, "Accept")
    async for name in _devices(at, page):
        yield name
    async for name in _console(at, page):
        yield name
    await page.goto(at.url("/account"))
    yield "account"
    await page.goto(request(at, server, redirect_uri="https://evil.example/"))
    yield "mistake"
    await press(page, "Not you? Sign out")
    async for name in _dead_ends(at, page, request(at, server)):
        yield name


async def _signing_in(at: Scene, page: Page, url: str) -> AsyncIterator[str]:
    await page.goto(url)
    yield "signin"
    await name_oneself(page, "nobody..here@sandbox.example")
    yield "signin-wrong-address"
    await name_oneself(page, at.eve)
    yield "password"
    await page.get_by_label("Password").fill("a wrong password")
    await press(page, "Sign in")
    yield "password-wrong"
    await page.get_by_label("Password").fill(PASSWORD)
    await press(page, "Sign in")
    await page.get_by_label("Second & Sons").check()
    yield "consent"


async def _devices(at: Scene, page: Page) -> AsyncIterator[str]:
    device = await begun(at, await at.register(ClientType.DEVICE, "Wall display"))
    await page.goto(at.url("/oauth/v3/device?user_code=BCDF-GHJK"))
    yield "device-wrong-code"
    await page.goto(at.url("/oauth/v3/device"))
    yield "device"
    await page.goto(device["verification_uri_complete"])
    yield "device-consent"
    await press(page, "Deny")
    yield "device-refused"


async def _console(at: Scene, page: Page) -> AsyncIterator[str]:
    await page.goto(at.url("/clients"))
    yield "clients"
    await page.goto(at.url("/clients/new"))
    yield "client-new"
    await page.get_by_role("radio", name="Self client").check()
    await page.get_by_label("Name").fill("Nightly <export>")
    await page.get_by_label("Company at org1.example").check()
    await press(page, "Register")
    yield "client-new-refused"
    await page.get_by_label("Name").fill("Nightly export")
    await page.get_by_label("Company at org1.example").check()
    await press(page, "Register")
    yield "client-secret"
    await page.get_by_role("link", name="Done").click()
    yield "client"
    await page.get_by_label("Scopes").fill(",".join(SCOPES))
    await page.get_by_label("Second & Sons").check()
    await press(page, "Generate")
    yield "client-code"
    await page.get_by_role("link", name="Done").click()
    await press(page, "Remove")
    yield "client-remove"


async def _dead_ends(at: Scene, page: Page, url: str) -> AsyncIterator[str]:
    lonely = Account(email=STRANGER, password_hash=hashed_password(), created_at=at.house.app.clock())
    await at.house.app.db.write(lambda tx: accounts.keep(tx, lonely))
    await page.goto(url)
    await sign_in(page, STRANGER)
    yield "nowhere"
    await page.goto(at.url("/account"))
    yield "account-empty"
    await page.goto(at.url("/clients/edit?id=none"))
    yield "client-unknown"
    await page.context.clear_cookies()
    await press(page, "Not you? Sign out")
    yield "not-accepted"
