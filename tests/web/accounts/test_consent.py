"""What a client asks for, put to whoever sits at the browser (W 4.2, 4.7, 4.8)."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from postroom.access import registry
from postroom.access.registry import Description, Registered
from postroom.store import clients, users
from postroom.store.clients import ClientType
from postroom.store.tables import token
from tests.oauth_clients.scene import PASSWORD
from tests.web.accounts.browser import Page
from tests.web.accounts.stage import ORG, Stage, stage

SCRIPT = "<script>alert(1)</script>\"'>"
REFUSED = {"error": "access_denied", "state": "s1"}


async def tokens(here: Stage) -> int:
    """How many codes and tokens there are."""
    counted: int = await here.at.house.app.db.read(
        lambda tx: tx.execute(select(func.count()).select_from(token)).scalar_one()
    )
    return counted


async def registered(here: Stage, **told: Any) -> Registered:
    """A client described in that way."""
    asked = Description(**{"name": "Tracker", "type": ClientType.SERVER, "redirect_uris": (), **told})
    return await registry.register(here.at.house.app.db, here.ada, asked, now=here.at.house.app.clock())


async def change(here: Stage, made: Registered, **more: Any) -> None:
    """Store the client otherwise, past the registry."""
    await here.at.house.app.db.write(lambda tx: clients.replace(tx, replace(made.client, **more)))


def to_client(here: Stage, page: Page) -> dict[str, str]:
    """What the client is told, at its registered address."""
    assert page.url.partition("?")[0].partition("#")[0] == here.at.site.callback, page.url
    return page.told


async def test_who_accepts_gives_a_code_for_what_was_shown(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        made = await registered(
            here, name="Tracker & Sons", homepage="https://tracker.example/", redirect_uris=(here.at.site.callback,)
        )
        page = await here.sign_in(onward=here.request(made, access_type="offline", scope=f"{ORG},ZohoBigin.users.ALL"))
        assert page.title == "Allow Tracker & Sons?"
        for each in (
            "https://tracker.example/",
            "See the facts of the organisation",
            ORG,
            "See, add, change and delete the users of the organisation",
            "ZohoBigin.users.ALL",
            "while you are away",
            f"For the organisation {here.at.house.world.org.name}",
            urlsplit(here.at.site.callback).netloc,
            f"Signed in as {here.at.ada}",
        ):
            assert each in page.text, each
        page = await here.seat.press(page, "Accept")
        told = to_client(here, page)
        assert page.status == 303
        assert told.keys() == {"code", "location", "accounts-server", "state"}
        assert (told["location"], told["accounts-server"], told["state"]) == ("us", here.at.house.url, "s1")
        given = await here.exchange(made, told["code"])
        assert given["scope"] == f"{ORG},ZohoBigin.users.ALL"
        assert given["refresh_token"]
        assert await here.org(given["access_token"]) == here.at.house.world.org.name


async def test_who_denies_gives_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(onward=here.request(made))
        page = await here.seat.press(page, "Deny")
        assert (page.status, to_client(here, page)) == (303, REFUSED)
        assert await tokens(here) == 0
        assert (await here.seat.open(here.request(made))).title == "Allow Tracker?", "asked again"


async def test_who_accepted_is_not_asked_again_for_as_much(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        made = await here.at.register(ClientType.SERVER)
        both = f"{ORG},ZohoBigin.users.READ"
        await here.seat.press(await here.sign_in(onward=here.request(made, scope=both)), "Accept")
        page = await here.seat.open(here.request(made, scope=ORG.lower()))
        assert (page.status, to_client(here, page).keys() >= {"code"}) == (302, True)
        more = await here.seat.open(here.request(made, scope=f"{both},ZohoBigin.files.CREATE"))
        assert more.title == "Allow Tracker?", "more than before"
        again = await here.seat.open(here.request(made, scope=ORG, prompt="consent"))
        assert again.title == "Allow Tracker?", "the client wants it so"


async def test_who_belongs_to_several_organisations_chooses(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(here.at.eve, here.request(made))
        names = {here.at.house.world.org.name, "Second & Sons"}
        assert page.form("Accept").choices["user"].keys() == names, "and none of them is chosen already"
        for name in names:
            page = await here.seat.open(here.request(made))
            told = to_client(here, await here.seat.press(page, "Accept", user=name))
            assert await here.org((await here.exchange(made, told["code"]))["access_token"]) == name
        assert (await here.seat.press(page, "Deny")).told == REFUSED, "no choice is needed for this"


async def test_nobody_accepts_for_anybody_else(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(here.at.eve, here.request(made))
        sent = here.seat.filled(page, "Accept")
        for user in (str(here.ada.id), str(here.at.house.world.org.id), "9_001", " 9001", "9001\0", "0", "", "all"):
            told = await here.seat.post("/oauth/v2/auth", sent | {"user": user})
            assert (told.status, told.path) == (400, "/oauth/v2/auth"), user
            assert "Choose one of your organisations." in told.text
        assert await tokens(here) == 0


async def test_who_left_the_organisation_meanwhile_cannot_accept_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(onward=here.request(made))
        await here.at.house.app.db.write(lambda tx: users.save(tx, replace(here.ada, active=False)))
        assert (await here.seat.press(page, "Accept")).status == 400
        page = await here.seat.open(here.request(made))
        assert (page.status, page.title) == (403, "No organisation")
        page = await here.seat.press(page, "Not you? Sign out")
        page = await here.seat.press(page, "Next", email=here.at.eve)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.title == "Allow Tracker?", "somebody else goes on with the request"
        assert await tokens(here) == 0


async def test_who_is_not_you_signs_out_and_the_request_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        asked = here.request(made, state="a&b=c %")
        page = await here.seat.press(await here.sign_in(onward=asked), "Not you? Sign out")
        page = await here.seat.press(page, "Next", email=here.at.eve)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        page = await here.seat.press(page, "Accept", user="Second & Sons")
        assert to_client(here, page)["state"] == "a&b=c %"


@pytest.mark.parametrize(
    ("twist", "word"),
    [
        ({"client_id": "1000.UNKNOWN"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "\0"}, "invalid_client"),
        ({"client_id": SCRIPT}, "invalid_client"),
        ({"redirect_uri": "{callback}/more"}, "invalid_redirect_uri"),
        ({"redirect_uri": "{callback}?a=b"}, "invalid_redirect_uri"),
        ({"redirect_uri": "{callback}#a"}, "invalid_redirect_uri"),
        ({"redirect_uri": "{callback}/"}, "invalid_redirect_uri"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_redirect_uri"),
        ({"redirect_uri": ""}, "invalid_redirect_uri"),
        ({"redirect_uri": SCRIPT}, "invalid_redirect_uri"),
    ],
)
async def test_a_request_of_nobody_or_to_nowhere_stays_here(twist: dict[str, str], word: str, tmp_path: Path) -> None:
    """RFC 6749 §4.1.2.1: the user is told, and not sent there."""
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        asked = {name: value.format(callback=here.at.site.callback) for name, value in twist.items()}
        for signed_in in (False, True):
            if signed_in:
                await here.sign_in()
            page = await here.seat.open(here.request(made, **asked))
            assert (page.status, page.path) == (400, "/oauth/v2/auth")
            assert f"For its developers: {word}" in page.text
            assert "script" not in page.tags
            renewed = await here.seat.open(here.request(made, **asked).replace("v2/auth", "v2/auth/refresh"))
            assert (renewed.status, word in renewed.text) == (400, True)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_request_that_names_two_goes_to_neither(name: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        value = {"client_id": made.client.id, "redirect_uri": here.at.site.callback}[name]
        for other in (value, "https://evil.example/"):
            for query in (
                f"{here.request(made)}&{urlencode({name: other})}",
                here.request(made).replace("?", f"?{urlencode({name: other})}&"),
            ):
                page = await here.seat.open(query)
                assert (page.status, page.path) == (400, "/oauth/v2/auth")


@pytest.mark.parametrize(
    ("twist", "error"),
    [
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": SCRIPT}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"access_type": "nonsense"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
async def test_other_mistakes_are_told_to_the_client(twist: dict[str, str], error: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.seat.open(here.request(made, **twist))
        assert page.status == 302
        assert to_client(here, page) == {"error": error, "state": "s1"}
        assert page.hops == (page.url,), "nobody is asked to sign in for it"
        assert ("#" in page.url) == (twist.get("response_type") == "token")


async def test_a_form_made_to_ask_for_something_else_is_judged_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(onward=here.request(made))
        sent = here.seat.filled(page, "Accept")
        for decision in ("accept", "deny", ""):
            for more in ({"redirect_uri": "https://evil.example/"}, {"client_id": "1000.UNKNOWN"}):
                query = urlsplit(here.request(made, **more)).query
                told = await here.seat.post("/oauth/v2/auth", sent | {"query": query, "decision": decision})
                assert (told.status, told.path) == (400, "/oauth/v2/auth")
            told = await here.seat.post("/oauth/v2/auth", sent | {"query": "", "decision": decision})
            assert told.status == 400
            query = urlsplit(here.request(made, scope="nonsense")).query
            told = await here.seat.post("/oauth/v2/auth", sent | {"query": query, "decision": decision})
            assert told.told["error"] == "invalid_scope"
        told = await here.seat.post("/oauth/v2/auth", {**sent, "decision": "nonsense"})
        assert told.told == REFUSED, "what is no consent is none"
        await change(here, made, active=False)
        assert (await here.seat.post("/oauth/v2/auth", sent)).status == 400, "switched off since"
        assert await tokens(here) == 0


async def test_who_is_signed_out_meanwhile_signs_in_and_is_asked_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(onward=here.request(made, state="a&b=c %"))
        sent = here.seat.filled(page, "Accept")
        session = here.seat.http.cookies["postroom_session_us"]
        # The database forgets the session, the browser does not know.
        await here.seat.press(page, "Not you? Sign out")
        here.seat.http.cookies.set("postroom_session_us", session, domain="127.0.0.1", path="/")
        assert (await here.seat.post("/oauth/v2/auth", sent)).status == 403, "a page from before"
        token = (await here.seat.open("/signin")).form("Next").fields["form_token"]
        page = await here.seat.post("/oauth/v2/auth", sent | {"form_token": token})
        assert page.path == "/signin"
        page = await here.seat.press(page, "Next", email=here.at.ada)
        page = await here.seat.press(page, "Sign in", password=PASSWORD)
        assert page.title == "Allow Tracker?"
        assert to_client(here, await here.seat.press(page, "Accept"))["state"] == "a&b=c %"


async def test_whatever_a_client_says_is_only_text(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        await change(here, made, name=SCRIPT, homepage=f"javascript:alert(1){SCRIPT}")
        page = await here.sign_in(onward=here.request(made, state=SCRIPT, login_hint=SCRIPT, nonsense=SCRIPT))
        assert page.title == f"Allow {SCRIPT}?"
        assert SCRIPT in page.text
        assert "script" not in page.tags
        assert not [link for link in page.links if ":" in link]
        assert to_client(here, await here.seat.press(page, "Accept"))["state"] == SCRIPT
        page = await here.seat.open("/account")
        assert SCRIPT in page.text
        assert "script" not in page.tags


@pytest.mark.parametrize("state", ["a\r\nSet-Cookie: b=c", "\0", "ü&=#?", "%0d%0a", "x" * 2000])
async def test_state_comes_back_as_it_was(state: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page = await here.sign_in(onward=here.request(made, state=state))
        page = await here.seat.press(page, "Accept")
        assert to_client(here, page)["state"] == state
        assert "b=c" not in page.headers.get("set-cookie", "")


async def test_an_address_with_a_query_keeps_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        uri = f"{here.at.site.callback}?a=b&c=%20"
        made = await registered(here, redirect_uris=(uri,))
        page = await here.seat.press(await here.sign_in(onward=here.request(made, redirect_uri=uri)), "Deny")
        assert page.url == f"{uri}&error=access_denied&state=s1"


async def test_a_program_on_this_device_is_named_as_such(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        uri = "com.example.app:/back"
        made = await registered(here, type=ClientType.MOBILE, redirect_uris=(uri,))
        asked = here.request(made, redirect_uri=uri, code_challenge="a" * 43)
        page = await here.sign_in(onward=asked)
        assert "a program on this device (com.example.app)" in page.text
        page = await here.seat.press(page, "Accept")
        assert page.url.startswith(f"{uri}?code=1000.")


async def implicit(here: Stage) -> Registered:
    """A client that gets its tokens without a code."""
    return await here.at.register(ClientType.CLIENT)


async def test_without_a_code_the_token_comes_in_the_fragment(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        made = await implicit(here)
        page = await here.sign_in(onward=here.request(made, response_type="token"))
        assert page.title == "Allow Tracker?"
        denied = await here.seat.press(page, "Deny")
        assert denied.url == f"{here.at.site.callback}#error=access_denied&state=s1"
        page = await here.seat.press(page, "Accept")
        assert urlsplit(page.url).query == ""
        told = to_client(here, page)
        assert {name: told[name] for name in ("token_type", "expires_in", "api_domain", "location", "state")} == {
            "token_type": "Bearer",
            "expires_in": "3600",
            "api_domain": here.at.house.url,
            "location": "us",
            "state": "s1",
        }
        assert await here.org(told["access_token"]) == here.at.house.world.org.name


@pytest.mark.parametrize("path", ["/oauth/v2/auth/refresh", "/oauth/v2/refresh"])
async def test_a_token_is_renewed_without_a_page_or_not_at_all(path: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await implicit(here)
        asked = here.request(made, response_type="token")
        renewal = asked.replace("/oauth/v2/auth", path)

        async def refused(target: str = renewal) -> bool:
            page = await here.seat.open(target)
            assert page.hops == (page.url,), "no page on the way"
            assert page.status == 302
            return page.url == f"{here.at.site.callback}#error=access_denied&state=s1"

        assert await refused(), "nobody is signed in"
        page = await here.sign_in(onward=asked)
        assert await refused(), "nobody consented"
        first = (await here.seat.press(page, "Accept")).told["access_token"]
        page = await here.seat.open(renewal)
        assert (page.status, page.hops) == (302, (page.url,))
        second = to_client(here, page)["access_token"]
        assert second != first
        assert await here.org(second) == here.at.house.world.org.name
        assert await refused(renewal.replace("ZohoBigin.org.READ", "ZohoBigin.users.READ")), "never consented to"


async def test_a_renewal_for_one_of_several_organisations_is_for_that_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await implicit(here)
        asked = here.request(made, response_type="token")
        renewal = asked.replace("/auth", "/auth/refresh")
        page = await here.sign_in(here.at.eve, asked)
        await here.seat.press(page, "Accept", user="Second & Sons")
        told = (await here.seat.open(renewal)).told
        assert await here.org(told["access_token"]) == "Second & Sons"
        await here.seat.press(page, "Accept", user=here.at.house.world.org.name)
        assert (await here.seat.open(renewal)).told == REFUSED, "which of the two?"


async def test_who_gets_codes_has_nothing_to_renew(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        await here.seat.press(await here.sign_in(onward=here.request(made)), "Accept")
        page = await here.seat.open(here.request(made).replace("/auth", "/auth/refresh"))
        assert (page.status, to_client(here, page)) == (302, REFUSED)


async def test_too_many_codes_are_refused_as_the_wire_says(tmp_path: Path) -> None:
    """W 4.10: ten in ten minutes, then access_denied."""
    async with stage(tmp_path, codes_per_client=2) as here:
        made = await here.at.register(ClientType.SERVER)
        await here.seat.press(await here.sign_in(onward=here.request(made)), "Accept")
        assert "code" in (await here.seat.open(here.request(made))).told
        assert (await here.seat.open(here.request(made))).told == REFUSED
