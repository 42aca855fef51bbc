"""Locks of records: what they stop, whoever comes first, and what they let through."""

from dataclasses import replace

from msgspec import structs

from postroom.errors import Fault, Reason
from postroom.record import CONTACTS, Reading
from postroom.store import indexing, keeping, locks, reaching, records
from postroom.store.db import Database
from postroom.store.keeping import Place, Wish
from postroom.store.locks import Lock
from postroom.store.records import Key
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World, found


def lock(world: World, number: int = 7) -> Lock:
    """Of the world's contact."""
    return Lock(
        id=number,
        org_id=world.org.id,
        record_id=world.contact.id,
        reason="An offer is being made",
        locked_at=NOW,
        locked_by=world.user.id,
    )


def place(world: World) -> Place:
    """Among the world's contacts."""
    return Place(org_id=world.org.id, user_id=world.user.id, module=CONTACTS, now=NOW + 1)


async def test_who_begins_while_it_is_locked_is_too_late(db: Database, database_url: str, world: World) -> None:
    number, where = world.contact.id, place(world)
    wish = Wish(id=number, reading=Reading(values={"Title": "Dr."}, named=frozenset({"Title"})))

    async def then(elsewhere: Database) -> tuple[object, object]:
        (changed,) = await elsewhere.write(lambda tx: keeping.change(tx, where, [wish]))
        return changed, await elsewhere.write(lambda tx: keeping.remove(tx, where, [number]))

    told = await meanwhile(db, database_url, lambda tx: locks.add(tx, lock(world)), then)
    fault = Fault(Reason.RECORD_LOCKED, details={"id": str(number)})
    assert told == ((fault,), {number: fault})
    key = Key(world.org.id, "Contacts", number)
    assert await db.read(lambda tx: records.find(tx, key)) == structs.replace(world.contact, lock_id=7)


async def test_one_at_a_time(db: Database, world: World) -> None:
    assert await db.write(lambda tx: locks.add(tx, lock(world)))
    assert not await db.write(lambda tx: locks.add(tx, lock(world, 8)))
    locked = structs.replace(world.contact, lock_id=7)
    assert await db.read(lambda tx: locks.find(tx, locked)) == lock(world)
    await db.write(lambda tx: locks.remove(tx, lock(world)))
    assert await db.read(lambda tx: locks.find(tx, locked)) is None
    assert await db.write(lambda tx: locks.add(tx, lock(world, 8)))


async def test_none_is_of_another_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    theirs = replace(lock(world), org_id=other.org.id)
    assert not await db.write(lambda tx: locks.add(tx, theirs))
    await db.write(lambda tx: locks.add(tx, lock(world)))
    await db.write(lambda tx: locks.change(tx, theirs, "Another"))
    await db.write(lambda tx: locks.remove(tx, theirs))
    assert (
        await db.read(lambda tx: locks.find(tx, structs.replace(world.contact, org_id=other.org.id, lock_id=7))) is None
    )
    assert await db.read(lambda tx: locks.find(tx, structs.replace(world.contact, lock_id=7))) == lock(world)


async def test_a_change_that_was_begun_before_leaves_the_lock(db: Database, world: World) -> None:
    await db.write(lambda tx: locks.add(tx, lock(world)))
    renamed = structs.replace(world.contact, name="Moss")
    await db.write(lambda tx: indexing.save(tx, CONTACTS, [(world.contact, renamed)]))
    key = Key(world.org.id, "Contacts", world.contact.id)
    assert await db.read(lambda tx: records.find(tx, key)) == structs.replace(renamed, lock_id=7)
    (reach,) = await db.read(lambda tx: reaching.reach(tx, [key]))
    assert reach is not None
    assert reach.locked
