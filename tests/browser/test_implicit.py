"""A client that is nothing but a page: its script takes the token from the fragment (W 4.7)."""

from pathlib import Path

from playwright.async_api import Browser, expect

from postroom.store.clients import ClientType
from tests.browser.chromium import seat_at
from tests.browser.walk import answer, be_signed_in, press, request, sign_in
from tests.oauth_clients.dialect import RENEWAL
from tests.oauth_clients.scene import scene

PAGE = """<!doctype html><title>An application</title><p id="told"></p>
<script>fetch("/heard?" + location.hash.slice(1)).then(() => { told.textContent = "in hand" })</script>
"""


async def test_a_page_takes_its_token_from_the_fragment_and_renews_it(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.CLIENT)
        at.site.pages["/callback"] = PAGE
        url = request(at, made, response_type="token")
        await be_signed_in(at, seat.page, at.ada)
        await seat.page.goto(url)
        await press(seat.page, "Accept")
        await expect(seat.page.locator("#told")).to_have_text("in hand")
        assert at.site.asked("/callback") == ["/callback"], "a server of the client's would not have seen the token"
        await seat.page.goto(url.replace("/oauth/v2/auth", RENEWAL))
        await expect(seat.page.locator("#told")).to_have_text("in hand")
        first, second = (answer(target) for target in at.site.asked("/heard"))
        assert first["access_token"] != second["access_token"]
        for told in (first, second):
            assert (told["token_type"], told["expires_in"], told["state"]) == ("Bearer", "3600", "s1")
            assert (told["location"], told["api_domain"]) == ("us", at.house.url)
            headers = {"Authorization": f"Zoho-oauthtoken {told['access_token']}"}
            assert (await at.house.http.get(at.contact, headers=headers)).status_code == 200


async def test_a_page_hears_of_a_refusal_and_that_nobody_is_there_to_renew(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.CLIENT)
        at.site.pages["/callback"] = PAGE
        url = request(at, made, response_type="token")
        await seat.page.goto(url.replace("/oauth/v2/auth", RENEWAL))
        await expect(seat.page.locator("#told")).to_have_text("in hand")
        await seat.page.goto(url)
        await sign_in(seat.page, at.ada)
        await press(seat.page, "Deny")
        await expect(seat.page.locator("#told")).to_have_text("in hand")
        told = [answer(target) for target in at.site.asked("/heard")]
        assert told == [{"error": "access_denied", "state": "s1"}] * 2
