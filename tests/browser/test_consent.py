"""Signing in and consenting, as people do it."""

from pathlib import Path

from playwright.async_api import Browser, expect

from postroom.store.clients import ClientType
from tests.browser.chromium import seat_at
from tests.browser.walk import answer, be_signed_in, name_oneself, press, request, sign_in
from tests.oauth_clients.scene import Scene, scene


async def exchanged(at: Scene, client_id: str, secret: str, code: str) -> dict[str, object]:
    """What the client gets for its code."""
    shown = {"grant_type": "authorization_code", "client_id": client_id, "client_secret": secret, "code": code}
    told = await at.house.http.post(at.url("/oauth/v2/token"), data=shown | {"redirect_uri": at.site.callback})
    given: dict[str, object] = told.json()
    return given


async def opened(at: Scene, access_token: object) -> dict[str, object]:
    """The organisation that a token opens."""
    headers = {"Authorization": f"Zoho-oauthtoken {access_token}"}
    told = await at.house.http.get(f"{at.house.api}/org", headers=headers)
    found: dict[str, object] = told.json()["org"][0]
    return found


async def test_who_signs_in_and_accepts_is_sent_back_with_a_code(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER, "Tracker & Sons")
        await seat.page.goto(request(at, made, scope="ZohoBigin.org.READ", access_type="offline"))
        await sign_in(seat.page, at.ada)
        await expect(seat.page.get_by_role("heading")).to_have_text("Allow Tracker & Sons?")
        shown = await seat.text()
        assert "See the facts of the organisation" in shown
        assert "ZohoBigin.org.READ" in shown
        assert at.house.world.org.name in shown
        assert at.site.callback.split("/")[2] in shown, "where the answer goes"
        await press(seat.page, "Accept")
        told = answer(await at.site.arrived())
        assert told.keys() == {"code", "location", "accounts-server", "state"}
        assert (told["location"], told["accounts-server"], told["state"]) == ("us", at.house.url, "s1")
        given = await exchanged(at, made.client.id, made.secret, told["code"])
        assert given["refresh_token"]
        assert (await opened(at, given["access_token"]))["id"] == str(at.house.world.org.id)


async def test_who_refuses_is_sent_back_without_one(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await seat.page.goto(request(at, made))
        await sign_in(seat.page, at.ada)
        await press(seat.page, "Deny")
        assert answer(await at.site.arrived()) == {"error": "access_denied", "state": "s1"}


async def test_who_belongs_to_several_organisations_chooses_one(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await be_signed_in(at, seat.page, at.eve)
        await seat.page.goto(request(at, made, scope="ZohoBigin.org.READ"))
        await seat.page.get_by_role("button", name="Accept").click()
        assert at.site.asked("/callback") == [], "the browser itself asks for a choice first"
        await seat.page.get_by_label("Second & Sons").check()
        await press(seat.page, "Accept")
        given = await exchanged(at, made.client.id, made.secret, answer(await at.site.arrived())["code"])
        assert (await opened(at, given["access_token"]))["company_name"] == "Second & Sons"


async def test_who_belongs_to_several_organisations_refuses_without_choosing(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await be_signed_in(at, seat.page, at.eve)
        await seat.page.goto(request(at, made))
        await press(seat.page, "Deny")
        assert answer(await at.site.arrived())["error"] == "access_denied"


async def test_who_consented_before_is_asked_again_only_if_the_client_wants(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await be_signed_in(at, seat.page, at.ada)
        await seat.page.goto(request(at, made))
        await press(seat.page, "Accept")
        await seat.page.goto(request(at, made, state="s2"))
        first, second = (answer(target) for target in at.site.asked("/callback"))
        assert second["state"] == "s2"
        assert second["code"] != first["code"]
        await seat.page.goto(request(at, made, prompt="consent"))
        await expect(seat.page.get_by_role("button", name="Accept")).to_be_visible()


async def test_a_wrong_password_is_told_and_after_five_nobody_is_let_in(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        await seat.page.goto(at.url("/account"))
        await name_oneself(seat.page, at.ada)
        for _ in range(5):
            await seat.page.get_by_label("Password").fill("a wrong password")
            await press(seat.page, "Sign in")
            await expect(seat.page.get_by_role("alert")).to_have_text("That is not the right password.")
        await seat.page.goto(at.url("/account"))
        await sign_in(seat.page, at.ada)  # the right one
        await expect(seat.page.get_by_role("alert")).to_contain_text("Too many attempts")
        await seat.page.goto(at.url("/account"))
        assert await seat.path() == "/signin"


async def test_the_keyboard_is_enough(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        keys = seat.page.keyboard
        await seat.page.goto(request(at, made))
        await expect(seat.page.get_by_label("E-mail address")).to_be_focused()
        await keys.type(at.eve)
        await keys.press("Enter")
        await expect(seat.page.get_by_label("Password")).to_be_focused()
        await keys.type("a right password")
        await keys.press("Enter")
        accept = seat.page.get_by_role("button", name="Accept")
        await expect(accept).to_be_visible()
        stops = []
        while "Accept" not in stops:
            await keys.press("Tab")
            stops.append(await seat.page.evaluate("document.activeElement.textContent.trim()"))
            if await seat.page.evaluate("document.activeElement.type") == "radio":
                await keys.press("Space")
            assert len(stops) < 10, stops
        await keys.press("Enter")
        assert answer(await at.site.arrived())["code"]


async def test_who_signs_out_leaves_nothing_behind(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        await be_signed_in(at, seat.page, at.ada)
        await seat.page.goto(at.url("/account"))
        await expect(seat.page.get_by_role("heading", level=1)).to_have_text("Your account")
        session = await seat.page.context.cookies()
        await press(seat.page, "Not you? Sign out")
        assert await seat.path() == "/signin"
        await seat.page.go_back()
        assert at.house.world.org.name not in await seat.text()
        assert await seat.path() == "/signin"
        # A copy of the cookie that somebody kept opens nothing either.
        await seat.page.context.clear_cookies()
        await seat.page.context.add_cookies([{**each} for each in session])  # type: ignore[typeddict-item]
        await seat.page.goto(at.url("/account"))
        assert await seat.path() == "/signin"


async def test_who_is_not_you_can_sign_in_as_somebody_else_and_goes_on(chromium: Browser, tmp_path: Path) -> None:
    async with scene(tmp_path) as at, seat_at(chromium) as seat:
        made = await at.register(ClientType.SERVER)
        await seat.page.goto(request(at, made))
        await sign_in(seat.page, at.ada)
        await press(seat.page, "Not you? Sign out")
        await sign_in(seat.page, at.eve)
        await expect(seat.page.get_by_role("contentinfo")).to_contain_text(at.eve)
        await expect(seat.page.get_by_role("heading")).to_have_text("Allow Tracker?")
