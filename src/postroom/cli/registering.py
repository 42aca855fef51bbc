"""New clients."""

from dataclasses import dataclass, field

from postroom.access import secrets
from postroom.app import App
from postroom.store import clients
from postroom.store.clients import Client
from postroom.store.users import User


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A new client with its secret, which is nowhere else."""

    client: Client
    secret: str = field(repr=False)


async def register(app: App, owner: User, name: str) -> Registered:
    """Make a self client whose tokens speak for ``owner``."""
    secret = secrets.make_client_secret()
    new = Client(
        id=secrets.make_client_id(),
        org_id=owner.org_id,
        user_id=owner.id,
        name=name,
        secret_hash=secrets.digest(secret),
        created_at=app.clock(),
    )
    await app.db.write(lambda tx: clients.add(tx, new))
    return Registered(client=new, secret=secret)
