"""Signing in, in two steps, and out (W 4.2, 4.12)."""

from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest

from postroom.access.login import SESSION_SECONDS, WINDOW
from postroom.store import accounts
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from tests.oauth_clients.scene import PASSWORD, hashed_password
from tests.web.accounts.browser import browser
from tests.web.accounts.stage import Stage, stage
from tests.world import NOW

OTHERS = "eu=https://accounts.eu.example in=https://accounts.in.example,https://api.in.example cn=https://cn.example"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example\\",
    "/\t/evil.example/",
    "/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "evil.example",
    "/\u00e9",
    "/\u65e5\u672c",
    "",
]


def cookies(headers: httpx.Headers) -> SimpleCookie:
    """What an answer wants to be kept."""
    kept = SimpleCookie()
    for each in headers.get_list("set-cookie"):
        kept.load(each)
    return kept


async def keep(here: Stage, email: str, *, data_center: str | None = None) -> None:
    """Somebody with an account, here or elsewhere."""
    hashed = None if data_center else hashed_password()
    new = Account(email=email, password_hash=hashed, data_center=data_center, created_at=NOW)
    await here.at.house.app.db.write(lambda tx: accounts.keep(tx, new))


async def test_who_types_address_and_password_is_where_they_wanted_to_be(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        page = await here.seat.open("/clients/new?a=b%20c&d=+")
        assert (page.path, page.title) == ("/signin", "Sign in")
        page = await here.seat.press(page, "Next", email=f" {here.at.ada.upper()} ")
        assert page.form("Sign in").fields["email"] == here.at.ada
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.url == here.at.url("/clients/new?a=b%20c&d=+"), "letter by letter"
        assert here.at.ada in page.text
        page = await here.seat.open("/signin?next=/account")
        assert page.title == "Your account", "who is signed in goes on at once"


async def test_fields_tell_password_managers_what_they_are(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.seat.open("/signin")
        assert page.form("Next").attributes["email"]["autocomplete"] == "username"
        page = await here.seat.press(page, "Next", email=here.at.ada)
        fields = page.form("Sign in").attributes
        assert fields["email"]["autocomplete"] == "username"
        assert (fields["password"]["type"], fields["password"]["autocomplete"]) == ("password", "current-password")
        labelled = {value for tag, name, value in page.attributes if (tag, name) == ("label", "for")}
        assert labelled == {fields[name]["id"] for name in ("email", "password")}


@pytest.mark.parametrize("onward", ELSEWHERE)
async def test_nobody_is_led_away(onward: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward=onward)
        assert page.url == here.at.url("/account")
        assert cookies(page.headers).keys() <= {"postroom_session_us", "postroom_visit_us"}
        page = await here.seat.open(f"/signin?{urlencode({'next': onward})}")
        assert page.url == here.at.url("/account"), "who is signed in"
        sent = here.seat.filled(page, "Not you? Sign out") | {"next": onward}
        page = await here.seat.post("/signout", sent)
        assert page.url == here.at.url("/signin?next=%2Faccount")
        sent = here.seat.filled(page, "Next", email=here.at.ada) | {"next": onward, "password": PASSWORD}
        page = await here.seat.post("/signin", sent)
        assert page.url == here.at.url("/account"), "whatever the form was made to say"


async def test_a_wrong_password_is_told_on_the_same_page(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        heard = []
        for email in (here.at.ada, "nobody@org1.example"):
            page = await here.seat.press(await here.seat.open("/signin"), "Next", email=email)
            page = await here.seat.press(page, "Sign in", password="a wrong password")
            assert (page.status, page.path) == (200, "/signin")
            assert "a wrong password" not in page.html
            assert not cookies(page.headers)
            heard.append(page.text)
        assert "That is not the right password." in heard[0]
        assert heard[0] == heard[1], "who is unknown hears the same"
        assert (await here.seat.open("/account")).path == "/signin"


async def test_who_guesses_has_to_wait_with_the_right_password_too(tmp_path: Path) -> None:
    now = [NOW]
    async with stage(tmp_path, clock=lambda: now[0]) as here:
        page = await here.seat.press(await here.seat.open("/signin"), "Next", email=here.at.ada)
        for _ in range(5):
            page = await here.seat.press(page, "Sign in", password="a wrong password")
            assert page.status == 200
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.status == 429
        assert "Too many attempts. Try again in 15 minutes." in page.text
        assert not cookies(page.headers)
        now[0] += WINDOW
        assert (await here.sign_in()).title == "Your account"


@pytest.mark.parametrize("typed", ["nonsense", "a@", "a b@x.example", "a\0@x.example", "a@x.example\r\nb: c", ""])
async def test_what_is_no_address_is_told(typed: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.seat.press(await here.seat.open("/signin?next=/clients"), "Next", email=typed)
        assert page.status == 200
        assert "That is not an e-mail address." in page.text
        assert page.form("Next").fields["email"] == typed.strip()
        assert page.form("Next").fields["next"] == "/clients"


async def test_addresses_are_not_only_ascii(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await keep(here, "jörg@xn--bcher-kva.example")
        page = await here.sign_in("JÖRG@bücher.example")
        assert page.title == "Your account"
        assert "You belong to none" in page.text


async def test_a_hint_stands_in_the_field(tmp_path: Path) -> None:
    hint = "\"'><script>alert(1)</script>"
    async with stage(tmp_path) as here:
        for start in (f"/signin?{urlencode({'login_hint': hint})}", f"/account?{urlencode({'login_hint': hint})}"):
            page = await here.seat.open(start)
            assert page.form("Next").fields["email"] == hint
            assert "script" not in page.tags


async def test_signing_out_ends_the_session_everywhere(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        page = await here.sign_in()
        kept = dict(here.seat.http.cookies)
        page = await here.seat.press(page, "Not you? Sign out")
        assert page.url == here.at.url("/signin?next=%2Faccount")
        assert "postroom_session_us" not in here.seat.http.cookies
        async with browser(here.at.house.url) as copied:
            copied.http.cookies.update(kept)
            assert (await copied.open("/account")).path == "/signin"


async def test_a_session_ends_by_itself(tmp_path: Path) -> None:
    now = [NOW]
    async with stage(tmp_path, clock=lambda: now[0]) as here:
        await here.sign_in()
        now[0] += SESSION_SECONDS * 1000 - 1
        assert (await here.seat.open("/account")).path == "/account"
        now[0] += 1
        assert (await here.seat.open("/account")).path == "/signin"


async def test_cookies_are_kept_from_scripts_and_other_sites(tmp_path: Path) -> None:
    async with stage(tmp_path) as here, browser(here.at.house.url) as seat:
        first = cookies((await seat.http.get(here.at.url("/signin"))).headers)
        assert first.keys() == {"postroom_visit_us"}
        page = await seat.press(await seat.open("/signin"), "Next", email=here.at.ada)
        sent = seat.filled(page, "Sign in", password=PASSWORD)
        told = await seat.http.post(here.at.url("/signin"), data=sent)
        second = cookies(told.headers)
        assert second.keys() == {"postroom_session_us", "postroom_visit_us"}
        for each in (*first.values(), *second.values()):
            assert (each["httponly"], each["samesite"], each["path"], each["domain"]) == (True, "lax", "/", "")
            assert each["secure"] == "", "this server speaks http"
        assert second["postroom_session_us"]["max-age"] == str(SESSION_SECONDS)
        assert second["postroom_visit_us"]["max-age"] == "", "until the browser is closed"


async def test_cookies_of_an_https_server_are_for_https_only(tmp_path: Path) -> None:
    async with stage(tmp_path, accounts_server="https://accounts.example") as here:
        told = cookies((await here.seat.http.get(here.at.url("/signin"))).headers)
        assert told["postroom_visit_us"]["secure"] is True


async def test_what_was_planted_before_is_worth_nothing_after(tmp_path: Path) -> None:
    async with stage(tmp_path) as here, browser(here.at.house.url) as attacker:
        planted = dict((await here.seat.http.get(here.at.url("/signin"))).cookies)
        planted |= {"postroom_session_us": "1000.planted"}
        for name, value in planted.items():
            here.seat.http.cookies.set(name, value, domain="127.0.0.1", path="/")
        await here.sign_in()
        mine = dict(here.seat.http.cookies)
        assert mine.keys() == planted.keys()
        assert all(mine[name] != value for name, value in planted.items())
        attacker.http.cookies.update(planted)
        assert (await attacker.open("/account")).path == "/signin"


async def test_of_two_who_sign_in_one_after_the_other_the_first_is_signed_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as here, browser(here.at.house.url) as first:
        page = await here.seat.press(await here.seat.open("/signin"), "Next", email=here.at.eve)
        await here.sign_in()
        first.http.cookies.update(dict(here.seat.http.cookies))
        assert here.at.ada in (await first.open("/account")).text
        sent = here.seat.filled(page, "Sign in", password=PASSWORD)
        page = await here.seat.post("/signin", sent)
        assert (page.status, page.title) == (403, "Not accepted"), "a page from before ada signed in"
        token = here.seat.filled(await here.seat.open("/account"), "Not you? Sign out")["form_token"]
        page = await here.seat.post("/signin", sent | {"form_token": token})
        assert here.at.eve in page.text
        assert (await first.open("/account")).path == "/signin"


async def test_two_centres_on_one_host_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Cookies know no ports (RFC 6265 §8.5)."""
    async with stage(tmp_path / "us") as us, stage(tmp_path / "eu", data_center="eu") as eu:
        eu_seat = type(eu.seat)(http=us.seat.http, home=eu.at.house.url)
        await us.sign_in()
        page = await eu_seat.open("/account")
        assert page.path == "/signin", "who is signed in there is not signed in here"
        await eu.sign_in(eu.at.eve, seat=eu_seat)
        page = await us.seat.open("/account")
        assert us.at.ada in page.text
        assert (await us.seat.press(page, "Not you? Sign out")).path == "/signin"
        assert eu.at.eve in (await eu_seat.open("/account")).text


async def test_who_lives_elsewhere_is_sent_there_with_the_request_as_it_came(tmp_path: Path) -> None:
    query = "client_id=1000.X&state=a%7Eb+c%20%C3%BC&scope=A.b.READ,C.d.ALL&redirect_uri=https://x.example/?a=b"
    async with stage(tmp_path, data_centers=OTHERS) as here:
        await keep(here, "far@people.example", data_center="eu")
        page = await here.seat.open(f"/signin?next={quote('/oauth/v2/auth?' + query, safe='')}")
        page = await here.seat.press(page, "Next", email="Far@People.example")
        assert page.url == f"https://accounts.eu.example/oauth/v2/auth?{query}&login_hint=far%40people.example"
        assert page.status == 303


async def test_a_clients_own_hint_is_not_doubled(tmp_path: Path) -> None:
    """RFC 6749 §3.1: a parameter that stands twice is refused."""
    async with stage(tmp_path, data_centers=OTHERS) as here:
        await keep(here, "far@people.example", data_center="eu")
        for query, hinted in (("a=b&login_hint=c", False), ("a=xlogin_hint=b", True), ("login_hint=", False)):
            page = await here.seat.open(f"/signin?{urlencode({'next': f'/oauth/v2/auth?{query}'})}")
            page = await here.seat.press(page, "Next", email="far@people.example")
            more = "&login_hint=far%40people.example" if hinted else ""
            assert page.url == f"https://accounts.eu.example/oauth/v2/auth?{query}{more}"


async def test_who_knows_better_chooses_the_centre(tmp_path: Path) -> None:
    async with stage(tmp_path, data_centers=OTHERS) as here:
        made = await here.at.register(ClientType.SERVER)
        asked = here.request(made)
        page = await here.seat.open(asked)
        assert page.form("Next").buttons == {
            "Next": ("", ""),
            "eu": ("data_center", "eu"),
            "in": ("data_center", "in"),
        }, "nobody is sent to China"
        there = await here.seat.press(page, "in", email="far@people.example")
        assert there.url == f"https://accounts.in.example{asked}&login_hint=far%40people.example"
        there = await here.seat.press(page, "in")
        assert there.url == f"https://accounts.in.example{asked}", "no address, no hint"
        page = await here.seat.open("/signin")
        assert (await here.seat.press(page, "eu")).url == "https://accounts.eu.example/signin"
        there = await here.seat.press(page, "eu", email="far@people.example")
        assert there.url == "https://accounts.eu.example/signin?login_hint=far%40people.example"


async def test_nobody_is_sent_to_china_or_to_nowhere(tmp_path: Path) -> None:
    async with stage(tmp_path, data_centers=OTHERS) as here:
        await keep(here, "far@people.example", data_center="cn")
        await keep(here, "gone@people.example", data_center="uk")
        page = await here.seat.open("/signin")
        told = await here.seat.press(page, "Next", email="far@people.example")
        assert (told.status, told.path) == (400, "/signin")
        assert "must start there" in told.text
        told = await here.seat.press(page, "Next", email="gone@people.example")
        assert (told.status, "not known here" in told.text) == (400, True)
        for name in ("cn", "https://evil.example", ""):
            sent = here.seat.filled(page, "Next", email="far@people.example") | {"data_center": name}
            told = await here.seat.post("/signin", sent)
            assert (told.status, told.path) == (400, "/signin")
