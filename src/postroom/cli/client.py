"""``postroom client``."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from postroom.cli import say
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.clients import Client

R = TypeVar("R")

_TYPES = click.Choice(["server", "client", "mobile", "device", "self"])
_ID = click.argument("client_id", metavar="ID")


def _described(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that describe a client."""
    uris = click.option(
        "--redirect-uri", "redirect_uris", multiple=True, help="Where its users are sent back to; may be repeated."
    )
    domain = click.option("--javascript-domain", help="The host of a client-based client's pages.")
    return uris(domain(click.option("--homepage", help="Its URL, shown to its users.")(verb)))


@click.group()
def client() -> None:
    """Register and change the OAuth clients that may ask for tokens."""


@client.command()
@click.option("--name", type=LINE, default="self client", show_default=True, help="What to call it.")
@click.option("--type", "kind", type=_TYPES, default="self", show_default=True, help="Which flow it uses.")
@_described
@click.option("--id", "client_id", metavar="ID", help="The id that it has in another data centre.  [a new one]")
@click.option("--user", "email", type=ADDRESS, help="Whose it is; a self client speaks for them.  [the first user]")
@as_json
@in_org
def add(
    *,
    settings: Settings,
    name: str,
    kind: str,
    homepage: str | None,
    javascript_domain: str | None,
    redirect_uris: tuple[str, ...],
    client_id: str | None,
    email: Address | None,
    as_json: bool,
) -> None:
    """Register a client; its secret is shown this once."""
    from postroom.access import registry
    from postroom.access.registry import Description, Registered
    from postroom.app import App
    from postroom.cli.opening import user_named, with_org
    from postroom.store.clients import ClientType
    from postroom.store.orgs import Org

    asked = Description(
        name=name,
        type=ClientType(kind),
        homepage=homepage or "",
        javascript_domain=javascript_domain or "",
        redirect_uris=redirect_uris,
    )

    async def act(app: App, org: Org) -> Registered:
        owner = await user_named(app, org, email)
        try:
            return await registry.register(app.db, owner, asked, now=app.clock(), client_id=client_id)
        except ValueError as error:
            raise click.ClickException(str(error)) from None

    new = with_org(settings, act)
    _answer({"client_id": new.client.id, "client_secret": new.secret}, as_json)


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
                    "state": "on" if each.active else "off",
                    "created": say.moment(each.created_at),
                }
                for each in clients.listing(tx, org.id)
            ]

        return await app.db.read(read)

    say.listing(with_org(settings, act), as_json)


@client.command()
@_ID
@as_json
@in_org
def show(settings: Settings, client_id: str, as_json: bool) -> None:
    """Show one client, but for its secret, which is not kept."""
    from postroom.store import users

    async def act(app: "App", found: "Client") -> dict[str, object]:
        owner = await app.db.read(lambda tx: users.find(tx, found.org_id, found.user_id))
        return {
            "client_id": found.id,
            "name": found.name,
            "type": found.type.value,
            "user": owner.email if owner else "",
            "homepage": found.homepage,
            "javascript_domain": found.javascript_domain,
            "redirect_uris": list(found.redirect_uris),
            "state": "on" if found.active else "off",
            "created": say.moment(found.created_at),
        }

    found = _with_client(settings, client_id, act)
    if as_json:
        say.as_json(found)
    else:
        say.facts((name.replace("_", " "), _plain(value)) for name, value in found.items())


@client.command()
@_ID
@click.option("--name", type=LINE, help="What to call it.")
@_described
@as_json
@in_org
def edit(
    *,
    settings: Settings,
    client_id: str,
    name: str | None,
    homepage: str | None,
    javascript_domain: str | None,
    redirect_uris: tuple[str, ...],
    as_json: bool,
) -> None:
    """Describe a client anew; what is not named stays, and redirect URIs take the place of all earlier ones."""
    from postroom.access import registry
    from postroom.access.registry import Description

    async def act(app: "App", found: "Client") -> "Client | None":
        return await registry.change(
            app.db,
            found,
            Description(
                name=found.name if name is None else name,
                homepage=found.homepage if homepage is None else homepage,
                javascript_domain=found.javascript_domain if javascript_domain is None else javascript_domain,
                redirect_uris=redirect_uris or found.redirect_uris,
            ),
        )

    changed = _with_client(settings, client_id, act)
    _answer({"client_id": changed.id, "name": changed.name}, as_json)


@client.command()
@_ID
@as_json
@in_org
def secret(settings: Settings, client_id: str, as_json: bool) -> None:
    """Make a new secret, shown this once; the old one ends."""
    from postroom.access import registry

    async def act(app: "App", found: "Client") -> str | None:
        return await registry.new_secret(app.db, found)

    _answer({"client_id": client_id, "client_secret": _with_client(settings, client_id, act)}, as_json)


@client.command()
@_ID
@in_org
def disable(settings: Settings, client_id: str) -> None:
    """Switch a client off: it gets no tokens, and its access tokens end."""
    _switch(settings, client_id, active=False)


@client.command()
@_ID
@in_org
def enable(settings: Settings, client_id: str) -> None:
    """Switch a client on again."""
    _switch(settings, client_id, active=True)


@client.command()
@_ID
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_org
def rm(settings: Settings, client_id: str, yes: bool) -> None:
    """Remove a client with every token and consent it was given."""
    from postroom.access import registry

    if not yes:
        click.confirm(f"Remove {client_id} with all its tokens?", abort=True, err=True)

    async def act(app: "App", found: "Client") -> bool:
        return await registry.remove(app.db, found)

    _with_client(settings, client_id, act)
    click.echo(f"client {client_id} removed")


def _switch(settings: Settings, client_id: str, *, active: bool) -> None:
    from postroom.access import registry

    async def act(app: "App", found: "Client") -> "Client | None":
        return await registry.switch(app.db, found, active=active)

    _with_client(settings, client_id, act)
    click.echo(f"client {client_id} {'on' if active else 'off'}")


def _with_client(settings: Settings, client_id: str, act: Callable[["App", "Client"], Awaitable[R | None]]) -> R:
    """What ``act`` makes of the organisation's client; None and False: it is gone meanwhile."""
    from postroom.cli.opening import with_org
    from postroom.store import clients
    from postroom.store.orgs import Org

    async def find(app: "App", org: Org) -> R:
        known = await app.db.read(lambda tx: clients.listing(tx, org.id))
        found = next((each for each in known if each.id == client_id), None)
        try:
            done = await act(app, found) if found else None
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        if not done:
            raise click.ClickException(f"there is no client {client_id}; see: postroom client ls")
        return done

    return with_org(settings, find)


def _answer(shown: dict[str, str], as_json: bool) -> None:
    if as_json:
        say.as_json(shown)
    else:
        say.facts(shown.items())


def _plain(value: object) -> str:
    return (" ".join(value) if isinstance(value, list) else str(value)) or "-"
