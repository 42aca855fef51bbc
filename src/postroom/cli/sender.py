"""``postroom sender``."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from postroom.cli import say
from postroom.cli.asking import ask_test_mail, ask_way_out, is_terminal
from postroom.cli.fallback import Fallback, with_fallback
from postroom.cli.kinds import ADDRESS, LINE
from postroom.cli.options import as_json, in_org
from postroom.cli.telling import Told, with_told
from postroom.cli.trying import Trial, TrialFailed, as_objects, tried, with_trial
from postroom.cli.wayout import WayOut, described, stopped, transport, with_way_out
from postroom.config import Settings
from postroom.mail.address import Address

if TYPE_CHECKING:
    from postroom.smtp.probe import Tried
    from postroom.store.db import Tx
    from postroom.store.orgs import Org
    from postroom.store.senders import Sender

_OWNER = "Whose address it is.  [default: the first user]"
_FOR = "Of an organisation's address: a user who may send from it, and nobody else; repeatable.  [default: all]"


def _address_of(command: Callable[..., Any]) -> Callable[..., Any]:
    """The address that is meant, and whose it is."""
    of_org = click.option("--org-email", "of_org", is_flag=True, help="An address of the organisation.")
    owner = click.option("--user", "owner", type=ADDRESS, help=_OWNER)
    return click.argument("email", type=ADDRESS)(owner(of_org(command)))


@click.group()
def sender() -> None:
    """Add, confirm, change, list, remove from addresses; hold their servers."""


@sender.command()
@click.argument("email", type=ADDRESS)
@click.option("--name", type=LINE, default="", help="The name that mails show.")
@click.option("--user", "owner", type=ADDRESS, help=_OWNER)
@click.option("--org-email", "of_org", is_flag=True, help="An address of the organisation, for all its users.")
@click.option("--for", "chosen", type=ADDRESS, multiple=True, help=_FOR)
@click.option("--alias-of", type=ADDRESS, help="The sender of the user's of which it is another address.")
@click.option("--default", "is_default", is_flag=True, help="Offer it first.")
@click.option("--confirmed", is_flag=True, help="Vouch for the address: no link is mailed to it.")
@with_told
@with_way_out
@with_trial
@as_json
@in_org
def add(settings: Settings, *, as_json: bool, **words: Any) -> None:
    """Add a from address; without --host its mails leave through the organisation's server.

    At a terminal the server is asked for. It is tried step by step before anything is kept.

    A link is mailed to it. Until somebody who reads its mail has used that, nobody can send from it.
    """
    from postroom.app import App
    from postroom.cli.configuring import Configured
    from postroom.cli.configuring import add as add_to
    from postroom.cli.opening import with_org

    if words["way_out"] is None and not (as_json or words["of_org"] or words["alias_of"]) and is_terminal():
        words |= _asked(words["email"])
    asked = Configured(**words)
    if asked.of_org and (asked.owner or asked.alias_of):
        raise click.UsageError("an address is a user's or the organisation's: --user or --alias-of, or --org-email")
    if asked.chosen and not asked.of_org:
        raise click.UsageError("--for needs --org-email")
    if asked.alias_of and asked.way_out:
        raise click.UsageError("an alias has no server of its own: --alias-of or --host")

    async def act(app: App, org: "Org") -> "tuple[Sender, Sequence[Tried]]":
        return await add_to(app, org, asked)

    try:
        new, steps = with_org(settings, act)
    except TrialFailed as failed:
        if as_json:
            say.as_json(failed.as_object())
        raise
    if as_json:
        confirmed = new.confirmed_at is not None
        told = {"id": str(new.id), "email": new.email, "name": new.name, "confirmed": confirmed}
        say.as_json({**told, "tried": as_objects(steps)})
        return
    click.echo(f"sender {new.email} added, id {new.id}")
    if new.confirmed_at is None:
        click.echo("a link to confirm the address is on its way to it; see: postroom queue ls")


def _asked(email: Address) -> dict[str, Any]:
    """The words that somebody gives at the terminal."""
    way_out = ask_way_out(email)
    return {} if way_out is None else {"way_out": way_out, "trial": Trial(test_mail=ask_test_mail(email))}


@sender.command()
@_address_of
@click.option("--vouch", is_flag=True, help="Confirm the address yourself: no mail is sent.")
@in_org
def confirm(settings: Settings, *, email: Address, owner: Address | None, of_org: bool, vouch: bool) -> None:
    """Mail a new link to a from address; the one before ends."""
    from postroom.access.confirmation import Subject
    from postroom.app import App
    from postroom.cli.configuring import found
    from postroom.cli.confirming import link
    from postroom.cli.opening import user_named, with_org
    from postroom.store import confirmations, senders

    async def act(app: App, org: "Org") -> str:
        user = await user_named(app, org, owner)
        known = await app.db.read(lambda tx: senders.listing(tx, org.id))
        waiting = found(known, None if of_org else user, email)
        if waiting.confirmed_at is not None:
            return f"{waiting.email} is confirmed already"

        def write(tx: "Tx") -> None:
            assert waiting.id is not None, "what is listed is stored"
            confirmations.use_up(tx, org.id, app.clock(), sender_id=waiting.id)
            senders.confirm(tx, org.id, waiting.id, app.clock())

        await app.db.write(write if vouch else link(app, Subject(org=org, user=user, sender=waiting)))
        app.wake.ring()
        return f"{waiting.email} is confirmed" if vouch else f"a link is on its way to {waiting.email}"

    click.echo(with_org(settings, act))


@sender.command("set")
@click.argument("email", type=ADDRESS)
@click.option("--name", type=LINE, help="The name that mails show.")
@click.option("--user", "owner", type=ADDRESS, help=_OWNER)
@click.option("--org-email", "of_org", is_flag=True, help="An address of the organisation.")
@click.option("--for", "chosen", type=ADDRESS, multiple=True, help=_FOR)
@click.option("--for-all", is_flag=True, help="Of an organisation's address: for all its users again.")
@click.option("--default", "is_default", is_flag=True, help="Offer it first.")
@with_told
@with_way_out
@with_trial
@with_fallback
@in_org
def change(
    settings: Settings,
    *,
    email: Address,
    name: str | None,
    owner: Address | None,
    of_org: bool,
    chosen: tuple[Address, ...],
    for_all: bool,
    is_default: bool,
    told: Told,
    way_out: WayOut | None,
    trial: Trial,
    fallback: Fallback | None,
) -> None:
    """Change a from address or its server; mails that wait go the new way, and say what they said when accepted."""
    from dataclasses import replace

    from postroom.app import App
    from postroom.cli.configuring import found, users_named
    from postroom.cli.fallback import stand_in
    from postroom.cli.opening import user_named, with_org
    from postroom.cli.wayout import lead
    from postroom.store import senders

    if (chosen or for_all) and not of_org:
        raise click.UsageError("--for and --for-all need --org-email")
    if chosen and for_all:
        raise click.UsageError("some users or all: --for or --for-all")

    async def act(app: App, org: "Org") -> None:
        user = None if of_org else await user_named(app, org, owner)
        people = await users_named(app, org, chosen)
        known = await app.db.read(lambda tx: senders.listing(tx, org.id))
        if found(known, user, email).alias_of is not None and way_out is not None:
            raise click.ClickException(f"{email} is an alias: its mails leave through another address's server")
        asked = None if way_out is None else transport(app, org.id, way_out)
        way = None if asked is None else (await tried(app, asked, trial, email)).way

        def write(tx: "Tx") -> None:
            before = found(senders.listing(tx, org.id), user, email)
            assert before.id is not None, "what is listed is stored"
            if is_default:
                senders.unmark_default(tx, org.id, before.user_id)
            if chosen or for_all:
                senders.choose_users(tx, org.id, before.id, [each.id for each in people])
            changed = replace(
                before,
                name=before.name if name is None else name,
                is_default=before.is_default or is_default,
                transport_id=before.transport_id if way is None else lead(tx, before.transport_id, way),
            )
            if fallback is not None:
                stand_in(app, tx, changed.transport_id, fallback)
            senders.save(tx, told.by(changed, settings))

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

    async def act(app: App, org: "Org") -> list[dict[str, str]]:
        def read(tx: "Tx") -> list[dict[str, str]]:
            people = {each.id: each.email for each in users.listing(tx, org.id)}
            ways = {each.id: each for each in transports.listing(tx, org.id)}
            standings = transports.standings(tx, ways.keys())
            chosen = senders.chosen_users(tx, org.id)
            everybody = senders.listing(tx, org.id)
            emails = {each.id: each.email for each in everybody}
            return [
                {
                    "id": str(each.id),
                    "email": each.email,
                    "name": each.name,
                    "of": "organisation" if each.user_id is None else people[each.user_id],
                    "for": ", ".join(people[user_id] for user_id in chosen.get(each.id or 0, ())) or "-",
                    "alias_of": emails[each.alias_of] if each.alias_of else "-",
                    "default": "yes" if each.is_default else "no",
                    "confirmed": "no" if each.confirmed_at is None else "yes",
                    "return_path": each.return_path or "-",
                    "one_click": "yes" if each.one_click else "no",
                    "server": described(way := ways.get(each.transport_id or 0)),
                    "fallback": described(ways.get((way and way.fallback_id) or 0)),
                    "stopped": stopped(standings.get(each.transport_id or 0)) or "-",
                }
                for each in everybody
            ]

        return await app.db.read(read)

    say.listing(with_org(settings, act), as_json)


@sender.command()
@_address_of
@in_org
def hold(settings: Settings, *, email: Address, owner: Address | None, of_org: bool) -> None:
    """Let no mail leave through the server of a from address until it is released."""
    click.echo(_set_held(settings, email, owner, of_org, held=True))


@sender.command()
@_address_of
@in_org
def release(settings: Settings, *, email: Address, owner: Address | None, of_org: bool) -> None:
    """Let mails leave through the server of a from address again."""
    click.echo(_set_held(settings, email, owner, of_org, held=False))


def _set_held(settings: Settings, email: Address, owner: Address | None, of_org: bool, *, held: bool) -> str:
    from postroom.app import App
    from postroom.cli.configuring import found
    from postroom.cli.opening import user_named, with_org
    from postroom.cli.wayout import set_held
    from postroom.store import senders

    async def act(app: App, org: "Org") -> str:
        user = None if of_org else await user_named(app, org, owner)
        known = await app.db.read(lambda tx: senders.listing(tx, org.id))
        chosen = found(known, user, email)
        if chosen.alias_of is not None:
            chosen = next(each for each in known if each.id == chosen.alias_of)
        if chosen.transport_id is None:
            raise click.ClickException(f"{email} has no server of its own; see: postroom org hold")
        return await set_held(app, org, chosen.transport_id, held=held)

    return with_org(settings, act)


@sender.command()
@_address_of
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_org
def rm(settings: Settings, *, email: Address, owner: Address | None, of_org: bool, yes: bool) -> None:
    """Remove a from address and its aliases; mails that wait leave all the same."""
    from postroom.app import App
    from postroom.cli.configuring import with_aliases
    from postroom.cli.opening import user_named, with_org
    from postroom.store import confirmations, senders

    async def act(app: App, org: "Org") -> str:
        user = None if of_org else await user_named(app, org, owner)
        mailbox, *aliases = await app.db.read(lambda tx: with_aliases(senders.listing(tx, org.id), user, email))
        told = f"{mailbox.email} with {', '.join(each.email for each in aliases)}" if aliases else mailbox.email
        if not yes:
            click.confirm(f"Remove the from address {told}?", abort=True, err=True)

        def write(tx: "Tx") -> None:
            for each in with_aliases(senders.listing(tx, org.id), user, email):
                assert each.id is not None, "what is listed is stored"
                confirmations.end(tx, org.id, sender_id=each.id)
                senders.remove(tx, org.id, each.id)

        await app.db.write(write)
        return told

    click.echo(f"sender {with_org(settings, act)} removed")
