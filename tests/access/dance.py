"""A client of the world's organisation, and the steps it dances with the accounts server."""

from dataclasses import dataclass

from postroom.access import grant, secrets
from postroom.access.grant import Credentials, Granted, Shown
from postroom.access.terms import Terms
from postroom.config import Settings
from postroom.store import clients
from postroom.store.clients import Client
from postroom.store.db import Database
from tests.world import NOW, World

SCOPES = "ZohoBigin.modules.ALL,ZohoBigin.send_mail.all.CREATE"
HOUR = 3600
# Tests make many tokens in no time; those that are about limits bring their own.
UNLIMITED = Settings(
    codes_per_client=0, refresh_tokens_per_minute=0, refresh_tokens_per_user=1000, access_tokens_per_refresh=0
)
TERMS = Terms.of(UNLIMITED)


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
    code = await make_code(db, dancer, scopes, now=now)
    result = await grant.exchange_code(db, dancer.shown, Shown(code=code), now=now, terms=TERMS)
    assert isinstance(result, Granted)
    return result


async def make_code(db: Database, dancer: Dancer, scopes: str = SCOPES, *, now: int = NOW, minutes: int = 3) -> str:
    """A fresh code for these scopes."""
    code = await grant.make_code(db, dancer.client, scopes, now=now, terms=TERMS, minutes=minutes)
    assert isinstance(code, str)
    return code
