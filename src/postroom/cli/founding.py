"""The first organisation and its first user: what ``init`` makes, and ``serve`` where nobody did."""

from dataclasses import dataclass

from postroom.app import App
from postroom.mail.address import Address
from postroom.store import orgs, users
from postroom.store.db import Tx
from postroom.store.orgs import Org
from postroom.store.users import User

ORG_NAME = "Postroom"
USER_NAME = "Administrator"
USER_ADDRESS = "admin@localhost"


@dataclass(frozen=True, kw_only=True, slots=True)
class Founded:
    """An organisation and its first user."""

    org: Org
    user: User


async def found(
    app: App, *, name: str = ORG_NAME, address: Address | None = None, person: str = USER_NAME
) -> Founded | None:
    """Make the first organisation with an Administrator; None where there is one already."""
    now = app.clock()
    email = (address or Address.parse(USER_ADDRESS)).folded
    org = Org(id=app.ids.number(), name=name, primary_email=email, created_at=now)
    first_name, _, last_name = person.strip().rpartition(" ")
    user = User(
        id=app.ids.number(), org_id=org.id, email=email, first_name=first_name, last_name=last_name, created_at=now
    )

    def write(tx: Tx) -> Founded | None:
        if orgs.first(tx) is not None:
            return None
        orgs.add(tx, org)
        users.add(tx, user)
        return Founded(org=org, user=user)

    return await app.db.write(write)
