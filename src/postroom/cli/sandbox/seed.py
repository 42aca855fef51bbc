"""The sandbox's organisation: everything a first mail needs, and a first sign-in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from postroom.access import grant, registry, secrets
from postroom.access.registry import Description
from postroom.access.terms import Terms
from postroom.app import App
from postroom.cli.founding import found
from postroom.cli.sandbox.inbox import HOST
from postroom.errors import Misconfigured
from postroom.mail.address import Address
from postroom.record import ACCOUNTS, CONTACTS, PIPELINES, Module, read_values
from postroom.store import accounts, keeping, orgs, senders, templates, transports
from postroom.store.accounts import Account
from postroom.store.clients import ClientType
from postroom.store.db import Tx
from postroom.store.keeping import Place, Wish
from postroom.store.records import Record
from postroom.store.senders import Sender
from postroom.store.templates import Author, Template, Wording
from postroom.store.transports import Transport
from postroom.store.users import User

# The ways out, and at the same time the names of the inbox's two servers.
SENDER, ORGANISATION = "sender", "organisation"

ORG_FROM: Final = Address.parse("office@sandbox.example")
TO: Final = Address.parse("mary.poole@customer.example")

_RIGHTS: Final = (
    "modules.ALL",
    "settings.ALL",
    "templates.email.ALL",
    "send_mail.all.CREATE",
    "files.ALL",
    "users.ALL",
    "org.ALL",
    "coql.READ",
)
SCOPES: Final = ",".join(
    (
        *(f"{service}.{right}" for service in ("ZohoBigin", "ZohoCRM") for right in _RIGHTS),
        "ZohoSearch.securesearch.READ",
    )
)

WELCOME: Final = Wording(
    module=CONTACTS.name,
    name="Welcome",
    subject="Welcome, ${Contacts.First_Name}",
    content=(
        "<p>Dear ${Contacts.Full_Name},</p>"
        "<p>we are glad to work with ${Contacts.Account_Name}.</p>"
        "<p>${Users.full_name}, ${Org.company_name}</p>"
    ),
)

# Where the web client that whoever tries it writes is called back; nothing of ours listens there.
WEB_REDIRECT_URI: Final = "http://localhost:8080/callback"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resident:
    """Somebody who lives in one data centre, and sends from the address they sign in with."""

    address: Address
    name: str


# One for each data centre of a sandbox, in the order in which they are named.
RESIDENTS: Final = (
    Resident(address=Address.parse("robin@sandbox.example"), name="Robin Ash"),
    Resident(address=Address.parse("maria@sandbox.example"), name="Maria Silva"),
    Resident(address=Address.parse("kofi@sandbox.example"), name="Kofi Mensah"),
    Resident(address=Address.parse("yuki@sandbox.example"), name="Yuki Tanaka"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Soil:
    """In what centres differ: who lives here, who (a folded address) at which other centre.

    ``web_client_id`` is the same in all of them, as one client that serves all is known to each (W 4.1).
    """

    resident: Resident
    elsewhere: Mapping[str, str]
    web_client_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """What was planted, as far as a client or its user has to know it."""

    resident: Resident
    password: str = field(repr=False)
    web_client_id: str
    web_client_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    contact_id: int
    company_id: int
    deal_id: int
    template_id: int


async def plant(app: App, soil: Soil, ports: Mapping[str, int]) -> Seed:
    """Make the organisation in an empty database; its mails leave to these ports of loopback.

    Raises ``Misconfigured`` where the database is not empty.
    """
    founded = await found(app, name="Sandbox Ltd", address=soil.resident.address, person=soil.resident.name)
    if founded is None:
        raise Misconfigured(f"{app.settings.data_dir} holds an organisation already; a sandbox needs an empty folder")
    # As random as a client's secret, and short enough to be typed.
    password = secrets.make_client_secret()[:20]
    hashed = await asyncio.to_thread(secrets.hash_password, password)
    registered = await registry.register(app.db, founded.user, Description(name="sandbox"), now=app.clock())
    terms = Terms.of(app.settings)
    refresh_token = await grant.make_refresh(app.db, registered.client, SCOPES, now=app.clock(), terms=terms)
    assert isinstance(refresh_token, str), "the first one is within every limit"
    await app.db.write(lambda tx: _people(tx, app, soil, hashed))
    web = Description(name="sandbox web", type=ClientType.SERVER, redirect_uris=(WEB_REDIRECT_URI,))
    web_client = await registry.register(app.db, founded.user, web, now=app.clock(), client_id=soil.web_client_id)
    await app.db.write(lambda tx: _senders(tx, app, founded.user, ports))
    company, contact, deal = await app.db.write(lambda tx: _records(tx, app, founded.user))
    return Seed(
        resident=soil.resident,
        password=password,
        web_client_id=soil.web_client_id,
        web_client_secret=web_client.secret,
        client_id=registered.client.id,
        client_secret=registered.secret,
        refresh_token=refresh_token,
        contact_id=contact,
        company_id=company,
        deal_id=deal,
        template_id=await app.db.write(lambda tx: _template(tx, app, founded.user)),
    )


def _people(tx: Tx, app: App, soil: Soil, password_hash: str) -> None:
    own = soil.resident.address.folded
    accounts.keep(tx, Account(email=own, password_hash=password_hash, created_at=app.clock()))
    for email, center in soil.elsewhere.items():
        accounts.keep(tx, Account(email=email, data_center=center, created_at=app.clock()))


def _senders(tx: Tx, app: App, user: User, ports: Mapping[str, int]) -> None:
    now = app.clock()
    ways = {
        way: Transport(id=app.ids.number(), org_id=user.org_id, host=HOST, port=ports[way], tls="none", created_at=now)
        for way in (SENDER, ORGANISATION)
    }
    for way in ways.values():
        transports.add(tx, way)
    orgs.choose_transport(tx, user.org_id, ways[ORGANISATION].id)
    own = Sender(
        id=app.ids.number(),
        org_id=user.org_id,
        user_id=user.id,
        email=user.email,
        name=user.full_name,
        is_default=True,
        transport_id=ways[SENDER].id,
        confirmed_at=now,
        created_at=now,
    )
    office = Sender(
        id=app.ids.number(),
        org_id=user.org_id,
        user_id=None,
        email=ORG_FROM.folded,
        name="Sandbox Ltd",
        confirmed_at=now,
        created_at=now,
    )
    senders.add(tx, own)
    senders.add(tx, office)


def _template(tx: Tx, app: App, user: User) -> int:
    author = Author(org_id=user.org_id, user_id=user.id, now=app.clock())
    kept = templates.add(tx, author, app.ids.number(), WELCOME)
    assert isinstance(kept, Template), kept
    return kept.id


def _records(tx: Tx, app: App, user: User) -> tuple[int, int, int]:
    def keep(module: Module, values: Mapping[str, object]) -> int:
        place = Place(org_id=user.org_id, user_id=user.id, module=module, now=app.clock())
        wish = Wish(id=app.ids.number(), reading=read_values(module, values, partial=False))
        (kept,) = keeping.insert(tx, place, [wish])
        assert isinstance(kept, Record), kept
        return kept.id

    company = keep(ACCOUNTS, {"Account_Name": "Poole & Daughters", "Billing_City": "Bristol"})
    contact = keep(
        CONTACTS,
        {"First_Name": "Mary", "Last_Name": "Poole", "Email": str(TO), "Account_Name": company, "Title": "Owner"},
    )
    deal = keep(
        PIPELINES,
        {
            "Deal_Name": "First order",
            "Stage": "Qualification",
            "Account_Name": company,
            "Contact_Name": contact,
            "Amount": 1200,
        },
    )
    return company, contact, deal
