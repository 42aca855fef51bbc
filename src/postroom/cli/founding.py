"""An organisation and its first user: what ``init`` and ``org add`` make, and ``serve`` where nobody did."""

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

    def as_object(self) -> dict[str, str]:
        """For machines."""
        return {
            "org_id": str(self.org.id),
            "org": self.org.name,
            "user_id": str(self.user.id),
            "user": self.user.email,
            "profile": self.user.profile,
        }


async def found(
    app: App, *, name: str = ORG_NAME, address: Address | None = None, person: str = USER_NAME
) -> Founded | None:
    """Make the first organisation with an Administrator; None where there is one already."""
    new = _plan(app, name, address or Address.parse(USER_ADDRESS), person)

    def write(tx: Tx) -> Founded | None:
        if orgs.first(tx) is not None:
            return None
        _keep(tx, new)
        return new

    return await app.db.write(write)


async def found_another(app: App, *, name: str, address: Address, person: str) -> Founded:
    """Make one more organisation; its Administrator may be a user of others too, by the same address."""
    new = _plan(app, name, address, person)
    await app.db.write(lambda tx: _keep(tx, new))
    return new


def _plan(app: App, name: str, address: Address, person: str) -> Founded:
    org = Org(id=app.ids.number(), name=name, primary_email=address.folded, created_at=app.clock())
    first_name, _, last_name = person.strip().rpartition(" ")
    user = User(
        id=app.ids.number(),
        org_id=org.id,
        email=address.folded,
        first_name=first_name,
        last_name=last_name,
        confirmed_at=org.created_at,
        created_at=org.created_at,
    )
    return Founded(org=org, user=user)


def _keep(tx: Tx, new: Founded) -> None:
    orgs.add(tx, new.org)
    users.add(tx, new.user)
