import asyncio
from dataclasses import replace
from functools import partial

import pytest

from postroom.store import imports
from postroom.store.db import Database, Tx
from postroom.store.imports import Import, Refusal, Step
from tests.world import NOW, World, found

FIRST = Step(line=3, imported=1, refused=(Refusal(line=3, reason="Last_Name: is missing"),))
SECOND = Step(line=8, imported=4, refused=(Refusal(line=5, reason="a"), Refusal(line=7, reason="b")))


def new(world: World, number: int = 1, digest: bytes = b"d" * 32) -> Import:
    return Import(id=number, org_id=world.org.id, digest=digest, started_at=NOW)


def taken(tx: Tx, start: Import, *steps: Step) -> Import:
    """Where an import stands after these steps."""
    for step in steps:
        moved = imports.advance(tx, start, step)
        assert moved is not None
        start = moved
    return start


async def test_an_import_begins_once(db: Database, world: World) -> None:
    first = await db.write(lambda tx: imports.begin(tx, new(world)))
    assert first == new(world)
    moved = await db.write(lambda tx: taken(tx, first, FIRST))
    assert await db.write(lambda tx: imports.begin(tx, new(world, 2))) == moved
    other = await db.write(lambda tx: imports.begin(tx, new(world, 3, b"e" * 32)))
    assert (other.id, other.line) == (3, 0)


async def test_steps_add_up_and_what_was_refused_stays_known(db: Database, world: World) -> None:
    end = await db.write(lambda tx: taken(tx, imports.begin(tx, new(world)), FIRST, SECOND))
    assert (end.line, end.imported, end.refused) == (8, 5, 3)
    assert await db.read(partial(imports.find, org_id=world.org.id, digest=b"d" * 32)) == end
    assert [each.line for each in await db.read(partial(imports.refusals, of=end))] == [3, 5, 7]


async def test_a_step_is_taken_once(db: Database, world: World) -> None:
    start = await db.write(lambda tx: imports.begin(tx, new(world)))
    moved = await db.write(lambda tx: taken(tx, start, FIRST))
    for late in (FIRST, SECOND):
        assert await db.write(partial(imports.advance, current=start, step=late)) is None
    assert await db.write(lambda tx: imports.finish(tx, start, NOW)) is None
    assert len(await db.read(partial(imports.refusals, of=moved))) == 1
    assert await db.write(lambda tx: imports.finish(tx, moved, NOW)) == replace(moved, finished_at=NOW)
    assert await db.write(partial(imports.advance, current=moved, step=SECOND)) is None
    assert await db.write(lambda tx: imports.finish(tx, moved, NOW)) is None


async def test_of_two_processes_one_takes_each_step(database_url: str, db: Database, world: World) -> None:
    elsewhere = Database(database_url)
    try:
        began = await asyncio.gather(
            *(each.write(partial(imports.begin, new=new(world, n))) for n, each in enumerate((db, elsewhere), start=1))
        )
        assert began[0] == began[1]
        for step in (Step(line=n, imported=1) for n in range(2, 30)):
            one, other = await asyncio.gather(
                *(each.write(partial(imports.advance, current=began[0], step=step)) for each in (db, elsewhere))
            )
            assert (one is None) != (other is None)
            began[0] = one or other or began[0]
        assert began[0].imported == 28
    finally:
        await elsewhere.close()


async def test_an_organisation_sees_its_own(db: Database, world: World) -> None:
    stranger = await db.write(lambda tx: found(tx, 2))
    end = await db.write(lambda tx: taken(tx, imports.begin(tx, new(world)), FIRST))
    assert await db.read(partial(imports.find, org_id=stranger.org.id, digest=end.digest)) is None
    theirs = replace(end, org_id=stranger.org.id)
    assert await db.read(partial(imports.refusals, of=theirs)) == []
    assert await db.write(partial(imports.advance, current=theirs, step=SECOND)) is None
    await db.write(partial(imports.forget, old=theirs))
    assert await db.read(partial(imports.find, org_id=world.org.id, digest=end.digest)) == end


async def test_what_is_forgotten_begins_anew(db: Database, world: World) -> None:
    end = await db.write(lambda tx: taken(tx, imports.begin(tx, new(world)), FIRST))
    await db.write(partial(imports.forget, old=end))
    assert await db.write(lambda tx: imports.begin(tx, new(world, 2))) == new(world, 2)
    assert await db.write(partial(imports.advance, current=end, step=SECOND)) is None


@pytest.mark.parametrize(("before", "left"), [(NOW, 1), (NOW + 1, 0)])
async def test_refused_lines_go_some_time_after_the_end(db: Database, world: World, before: int, left: int) -> None:
    def write(tx: Tx) -> tuple[Import | None, Import]:
        ended = imports.finish(tx, taken(tx, imports.begin(tx, new(world)), FIRST), NOW)
        return ended, taken(tx, imports.begin(tx, new(world, 2, b"e" * 32)), SECOND)

    ended, on_its_way = await db.write(write)
    assert ended is not None
    await db.write(partial(imports.drop_refusals, before=before))
    assert len(await db.read(partial(imports.refusals, of=ended))) == left
    assert len(await db.read(partial(imports.refusals, of=on_its_way))) == 2
    assert await db.read(partial(imports.find, org_id=world.org.id, digest=ended.digest)) == ended
