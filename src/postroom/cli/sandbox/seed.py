"""The sandbox's organisation: everything a first mail needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from postroom.access import grant
from postroom.access.terms import Terms
from postroom.app import App
from postroom.cli.founding import found
from postroom.cli.registering import register
from postroom.cli.sandbox.inbox import HOST
from postroom.mail.address import Address
from postroom.record import ACCOUNTS, CONTACTS, PIPELINES, Module, read_values
from postroom.store import keeping, orgs, senders, transports
from postroom.store.db import Tx
from postroom.store.keeping import Place, Wish
from postroom.store.records import Record
from postroom.store.senders import Sender
from postroom.store.transports import Transport
from postroom.store.users import User

# The ways out, and at the same time the names of the inbox's two servers.
SENDER, ORGANISATION = "sender", "organisation"

FROM: Final = Address.parse("robin@sandbox.example")
ORG_FROM: Final = Address.parse("office@sandbox.example")
TO: Final = Address.parse("mary.poole@customer.example")

_RIGHTS: Final = ("modules.ALL", "settings.ALL", "send_mail.all.CREATE", "files.ALL", "users.ALL", "org.ALL")
SCOPES: Final = ",".join(f"{service}.{right}" for service in ("ZohoBigin", "ZohoCRM") for right in _RIGHTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """What was planted, as far as a client has to know it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    contact_id: int
    company_id: int
    deal_id: int


async def plant(app: App, ports: Mapping[str, int]) -> Seed:
    """Make the organisation in an empty database; its mails leave to these ports of loopback."""
    founded = await found(app, name="Sandbox Ltd", address=FROM, person="Robin Ash")
    assert founded is not None, "a sandbox begins empty"
    registered = await register(app, founded.user, "sandbox")
    terms = Terms.of(app.settings)
    refresh_token = await grant.make_refresh(app.db, registered.client, SCOPES, now=app.clock(), terms=terms)
    assert isinstance(refresh_token, str), "the first one is within every limit"
    await app.db.write(lambda tx: _senders(tx, app, founded.user, ports))
    company, contact, deal = await app.db.write(lambda tx: _records(tx, app, founded.user))
    return Seed(
        client_id=registered.client.id,
        client_secret=registered.secret,
        refresh_token=refresh_token,
        contact_id=contact,
        company_id=company,
        deal_id=deal,
    )


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
        email=FROM.folded,
        name=user.full_name,
        is_default=True,
        transport_id=ways[SENDER].id,
        created_at=now,
    )
    office = Sender(
        id=app.ids.number(), org_id=user.org_id, user_id=None, email=ORG_FROM.folded, name="Sandbox Ltd", created_at=now
    )
    senders.add(tx, own)
    senders.add(tx, office)


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
