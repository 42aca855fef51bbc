"""Two organisations with everything a mail needs, built through the store's own functions."""

from dataclasses import dataclass

from sqlalchemy import Connection

from postroom.record import MODULES
from postroom.store import indexing, orgs, senders, transports, users
from postroom.store.orgs import Org
from postroom.store.records import Record
from postroom.store.senders import Sender
from postroom.store.transports import Transport
from postroom.store.users import User

NOW = 1_760_000_000_000  # ms: a fixed moment in October 2025


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """One organisation; ``user`` has a sender and a transport of their own, ``colleague`` the organisation's only."""

    org: Org
    user: User
    colleague: User
    org_transport: Transport
    transport: Transport
    org_sender: Sender
    sender: Sender
    company: Record
    contact: Record  # of the company, with a second address
    deal: Record  # with the contact


def found(tx: Connection, n: int = 1, *, host: str = "127.0.0.1", port: int = 25) -> World:
    """Insert organisation number ``n`` (its domain is ``orgN.example``); all its ids lie in n·1000 + 1 to 10."""
    world = _plan(n * 1000, f"org{n}.example", host=host, port=port)
    orgs.add(tx, world.org)
    for user in (world.user, world.colleague):
        users.add(tx, user)
    for transport in (world.org_transport, world.transport):
        transports.add(tx, transport)
    orgs.choose_transport(tx, world.org.id, world.org_transport.id)
    for sender in (world.org_sender, world.sender):
        senders.add(tx, sender)
    for each in (world.company, world.contact, world.deal):
        add(tx, each)
    return world


def _plan(base: int, domain: str, *, host: str, port: int) -> World:
    org = Org(
        id=base + 1,
        name=f"Company at {domain}",
        primary_email=f"office@{domain}",
        transport_id=base + 4,
        created_at=NOW,
    )
    user = User(
        id=base + 2,
        org_id=org.id,
        email=f"ada@{domain}",
        first_name="Ada",
        last_name="Byron",
        confirmed_at=NOW,
        created_at=NOW,
    )
    colleague = User(
        id=base + 3, org_id=org.id, email=f"ben@{domain}", last_name="Ito", confirmed_at=NOW, created_at=NOW
    )
    org_transport = Transport(id=base + 4, org_id=org.id, host=host, port=port, tls="none", created_at=NOW)
    transport = Transport(id=base + 5, org_id=org.id, host=host, port=port, tls="none", created_at=NOW)
    return World(
        org=org,
        user=user,
        colleague=colleague,
        org_transport=org_transport,
        transport=transport,
        org_sender=Sender(
            id=base + 6,
            org_id=org.id,
            user_id=None,
            email=f"office@{domain}",
            name="Office",
            confirmed_at=NOW,
            created_at=NOW,
        ),
        sender=Sender(
            id=base + 7,
            org_id=org.id,
            user_id=user.id,
            email=user.email,
            name="Ada Byron",
            is_default=True,
            transport_id=transport.id,
            confirmed_at=NOW,
            created_at=NOW,
        ),
        company=record(base + 8, org, user, "Accounts", name="Northwind", fields={"Account_Name": "Northwind"}),
        contact=record(
            base + 9,
            org,
            user,
            "Contacts",
            name="Cleo Dahl",
            fields={
                "First_Name": "Cleo",
                "Last_Name": "Dahl",
                "Email": f"cleo@customer-of-{domain}",
                "Secondary_Email": f"dahl@customer-of-{domain}",
                "Account_Name": base + 8,
            },
            email=f"cleo@customer-of-{domain}",
            secondary_email=f"dahl@customer-of-{domain}",
            account_id=base + 8,
        ),
        deal=record(
            base + 10,
            org,
            user,
            "Pipelines",
            name="Big order",
            fields={
                "Deal_Name": "Big order",
                "Stage": "Qualification",
                "Contact_Name": base + 9,
                "Account_Name": base + 8,
            },
            account_id=base + 8,
            contact_id=base + 9,
        ),
    )


def add(tx: Connection, *new: Record) -> None:
    """Store records of any modules."""
    for each in new:
        indexing.add(tx, next(module for module in MODULES if module.name == each.module), [each])


def record(
    number: int,
    org: Org,
    owner: User,
    module: str,
    *,
    name: str,
    fields: dict[str, object],
    email: str | None = None,
    secondary_email: str | None = None,
    opted_out: bool = False,
    account_id: int | None = None,
    contact_id: int | None = None,
) -> Record:
    """A record as its owner would have made it."""
    named = {"Email": email, "Secondary_Email": secondary_email, "Account_Name": account_id, "Contact_Name": contact_id}
    fields = {name: value for name, value in named.items() if value is not None} | fields
    return Record(
        id=number,
        org_id=org.id,
        module=module,
        owner_id=owner.id,
        name=name,
        fields=fields,
        email=email,
        secondary_email=secondary_email,
        opted_out=opted_out,
        account_id=account_id,
        contact_id=contact_id,
        created_at=NOW,
        created_by=owner.id,
        modified_at=NOW,
        modified_by=owner.id,
    )
