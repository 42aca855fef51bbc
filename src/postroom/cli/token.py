"""``postroom token``."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import say
from postroom.cli.options import as_json, with_settings
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.clients import Client


@click.group()
def token() -> None:
    """Make grant codes and refresh tokens."""


def _for_client(verb: Callable[..., Any]) -> Callable[..., Any]:
    verb = click.option(
        "--scope", "scopes", multiple=True, required=True, help="What it allows; comma separated or repeated."
    )(verb)
    return click.option("--client", "client_id", help="The client's id.  [default: the only one]")(verb)


@token.command()
@_for_client
@click.option("--minutes", type=click.Choice(["3", "5", "7", "10"]), default="3", show_default=True, help="Its life.")
@as_json
@with_settings
def code(settings: Settings, client_id: str | None, scopes: tuple[str, ...], minutes: str, as_json: bool) -> None:
    """Make a grant code, to be exchanged once for tokens at /oauth/v2/token."""
    from postroom.access import grant

    async def make(app: "App", client: "Client") -> str:
        return await grant.make_code(app.db, client, ",".join(scopes), now=app.clock(), minutes=int(minutes))

    _show("code", _made(settings, client_id, make), as_json)


@token.command()
@_for_client
@as_json
@with_settings
def refresh(settings: Settings, client_id: str | None, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a refresh token, good until it is revoked."""
    from postroom.cli.registering import make_refresh_token

    async def make(app: "App", client: "Client") -> str:
        return await make_refresh_token(app, client, ",".join(scopes))

    _show("refresh_token", _made(settings, client_id, make), as_json)


def _made(settings: Settings, client_id: str | None, make: Callable[["App", "Client"], Awaitable[str]]) -> str:
    from postroom.cli.opening import with_org
    from postroom.store import clients
    from postroom.store.orgs import Org

    async def act(app: "App", org: Org) -> str:
        known = await app.db.read(lambda tx: clients.listing(tx, org.id))
        fitting = [each for each in known if client_id in (None, each.id)]
        if not fitting:
            raise click.ClickException("there is no such client; make one: postroom client add")
        if len(fitting) > 1:
            raise click.ClickException("there are several clients; name one with --client")
        try:
            return await make(app, fitting[0])
        except ValueError as error:
            raise click.ClickException(str(error)) from None

    return with_org(settings, act)


def _show(kind: str, made: str, as_json: bool) -> None:
    if as_json:
        say.as_json({kind: made})
    else:
        click.echo(made)
