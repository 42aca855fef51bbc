"""What people do at the pages, by what they see there: labels and the words on buttons."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.async_api import Page

from postroom.access import secrets
from postroom.access.registry import Registered
from postroom.store import accounts
from postroom.store.accounts import Session
from tests.oauth_clients.scene import PASSWORD, SCOPES, Scene


def request(at: Scene, registered: Registered, **more: str) -> str:
    """The URL with which a client sends its user here; ``more`` adds to what it says, or replaces it."""
    asked = {
        "response_type": "code",
        "client_id": registered.client.id,
        "redirect_uri": at.site.callback,
        "scope": ",".join(SCOPES),
        "state": "s1",
    }
    return at.url(f"/oauth/v2/auth?{urlencode(asked | more)}")


async def name_oneself(page: Page, email: str) -> None:
    """The first step of signing in."""
    await page.get_by_label("E-mail address").fill(email)
    await press(page, "Next")


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Both steps of it."""
    await name_oneself(page, email)
    await page.get_by_label("Password").fill(password)
    await press(page, "Sign in")


async def be_signed_in(at: Scene, page: Page, email: str) -> None:
    """Have signed in before, where that is not what a test is about."""
    app, token = at.house.app, secrets.make_token()
    now = app.clock()
    session = Session(hash=secrets.digest(token), email=email, created_at=now, expires_at=now + 3_600_000)
    await app.db.write(lambda tx: accounts.open_session(tx, session))
    await page.context.add_cookies([{"name": "postroom_session_us", "value": token, "url": at.house.url}])


async def press(page: Page, button: str) -> None:
    """The button with these words; the page that follows is there afterwards."""
    async with page.expect_navigation(wait_until="load"):
        await page.get_by_role("button", name=button, exact=True).click()


def answer(url: str) -> dict[str, str]:
    """What a callback says, in its query or in its fragment."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query or parts.fragment))
