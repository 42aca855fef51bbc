"""``postroom sender``."""

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS
from postroom.cli.options import as_json, in_org
from postroom.cli.wayout import WayOut, described, transport, with_way_out
from postroom.config import Settings
from postroom.mail.address import Address


@click.group()
def sender() -> None:
    """Add, change and list from addresses and their SMTP servers."""


@sender.command()
@click.argument("email", type=ADDRESS)
@click.option("--name", default="", help="The name that mails show.")
@click.option("--user", "owner", type=ADDRESS, help="Whose address it is.  [default: the first user]")
@click.option("--org-email", "of_org", is_flag=True, help="An address of the organisation, for all its users.")
@click.option("--default", "is_default", is_flag=True, help="Offer it first.")
@with_way_out
@as_json
@in_org
def add(
    settings: Settings,
    *,
    email: Address,
    name: str,
    owner: Address | None,
    of_org: bool,
    is_default: bool,
    way_out: WayOut | None,
    as_json: bool,
) -> None:
    """Add a from address; without --host its mails leave through the organisation's server."""
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.store import senders, transports
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.senders import Sender

    if of_org and owner:
        raise click.UsageError("an address is a user's or the organisation's: --user or --org-email")

    async def act(app: App, org: Org) -> Sender:
        user_id = None if of_org else (await user_named(app, org, owner)).id
        way = None if way_out is None else transport(app, org.id, way_out)
        new = Sender(
            id=app.ids.number(),
            org_id=org.id,
            user_id=user_id,
            email=email.folded,
            name=name,
            is_default=is_default,
            transport_id=None if way is None else way.id,
            created_at=app.clock(),
        )

        def write(tx: Tx) -> None:
            known = senders.listing(tx, org.id)
            if any((each.user_id, each.email) == (user_id, new.email) for each in known):
                raise click.ClickException(f"{new.email} is a from address already")
            if way is not None:
                transports.add(tx, way)
            if is_default:
                senders.unmark_default(tx, org.id, user_id)
            senders.add(tx, new)

        await app.db.write(write)
        return new

    new = with_org(settings, act)
    if as_json:
        say.as_json({"id": str(new.id), "email": new.email, "name": new.name})
    else:
        click.echo(f"sender {new.email} added, id {new.id}")


@sender.command("set")
@click.argument("email", type=ADDRESS)
@click.option("--name", help="The name that mails show.")
@click.option("--user", "owner", type=ADDRESS, help="Whose address it is.  [default: the first user]")
@click.option("--org-email", "of_org", is_flag=True, help="An address of the organisation.")
@click.option("--default", "is_default", is_flag=True, help="Offer it first.")
@with_way_out
@in_org
def change(
    settings: Settings,
    *,
    email: Address,
    name: str | None,
    owner: Address | None,
    of_org: bool,
    is_default: bool,
    way_out: WayOut | None,
) -> None:
    """Change a from address or its server; mails that wait go the new way."""
    from dataclasses import replace

    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.cli.wayout import lead
    from postroom.store import senders
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        user_id = None if of_org else (await user_named(app, org, owner)).id
        way = None if way_out is None else transport(app, org.id, way_out)

        def write(tx: Tx) -> None:
            everybody = senders.listing(tx, org.id)
            found = next((each for each in everybody if (each.user_id, each.email) == (user_id, email.folded)), None)
            if found is None:
                raise click.ClickException(f"there is no from address {email}; see: postroom sender ls")
            if is_default:
                senders.unmark_default(tx, org.id, user_id)
            senders.save(
                tx,
                replace(
                    found,
                    name=found.name if name is None else name,
                    is_default=found.is_default or is_default,
                    transport_id=found.transport_id if way is None else lead(tx, found.transport_id, way),
                ),
            )

        await app.db.write(write)

    with_org(settings, act)
    click.echo(f"sender {email} changed")


@sender.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the from addresses."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store import senders, transports, users
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> list[dict[str, str]]:
        def read(tx: Tx) -> list[dict[str, str]]:
            people = {each.id: each.email for each in users.listing(tx, org.id)}
            ways = {each.id: each for each in transports.listing(tx, org.id)}
            return [
                {
                    "id": str(each.id),
                    "email": each.email,
                    "name": each.name,
                    "of": "organisation" if each.user_id is None else people[each.user_id],
                    "default": "yes" if each.is_default else "no",
                    "server": described(ways.get(each.transport_id or 0)),
                }
                for each in senders.listing(tx, org.id)
            ]

        return await app.db.read(read)

    say.listing(with_org(settings, act), as_json)
