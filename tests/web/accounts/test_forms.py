"""What holds for every page: whose forms are taken, what keeps a page to itself, what failures look like."""

import asyncio
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from postroom.store.clients import ClientType
from postroom.web.accounts.routes import ROUTES
from postroom.web.server import PREFIXES
from tests.oauth_clients.scene import PASSWORD
from tests.web.accounts.browser import browser
from tests.web.accounts.stage import Stage, stage

# The last one is for people, too: its link is what no other site has.
FOR_PROGRAMS = (
    "/oauth/v2/token",
    "/oauth/v2/token/revoke",
    "/oauth/v3/device/code",
    "/oauth/v3/device/token",
    "/unsubscribe",
)
FORMS = [path for path, handlers in ROUTES.items() if "POST" in handlers and path not in FOR_PROGRAMS]
PAGES = [
    "/confirm",
    "/unsubscribe",
    "/signin",
    "/oauth/v2/auth",
    "/oauth/v3/device",
    "/account",
    "/clients",
    "/clients/new",
    "/clients/edit",
]
KEPT_TO_ITSELF = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
}


def is_kept_to_itself(headers: httpx.Headers) -> bool:
    return KEPT_TO_ITSELF.items() <= dict(headers).items()


async def wishes(here: Stage) -> dict[str, dict[str, str]]:
    """For every form, something that it would do for ada if it were hers."""
    made = await here.at.register(ClientType.SERVER)
    mine, user = made.client.id, str(here.ada.id)
    own = await here.at.register(ClientType.SELF)
    return {
        "/oauth/v2/auth": {"query": urlsplit(here.request(made)).query, "user": user, "decision": "accept"},
        "/oauth/v3/device": {"user_code": "BCDF-GHJK"},
        "/confirm": {"token": "1000.of.a.mail"},
        "/signin": {"email": here.at.ada, "password": PASSWORD},
        "/signout": {"next": "/account"},
        "/account/withdraw": {"client_id": mine, "user": user},
        "/clients/new": {"name": "Mine", "type": "self", "user": user},
        "/clients/edit": {"id": mine, "name": "Mine", "redirect_uris": "https://evil.example/"},
        "/clients/secret": {"id": mine},
        "/clients/switch": {"id": mine},
        "/clients/remove": {"id": mine, "sure": "yes"},
        "/clients/code": {"id": own.client.id, "scope": "ZohoBigin.modules.ALL", "minutes": "10", "user": user},
    }


def test_every_form_is_tried() -> None:
    assert len(FORMS) == 12, "wishes() has one for each"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, ""),
        ({}, "nonsense"),
        ({}, "\u00fc\0"),
        ({}, "another browser's"),
        ({}, "before signing in"),
        ({"origin": "https://evil.example"}, "right"),
        ({"origin": "null"}, "right"),
        ({"origin": "http://["}, "right"),
        ({"origin": "http://evil.example@{host}"}, "right"),
        ({"origin": "http://{host}.evil.example"}, "right"),
        ({"origin": ""}, "nonsense"),
        ({"sec_fetch_site": "cross-site"}, "right"),
        ({"sec_fetch_site": "same-site"}, "right"),
    ],
)
async def test_a_form_that_is_not_ours_is_refused_with_a_page(
    headers: dict[str, str], token: str, tmp_path: Path
) -> None:
    async with stage(tmp_path) as here, browser(here.at.house.url) as other:
        tried = await wishes(here)
        before = (await here.seat.open("/signin")).form("Next").fields["form_token"]
        own = here.seat.filled(await here.sign_in(), "Not you? Sign out")["form_token"]
        others = here.seat.filled(await here.sign_in(here.at.eve, seat=other), "Not you? Sign out")["form_token"]
        shown = {"right": own, "another browser's": others, "before signing in": before}.get(token, token)
        host = urlsplit(here.at.house.url).netloc
        said = {name: value.format(host=host) for name, value in headers.items()}
        for path in FORMS:
            sent = tried[path] | ({"form_token": shown} if token else {})
            page = await here.seat.post(path, sent, **said)
            assert (page.status, page.title) == (403, "Not accepted"), path
            assert is_kept_to_itself(page.headers)
            assert "set-cookie" not in page.headers
        page = await here.seat.open("/account")
        assert here.at.ada in page.text, "still signed in"
        assert "None acts for you" in page.text


async def test_the_same_forms_are_taken_from_our_own_pages(tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    async with stage(tmp_path) as here:
        tried = await wishes(here)
        for path in FORMS:
            page = await here.seat.open("/account")
            page = page if page.path == "/account" else await here.sign_in()
            token = here.seat.filled(page, "Not you? Sign out")["form_token"]
            told = await here.seat.post(path, tried[path] | {"form_token": token})
            assert told.status != 403, path


async def test_a_planted_cookie_does_not_tell_what_a_form_must_carry(tmp_path: Path) -> None:
    """Whoever has another port or a sister of this host can set its cookies (RFC 6265 §8.6), but not read them."""
    async with stage(tmp_path) as here, browser(here.at.house.url) as attacker:
        await here.sign_in()
        for seat in (here.seat, attacker):
            seat.http.cookies.set("postroom_visit_us", "known", domain="127.0.0.1", path="/")
        page = await attacker.open("/signin")
        known = page.form("Next").fields["form_token"]
        page = await here.seat.post("/signout", {"form_token": known}, origin="", sec_fetch_site="")
        assert page.status == 403


async def test_a_browser_that_tells_nothing_of_sites_is_held_to_the_token_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        sent = here.seat.filled(await here.sign_in(), "Not you? Sign out")
        page = await here.seat.post("/signout", sent, origin="", sec_fetch_site="")
        assert page.path == "/signin"


async def test_behind_a_proxy_the_public_name_is_ours_too(tmp_path: Path) -> None:
    async with stage(tmp_path, accounts_server="http://accounts.example") as here:
        page = await here.seat.open("/signin")
        sent = here.seat.filled(page, "Next", email=here.at.ada)
        assert (await here.seat.post("/signin", sent, origin="http://accounts.example")).status == 200
        assert (await here.seat.post("/signin", sent, origin="http://accounts.example.evil")).status == 403


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"&".join(b"f%d=1" % n for n in range(100)), b"", b'{"form_token":"x"}', b"form_token=%FF%00"],
)
async def test_what_is_no_form_is_refused(body: bytes, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.sign_in()
        told = await here.seat.http.post(here.at.url("/signout"), content=body)
        assert told.status_code == 403
        assert is_kept_to_itself(told.headers)


async def test_a_form_that_is_too_large_is_refused_with_a_page(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.seat.post("/signin", {"email": "a" * 70_000})
        assert (page.status, page.title) == (413, "Not possible")
        assert is_kept_to_itself(page.headers)


async def test_no_page_can_be_framed_scripted_or_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        seen = [await here.seat.open(path) for path in PAGES]
        await here.sign_in()
        seen += [await here.seat.open(path) for path in PAGES]
        made = await here.at.register(ClientType.SERVER, "Tracker & Sons")
        seen.append(await here.seat.open(here.request(made)))
        seen.append(await here.seat.open(f"/clients/edit?id={made.client.id}"))
        assert seen[-2].title == "Allow Tracker & Sons?"
        for page in seen:
            assert is_kept_to_itself(page.headers), page.url
            assert not page.tags & {"script", "style", "iframe", "object", "embed"}, page.url
            names = {name for _, name, _ in page.attributes}
            assert not [name for name in names if name == "style" or name.startswith("on")], page.url


async def test_every_page_is_whole(tmp_path: Path) -> None:
    """Its language and title are told, each field has its label, each id is there once, each tag is closed."""
    async with stage(tmp_path, data_centers="eu=https://eu.example") as here:
        seen = [await here.seat.open(path) for path in ("/signin", "/oauth/v3/device")]
        seen.append(await here.seat.press(seen[0], "Next", email=here.at.eve))
        seen.append(await here.seat.press(seen[-1], "Sign in", password="no"))
        await here.sign_in(here.at.eve)
        made = await here.at.register(ClientType.SERVER)
        seen += [await here.seat.open(path) for path in ("/account", "/oauth/v2/auth", here.request(made))]
        for page in seen:
            assert ("html", "lang", "en") in page.attributes
            assert page.title
            ids = [value for _, name, value in page.attributes if name == "id"]
            assert len(ids) == len(set(ids)), page.url
            labelled = {value for tag, name, value in page.attributes if (tag, name) == ("label", "for")}
            for form in page.forms:
                shown = [given for given in form.attributes.values() if given.get("type") != "hidden"]
                assert {given.get("id") for given in shown} <= labelled, page.url
            described = {value for _, name, value in page.attributes if name.startswith("aria-")} - {"true"}
            assert described <= set(ids), page.url
            Closed().check(page.html)


class Closed(HTMLParser):
    """Whether what is opened is closed, in order."""

    def check(self, html: str) -> None:
        self.stack: list[str] = []
        self.feed(html)
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "link", "input", "br"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag, (tag, self.getpos())


async def test_head_is_get_without_a_body(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.sign_in()
        for path in (*PAGES, "/assets/style.css", "/favicon.ico", "/oauth/serverinfo"):
            got, headed = await here.seat.http.get(here.at.url(path)), await here.seat.http.head(here.at.url(path))
            assert headed.status_code == got.status_code, path
            assert headed.headers.get("content-type") == got.headers.get("content-type")
            assert headed.content == b""


async def test_a_method_that_a_page_has_not_is_refused_as_everywhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        for path, handlers in ROUTES.items():
            for method in {"GET", "POST", "PUT"} - handlers.keys():
                told = await here.seat.http.request(method, here.at.url(path))
                assert (told.status_code, told.json()["code"]) == (400, "INVALID_REQUEST_METHOD"), (method, path)
                assert set(told.headers["allow"].split(", ")) == {*handlers, "OPTIONS"}
            assert (await here.seat.http.options(here.at.url(path))).status_code == 204


async def test_pages_and_api_have_no_path_in_common() -> None:
    assert not [path for path in ROUTES if tuple(path.split("/")[1:3]) in PREFIXES]


async def test_when_the_database_is_away_a_page_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in()
        sent = here.seat.filled(page, "Not you? Sign out")
        await asyncio.to_thread(here.at.house.app.db.close_now)
        with capture_logs() as lines:
            told = [await here.seat.open("/account"), await here.seat.post("/signout", sent)]
        for page in told:
            assert (page.status, page.title, page.headers["retry-after"]) == (503, "Out of order", "1")
            assert is_kept_to_itself(page.headers)
        assert [each["event"] for each in lines] == ["unavailable", "request"] * 2, "once each"


async def test_a_bug_is_a_page_with_the_number_under_which_it_is_logged(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        await here.sign_in()
        await here.at.house.app.db.write(lambda tx: tx.execute(text("DROP TABLE consent")).rowcount)
        with capture_logs() as lines:
            page = await here.seat.open("/account")
        assert (page.status, page.title) == (500, "Out of order")
        assert is_kept_to_itself(page.headers)
        (bug,) = (each for each in lines if each["event"] != "request")
        assert str(bug["request_id"]) == page.headers["x-request-id"]
        assert page.headers["x-request-id"] in page.text
        assert "consent" not in page.html, "the cause is for the log"


async def location(here: Stage, query: bytes) -> str:
    """Where a request with exactly these bytes is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(here.at.house.url).port)
    writer.write(b"GET /oauth/v2/auth?" + query + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head = (await reader.read()).partition(b"\r\n\r\n")[0].decode()
    writer.close()
    return next((line.partition(": ")[2] for line in head.splitlines() if line.startswith("location: ")), "")


async def test_what_no_url_should_hold_comes_through_the_sign_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        asked = urlsplit(here.request(made)).query.replace("state=s1", "state=").encode()
        onward = await location(here, asked + b"a\\b\"<{|}>^`'%5c%7e+%20")
        page = await here.seat.press(await here.seat.open(onward), "Next", email=here.at.ada)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        page = await here.seat.press(page, "Accept")
        assert page.told["state"] == "a\\b\"<{|}>^`'\\~  "


async def test_bytes_that_are_no_url_at_all_are_no_bug(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        with capture_logs() as lines:
            for query in (b"client_id=\xff", b"state=\xc3\xbc", b"a=\x7f", b"a=\0"):
                assert await location(here, query) == ""
        assert {each["event"] for each in lines} <= {"request"}


async def test_style_and_picture_are_there_for_everybody(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.seat.open("/signin")
        for path in [link for link in page.links if not link.startswith("/account")]:
            told = await here.seat.http.get(here.at.url(path))
            assert told.status_code == 200
            assert told.headers["content-type"].partition(";")[0] in ("text/css", "image/svg+xml")
            assert told.headers["x-content-type-options"] == "nosniff"
        style = (await here.seat.http.get(here.at.url("/assets/style.css"))).text
        assert "prefers-color-scheme: dark" in style
        assert "url(" not in style
