"""store.tokens: a code gives one set of tokens, and a revocation leaves nothing usable."""

import asyncio
from functools import partial

import pytest

from postroom.store import clients, tokens, users
from postroom.store.clients import Client
from postroom.store.db import Database
from postroom.store.tokens import ACCESS, CODE, REFRESH, Token
from postroom.store.users import User
from tests.world import NOW, World


@pytest.fixture
def client(db: Database, world: World) -> Client:
    new = Client(
        id="1000.ABC", org_id=world.org.id, user_id=world.user.id, name="mine", secret_hash=b"s" * 32, created_at=NOW
    )
    asyncio.run(db.write(lambda tx: clients.add(tx, new)))
    return new


def token(client: Client, kind: str, digest: bytes, *, parent: bytes | None = None, expires_at: int = NOW + 1) -> Token:
    return Token(
        hash=digest,
        kind=kind,
        org_id=client.org_id,
        user_id=client.user_id,
        client_id=client.id,
        scopes="ZohoBigin.modules.ALL",
        parent=parent,
        created_at=NOW,
        expires_at=expires_at,
    )


async def store(db: Database, *new: Token) -> None:
    for each in new:
        await db.write(partial(tokens.add, new=each))


async def test_a_code_is_used_once_however_many_try(db: Database, client: Client, database_url: str) -> None:
    await store(db, token(client, CODE, b"c"))
    other = Database(database_url)
    tries = [each.write(partial(tokens.use_code, digest=b"c", now=NOW)) for each in (db, other) * 10]
    assert sorted(await asyncio.gather(*tries)) == [False] * 19 + [True]
    found = await db.read(partial(tokens.find, digest=b"c", kind=CODE))
    assert found is not None
    assert found.used_at == NOW
    await other.close()


async def test_a_token_is_found_as_what_it_is_only(db: Database, client: Client) -> None:
    refresh = token(client, REFRESH, b"r")
    await store(db, refresh)
    assert await db.read(partial(tokens.find, digest=b"r", kind=REFRESH)) == refresh
    assert await db.read(partial(tokens.find, digest=b"r", kind=CODE)) is None
    assert await db.read_together(tokens.bearers, b"r") is None
    assert not await db.write(partial(tokens.use_code, digest=b"r", now=NOW))


async def test_revoking_a_refresh_token_takes_its_access_tokens_along(db: Database, client: Client) -> None:
    await store(
        db,
        token(client, REFRESH, b"r"),
        token(client, ACCESS, b"a", parent=b"r"),
        token(client, ACCESS, b"b", parent=b"r"),
        token(client, REFRESH, b"other"),
        token(client, ACCESS, b"kept", parent=b"other"),
    )
    assert await db.write(partial(tokens.revoke, digest=b"r")) is True
    assert await db.write(partial(tokens.revoke, digest=b"r")) is False
    live = await db.read(partial(tokens.bearers, hashes=[b"a", b"b", b"kept"]))
    assert [each is not None for each in live] == [False, False, True]
    assert await db.read(partial(tokens.find, digest=b"r", kind=REFRESH)) is None


async def test_revoking_an_access_token_leaves_the_others(db: Database, client: Client) -> None:
    await store(
        db,
        token(client, REFRESH, b"r"),
        token(client, ACCESS, b"a", parent=b"r"),
        token(client, ACCESS, b"b", parent=b"r"),
    )
    assert await db.write(partial(tokens.revoke, digest=b"a")) is True
    live = await db.read(partial(tokens.bearers, hashes=[b"a", b"b"]))
    assert [each is not None for each in live] == [False, True]


async def test_bearers_are_answered_in_order_with_what_their_users_may(
    db: Database, world: World, client: Client
) -> None:
    gone = User(
        id=77,
        org_id=world.org.id,
        email="gone@x.example",
        last_name="Gone",
        active=False,
        confirmed_at=NOW,
        created_at=NOW,
    )
    await db.write(partial(users.add, new=gone))
    await store(db, token(client, ACCESS, b"a"))
    left = token(client, ACCESS, b"left")
    await store(db, Token(**{name: getattr(left, name) for name in Token.__slots__} | {"user_id": gone.id}))
    asked = [db.read_together(tokens.bearers, each) for each in (b"nobody", b"a", b"left")]
    nobody, bearer, inactive = await asyncio.gather(*asked)
    assert (nobody, inactive) == (None, None)
    assert bearer is not None
    assert (bearer.org_id, bearer.user_id, bearer.client_id) == (world.org.id, world.user.id, client.id)
    assert (bearer.profile, bearer.scopes, bearer.expires_at) == ("Administrator", "ZohoBigin.modules.ALL", NOW + 1)


async def test_what_expired_is_dropped(db: Database, client: Client) -> None:
    await store(db, token(client, ACCESS, b"old", expires_at=NOW - 1), token(client, ACCESS, b"new", expires_at=NOW))
    assert await db.write(partial(tokens.drop_expired, before=NOW)) == 1
    assert await db.read(partial(tokens.find, digest=b"old", kind=ACCESS)) is None
    assert await db.read(partial(tokens.find, digest=b"new", kind=ACCESS)) is not None


def test_secrets_do_not_show(client: Client) -> None:
    assert "hash" not in repr(client)
    assert "hash" not in repr(token(client, ACCESS, b"a"))


async def test_clients_are_found_by_id_and_listed_by_organisation(db: Database, world: World, client: Client) -> None:
    assert await db.read(partial(clients.find, client_id=client.id)) == client
    assert await db.read(partial(clients.find, client_id="1000.XYZ")) is None
    assert await db.read(partial(clients.listing, org_id=world.org.id)) == [client]
    assert await db.read(partial(clients.listing, org_id=world.org.id + 1)) == []
