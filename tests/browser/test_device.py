"""A device without a browser, and its user with one."""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from postroom.access.registry import Registered
from postroom.store.clients import ClientType
from tests.browser.chromium import seat_at
from tests.browser.walk import be_signed_in, press, sign_in
from tests.oauth_clients.scene import SCOPES, Scene, scene


async def begun(at: Scene, made: Registered) -> dict[str, Any]:
    """What the device is told first."""
    asked = {"client_id": made.client.id, "grant_type": "device_request", "scope": ",".join(SCOPES)}
    told = await at.house.http.post(at.url("/oauth/v3/device/code"), data=asked)
    answer: dict[str, Any] = told.json()
    return answer


async def polled(at: Scene, made: Registered, device_code: str) -> dict[str, Any]:
    """What it is told when it asks for its token."""
    shown = {"client_id": made.client.id, "client_secret": made.secret, "grant_type": "device_token"}
    told = await at.house.http.post(at.url("/oauth/v3/device/token"), data=shown | {"code": device_code})
    answer: dict[str, Any] = told.json()
    return answer


async def test_the_code_is_typed_as_people_type_and_the_device_gets_its_token(
    chromium: Browser, tmp_path: Path
) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.DEVICE, "Wall display")
        device = await begun(at, made)
        await seat.page.goto(device["verification_url"])
        await seat.page.get_by_label("The code that the device shows").fill(
            f" {device['user_code'].lower().replace('-', ' ')} "
        )
        await press(seat.page, "Next")
        await sign_in(seat.page, at.ada)
        await expect(seat.page.get_by_role("heading")).to_have_text("Allow Wall display?")
        assert await polled(at, made, device["device_code"]) == {"error": "authorization_pending"}
        await press(seat.page, "Accept")
        await expect(seat.page.get_by_role("heading")).to_have_text("Connected")
        given = await polled(at, made, device["device_code"])
        headers = {"Authorization": f"Zoho-oauthtoken {given['access_token']}"}
        assert (await at.house.http.get(at.contact, headers=headers)).status_code == 200


async def test_the_device_hears_that_its_user_refused(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.DEVICE)
        device = await begun(at, made)
        await be_signed_in(at, seat.page, at.ada)
        await seat.page.goto(device["verification_uri_complete"])
        assert device["user_code"] in await seat.text(), "to be compared with what the device shows"
        await press(seat.page, "Deny")
        await expect(seat.page.get_by_role("heading")).to_have_text("Refused")
        assert await polled(at, made, device["device_code"]) == {"error": "access_denied"}


async def test_a_code_that_no_device_shows_is_told_and_asked_for_again(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        await be_signed_in(at, seat.page, at.ada)
        await seat.page.goto(at.url("/oauth/v3/device"))
        await seat.page.get_by_label("The code that the device shows").fill("BCDF-GHJK")
        await press(seat.page, "Next")
        await expect(seat.page.get_by_role("alert")).to_contain_text("No device waits for this code")
        await expect(seat.page.get_by_label("The code that the device shows")).to_be_focused()
