"""``postroom token``."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import say
from postroom.cli.options import as_json, in_org
from postroom.config import Settings

if TYPE_CHECKING:
    from postroom.access.grant import OAuthError
    from postroom.app import App
    from postroom.store.clients import Client
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.users import User

    Making = Callable[[App, Client, User | None], Awaitable[str | OAuthError]]


@click.group()
def token() -> None:
    """Make grant codes and refresh tokens."""


def _for_client(verb: Callable[..., Any]) -> Callable[..., Any]:
    verb = click.option(
        "--scope", "scopes", multiple=True, required=True, help="What it allows; comma separated or repeated."
    )(verb)
    return click.option("--client", "client_id", help="The client's id.  [default: the only self client]")(verb)


@token.command()
@_for_client
@click.option("--minutes", type=click.Choice(["3", "5", "7", "10"]), default="3", show_default=True, help="Its life.")
@as_json
@in_org
def code(settings: Settings, client_id: str | None, scopes: tuple[str, ...], minutes: str, as_json: bool) -> None:
    """Make a grant code, to be exchanged once for tokens at /oauth/v2/token.

    It is for the client's organisation, or for the one named by --org if the client's owner belongs to that one too.
    """
    from postroom.access import grant
    from postroom.access.terms import Terms

    async def make(app: "App", client: "Client", user: "User | None") -> "str | OAuthError":
        terms, now = Terms.of(app.settings), app.clock()
        return await grant.make_code(
            app.db, client, ",".join(scopes), now=now, terms=terms, minutes=int(minutes), user=user
        )

    _show("code", _made(settings, client_id, make), as_json)


@token.command()
@_for_client
@as_json
@in_org
def refresh(settings: Settings, client_id: str | None, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a refresh token, good until it is revoked."""
    from postroom.access import grant
    from postroom.access.terms import Terms

    async def make(app: "App", client: "Client", user: "User | None") -> "str | OAuthError":
        terms, now = Terms.of(app.settings), app.clock()
        return await grant.make_refresh(app.db, client, ",".join(scopes), now=now, terms=terms, user=user)

    _show("refresh_token", _made(settings, client_id, make), as_json)


def _made(settings: Settings, client_id: str | None, make: "Making") -> str:
    from postroom.access.grant import OAuthError
    from postroom.cli.opening import with_org
    from postroom.store.orgs import Org

    async def act(app: "App", org: Org) -> str:
        client, user = await app.db.read(lambda tx: _speaker(tx, org, client_id))
        try:
            made = await make(app, client, user)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        if isinstance(made, OAuthError):
            raise click.ClickException("too many were made in a short time; try again in some minutes")
        return made

    return with_org(settings, act)


def _speaker(tx: "Tx", org: "Org", client_id: str | None) -> "tuple[Client, User | None]":
    """The client, and its owner as a member of the organisation where that is not the client's own (W 4.4)."""
    from postroom.store import clients, users
    from postroom.store.clients import ClientType

    known = clients.listing(tx, org.id)
    fitting = [each for each in known if (each.type is ClientType.SELF if client_id is None else each.id == client_id)]
    if len(fitting) > 1:
        raise click.ClickException("there are several self clients; name one with --client")
    if fitting:
        return fitting[0], None
    found = clients.find(tx, client_id) if client_id else None
    owner = users.find(tx, found.org_id, found.user_id) if found else None
    member = users.find_by_email(tx, org.id, owner.email) if owner else None
    if found is None or member is None:
        raise click.ClickException("there is no such client; make one: postroom client add")
    return found, member


def _show(kind: str, made: str, as_json: bool) -> None:
    if as_json:
        say.as_json({kind: made})
    else:
        click.echo(made)
