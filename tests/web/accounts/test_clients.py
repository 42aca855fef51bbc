"""The developer's console: clients registered, described, switched and removed by those who may (W 4.1, 4.4)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from postroom.store import clients, users
from postroom.store.clients import ClientType
from tests.web.accounts.browser import browser
from tests.web.accounts.console import LABELS, ben, codes, heard, known, of, shown
from tests.web.accounts.stage import ORG, stage

ID = "1000." + "AB12" * 7 + "XY"


# --- who sees which


async def test_who_is_not_signed_in_is_asked_to_and_comes_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        for path in ("/clients", "/clients/new", f"/clients/edit?id={ID}"):
            page = await here.seat.open(path)
            assert page.path == "/signin"
        assert page.told == {"next": f"/clients/edit?id={ID}"}


async def test_an_administrator_sees_the_organisations_clients_and_others_their_own(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        him = await ben(here)
        await of(here, here.ada, name="Of Ada")
        await of(here, him, name="Of Ben")
        page = await here.sign_in(onward="/clients")
        assert "Of Ada" in page.text
        assert "Of Ben" in page.text
        assert "Self client, of Ito" in page.text
        async with browser(here.at.house.url) as his, browser(here.at.house.url) as eves:
            page = await here.sign_in(him.email, "/clients", seat=his)
            assert "Of Ben" in page.text
            assert "Of Ada" not in page.text
            page = await here.sign_in(here.at.eve, "/clients", seat=eves)
            assert page.text.index(here.at.house.world.org.name) < page.text.index("Of Ada")
            assert page.text.endswith(
                f"Second & Sons No clients yet. Register a client Signed in as {here.at.eve} Not you? Sign out"
            )


async def test_who_has_left_sees_nothing_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        him = await ben(here)
        made = await of(here, him)
        page = await here.sign_in(him.email, f"/clients/edit?id={made.client.id}")
        assert page.title == "Tracker"
        await here.at.house.app.db.write(lambda tx: users.save(tx, replace(him, active=False)))
        assert "You belong to no organisation" in (await here.seat.open("/clients")).text
        assert (await here.seat.open("/clients/new")).status == 403
        gone = await here.seat.press(page, "New secret")
        assert (gone.status, gone.title) == (404, "No such client")
        assert await heard(here, made.client.id, made.secret) == "invalid_code", "the old secret is the secret"


FORMS = {
    "/clients/edit": {"name": "Stolen", "redirect_uris": "https://evil.example/"},
    "/clients/secret": {},
    "/clients/switch": {"active": "no"},
    "/clients/remove": {"sure": "yes"},
    "/clients/code": {"scope": ORG, "minutes": "10"},
}


@pytest.mark.parametrize("whose", ["another organisation's", "a colleague's", "nobody's"])
async def test_nobody_touches_what_is_not_theirs(whose: str, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        him, db = await ben(here), here.at.house.app.db
        second = (await db.read(partial(users.memberships, email=here.at.eve)))[1].user
        victim = second if whose == "another organisation's" else here.ada
        await here.sign_in(him.email)
        form_token = (await here.seat.open("/clients/new")).form("Register").fields["form_token"]
        for path, wish in FORMS.items():
            made = await of(here, victim, ClientType.SELF if path == "/clients/code" else ClientType.SERVER)
            client_id = ID if whose == "nobody's" else made.client.id
            for user in (him, victim):
                sent = wish | {"id": client_id, "form_token": form_token, "user": str(user.id)}
                page = await here.seat.post(path, sent)
                assert (page.status, page.title) == (404, "No such client"), path
            assert (await here.seat.open(f"/clients/edit?id={client_id}")).status == 404
            assert await db.read(partial(clients.find, client_id=made.client.id)) == made.client
        assert await codes(here) == 0


async def test_whose_session_has_ended_signs_in_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        await here.sign_in()
        await here.seat.press(await here.seat.open("/account"), "Not you? Sign out")
        form_token = (await here.seat.open("/signin")).form("Next").fields["form_token"]
        sent = {
            "id": made.client.id,
            "name": "Mine",
            "type": "self",
            "user": str(here.ada.id),
            "form_token": form_token,
        }
        before = await known(here)
        for path in (*FORMS, "/clients/new"):
            page = await here.seat.post(path, FORMS.get(path, {}) | sent)
            assert (page.path, page.told) == ("/signin", {"next": "/clients"}), path
        assert await known(here) == before
        assert await codes(here) == 0


# --- registering


@pytest.mark.parametrize("kind", ClientType, ids=lambda kind: kind.value)
async def test_every_kind_is_registered_and_its_secret_is_shown_once(kind: ClientType, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward="/clients/new")
        more = {} if kind in (ClientType.SELF, ClientType.DEVICE) else {"redirect_uris": here.at.site.callback}
        if kind is ClientType.CLIENT:
            more["javascript_domain"] = here.at.site.url.removeprefix("http://")
        with capture_logs() as lines:
            page = await here.seat.press(page, "Register", type=LABELS[kind], name=" Tracker & Sons ", **more)
        client_id, secret = shown(page, "client_id"), shown(page, "client_secret")
        assert page.title == "Tracker & Sons"
        assert page.hops == (), "no URL carries it"
        assert secret not in str(lines)
        new = next(each for each in await known(here) if each.id == client_id)
        assert (new.type, new.name, new.user_id) == (kind, "Tracker & Sons", here.ada.id)
        assert new.redirect_uris == ((here.at.site.callback,) if "redirect_uris" in more else ())
        assert await heard(here, client_id, secret) == "invalid_code"
        for path in ("/clients", f"/clients/edit?id={client_id}", "/clients/new"):
            page = await here.seat.open(path)
            assert page.status == 200
            assert secret not in page.html


REFUSED: Sequence[tuple[dict[str, str], str]] = [
    ({"name": "<b>Tracker</b>"}, "a name has 1 to 100 letters"),
    ({"name": '" onfocus="alert(1)'}, "a name has 1 to 100 letters"),
    ({"name": "{{ 7 * 7 }}"}, "a name has 1 to 100 letters"),
    ({"redirect_uris": "javascript:alert(1)"}, "the redirect URI 'javascript:alert(1)' is not"),
    ({"redirect_uris": "data:text/html,<script>alert(1)</script>"}, "the redirect URI 'data:text/html,<script>"),
    ({"redirect_uris": "http://zoho.com@evil.example/"}, "the redirect URI 'http://zoho.com@evil.example/' is not"),
    ({"redirect_uris": "https://a.example/#x"}, "the redirect URI 'https://a.example/#x' is not"),
    ({"redirect_uris": "https://a.example/\r\nSet-Cookie: a=b"}, "the redirect URI 'Set-Cookie:' is not"),
    ({"redirect_uris": "https://a.example/ \0"}, r"the redirect URI '\x00' is not"),
    ({"redirect_uris": "https://bücher.example/"}, "the redirect URI 'https://bücher.example/' is not"),
    ({"redirect_uris": "</textarea><script>alert(1)</script>"}, "the redirect URI '</textarea><script>alert(1)"),
    ({"redirect_uris": ""}, "a client of the type server needs a redirect URI"),
    ({"redirect_uris": "https://a.example/ https://a.example/"}, "each of them once"),
    ({"homepage": "javascript:alert(1)"}, "the homepage 'javascript:alert(1)' is not an http or https URL"),
    ({"javascript_domain": "a.example"}, "only a client-based client has a JavaScript domain"),
    ({"client_id": "1000.abc"}, "a client's id is 1000. and 30 capital letters or digits"),
    ({"client_id": "'; DROP TABLE client; --"}, "a client's id is 1000. and 30 capital letters or digits"),
]


async def test_what_cannot_be_registered_is_told_and_what_was_typed_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward="/clients/new")
        usual = {"type": LABELS[ClientType.SERVER], "name": "Tracker", "redirect_uris": here.at.site.callback}
        usual |= {"homepage": "", "javascript_domain": "", "client_id": ""}
        for filled, sentence in REFUSED:
            page = await here.seat.press(page, "Register", **(usual | filled))
            assert (page.status, page.title) == (400, "Register a client")
            assert sentence in page.text
            assert not page.tags & {"script", "b"}
            assert not [name for _, name, _ in page.attributes if name.startswith("on")]
            kept = page.form("Register").fields
            assert kept["type"] == "server"
            assert kept.items() >= filled.items()
        assert [each.name for each in await known(here)] == ["Dancer"]
        # The form that came back is good for another try.
        assert shown(await here.seat.press(page, "Register", **usual), "client_secret")


async def test_a_kind_that_is_none_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward="/clients/new")
        for kind in ("", "SELF", "admin"):
            sent = here.seat.filled(page, "Register", name="Tracker") | {"type": kind, "once": kind}
            told = await here.seat.post("/clients/new", sent)
            assert (told.status, "choose what kind of client it is" in told.text) == (400, True)


async def test_who_belongs_to_several_organisations_chooses_one_of_theirs(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(here.at.eve, "/clients/new")
        kind = LABELS[ClientType.SELF]
        sent = here.seat.filled(page, "Register", type=kind, name="Tracker")
        for user in ("", str(here.ada.id), "9001; --", "-1"):
            told = await here.seat.post("/clients/new", sent | {"user": user})
            assert (told.status, "choose one of your organisations" in told.text) == (400, True), user
        page = await here.seat.press(told, "Register", user="Second & Sons")
        client_id = shown(page, "client_id")
        assert client_id not in [each.id for each in await known(here)]
        page = await here.seat.open("/clients")
        assert page.text.index("Second & Sons") < page.text.index(client_id)


async def test_a_client_of_another_data_centre_keeps_its_id(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        page = await here.sign_in(onward="/clients/new")
        filled = {"type": LABELS[ClientType.SELF], "name": "Tracker", "client_id": f" {ID} "}
        assert shown(await here.seat.press(page, "Register", **filled), "client_id") == ID
        page = await here.seat.press(await here.seat.open("/clients/new"), "Register", **filled)
        assert f"{ID} is registered in this data centre already" in page.text


# --- one client


async def test_a_client_is_described_anew(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada, ClientType.SERVER)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        fields = page.form("Save").fields
        assert (fields["name"], fields["redirect_uris"]) == ("Tracker", here.at.site.callback)
        assert "javascript_domain" not in fields, "it is of another kind"
        uris = ("https://a.example/back", here.at.site.callback)
        page = await here.seat.press(
            page, "Save", name="Anew", homepage="https://a.example/", redirect_uris="\r\n".join((*uris, ""))
        )
        assert (page.status, page.title, page.path) == (200, "Anew", "/clients/edit")
        (changed,) = (each for each in await known(here) if each.id == made.client.id)
        assert changed == replace(made.client, name="Anew", homepage="https://a.example/", redirect_uris=uris)
        assert page.form("Save").fields["redirect_uris"] == "\r\n".join(uris)
        bad = {"name": "Tracker<", "redirect_uris": "https://b.example/"}
        page = await here.seat.press(page, "Save", **bad)
        assert page.status == 400
        assert page.form("Save").fields.items() >= bad.items()
        assert changed in await known(here)


@pytest.mark.parametrize("kind", [ClientType.SELF, ClientType.DEVICE], ids=lambda kind: kind.value)
async def test_what_needs_no_browser_is_asked_for_no_addresses(kind: ClientType, tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada, kind)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        assert not page.form("Save").fields.keys() & {"redirect_uris", "javascript_domain"}
        assert (await here.seat.press(page, "Save", name="Anew")).title == "Anew"


async def test_switched_off_its_tokens_end_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        code = shown(await here.seat.press(page, "Generate", scope=ORG), "code")
        given = await here.exchange(made, code)
        assert await here.org(given["access_token"]) is not None
        sent = here.seat.filled(page, "Switch off")
        off = await here.seat.post("/clients/switch", sent)
        assert "switched off" in off.text
        assert await here.org(given["access_token"]) is None
        assert await heard(here, made.client.id, made.secret) == "invalid_client"
        assert "switched off" in (await here.seat.post("/clients/switch", sent)).text, "sent twice it says the same"
        assert "Generate a code" not in off.text
        refused = await here.seat.post("/clients/code", here.seat.filled(page, "Generate", scope=ORG) | {"once": "2"})
        assert (refused.status, "the client is switched off" in refused.text) == (400, True)
        assert "switched off" in (await here.seat.open("/clients")).text
        on = await here.seat.press(off, "Switch on")
        assert "switched off" not in on.text
        assert await heard(here, made.client.id, made.secret) == "invalid_code"


async def test_removed_it_is_gone_with_its_tokens_but_not_without_asking(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        made = await of(here, here.ada)
        page = await here.sign_in(onward=f"/clients/edit?id={made.client.id}")
        given = await here.exchange(made, shown(await here.seat.press(page, "Generate", scope=ORG), "code"))
        assert await here.org(given["access_token"]) is not None
        sure = await here.seat.press(page, "Remove")
        assert (sure.status, sure.title) == (200, "Remove Tracker?")
        assert made.client in await known(here)
        gone = await here.seat.press(sure, "Remove")
        assert (gone.path, made.client.id in gone.text) == ("/clients", False)
        assert await here.org(given["access_token"]) is None
        assert await heard(here, made.client.id, made.secret) == "invalid_client"
        assert (await here.seat.press(page, "New secret")).status == 404
