"""store.clients: each belongs to one organisation; who changes one waits for whoever gives it tokens."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from postroom.store import clients
from postroom.store.clients import Client, ClientType
from postroom.store.db import Database, Tx
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World, found


def described(world: World) -> Client:
    return Client(
        id="1000.ABC",
        org_id=world.org.id,
        user_id=world.user.id,
        name="Tracker & Sons",
        type=ClientType.SERVER,
        secret_hash=b"s" * 32,
        homepage="https://tracker.example",
        javascript_domain="tracker.example",
        redirect_uris=("https://tracker.example/back", "http://localhost:8080/back"),
        active=False,
        created_at=NOW,
    )


async def test_a_client_is_found_as_it_was_stored(db: Database, world: World) -> None:
    new = described(world)
    await db.write(lambda tx: clients.add(tx, new))
    assert await db.read(partial(clients.find, client_id=new.id)) == new
    assert await db.read(partial(clients.find, client_id="1000.XYZ")) is None
    assert await db.write(partial(clients.hold, client_id=new.id)) == new
    assert await db.write(partial(clients.hold, client_id="1000.XYZ")) is None


async def test_another_organisation_neither_lists_nor_changes_nor_removes_it(db: Database, world: World) -> None:
    new, other = described(world), await db.write(partial(found, n=2))
    await db.write(lambda tx: clients.add(tx, new))
    assert await db.read(partial(clients.listing, org_id=other.org.id)) == []
    stolen = replace(new, org_id=other.org.id, name="stolen", redirect_uris=("https://evil.example/",))
    assert not await db.write(lambda tx: clients.replace(tx, stolen))
    assert await db.write(partial(clients.lock, org_id=other.org.id, client_id=new.id)) is None
    assert not await db.write(partial(clients.remove, org_id=other.org.id, client_id=new.id))
    assert await db.read(partial(clients.listing, org_id=world.org.id)) == [new]


async def test_a_client_is_changed_and_removed(db: Database, world: World) -> None:
    new = described(world)
    await db.write(lambda tx: clients.add(tx, new))
    changed = replace(new, name="anew", redirect_uris=(), active=True, secret_hash=b"t" * 32)
    assert await db.write(lambda tx: clients.replace(tx, changed))
    assert await db.read(partial(clients.find, client_id=new.id)) == changed
    assert await db.write(partial(clients.remove, org_id=new.org_id, client_id=new.id))
    assert not await db.write(partial(clients.remove, org_id=new.org_id, client_id=new.id))
    assert not await db.write(lambda tx: clients.replace(tx, changed))


async def test_they_are_listed_oldest_first(db: Database, world: World) -> None:
    known = [replace(described(world), id=f"1000.{letter}", created_at=at) for letter, at in (("A", 3), ("B", 1))]
    for each in known:
        await db.write(partial(clients.add, new=each))
    assert [each.id for each in await db.read(partial(clients.listing, org_id=world.org.id))] == ["1000.B", "1000.A"]


@pytest.mark.parametrize("first", ["hold", "lock"])
async def test_who_holds_a_client_and_who_locks_it_wait_for_each_other(
    db: Database, world: World, database_url: str, first: str
) -> None:
    new = described(world)
    await db.write(lambda tx: clients.add(tx, new))
    ways: dict[str, Callable[[Tx], Client | None]] = {
        "hold": partial(clients.hold, client_id=new.id),
        "lock": partial(clients.lock, org_id=new.org_id, client_id=new.id),
    }
    second = ways["lock" if first == "hold" else "hold"]
    order = []

    def begin(tx: Tx) -> None:
        assert ways[first](tx) == new

    async def then(other: Database) -> None:
        await other.write(second)
        order.append("second")

    await meanwhile(db, database_url, begin, then, ended=lambda: order.append("first"))
    assert order == ["first", "second"]
