"""Who is signed in, and which applications act for them (W 4)."""

from pathlib import Path

from postroom.store.clients import ClientType
from tests.web.accounts.browser import browser
from tests.web.accounts.stage import Stage, stage

NONE = "None acts for you."


async def connected(here: Stage, name: str, email: str = "", org: str = "") -> tuple[str, str]:
    """An application that somebody allows to act for them: its client id, and a token that it got."""
    made = await here.at.register(ClientType.SERVER, name)
    page = await here.seat.open(here.request(made, access_type="offline"))
    if page.path == "/signin":
        page = await here.sign_in(email, here.request(made, access_type="offline"))
    told = (await here.seat.press(page, "Accept", **({"user": org} if org else {}))).told
    given = await here.exchange(made, told["code"])
    return made.client.id, given["access_token"]


async def test_organisations_and_applications_are_shown(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        page = await here.sign_in(here.at.eve)
        assert page.title == "Your account"
        assert NONE in page.text
        await connected(here, "Tracker", org="Second & Sons")
        page = await here.seat.open("/account")
        assert "Tracker for Second & Sons See the facts of the organisation ZohoBigin.org.READ" in page.text
        for name in (here.at.house.world.org.name, "Second & Sons"):
            assert f"{name} Moss, Administrator" in page.text
        assert "/clients" in page.links


async def test_who_withdraws_ends_that_application_for_themselves(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here:
        (gone, first), (_, second) = [await connected(here, name) for name in ("Tracker", "Other")]
        assert await here.org(first) == here.at.house.world.org.name
        page = await here.seat.open("/account")
        # Of two buttons with the same words, the one of the application meant.
        (form,) = (each for each in page.forms if each.fields.get("client_id") == gone)
        assert form.action == "/account/withdraw"
        page = await here.seat.post(form.action, form.fields)
        assert (page.path, "Tracker" in page.text, "Other" in page.text) == ("/account", False, True)
        assert await here.org(first) is None, "at once"
        assert await here.org(second) == here.at.house.world.org.name


async def test_one_organisation_is_withdrawn_and_the_other_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await here.at.register(ClientType.SERVER)
        page, tokens = await here.sign_in(here.at.eve, here.request(made)), {}
        for name in page.form("Accept").choices["user"]:
            told = (await here.seat.press(page, "Accept", user=name)).told
            tokens[name] = (await here.exchange(made, told["code"]))["access_token"]
        page = await here.seat.open("/account")
        choices = {each.fields["user"]: each for each in page.forms if each.action == "/account/withdraw"}
        await here.seat.post("/account/withdraw", choices["9002"].fields)
        assert await here.org(tokens["Second & Sons"]) is None
        assert await here.org(tokens[here.at.house.world.org.name]) == here.at.house.world.org.name


async def test_nobody_withdraws_for_anybody_else(tmp_path: Path, database_url: str) -> None:
    async with stage(tmp_path, database=database_url) as here, browser(here.at.house.url) as seat:
        client_id, access = await connected(here, "Tracker")
        page = await here.sign_in(here.at.eve, seat=seat)
        token = page.form("Not you? Sign out").fields["form_token"]
        mine, hers = "9001", str(here.ada.id)
        for user, client in ((hers, client_id), (mine, client_id), ("", ""), (mine, "\0"), (f"{mine}\0", client_id)):
            sent = {"form_token": token, "client_id": client, "user": user}
            page = await seat.post("/account/withdraw", sent)
            assert (page.status, page.path) == (200, "/account")
        assert await here.org(access) == here.at.house.world.org.name
        assert NONE not in (await here.seat.open("/account")).text


async def test_who_is_not_signed_in_signs_in(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.seat.open("/account")
        assert page.url == here.at.url("/signin?next=%2Faccount")
        sent = here.seat.filled(page, "Next") | {"client_id": "1000.X", "user": "1"}
        page = await here.seat.post("/account/withdraw", sent)
        assert page.url == here.at.url("/signin?next=%2Faccount")
