"""store.usage: credits are added up by organisation and hour, whoever writes them."""

import asyncio
from functools import partial

from postroom.store import usage
from postroom.store.db import Database
from postroom.store.usage import HOUR
from tests.world import NOW, World, found

THIS_HOUR = NOW // HOUR


async def test_it_adds_up_by_organisation_and_hour(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    own, theirs = world.org.id, other.org.id
    await db.write(partial(usage.add, new={theirs: 7, own: 3}, now=NOW))
    await db.write(partial(usage.add, new={own: 2, theirs: 0}, now=NOW))
    await db.write(partial(usage.add, new={own: -1}, now=NOW + HOUR))
    assert await db.read(partial(usage.of_orgs, org_ids=[own, theirs, own, 9])) == [
        {THIS_HOUR: 5, THIS_HOUR + 1: -1},
        {THIS_HOUR: 7},
        {THIS_HOUR: 5, THIS_HOUR + 1: -1},
        {},
    ]


async def test_nothing_new_is_no_row(db: Database, world: World) -> None:
    await db.write(partial(usage.add, new={world.org.id: 0}, now=NOW))
    await db.write(partial(usage.add, new={}, now=NOW))
    assert await db.read(partial(usage.of_orgs, org_ids=[world.org.id])) == [{}]


async def test_of_several_processes_none_forgets_what_another_wrote(
    db: Database, database_url: str, world: World
) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    new = [{world.org.id: 1, other.org.id: 2}, {other.org.id: 2, world.org.id: 1}]
    elsewhere = Database(database_url)
    try:
        writing = (
            each.write(partial(usage.add, new=new[n % 2], now=NOW)) for n in range(50) for each in (db, elsewhere)
        )
        await asyncio.gather(*writing)
    finally:
        await elsewhere.close()
    kept = await db.read(partial(usage.of_orgs, org_ids=[world.org.id, other.org.id]))
    assert kept == [{THIS_HOUR: 100}, {THIS_HOUR: 200}]


async def test_an_hour_is_kept_until_its_end_is_old(db: Database, world: World) -> None:
    for hour in (THIS_HOUR - 1, THIS_HOUR):
        await db.write(partial(usage.add, new={world.org.id: 1}, now=hour * HOUR))
    ended = THIS_HOUR * HOUR
    assert await db.write(partial(usage.drop_old, before=ended - 1)) == 0
    assert await db.write(partial(usage.drop_old, before=ended)) == 1
    assert await db.read(partial(usage.of_orgs, org_ids=[world.org.id])) == [{THIS_HOUR: 1}]
