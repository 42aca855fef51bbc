"""The console in which developers register clients, and the account page that shows what they may do."""

from pathlib import Path

from playwright.async_api import Browser, expect

from postroom.store.clients import ClientType
from tests.browser.chromium import seat_at
from tests.browser.walk import answer, be_signed_in, press, request
from tests.oauth_clients.scene import SCOPES, scene


async def test_a_client_is_registered_and_its_secret_shown_once(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        page = seat.page
        await be_signed_in(at, page, at.eve)
        await page.goto(at.url("/clients"))
        await page.get_by_role("link", name="Register a client").click()
        await page.get_by_role("radio", name="Server-based").check()
        await page.get_by_label("Name").fill("Tracker <b>")
        await page.get_by_label("Redirect URIs").fill(at.site.callback)
        await page.get_by_label("Second & Sons").check()
        await press(page, "Register")
        await expect(page.get_by_role("alert")).to_contain_text("no special characters")
        await expect(page.get_by_label("Redirect URIs")).to_have_value(at.site.callback)
        await expect(page.get_by_label("Second & Sons")).to_be_checked()
        await page.get_by_label("Name").fill("Tracker")
        await press(page, "Register")
        client_id = await page.locator("#client_id").inner_text()
        secret = await page.locator("#client_secret").inner_text()
        assert secret not in page.url
        await page.get_by_role("link", name="Done").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Tracker")
        assert client_id in await seat.text()
        assert secret not in await page.content()
        # What was registered stands in the form: who changes one thing loses no other.
        await expect(page.get_by_label("Redirect URIs")).to_have_value(at.site.callback)
        await page.get_by_label("Name").fill("Tracker & Sons")
        await press(page, "Save")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Tracker & Sons")
        await expect(page.get_by_label("Redirect URIs")).to_have_value(at.site.callback)
        shown = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": client_id}
        told = await at.house.http.post(at.url("/oauth/v2/token"), data=shown | {"client_secret": secret})
        assert told.json() == {"error": "invalid_code"}, "neither invalid_client nor invalid_client_secret"


async def test_a_self_clients_code_is_generated_and_exchanged(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SELF, "Nightly export")
        page = seat.page
        await be_signed_in(at, page, at.ada)
        await page.goto(at.url("/clients"))
        await page.get_by_role("link", name="Nightly export").click()
        await page.get_by_label("Scopes").fill(",".join(SCOPES))
        await page.get_by_label("Good for").select_option("10 minutes")
        await press(page, "Generate")
        code = await page.locator("#code").inner_text()
        assert code not in page.url
        client = {"client_id": made.client.id, "client_secret": made.secret}
        shown = {"grant_type": "authorization_code", "code": code, **client}
        given = (await at.house.http.post(at.url("/oauth/v2/token"), data=shown)).json()
        headers = {"Authorization": f"Zoho-oauthtoken {given['access_token']}"}
        assert (await at.house.http.get(at.contact, headers=headers)).status_code == 200
        assert given["refresh_token"]


async def test_a_new_secret_ends_the_old_one_and_a_removed_client_is_gone(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        page = seat.page
        await be_signed_in(at, page, at.ada)
        await page.goto(at.url(f"/clients/edit?id={made.client.id}"))
        await press(page, "New secret")
        fresh = await page.locator("#client_secret").inner_text()

        async def heard(secret: str) -> str:
            shown = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": made.client.id}
            told = await at.house.http.post(at.url("/oauth/v2/token"), data=shown | {"client_secret": secret})
            return str(told.json()["error"])

        assert [await heard(secret) for secret in (made.secret, fresh)] == ["invalid_client_secret", "invalid_code"]
        await page.get_by_role("link", name="Done").click()
        await press(page, "Switch off")
        assert await heard(fresh) == "invalid_client"
        await press(page, "Switch on")
        assert await heard(fresh) == "invalid_code"
        await press(page, "Remove")
        await expect(page.get_by_role("heading")).to_have_text("Remove Tracker?")
        assert await heard(fresh) == "invalid_code", "not without asking"
        await press(page, "Remove")
        assert await seat.path() == "/clients"
        assert await heard(fresh) == "invalid_client"


async def test_a_withdrawn_consent_ends_the_tokens(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER, "Tracker")
        page = seat.page
        await be_signed_in(at, page, at.ada)
        await page.goto(request(at, made))
        await press(page, "Accept")
        client = {"client_id": made.client.id, "client_secret": made.secret, "redirect_uri": at.site.callback}
        shown = {"grant_type": "authorization_code", "code": answer(await at.site.arrived())["code"], **client}
        given = (await at.house.http.post(at.url("/oauth/v2/token"), data=shown)).json()
        headers = {"Authorization": f"Zoho-oauthtoken {given['access_token']}"}
        assert (await at.house.http.get(at.contact, headers=headers)).status_code == 200
        await page.goto(at.url("/account"))
        await expect(page.get_by_role("listitem").filter(has_text="Tracker").first).to_be_visible()
        await press(page, "Withdraw")
        await expect(page.get_by_text("None acts for you.")).to_be_visible()
        assert (await at.house.http.get(at.contact, headers=headers)).status_code == 401
