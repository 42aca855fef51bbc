"""store.workers: who is alive is seen by all, and limits of connections are shared between them."""

from dataclasses import replace
from functools import partial

from postroom.mail.pace import Pace, Scope
from postroom.store import paces, workers
from postroom.store.db import Database, Tx
from postroom.store.workers import Worker
from tests.store.accepted import accepted, add, claim, work_for
from tests.world import NOW, World

ONE = Worker(id=1, host="a.example", pid=11, started_at=NOW, seen_at=NOW)
TWO = replace(ONE, id=2, pid=12, started_at=NOW + 1, seen_at=NOW + 1)


async def test_who_was_seen_lately_is_alive(db: Database) -> None:
    for each in (TWO, ONE, replace(ONE, seen_at=NOW + 5, over=True)):
        await db.write(partial(workers.refresh, me=each))
    assert await db.read(partial(workers.living, since=NOW)) == [replace(ONE, seen_at=NOW + 5, over=True), TWO]
    assert await db.read(partial(workers.living, since=NOW + 5)) == [replace(ONE, seen_at=NOW + 5, over=True)]
    assert await db.write(partial(workers.drop_unseen, before=NOW + 5)) == 1
    await db.write(partial(workers.remove, worker_id=1))
    assert await db.read(partial(workers.living, since=0)) == []


async def test_a_claim_takes_no_more_than_the_limits_leave_to_it(db: Database, world: World) -> None:
    about = {"org_id": world.org.id, "scope": Scope.TRANSPORT, "subject": str(world.transport.id)}
    limits = [Pace(connections=3, **about), Pace(org_id=None, scope=Scope.ORG, connections=9)]  # type: ignore[arg-type]

    def prepare(tx: Tx) -> list[int]:
        add(tx, [accepted(world, n) for n in range(6)])
        for each in limits:
            paces.save(tx, each)
        return [each.id for each in paces.of_connections(tx)]

    narrow, wide = sorted(await db.write(prepare))
    for lease, (left, taken) in enumerate(
        [({}, 0), ({narrow: 1}, 0), ({narrow: 2, wide: 9}, 2), ({narrow: 9, wide: 3}, 3)]
    ):
        room = replace(claim(0).room, connections=left)
        got = await db.write(partial(work_for, wanted=replace(claim(lease + 1), room=room)))
        assert len(got) == taken
        assert {job.course.host for job in got} <= {world.transport.host}
