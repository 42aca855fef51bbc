"""``postroom client``."""

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.address import Address


@click.group()
def client() -> None:
    """Add and list the OAuth clients that may ask for tokens."""


@client.command()
@click.option("--name", default="self client", show_default=True, help="What to call it.")
@click.option("--user", "email", type=ADDRESS, help="Whom its tokens speak for.  [default: the first user]")
@as_json
@in_org
def add(settings: Settings, name: str, email: Address | None, as_json: bool) -> None:
    """Add a self client; its secret is shown this once."""
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.cli.registering import Registered, register
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> Registered:
        return await register(app, await user_named(app, org, email), name)

    new = with_org(settings, act)
    shown = {"client_id": new.client.id, "client_secret": new.secret}
    if as_json:
        say.as_json(shown)
    else:
        say.facts(shown.items())


@client.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the clients."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import clients, users
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> list[dict[str, str]]:
        def read(tx: Tx) -> list[dict[str, str]]:
            people = {each.id: each.email for each in users.listing(tx, org.id)}
            return [
                {
                    "client_id": each.id,
                    "name": each.name,
                    "type": each.type.value,
                    "user": people[each.user_id],
                    "created": say.moment(each.created_at),
                }
                for each in clients.listing(tx, org.id)
            ]

        return await app.db.read(read)

    say.listing(with_org(settings, act), as_json)
