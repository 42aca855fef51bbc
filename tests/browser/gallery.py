"""Walks past every page that people see, each page in its fullest state."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from postroom.access import confirmation, secrets
from postroom.access.confirmation import Subject
from postroom.config import Settings
from postroom.store import accounts
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from tests.browser.test_device import begun
from tests.browser.walk import be_signed_in, name_oneself, press, request, sign_in
from tests.oauth_clients.scene import PASSWORD, SCOPES, Scene, hashed_password
from tests.store.unsubscribing import asking, link

STRANGER: Final = "nobody.in.particular@a-rather-long-domain-of-nobody.example"
NAME: Final = "Relationship Tracker & Sons of the Northern Counties"

Walk = Callable[[Scene, Page], AsyncIterator[str]]


def settings(folder: Path) -> Settings:
    """A server that knows other centres, as the walks expect it."""
    others = "eu=https://accounts.eu.example in=https://accounts.in.example cn=https://accounts.cn.example"
    return Settings(data_dir=folder, stop_seconds=2.0, device_poll_seconds=0, data_centers=others)


async def signing_in(at: Scene, page: Page) -> AsyncIterator[str]:
    """From a client to the question whether it may, and to what it did wrong."""
    made = await at.register(ClientType.SERVER, NAME)
    await page.goto(request(at, made, access_type="offline"))
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
    await press(page, "Accept")
    await page.goto(at.url("/account"))
    yield "account"
    await page.goto(request(at, made, redirect_uri="https://evil.example/"))
    yield "mistake"


async def devices(at: Scene, page: Page) -> AsyncIterator[str]:
    """From a device's code to a refusal."""
    device = await begun(at, await at.register(ClientType.DEVICE, "Wall display"))
    await be_signed_in(at, page, at.eve)
    await page.goto(at.url("/oauth/v3/device"))
    yield "device"
    await page.goto(at.url("/oauth/v3/device?user_code=BCDF-GHJK"))
    yield "device-wrong-code"
    await page.goto(device["verification_uri_complete"])
    yield "device-consent"
    await press(page, "Deny")
    yield "device-refused"


async def console(at: Scene, page: Page) -> AsyncIterator[str]:
    """A client from its registration to its end."""
    await at.register(ClientType.SERVER, NAME)
    await be_signed_in(at, page, at.eve)
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


async def dead_ends(at: Scene, page: Page) -> AsyncIterator[str]:
    """What somebody sees who belongs to nobody, and a form that is not accepted."""
    lonely = Account(email=STRANGER, password_hash=hashed_password(), created_at=at.house.app.clock())
    await at.house.app.db.write(lambda tx: accounts.keep(tx, lonely))
    await page.goto(request(at, await at.register(ClientType.SERVER, NAME)))
    await sign_in(page, STRANGER)
    yield "nowhere"
    await page.goto(at.url("/account"))
    yield "account-empty"
    await page.goto(at.url("/clients/edit?id=none"))
    yield "client-unknown"
    await page.context.clear_cookies()
    await press(page, "Not you? Sign out")
    yield "not-accepted"


async def confirming(at: Scene, page: Page) -> AsyncIterator[str]:
    """A mailed link, its button, and the link again; and the link of a mail that can be unsubscribed from."""
    app, world = at.house.app, at.house.world
    subject, token = Subject(org=world.org, user=world.user, sender=world.sender), secrets.make_token()
    await app.db.write(
        lambda tx: confirmation.ask(tx, subject, token=token, mail_id=bytes(32), accounts="", now=app.clock())
    )
    await page.goto(at.url(f"/confirm?token={token}"))
    yield "confirm"
    await press(page, "Confirm")
    yield "confirmed"
    await page.goto(at.url(f"/confirm?token={token}"))
    yield "confirmed-already"
    await page.goto(at.url(link(await asking(app, world), 1)))
    yield "unsubscribe"
    await press(page, "Unsubscribe")
    assert await page.title() == "Unsubscribed · Postroom"
    yield "unsubscribed"


async def reading(at: Scene, page: Page) -> AsyncIterator[str]:
    """What the API is: as it opens, and with everything unfolded."""
    await page.goto(at.url("/reference"))
    yield "reference"
    for summary in await page.locator(".calls summary").all():
        await summary.click()
    yield "reference-unfolded"


WALKS: Final[Mapping[str, Walk]] = {
    each.__name__: each for each in (signing_in, devices, console, dead_ends, confirming, reading)
}
