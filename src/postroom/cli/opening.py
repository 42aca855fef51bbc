"""The program, opened for one verb on the data that is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from postroom.app import App, open_app
from postroom.cli import logs
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.mail.address import Address
from postroom.store import orgs, users
from postroom.store.orgs import Org
from postroom.store.users import User

R = TypeVar("R")


def with_org(settings: Settings, act: Callable[[App, Org], Awaitable[R]]) -> R:
    """Run ``act`` on the organisation; raises ``Misconfigured`` where there is no data or no organisation yet."""
    if not settings.database and not (settings.data_dir / "postroom.db").exists():
        raise Misconfigured(nothing_yet(settings))
    # A verb answers by its own line; the log would say the same again.
    logs.configure("error")

    async def run() -> R:
        async with open_app(settings) as app:
            org = await app.db.read(orgs.first)
            if org is None:
                raise Misconfigured(nothing_yet(settings))
            return await act(app, org)

    return asyncio.run(run())


def nothing_yet(settings: Settings) -> str:
    """The line for whoever has no organisation yet."""
    return f"{settings.data_dir} holds no organisation yet; make one: postroom init --data-dir {settings.data_dir}"


async def user_named(app: App, org: Org, address: Address | None) -> User:
    """The user with that address, the oldest one where none is named."""
    everybody = await app.db.read(lambda tx: users.listing(tx, org.id))
    found = next((each for each in everybody if address is None or each.email == address.folded), None)
    if found is None:
        raise click.ClickException(f"there is no user {address}; see: postroom user ls")
    return found
