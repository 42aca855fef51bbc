"""store.allowance on both databases: exactly as many mails as the limit says, whoever asks beside whom."""

import asyncio
from dataclasses import replace

from msgspec import structs
from sqlalchemy import func, select

from postroom.mail.retry import DAY
from postroom.store import allowance, mails, tables
from postroom.store.allowance import Allowance
from postroom.store.db import Database, Tx
from postroom.store.mails import Accepted
from tests.store.accepted import accepted
from tests.world import NOW, World, found

TODAY = NOW // DAY


def stored(tx: Tx) -> tuple[int, dict[tuple[int, int], int]]:
    """How many mails there are, and what was counted on which organisation's day."""
    count = tx.execute(select(func.count()).select_from(tables.mail)).scalar_one()
    return count, {(row.org_id, row.day): row.mails for row in tx.execute(select(tables.mail_day))}


async def test_the_first_ones_are_stored_and_their_neighbours_too(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    limited = Allowance(world.org.id, TODAY, 2)
    asked = [
        structs.replace(accepted(world, 1), allowance=limited),
        accepted(other, 2),
        structs.replace(accepted(world, 3), allowance=limited),
        structs.replace(accepted(world, 4), allowance=limited),
        structs.replace(accepted(other, 5), allowance=Allowance(other.org.id, TODAY, 7)),
        structs.replace(accepted(world, 6), allowance=replace(limited, day=TODAY + 1)),
    ]
    assert await db.write(lambda tx: mails.add(tx, asked)) == [True, True, True, False, True, True]
    counted = {(world.org.id, TODAY): 2, (world.org.id, TODAY + 1): 1, (other.org.id, TODAY): 1}
    assert await db.read(stored) == (5, counted)
    lowered = [structs.replace(accepted(world, 7), allowance=replace(limited, mails=1))]
    assert await db.write(lambda tx: mails.add(tx, lowered)) == [False]
    assert await db.read(stored) == (5, counted)

    assert await db.write(lambda tx: allowance.drop_old(tx, (TODAY + 2) * DAY)) == 2
    assert (await db.read(stored))[1] == {(world.org.id, TODAY + 1): 1}


async def test_of_many_callers_in_several_processes_as_many_are_served_as_the_limit_says(
    db: Database, database_url: str, world: World
) -> None:
    elsewhere = [Database(database_url) for _ in range(2)]
    limited = Allowance(world.org.id, TODAY, 50)

    def add(at: Database, mail: Accepted) -> "asyncio.Future[bool]":
        return asyncio.ensure_future(at.write_together(mails.add, mail))

    try:
        places = [db, *elsewhere]
        told = await asyncio.gather(
            *(add(places[n % 3], structs.replace(accepted(world, n + 1), allowance=limited)) for n in range(240))
        )
    finally:
        for each in elsewhere:
            await each.close()
    assert sum(told) == 50
    assert await db.read(stored) == (50, {(world.org.id, TODAY): 50})
