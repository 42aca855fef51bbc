"""``postroom org``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from postroom.cli import say
from postroom.cli.fallback import Fallback, with_fallback
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, in_org, with_settings
from postroom.cli.trying import Trial, tried, with_trial
from postroom.cli.wayout import WayOut, described, stopped, with_way_out
from postroom.cli.wayout import transport as transport_of
from postroom.config import Settings
from postroom.mail.address import Address
from postroom.mail.life import Notices, Unknown

if TYPE_CHECKING:
    from postroom.store.db import Tx


@click.group()
def org() -> None:
    """Add, list, show and change organisations."""


@org.command()
@click.argument("name", type=LINE)
@click.option("--email", type=ADDRESS, required=True, help="Its first Administrator, who may be one of others too.")
@click.option("--name", "person", type=LINE, help="The Administrator's name.  [default: what stands before the @]")
@as_json
@with_settings
def add(settings: Settings, name: str, email: Address, person: str | None, as_json: bool) -> None:
    """Add an organisation with its first user."""
    from postroom.app import App
    from postroom.cli.founding import Founded, found_another
    from postroom.cli.opening import with_app

    if not name.strip():
        raise click.UsageError("an organisation has a name")

    async def act(app: App) -> Founded:
        return await found_another(app, name=name.strip(), address=email, person=person or email.local)

    new = with_app(settings, act)
    if as_json:
        say.as_json(new.as_object())
    else:
        click.echo(f"organisation {new.org.name} added, id {new.org.id}, with user {new.user.email}")


@org.command()
@as_json
@with_settings
def ls(settings: Settings, as_json: bool) -> None:
    """List the organisations; verbs without --org mean the first."""
    from collections.abc import Sequence

    from postroom.app import App
    from postroom.cli.opening import with_app
    from postroom.store import orgs
    from postroom.store.orgs import Org

    async def act(app: App) -> Sequence[Org]:
        return await app.db.read(orgs.listing)

    rows = [
        {"id": str(each.id), "name": each.name, "email": each.primary_email, "created": say.moment(each.created_at)}
        for each in with_app(settings, act)
    ]
    say.listing(rows, as_json)


@org.command()
@as_json
@in_org
def show(settings: Settings, as_json: bool) -> None:
    """Show an organisation."""
    from postroom.app import App
    from postroom.cli.fallback import that_of
    from postroom.cli.opening import with_org
    from postroom.store import transports
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> dict[str, str]:
        number = org.transport_id or 0
        (way,) = await app.db.read(lambda tx: transports.find_many(tx, [number]))
        other = await app.db.read(lambda tx: that_of(tx, way))
        standings = await app.db.read(lambda tx: transports.standings(tx, [number]))
        return {
            "id": str(org.id),
            "name": org.name,
            "email": org.primary_email,
            "time_zone": org.time_zone,
            "recipients": org.recipients.value,
            "server": described(way),
            "fallback": described(other),
            "stopped": stopped(standings.get(number)) or "-",
            "mails_per_day": _allowance(org.mails_per_day),
            "unknown": org.unknown.value,
            "notices": org.notices.value,
        }

    found = with_org(settings, act)
    if as_json:
        say.as_json(found)
    else:
        say.facts(found.items())


@org.command()
@click.argument("policy", type=click.Choice(["record", "known", "any"]))
@in_org
def recipients(settings: Settings, policy: str) -> None:
    """Choose whom mails may go to: addresses of the record, known addresses, or any."""
    from postroom.store import orgs
    from postroom.store.orgs import RecipientPolicy

    _change(settings, lambda tx, org_id: orgs.choose_recipients(tx, org_id, RecipientPolicy(policy)))
    click.echo(f"recipients: {policy}")


@org.command()
@click.argument("mails", type=click.IntRange(0), required=False)
@click.option("--default", "as_server", is_flag=True, help="As many as the setting mails_per_day says.")
@in_org
def allowance(settings: Settings, mails: int | None, as_server: bool) -> None:
    """Set how many mails the organisation may send in a day of its time zone; 0: no limit."""
    from postroom.store import orgs

    if (mails is None) != as_server:
        raise click.UsageError("say how many mails, or --default")
    _change(settings, lambda tx, org_id: orgs.choose_allowance(tx, org_id, mails))
    click.echo(f"mails in a day: {_allowance(mails)}")


def _change(settings: Settings, choose: "Callable[[Tx, int], None]") -> None:
    """Write one choice of the organisation, whose number it is given."""
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> None:
        await app.db.write(lambda tx: choose(tx, org.id))

    with_org(settings, act)


def _allowance(mails: int | None) -> str:
    return "as the server has it" if mails is None else str(mails) if mails else "no limit"


@org.command()
@click.argument("policy", type=click.Choice([each.value for each in Unknown]))
@in_org
def unknown(settings: Settings, policy: str) -> None:
    """Choose what becomes of a mail that a server may have taken: tried again, or held until somebody decides."""
    from postroom.store import orgs

    _change(settings, lambda tx, org_id: orgs.choose_unknown(tx, org_id, Unknown(policy)))
    click.echo(f"unknown: {policy}")


@org.command()
@in_org
def hold(settings: Settings) -> None:
    """Let no mail leave through the organisation's own server until it is released."""
    click.echo(_set_held(settings, held=True))


@org.command()
@in_org
def release(settings: Settings) -> None:
    """Let mails leave through the organisation's own server again."""
    click.echo(_set_held(settings, held=False))


def _set_held(settings: Settings, *, held: bool) -> str:
    from postroom.app import App
    from postroom.cli.opening import with_org
    from postroom.cli.wayout import set_held
    from postroom.store.orgs import Org

    async def act(app: App, org: Org) -> str:
        if org.transport_id is None:
            raise click.ClickException("the organisation has no server of its own; see: postroom sender ls")
        return await set_held(app, org, org.transport_id, held=held)

    return with_org(settings, act)


@org.command()
@click.argument("what", type=click.Choice([each.value for each in Notices]))
@in_org
def notices(settings: Settings, what: str) -> None:
    """Choose what senders are told by mail: of failures, of delays and failures, or nothing."""
    from postroom.store import orgs

    _change(settings, lambda tx, org_id: orgs.choose_notices(tx, org_id, Notices(what)))
    click.echo(f"notices: {what}")


@org.command()
@with_way_out
@with_trial
@with_fallback
@click.option("--none", "remove", is_flag=True, help="Have none.")
@in_org
def transport(
    settings: Settings, way_out: WayOut | None, trial: Trial, fallback: Fallback | None, remove: bool
) -> None:
    """Set the organisation's own SMTP server, which is tried first, and what stands in for it.

    It is for the organisation's addresses, and for senders without one.
    """
    from postroom.app import App
    from postroom.cli.fallback import stand_in
    from postroom.cli.opening import with_org
    from postroom.cli.wayout import lead
    from postroom.store import orgs, transports
    from postroom.store.db import Tx
    from postroom.store.orgs import Org

    if (way_out is None and fallback is None) != remove:
        raise click.UsageError("name a server with --host, or have none with --direct or --none")

    async def act(app: App, org: Org) -> str:
        asked = None if way_out is None else transport_of(app, org.id, way_out)
        way = None if asked is None else (await tried(app, asked, trial, Address.parse(org.primary_email))).way

        def write(tx: Tx) -> int:
            number = org.transport_id if way is None else lead(tx, org.transport_id, way)
            if fallback is not None:
                stand_in(app, tx, number, fallback)
            orgs.choose_transport(tx, org.id, None if remove else number)
            return 0 if remove or number is None else number

        number = await app.db.write(write)
        app.wake.ring()
        (now,) = await app.db.read(lambda tx: transports.find_many(tx, [number]))
        return described(now)

    click.echo(f"server: {with_org(settings, act)}")
