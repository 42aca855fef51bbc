"""What may be registered (W 4.1), and how it is kept."""

from dataclasses import replace
from functools import partial

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.access import registry, secrets
from postroom.access.registry import Description
from postroom.store import clients
from postroom.store.clients import ClientType
from postroom.store.db import Database
from tests.world import NOW, World, found

ID = "1000." + "AB12" * 7 + "XY"
BACK = "https://tracker.example/back"
SERVER = Description(name="Tracker", type=ClientType.SERVER, redirect_uris=(BACK,))
MOBILE = replace(SERVER, type=ClientType.MOBILE)
BROWSER = replace(SERVER, type=ClientType.CLIENT, javascript_domain="tracker.example")
SELF = Description(name="Nightly export")


# --- what may be registered


@pytest.mark.parametrize("name", ["T", "x" * 100, "Bed & Breakfast", "my_app 2", "Größe", "हिन्दी", "東京"])
def test_names_have_letters_digits_and_little_else(name: str) -> None:
    registry.check(Description(name=name))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "x" * 101,
            "a.b",
            "a-b",
            "<b>",
            "a'b",
            'a"b',
            "{{ 7 }}",
            "a\nb",
            "a\tb",
            "a\0b",
            "\x1b[2J",
            "a\ud800",
        ),
        *("a\u00a0b", "a\u202eb", "a\u200bb", "😀"),  # another blank, an order turned round, nothing to be seen, a sign
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^a name has 1 to 100 letters"):
        registry.check(Description(name=name))


@pytest.mark.parametrize(
    "uri",
    [
        BACK,
        "http://localhost:8080/callback",
        "http://127.0.0.1/",
        "http://[::1]:3000/cb",
        "https://xn--bcher-kva.example/",
        "https://a.example",
        "https://a.example?x=1&y=%20",
        "https://my_app/",
        f"https://a.example/{'x' * 1982}",
    ],
)
@pytest.mark.parametrize("asked", [SERVER, MOBILE], ids=lambda asked: asked.type.value)
def test_absolute_web_addresses_are_redirect_uris(asked: Description, uri: str) -> None:
    registry.check(replace(asked, redirect_uris=(uri,)))


NOWHERE = [
    "",
    "callback",
    "/callback",
    "//a.example/",
    "https:",
    "https://",
    "https:///callback",
    "https:a.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)//a.example",
    "javascript://a.example/%0aalert(1)",
    "data:text/html,hello",
    "file:///etc/passwd",
    "ftp://a.example/",
    "blob:https://a.example/1",
    "view-source:https://a.example/",
    "com.example.:/back",
    ".example:/back",
    "myapp://back",  # RFC 8252 §7.1: no domain, so anybody's
    "https://user@a.example/",
    "https://user:word@a.example/",
    "https://zoho.com@evil.example/",
    "https://a.example\\@evil.example/",
    "https://a.example/#",
    "https://a.example/#part",
    "https://a.example/a b",
    " https://a.example/",
    "https://a.example/ ",
    "https://a.example/\r\nX-Injected: 1",
    "https://a.example/\n",
    "https://a.example/\t",
    "https://a.example/\0",
    "https://a.example/<script>",
    'https://a.example/"',
    "https://bücher.example/",
    "https://a.example/ü",
    "https://ａ.example/",  # a full-width letter, which some fold into a
    "https://a.example\u2024com/",
    "https://a..example/",
    "https://.example/",
    "https://a.example:/",
    "https://a.example:99999/",
    "https://a.example:1a/",
    "https://[::1/",
    "https://*.example/",
    "https://a%2eexample/",
]


@pytest.mark.parametrize("uri", NOWHERE, ids=ascii)
@pytest.mark.parametrize("asked", [SERVER, MOBILE, BROWSER], ids=lambda asked: asked.type.value)
def test_nothing_else_is_one(asked: Description, uri: str) -> None:
    with pytest.raises(ValueError, match=r"^the redirect URI .+ is not an http or https URL"):
        registry.check(replace(asked, redirect_uris=(BACK, uri)))


@pytest.mark.parametrize("uri", [each for each in NOWHERE if each and "#" not in each], ids=ascii)
def test_nor_a_homepage(uri: str) -> None:
    with pytest.raises(ValueError, match=r"^the homepage .+ is not an http or https URL$"):
        registry.check(replace(SELF, homepage=uri))


def test_programs_may_have_a_scheme_of_their_own() -> None:
    for uri in ("com.example.app:/back", "com.example.app://back", "com.example.my-app:/back?x=1"):
        registry.check(replace(MOBILE, redirect_uris=(uri,)))
        with pytest.raises(ValueError, match=r"is not an http or https URL without a fragment$"):
            registry.check(replace(SERVER, redirect_uris=(uri,)))
    for uri in ("com.example.app:/back#", "com.example.app://user@back"):
        with pytest.raises(ValueError, match="is not an http or https URL without a fragment, or of a scheme like"):
            registry.check(replace(MOBILE, redirect_uris=(uri,)))


def test_scripts_answer_at_their_own_domain() -> None:
    at_port = replace(BROWSER, javascript_domain="localhost:3000")
    registry.check(replace(at_port, redirect_uris=("http://localhost:3000/", "https://LOCALHOST:3000/back")))
    for uri in ("http://localhost/", "http://localhost:3001/", "http://localhost:3000.evil.example/", BACK):
        with pytest.raises(ValueError, match="of localhost:3000 without a fragment"):
            registry.check(replace(at_port, redirect_uris=(uri,)))
    for domain in ("", "https://tracker.example", "tracker.example/", "a b", "*", "bücher.example", "user@host"):
        with pytest.raises(ValueError, match=r"^a client-based client has a JavaScript domain"):
            registry.check(replace(BROWSER, javascript_domain=domain))


def test_each_kind_has_what_it_needs_and_nothing_else() -> None:
    for asked in (SERVER, MOBILE, BROWSER):
        with pytest.raises(ValueError, match=f"^a client of the type {asked.type.value} needs a redirect URI$"):
            registry.check(replace(asked, redirect_uris=()))
    for kind in (ClientType.SELF, ClientType.DEVICE):
        registry.check(Description(name="without", type=kind))
        with pytest.raises(ValueError, match=f"^a client of the type {kind.value} has no redirect URIs"):
            registry.check(Description(name="with", type=kind, redirect_uris=(BACK,)))
    for kind in set(ClientType) - {ClientType.CLIENT}:
        with pytest.raises(ValueError, match=r"^only a client-based client has a JavaScript domain$"):
            registry.check(Description(name="with", type=kind, javascript_domain="a.example"))


def test_there_are_limits() -> None:
    twenty = tuple(f"https://a.example/{n}" for n in range(20))
    registry.check(replace(SERVER, redirect_uris=twenty))
    for uris in ((*twenty, BACK), (BACK, BACK)):
        with pytest.raises(ValueError, match=r"^a client has at most 20 redirect URIs, each of them once$"):
            registry.check(replace(SERVER, redirect_uris=uris))
    long = f"https://a.example/{'x' * 1983}"
    for asked in (replace(SERVER, redirect_uris=(long,)), replace(SELF, homepage=long)):
        with pytest.raises(ValueError, match=r"^a URL has at most 2000 characters$"):
            registry.check(asked)


SIGNS = "/:@#?&.-_%[]\\ \t\r\n\0<>\"'"
WORDS = ("//", "http", "https", "com.example", "a.example", "localhost", "::1", "8080", "ü", "x")
PIECES = st.sampled_from([*SIGNS, *WORDS])


@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from([SERVER, MOBILE]))
@example("https://a.example/\N{KELVIN SIGN}", SERVER)
def test_another_parser_finds_nothing_hidden_in_what_is_registered(uri: str, asked: Description) -> None:
    try:
        registry.check(replace(asked, redirect_uris=(uri,)))
    except ValueError:
        return
    parsed = httpx.URL(uri)
    assert not parsed.userinfo
    assert not parsed.fragment
    assert str(parsed).isascii()
    if asked is SERVER:
        assert parsed.scheme in ("http", "https")
        assert parsed.host in uri.lower()
        assert parsed.host


# --- registering


async def test_a_client_belongs_to_its_owner_and_only_its_secrets_hash_is_kept(db: Database, world: World) -> None:
    asked = replace(BROWSER, homepage="https://tracker.example/", name=" Tracker & Sons ")
    new = await registry.register(db, world.colleague, asked, now=NOW)
    kept = await db.read(partial(clients.find, client_id=new.client.id))
    assert kept == new.client
    assert (kept.org_id, kept.user_id, kept.name) == (world.org.id, world.colleague.id, "Tracker & Sons")
    assert (kept.homepage, kept.javascript_domain, kept.redirect_uris) == (
        asked.homepage,
        "tracker.example",
        asked.redirect_uris,
    )
    assert kept.secret_hash == secrets.digest(new.secret)
    assert new.secret not in repr(new)


async def test_an_id_from_another_data_centre_is_taken_once(db: Database, world: World) -> None:
    new = await registry.register(db, world.user, SELF, now=NOW, client_id=ID)
    assert new.client.id == ID
    for owner in (world.user, (await db.write(partial(found, n=2))).user):
        with pytest.raises(ValueError, match=f"^{ID} is registered in this data centre already$"):
            await registry.register(db, owner, SERVER, now=NOW, client_id=ID)
    assert await db.read(partial(clients.find, client_id=new.client.id)) == new.client


@pytest.mark.parametrize(
    "client_id", ["", "ABC", ID.lower(), f"{ID}A", ID[:-1], f" {ID}", f"{ID}\n", ID.replace("1000", "2000")]
)
async def test_an_id_looks_like_one(db: Database, world: World, client_id: str) -> None:
    with pytest.raises(ValueError, match=r"^a client's id is 1000\. and 30 capital letters or digits$"):
        await registry.register(db, world.user, SELF, now=NOW, client_id=client_id)
    assert await db.read(partial(clients.listing, org_id=world.org.id)) == []


async def test_what_cannot_be_registered_is_not(db: Database, world: World) -> None:
    with pytest.raises(ValueError, match="needs a redirect URI"):
        await registry.register(db, world.user, replace(SERVER, redirect_uris=()), now=NOW)
    assert await db.read(partial(clients.listing, org_id=world.org.id)) == []
