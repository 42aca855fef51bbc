"""A from address as an operator describes it, and the sender made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from postroom.access.confirmation import Subject
from postroom.app import App
from postroom.cli.confirming import link
from postroom.cli.opening import user_named
from postroom.cli.telling import Told
from postroom.cli.trying import Trial, tried
from postroom.cli.wayout import WayOut, transport
from postroom.mail.address import Address
from postroom.smtp.probe import Tried
from postroom.store import senders, transports
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.senders import Sender
from postroom.store.transports import Transport
from postroom.store.users import User


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A from address: a user's (``owner`` None: the oldest one's), or ``of_org``; for ``chosen`` users if any."""

    email: Address
    name: str
    owner: Address | None
    of_org: bool
    chosen: tuple[Address, ...]
    alias_of: Address | None
    is_default: bool
    confirmed: bool
    told: Told
    way_out: WayOut | None
    trial: Trial


async def add(app: App, org: Org, asked: Configured) -> tuple[Sender, Sequence[Tried]]:
    """Try its server, store it, and mail a link to it unless the operator vouches. Raises ``ClickException``."""
    owner = await user_named(app, org, asked.owner)
    chosen = await users_named(app, org, asked.chosen)
    known = await app.db.read(lambda tx: senders.listing(tx, org.id))
    way = None if asked.way_out is None else transport(app, org.id, asked.way_out)
    mailbox = None if asked.alias_of is None else own_mailbox(known, owner, asked.alias_of)
    if named(known, None if asked.of_org else owner.id, asked.email):
        raise already(asked.email)
    proven = None if way is None else await tried(app, way, asked.trial, asked.email)
    number = app.ids.number()
    plain = Sender(
        id=number,
        org_id=org.id,
        user_id=None if asked.of_org else owner.id,
        email=asked.email.folded,
        name=asked.name,
        is_default=asked.is_default,
        alias_of=None if mailbox is None else mailbox.id,
        transport_id=_way(None if proven is None else proven.way, mailbox),
        confirmed_at=app.clock() if asked.confirmed else None,
        created_at=app.clock(),
    )
    new = asked.told.by(plain, app.settings)
    mail = None if asked.confirmed else link(app, Subject(org=org, user=owner, sender=new))

    def write(tx: Tx) -> None:
        if named(senders.listing(tx, org.id), new.user_id, asked.email):
            raise already(asked.email)
        if proven is not None:
            transports.add(tx, proven.way)
        if new.is_default:
            senders.unmark_default(tx, org.id, new.user_id)
        senders.add(tx, new)
        senders.choose_users(tx, org.id, number, [each.id for each in chosen])
        if mail is not None:
            mail(tx)

    await app.db.write(write)
    app.wake.ring()
    return new, () if proven is None else proven.steps


def already(email: Address) -> click.ClickException:
    """What to raise where there is such a from address."""
    return click.ClickException(f"{email.folded} is a from address already")


def _way(own: Transport | None, mailbox: Sender | None) -> int | None:
    if mailbox is not None:
        return mailbox.transport_id
    return None if own is None else own.id


def named(known: Sequence[Sender], user_id: int | None, email: Address) -> Sender | None:
    """The sender with that address: the user's, or (None) the organisation's."""
    return next((each for each in known if (each.user_id, each.email) == (user_id, email.folded)), None)


def found(known: Sequence[Sender], owner: User | None, email: Address) -> Sender:
    """The sender of the user, or (None) the organisation. Raises ``ClickException`` where there is none."""
    sender = named(known, None if owner is None else owner.id, email)
    if sender is None:
        whose = "the organisation" if owner is None else owner.email
        raise click.ClickException(f"there is no from address {email} of {whose}; see: postroom sender ls")
    return sender


def with_aliases(known: Sequence[Sender], owner: User | None, email: Address) -> list[Sender]:
    """The sender of the user, or (None) the organisation, and those that are its aliases. Raises ``ClickException``."""
    sender = found(known, owner, email)
    return [sender, *(each for each in known if each.alias_of == sender.id)]


def own_mailbox(known: Sequence[Sender], owner: User, email: Address) -> Sender:
    """The user's sender that another address is to be an alias of. Raises ``ClickException``."""
    sender = found(known, owner, email)
    if sender.alias_of is not None:
        raise click.ClickException(f"{email} is an alias itself")
    return sender


async def users_named(app: App, org: Org, addresses: Sequence[Address]) -> list[User]:
    """The users with these addresses. Raises ``ClickException`` where one is missing."""
    return [await user_named(app, org, each) for each in addresses]
