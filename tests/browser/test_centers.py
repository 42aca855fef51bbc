"""One browser at several data centres: two ports of one host, as far as it knows."""

from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser, expect

from postroom.store.clients import ClientType
from tests.browser.chromium import seat_at
from tests.browser.walk import answer, name_oneself, press, sign_in
from tests.centers.realm import CLIENT_ID, Realm, realm
from tests.oauth_clients.scene import PASSWORD, SCOPES
from tests.oauth_clients.site import site


def request(two: Realm, center: str, callback: str) -> str:
    """The URL with which the client sends its users to that centre."""
    asked = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": callback, "scope": ",".join(SCOPES)}
    return f"{two[center].url}/oauth/v2/auth?{urlencode({**asked, 'access_type': 'offline', 'state': 'a b&c'})}"


async def test_who_begins_at_the_wrong_centre_ends_at_the_client_with_the_right_one(
    chromium: Browser, tmp_path: Path
) -> None:
    async with site() as place, realm(tmp_path, "us", "eu") as two, seat_at(chromium) as seat:
        secrets = await two.register("us", "eu", callback=place.callback)
        eu = two["eu"]
        await seat.page.goto(request(two, "us", place.callback))
        await name_oneself(seat.page, two.living_in("eu"))
        assert seat.page.url.startswith(f"{eu.url}/signin?")
        assert await seat.page.get_by_title("data centre").inner_text() == "eu"
        await expect(seat.page.get_by_label("E-mail address")).to_have_value(two.living_in("eu"))
        await press(seat.page, "Next")
        await seat.page.get_by_label("Password").fill(PASSWORD)
        await press(seat.page, "Sign in")
        await press(seat.page, "Accept")
        told = answer(await place.arrived())
        assert (told["location"], told["accounts-server"], told["state"]) == ("eu", eu.url, "a b&c")
        shown = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": place.callback}
        client = {"client_id": CLIENT_ID, "client_secret": secrets["eu"].secret}
        given = (await eu.http.post(f"{told['accounts-server']}/oauth/v2/token", data=shown | client)).json()
        assert given["api_domain"] == eu.url
        headers = {"Authorization": f"Zoho-oauthtoken {given['access_token']}"}
        url = f"{given['api_domain']}/bigin/v2/Contacts/{eu.world.contact.id}"
        assert (await eu.http.get(url, headers=headers)).status_code == 200


async def test_a_stranger_to_the_first_centre_chooses_their_own(chromium: Browser, tmp_path: Path) -> None:
    async with site() as place, realm(tmp_path, "us", "eu", "jp") as three, seat_at(chromium) as seat:
        await three.register("us", "jp", callback=place.callback)
        await seat.page.goto(request(three, "us", place.callback))
        await press(seat.page, "jp")
        assert seat.page.url.startswith(f"{three['jp'].url}/signin?")
        await sign_in(seat.page, three.living_in("jp"))
        await press(seat.page, "Accept")
        assert answer(await place.arrived())["location"] == "jp"


async def test_a_client_that_is_unknown_there_gets_no_answer(chromium: Browser, tmp_path: Path) -> None:
    async with site() as place, realm(tmp_path, "us", "eu") as two, seat_at(chromium) as seat:
        await two.register("us", callback=place.callback)
        await seat.page.goto(request(two, "us", place.callback))
        await name_oneself(seat.page, two.living_in("eu"))
        await expect(seat.page.get_by_role("heading")).to_have_text("This request cannot be answered")
        assert "invalid_client" in await seat.text()
        assert place.targets == []


async def test_two_centres_on_one_host_keep_their_sessions_apart(chromium: Browser, tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu") as two, seat_at(chromium) as seat:
        for center in ("us", "eu"):
            await seat.page.goto(f"{two[center].url}/account")
            await sign_in(seat.page, two.living_in(center))
        for center in ("us", "eu"):
            await seat.page.goto(f"{two[center].url}/account")
            await expect(seat.page.get_by_role("contentinfo")).to_contain_text(two.living_in(center))
        await press(seat.page, "Not you? Sign out")
        assert await seat.path() == "/signin"
        await seat.page.goto(f"{two['us'].url}/account")
        await expect(seat.page.get_by_role("contentinfo")).to_contain_text(two.living_in("us"))
        # The forms of the one still work after the other's cookies have changed.
        await press(seat.page, "Not you? Sign out")
        assert await seat.path() == "/signin"


async def test_a_device_is_connected_where_its_user_lives(chromium: Browser, tmp_path: Path) -> None:
    async with realm(tmp_path, "us", "eu", device_poll_seconds=0) as two, seat_at(chromium) as seat:
        secrets = await two.register("us", "eu", kind=ClientType.DEVICE)
        us, eu = two["us"], two["eu"]
        asked = {"client_id": CLIENT_ID, "grant_type": "device_request", "scope": ",".join(SCOPES)}
        begun = (await us.http.post(f"{us.url}/oauth/v3/device/code", data=asked)).json()
        await seat.page.goto(begun["verification_url"])
        await seat.page.get_by_label("The code that the device shows").fill(begun["user_code"])
        await press(seat.page, "Next")
        await name_oneself(seat.page, two.living_in("eu"))
        await sign_in(seat.page, two.living_in("eu"))
        assert seat.page.url.startswith(f"{eu.url}/oauth/v3/device?")
        await press(seat.page, "Accept")
        await expect(seat.page.get_by_role("heading")).to_have_text("Connected")
        shown = {"client_id": CLIENT_ID, "grant_type": "device_token", "code": begun["device_code"]}
        heard = []
        for home, center in ((us, "us"), (eu, "eu")):
            form = shown | {"client_secret": secrets[center].secret}
            heard.append((await home.http.post(f"{home.url}/oauth/v3/device/token", data=form)).json())
        assert heard[0] == {"error": "other_dc", "user_location": "eu"}
        assert heard[1]["api_domain"] == eu.url
