"""``postroom limit``."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from postroom.cli import say
from postroom.cli.options import as_json, in_org
from postroom.config import Settings
from postroom.mail.address import Address, BadAddress
from postroom.mail.pace import Pace, Scope

if TYPE_CHECKING:
    from postroom.app import App
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.transports import Transport

R = TypeVar("R")

_AT_ONCE: Final = 1000  # waiting mails of one transaction


@click.group()
def limit() -> None:
    """Limit how fast mail leaves, for all workers together."""


def _about(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the words that say what a limit is about and whose it is."""
    verb = click.option("--all-orgs", is_flag=True, help="Of all organisations together, not of one.")(verb)
    verb = click.argument("subject", required=False)(verb)
    return click.argument("scope", type=click.Choice([scope.value for scope in Scope]))(verb)


@limit.command("set")
@_about
@click.option("--messages", type=click.IntRange(1), help="So many mails ...")
@click.option("--seconds", type=click.IntRange(1), default=1, show_default=True, help="... in so many seconds.")
@click.option("--connections", type=click.IntRange(1), help="So many connections at once.")
@click.option("--per-connection", type=click.IntRange(1), help="So many mails in one connection.")
@in_org
def change(
    settings: Settings,
    *,
    scope: str,
    subject: str | None,
    all_orgs: bool,
    messages: int | None,
    seconds: int,
    connections: int | None,
    per_connection: int | None,
) -> None:
    """Set a limit on mail of the organisation, through one transport, to a domain, or through a server.

    SUBJECT is a domain of recipients or the name of a server; for a transport, the from address whose server it is
    (none: the organisation's own). Where several limits hold for a mail, all of them do.
    """
    from postroom.store import paces

    if messages is connections is per_connection is None:
        raise click.UsageError("say how many: --messages, --connections, --per-connection or several of them")

    async def act(app: "App", whose: int | None, about: str) -> None:
        new = Pace(
            org_id=whose,
            scope=Scope(scope),
            subject=about,
            messages=messages,
            seconds=seconds,
            connections=connections,
            per_connection=per_connection,
        )
        await app.db.write(lambda tx: paces.save(tx, new))
        await _place(app, new.scope)

    _with_subject(settings, scope, subject, all_orgs, act)
    said = [] if messages is None else [f"{messages} mails in {seconds} s"]
    said += [] if connections is None else [f"{connections} connections at once"]
    said += [] if per_connection is None else [f"{per_connection} mails in a connection"]
    click.echo(f"limit set: {', '.join(said)}")


@limit.command()
@_about
@in_org
def rm(settings: Settings, *, scope: str, subject: str | None, all_orgs: bool) -> None:
    """Remove a limit."""
    from postroom.store import paces

    async def act(app: "App", whose: int | None, about: str) -> bool:
        done = await app.db.write(lambda tx: paces.remove(tx, whose, Scope(scope), about))
        await _place(app, Scope(scope))
        return done

    if not _with_subject(settings, scope, subject, all_orgs, act):
        raise click.ClickException("there is no such limit; see: postroom limit ls")
    click.echo("limit removed")


@limit.command()
@as_json
@in_org
def ls(settings: Settings, as_json: bool) -> None:
    """List the limits that hold for the organisation's mail."""
    from postroom.cli.opening import with_org
    from postroom.store import paces, transports

    async def act(app: "App", org: "Org") -> list[dict[str, str]]:
        def read(tx: "Tx") -> list[dict[str, str]]:
            ways = {str(each.id): each for each in transports.listing(tx, org.id)}
            return [_row(each, ways) for each in paces.listing(tx, org.id)]

        return await app.db.read(read)

    say.listing(with_org(settings, act), as_json)


def _row(pace: Pace, ways: "dict[str, Transport]") -> dict[str, str]:
    from postroom.cli.wayout import described

    is_way = pace.scope is Scope.TRANSPORT
    return {
        "of": "all organisations" if pace.org_id is None else "organisation",
        "scope": pace.scope.value,
        "subject": (described(ways.get(pace.subject)) if is_way else pace.subject) or "-",
        "messages": "-" if pace.messages is None else str(pace.messages),
        "seconds": "-" if pace.messages is None else str(pace.seconds),
        "connections": "-" if pace.connections is None else str(pace.connections),
        "per_connection": "-" if pace.per_connection is None else str(pace.per_connection),
    }


def _with_subject(
    settings: Settings,
    scope: str,
    subject: str | None,
    all_orgs: bool,
    act: "Callable[[App, int | None, str], Awaitable[R]]",
) -> R:
    """Run ``act`` with whose the limit is and the subject as it is stored."""
    from postroom.cli.opening import with_org

    if scope == Scope.ORG.value and subject:
        raise click.UsageError("the organisation is named by --org, or is all of them: --all-orgs")
    if scope == Scope.TRANSPORT.value and all_orgs:
        raise click.UsageError("a transport is one organisation's; through a server that several use: server")
    if scope in {Scope.DOMAIN.value, Scope.SERVER.value} and not subject:
        raise click.UsageError(f"name the {scope}")

    async def find(app: "App", org: "Org") -> R:
        about = subject or ""
        if scope == Scope.TRANSPORT.value:
            about = str(await _transport(app, org, subject))
        result = await act(app, None if all_orgs else org.id, _folded(scope, about))
        app.wake.ring()
        return result

    return with_org(settings, find)


def _folded(scope: str, subject: str) -> str:
    if scope != Scope.DOMAIN.value:
        return subject.lower()
    try:
        return Address.parse(f"postmaster@{subject}").domain
    except BadAddress as error:
        raise click.ClickException(f"{subject} is no domain: {error}") from None


async def _transport(app: "App", org: "Org", address: str | None) -> int:
    """The number of the transport that the address's mails leave through; without one, of the organisation's own."""
    from postroom.store import senders

    known = await app.db.read(lambda tx: senders.listing(tx, org.id))
    number = org.transport_id
    if address is not None:
        found = next((each for each in known if each.email == address.lower()), None)
        if found is None:
            raise click.ClickException(f"there is no sender {address}; see: postroom sender ls")
        main = next((each for each in known if each.id == found.alias_of), found)
        number = main.transport_id or org.transport_id
    if number is None:
        raise click.ClickException("it has no server; see: postroom sender ls, postroom org show")
    return number


async def _place(app: "App", scope: Scope) -> None:
    """Let the mails that wait keep to the limits of domains as they are now."""
    from functools import partial

    from postroom.store import lanes

    after: int | None = 0 if scope is Scope.DOMAIN else None
    while after is not None:
        after = await app.db.write(partial(lanes.place_next, after=after, at_most=_AT_ONCE))
