"""Several data centres at once: each a server of its own with a database of its own, known to each other by URL."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import update

from postroom.access import registry
from postroom.access.registry import Description, Registered
from postroom.config import Settings
from postroom.store import accounts, users
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from postroom.store.db import Tx
from postroom.store.tables import transport
from postroom.web.run import bind, url_of
from tests.oauth_clients.person import sitting
from tests.oauth_clients.scene import hashed_password
from tests.web.house import House, house

CLIENT_ID = "1000." + "ABCDEFGHIJ" * 3
CALLBACK = "http://client.example/callback"


@dataclass(frozen=True, kw_only=True, slots=True)
class Realm:
    """The centres by name. In each lives one person, ``{name}@people.example``, whom the others know to live there."""

    centers: Mapping[str, House]

    def __getitem__(self, name: str) -> House:
        return self.centers[name]

    def living_in(self, name: str) -> str:
        """The address of whoever lives there."""
        return f"{name}@people.example"

    async def register(
        self, *names: str, kind: ClientType = ClientType.SERVER, callback: str = CALLBACK
    ) -> dict[str, Registered]:
        """One client, known in these centres under one id; each gave it a secret of its own."""
        uris = () if kind is ClientType.DEVICE else (callback,)
        asked = Description(name="Tracker", type=kind, redirect_uris=uris)
        made = {}
        for name in names:
            home = self[name]
            made[name] = await registry.register(
                home.app.db, home.world.user, asked, now=home.app.clock(), client_id=CLIENT_ID
            )
        return made

    async def walk(self, url: str, email: str) -> str:
        """What that person does from this URL on, through every centre; where the browser ends, or the last page."""
        async with sitting(email) as somebody:
            for _ in self.centers:
                url = await somebody.answer(url)
                if not any(url.startswith(f"{home.url}/") for home in self.centers.values()):
                    break
            return url


@asynccontextmanager
async def realm(folder: Path, *names: str, smtp_port: int = 25, **chosen: Any) -> AsyncIterator[Realm]:
    """Run these centres until the block ends; their mails leave to ``smtp_port``, ``chosen`` are settings of all."""
    listeners = {name: bind("127.0.0.1", 0) for name in names}
    urls = {name: url_of(listener) for name, listener in listeners.items()}
    hashed = await asyncio.to_thread(hashed_password)
    async with AsyncExitStack() as stack:
        centers = {}
        for name, listener in listeners.items():
            others = " ".join(f"{other}={url}" for other, url in urls.items() if other != name)
            settings = Settings(
                data_dir=folder / name, data_center=name, data_centers=others, stop_seconds=2.0, **chosen
            )
            centers[name] = await stack.enter_async_context(house(folder / name, settings=settings, listener=listener))
            await _people(centers[name], name, names, hashed)
            await centers[name].app.db.write(lambda tx: tx.execute(update(transport).values(port=smtp_port)).rowcount)
        yield Realm(centers=centers)


async def _people(home: House, own: str, names: tuple[str, ...], hashed: str) -> None:
    def write(tx: Tx) -> None:
        for name in names:
            email, at_home = f"{name}@people.example", name == own
            account = Account(email=email, created_at=home.app.clock(), data_center=None if at_home else name)
            accounts.keep(tx, replace(account, password_hash=hashed if at_home else None))
        user = replace(home.world.user, id=9_000, email=f"{own}@people.example", last_name="Lovelace")
        users.add(tx, user)

    await home.app.db.write(write)
