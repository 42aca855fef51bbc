"""A client of the world's organisation, and the steps it dances with the accounts server."""

from dataclasses import dataclass

from postroom.access import grant, secrets
from postroom.access.grant import Credentials, Granted
from postroom.store import clients
from postroom.store.clients import Client
from postroom.store.db import Database
from tests.world import NOW, World

SCOPES = "ZohoBigin.modules.ALL,ZohoBigin.send_mail.all.CREATE"
HOUR = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Dancer:
    """A registered client and its secret."""

    client: Client
    secret: str

    @property
    def shown(self) -> Credentials:
        return Credentials(client_id=self.client.id, client_secret=self.secret)


async def register(db: Database, world: World) -> Dancer:
    """A self client of the world's user."""
    secret = secrets.make_client_secret()
    client = Client(
        id=secrets.make_client_id(),
        org_id=world.org.id,
        user_id=world.user.id,
        name="Dancer",
        secret_hash=secrets.digest(secret),
        created_at=NOW,
    )
    await db.write(lambda tx: clients.add(tx, client))
    return Dancer(client=client, secret=secret)


async def granted(db: Database, dancer: Dancer, scopes: str = SCOPES, *, now: int = NOW) -> Granted:
    """Fresh tokens for these scopes."""
    code = await grant.make_code(db, dancer.client, scopes, now=now)
    result = await grant.exchange_code(db, dancer.shown, code, now=now, seconds=HOUR)
    assert isinstance(result, Granted)
    return result
