"""``postroom blocked``."""

from typing import TYPE_CHECKING, Final

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.blocked import Blocked
    from postroom.store.orgs import Org

_REASON: Final = "blocked"


@click.group()
def blocked() -> None:
    """Keep addresses out of every mail."""


@blocked.command()
@click.argument("address", type=ADDRESS)
@click.option("--reason", type=LINE, default=_REASON, show_default=True, help="What callers are told of it.")
@in_org
def add(settings: Settings, address: Address, reason: str) -> None:
    """Leave an address out of every mail that is accepted from now on."""
    from postroom.cli.opening import with_org
    from postroom.store import blocked as store
    from postroom.store.blocked import Blocked

    async def act(app: "App", org: "Org") -> None:
        new = Blocked(org_id=org.id, address=address.folded, reason=reason, created_at=app.clock())
        await app.db.write(lambda tx: store.add(tx, new))

    with_org(settings, act)
    click.echo(f"{address.folded} is blocked: {reason}")


@blocked.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the blocked addresses."""
    from postroom.cli.opening import with_org
    from postroom.store import blocked as store

    async def act(app: "App", org: "Org") -> "list[Blocked]":
        return await app.db.read(lambda tx: store.listing(tx, org.id))

    rows = [
        {"address": each.address, "reason": each.reason, "since": say.moment(each.created_at)}
        for each in with_org(settings, act)
    ]
    say.listing(rows, as_json)


@blocked.command()
@click.argument("address", type=ADDRESS)
@in_org
def rm(settings: Settings, address: Address) -> None:
    """Let an address be written to again."""
    from postroom.cli.opening import with_org
    from postroom.store import blocked as store

    async def act(app: "App", org: "Org") -> bool:
        return await app.db.write(lambda tx: store.remove(tx, org.id, address.folded))

    if not with_org(settings, act):
        raise click.ClickException(f"{address.folded} is not blocked")
    click.echo(f"{address.folded} is blocked no more")
