"""Secrets and codes are shown once, each form of the console works once, and codes speak for their owner (W 4.4)."""

from functools import partial
from pathlib import Path

from structlog.testing import capture_logs

from postroom.store import users
from postroom.store.clients import ClientType
from tests.web.accounts.console import LABELS, ben, codes, heard, known, of, shown
from tests.web.accounts.stage import ORG, stage


async def test_a_page_loaded_again_registers_no_second_client(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward="/clients/new")
        sent = here.seat.filled(page, "Register", type=LABELS[ClientType.SELF], name="Tracker")
        first = await here.seat.post("/clients/new", sent)
        again = await here.seat.post("/clients/new", sent)
        assert (again.status, again.title) == (409, "Sent already")
        assert shown(first, "client_secret") not in again.html
        assert [each.name for each in await known(here)] == ["Dancer", "Tracker"]


async def test_a_page_loaded_again_makes_no_second_secret(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        sent = here.seat.filled(page, "New secret")
        secret = shown(await here.seat.post("/clients/secret", sent), "client_secret")
        again = await here.seat.post("/clients/secret", sent)
        assert (again.status, secret in again.html) == (409, False)
        answers = [await heard(here, made.client.id, each) for each in (made.secret, secret)]
        assert answers == ["invalid_client_secret", "invalid_code"]


async def test_a_page_loaded_again_makes_no_second_code(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        sent = here.seat.filled(page, "Generate", scope=ORG)
        code = shown(await here.seat.post("/clients/code", sent), "code")
        again = await here.seat.post("/clients/code", sent)
        assert (again.status, code in again.html) == (409, False)
        assert await codes(here) == 1


# --- codes for self clients


async def test_a_code_speaks_for_its_owner_in_the_organisation_they_choose(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        member = (await here.at.house.app.db.read(partial(users.memberships, email=here.at.eve)))[0].user
        made = await of(here, member)
        page = await here.sign_in(here.at.eve, f"/clients/edit?id={made.client.id}")
        names = (here.at.house.world.org.name, "Second & Sons")
        for name in names:
            filled = {"scope": ORG, "minutes": "7 minutes", "user": name}
            with capture_logs() as lines:
                told = await here.seat.press(page, "Generate", **filled)
            code = shown(told, "code")
            assert "within 7 minutes" in told.text
            assert code not in told.url + str(lines)
            assert await here.org((await here.exchange(made, code))["access_token"]) == name
            page = await here.seat.open(f"/clients/edit?id={made.client.id}")
            assert code not in page.html
        sent = here.seat.filled(page, "Generate", scope=ORG)
        for user in ("", str(here.ada.id)):
            told = await here.seat.post("/clients/code", sent | {"user": user, "once": user})
            assert (told.status, "choose an organisation" in told.text) == (400, True)


async def test_only_its_owner_makes_its_codes(tmp_path: Path) -> None:
    """Not even an Administrator, who may change a colleague's client, speaks in a colleague's name."""
    async with stage(tmp_path) as here:
        made = [await of(here, await ben(here), kind) for kind in (ClientType.SELF, ClientType.DEVICE)]
        made.append(await of(here, here.ada, ClientType.SERVER))
        await here.sign_in()
        for each in made:
            page = await here.seat.open(f"/clients/edit?id={each.client.id}")
            assert "Generate a code" not in page.text
            sent = here.seat.filled(page, "New secret") | {"scope": ORG, "minutes": "3", "user": str(here.ada.id)}
            told = await here.seat.post("/clients/code", sent)
            assert (told.status, "each by its owner" in told.text) == (403, True)
        assert await codes(here) == 0


async def test_a_code_is_for_scopes_and_some_minutes(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        wrong = [{"scope": each} for each in ("contacts", "", "<script>alert(1)</script>")]
        wrong += [{"minutes": each} for each in ("4", "7 ", "-3", "")]
        for typed in wrong:
            sent = here.seat.filled(page, "Generate", scope=ORG) | typed
            page = await here.seat.post("/clients/code", sent)
            sentence = "scope" if "scope" in typed else "choose an organisation and how long the code lives"
            assert (page.status, sentence in page.text) == (400, True), typed
            assert "script" not in page.tags
            assert page.form("Generate").fields["scope"] == sent["scope"]
        assert await codes(here) == 0


async def test_too_many_codes_are_refused(tmp_path: Path) -> None:
    async with stage(tmp_path, codes_per_client=1) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        assert (await here.seat.press(page, "Generate", scope=ORG)).status == 200
        page = await here.seat.open(f"/clients/edit?id={made.client.id}")
        page = await here.seat.press(page, "Generate", scope=ORG)
        assert (page.status, "too many codes were made" in page.text) == (429, True)
        assert page.form("Generate").fields["scope"] == ORG
