"""A server with people who can sign in, and a site at which clients are at home."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher

from postroom.access import grant, registry
from postroom.access.registry import Description, Registered
from postroom.access.terms import Terms
from postroom.app import clock
from postroom.config import Settings
from postroom.store import accounts, orgs, users
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.users import User
from tests.oauth_clients.site import Site, site
from tests.web.house import House, house

PASSWORD = "a right password"
SCOPES = ("ZohoBigin.modules.contacts.READ", "ZohoBigin.send_mail.all.CREATE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """``ada`` belongs to one organisation, ``eve`` to two; their password is PASSWORD."""

    house: House
    site: Site

    @property
    def ada(self) -> str:
        return self.house.world.user.email

    @property
    def eve(self) -> str:
        return "eve@two.example"

    def url(self, path: str) -> str:
        """That path of the accounts server."""
        return f"{self.house.url}{path}"

    @property
    def contact(self) -> str:
        """What a token of ours opens at the API."""
        return f"{self.house.api}/Contacts/{self.house.world.contact.id}"

    async def code(self, client: Registered) -> str:
        """A self client's code, as its user generates one."""
        app = self.house.app
        scopes, terms = ",".join(SCOPES), Terms.of(app.settings)
        made = await grant.make_code(app.db, client.client, scopes, now=app.clock(), terms=terms)
        assert isinstance(made, str)
        return made

    async def register(self, kind: ClientType, name: str = "Tracker") -> Registered:
        """A client of that kind, at home on the site as far as it has a place."""
        web = kind in (ClientType.SERVER, ClientType.CLIENT, ClientType.MOBILE)
        asked = Description(
            name=name,
            type=kind,
            redirect_uris=(self.site.callback,) if web else (),
            javascript_domain=self.site.url.removeprefix("http://") if kind is ClientType.CLIENT else "",
        )
        return await registry.register(self.house.app.db, self.house.world.user, asked, now=self.house.app.clock())


@asynccontextmanager
async def scene(
    folder: Path, *, clock: Callable[[], int] = clock, settings: Settings | None = None
) -> AsyncIterator[Scene]:
    """Everything runs until the block ends; devices need not wait between two questions unless ``settings`` say so."""
    settings = settings or Settings(data_dir=folder, stop_seconds=2.0, device_poll_seconds=0)
    async with site() as place, house(folder, clock=clock, settings=settings) as home:
        made = Scene(house=home, site=place)
        hashed = await asyncio.to_thread(hashed_password)
        await home.app.db.write(lambda tx: _people(tx, made, hashed))
        yield made


def _people(tx: Tx, made: Scene, hashed: str) -> None:
    now = made.house.app.clock()
    for email in (made.ada, made.eve):
        accounts.keep(tx, Account(email=email, password_hash=hashed, created_at=now))
    second = Org(id=9_000, name="Second & Sons", primary_email="office@second.example", created_at=now)
    orgs.add(tx, second)
    for number, org_id in ((9_001, made.house.world.org.id), (9_002, second.id)):
        users.add(
            tx, User(id=number, org_id=org_id, email=made.eve, last_name="Moss", confirmed_at=now, created_at=now)
        )


@cache
def hashed_password() -> str:
    """PASSWORD as it is stored; slow the first time."""
    """PASSWORD as it is kept, with so little work that hundreds of sign-ins cost nothing."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
