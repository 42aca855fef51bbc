"""What the tests of the developer's console share: people, clients, and what can be seen of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from postroom.access import registry
from postroom.access.registry import Description, Registered
from postroom.store import accounts, clients, tokens, users
from postroom.store.accounts import Account
from postroom.store.clients import Client, ClientType
from postroom.store.tables import token
from postroom.store.users import User
from tests.oauth_clients.scene import hashed_password
from tests.web.accounts.browser import Page
from tests.web.accounts.stage import Stage

LABELS = {
    ClientType.SERVER: "Server-based: a web application with a server that keeps the secret",
    ClientType.CLIENT: "Client-based: JavaScript in a browser, without a server",
    ClientType.MOBILE: "Mobile or desktop: a program that people install; codes with PKCE",
    ClientType.DEVICE: "Device: a device without a browser",
    ClientType.SELF: "Self client: your own program, for your own organisation",
}


async def known(here: Stage) -> Sequence[Client]:
    """The clients of ada's organisation."""
    org_id = here.at.house.world.org.id
    return await here.at.house.app.db.read(partial(clients.listing, org_id=org_id))


async def ben(here: Stage, profile: str = "Standard") -> User:
    """Ada's colleague, who can sign in from now on."""
    app = here.at.house.app
    him = replace(here.at.house.world.colleague, profile=profile)
    person = Account(email=him.email, password_hash=hashed_password(), created_at=app.clock())
    await app.db.write(partial(users.save, changed=him))
    await app.db.write(partial(accounts.keep, new=person))
    return him


async def of(here: Stage, owner: User, kind: ClientType = ClientType.SELF, name: str = "Tracker") -> Registered:
    """A client of somebody's."""
    uris = () if kind in (ClientType.SELF, ClientType.DEVICE) else (here.at.site.callback,)
    asked = Description(name=name, type=kind, redirect_uris=uris)
    return await registry.register(here.at.house.app.db, owner, asked, now=here.at.house.app.clock())


async def heard(here: Stage, client_id: str, secret: str) -> str:
    """What the token endpoint says to these credentials; ``invalid_code``: they are right."""
    shown = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": client_id, "client_secret": secret}
    told = await here.seat.http.post(here.at.url("/oauth/v2/token"), data=shown)
    return str(told.json()["error"])


def shown(page: Page, what: str) -> str:
    """A value that a page shows under that id."""
    inside = page.html.partition(f'<code id="{what}">')[2]
    assert inside, page.text
    return inside.partition("<")[0]


async def codes(here: Stage) -> int:
    """How many codes were ever made."""
    made = await here.at.house.app.db.read(
        lambda tx: tx.execute(token.select().where(token.c.kind == tokens.CODE)).all()
    )
    return len(made)
