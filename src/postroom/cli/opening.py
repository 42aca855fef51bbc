"""The program, opened for one verb on the data that is there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click

from postroom.app import App, open_app
from postroom.cli import logs
from postroom.cli.options import named_org
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.mail.address import Address
from postroom.store import orgs, users
from postroom.store.orgs import Org
from postroom.store.users import User

R = TypeVar("R")


def with_org(settings: Settings, act: Callable[[App, Org], Awaitable[R]]) -> R:
    """Run ``act`` on the organisation that ``--org`` names, else on the oldest.

    Raises ``Misconfigured`` where there is no data or no organisation yet, ``ClickException`` where none or several
    have that name.
    """
    word = named_org()

    async def in_org(app: App) -> R:
        known = await app.db.read(orgs.listing)
        if not known:
            raise Misconfigured(nothing_yet(settings))
        return await act(app, known[0] if word is None else chosen(known, word))

    return with_app(settings, in_org)


def chosen(known: Sequence[Org], word: str) -> Org:
    """The organisation of that id, else the one of that name. Raises ``ClickException`` where it is not just one."""
    found = [each for each in known if str(each.id) == word] or [each for each in known if each.name == word]
    if not found:
        raise click.ClickException(f"there is no organisation {word}; see: postroom org ls")
    if len(found) > 1:
        ids = ", ".join(str(each.id) for each in found)
        raise click.ClickException(f"{len(found)} organisations are named {word}; name one by its id: {ids}")
    return found[0]


def with_app(settings: Settings, act: Callable[[App], Awaitable[R]]) -> R:
    """Run ``act`` on the data that is there; raises ``Misconfigured`` where there is none."""
    if not settings.database and not (settings.data_dir / "postroom.db").exists():
        raise Misconfigured(nothing_yet(settings))
    # A verb answers by its own line; the log would say the same again.
    logs.configure("error")

    async def run() -> R:
        async with open_app(settings) as app:
            return await act(app)

    return asyncio.run(run())


def nothing_yet(settings: Settings) -> str:
    """The line for whoever has no organisation yet."""
    return f"{settings.data_dir} holds no organisation yet; make one: postroom init --data-dir {settings.data_dir}"


async def user_named(app: App, org: Org, address: Address | None) -> User:
    """The user with that address, the oldest one where none is named."""
    everybody = await app.db.read(lambda tx: users.listing(tx, org.id))
    found = next((each for each in everybody if address is None or each.email == address.folded), None)
    if found is None:
        raise no_user(address)
    return found


def no_user(address: Address | None) -> click.ClickException:
    """What to raise where the organisation has no user of that address."""
    return click.ClickException(f"there is no user {address}; see: postroom user ls")
