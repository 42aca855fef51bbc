"""store.paces: limits are kept exactly by however many workers, and what they hold up stands before nobody else."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from postroom.mail.life import State, Verb
from postroom.mail.pace import AHEAD, Pace, Scope
from postroom.store import claims, jobs, lanes, paces, verdicts
from postroom.store.claims import Job
from postroom.store.db import Database, Tx
from postroom.store.jobs import Answer, Deed
from tests.store.accepted import accepted, add, claim, verdict
from tests.world import NOW, World, found

MILLISECONDS = AHEAD // 1000


def limit(world: World, messages: int, **about: object) -> Pace:
    wanted = {"org_id": world.org.id, "scope": Scope.ORG, "messages": messages, "seconds": 1, **about}
    return Pace(**wanted)  # type: ignore[arg-type]


class Got(NamedTuple):
    jobs: list[Job]
    again: int | None


async def taken(db: Database, lease: int, now: int = NOW) -> Got:
    claimed = await db.write(lambda tx: claims.claim(tx, claim(lease, now=now)))
    return Got(await db.read(lambda tx: claims.jobs(tx, claimed)), claimed.again)


async def placed(db: Database) -> None:
    after: int | None = 0
    while after is not None:
        after = await db.write(partial(lanes.place_next, after=after, at_most=2))


async def test_three_workers_together_keep_to_a_limit(db: Database, world: World, database_url: str) -> None:
    workers = [db, Database(database_url), Database(database_url)]
    await db.write(lambda tx: add(tx, [accepted(world, n) for n in range(100)]))
    await db.write(lambda tx: paces.save(tx, limit(world, 100)))
    starts: list[int] = []
    for look in range(10):
        now = NOW + look * MILLISECONDS // 2
        each = [taken(worker, 3 * look + n, now) for n, worker in enumerate(workers)]
        starts += sorted(job.start_at for got in await asyncio.gather(*each) for job in got.jobs)
    for worker in workers[1:]:
        await worker.close()
    gaps = [later - sooner for sooner, later in pairwise(starts)]
    assert len(starts) >= 98, "100 in a second, and 2 % less"
    assert {*gaps} <= {10, 11}, "an even stream, whoever sends it"
    assert starts[0] == NOW


async def test_who_is_held_up_is_told_when_to_ask_again(db: Database, world: World) -> None:
    await db.write(lambda tx: add(tx, [accepted(world, n) for n in range(3)]))
    await db.write(lambda tx: paces.save(tx, limit(world, 1)))
    assert len((await taken(db, 1)).jobs) == 1
    got = await taken(db, 2)
    assert (got.jobs, got.again) == ([], NOW + 1020 - MILLISECONDS // 2)
    assert [job.start_at for job in (await taken(db, 3, NOW + 970)).jobs] == [NOW + 1020]


async def test_a_limit_of_the_operator_holds_for_all_together(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    await db.write(lambda tx: add(tx, [accepted((world, other)[n % 2], n) for n in range(40)]))
    everybody = limit(world, 100, org_id=None, scope=Scope.SERVER, subject=world.transport.host)
    await db.write(lambda tx: paces.save(tx, everybody))
    assert Counter(job.org_id for job in (await taken(db, 1)).jobs) == {world.org.id: 10, other.org.id: 10}


async def test_a_limited_domain_stands_before_nobody_else(db: Database, world: World) -> None:
    def to(n: int, *addresses: str) -> object:
        return accepted(world, n, to=addresses)

    slow = limit(world, 1, org_id=None, scope=Scope.DOMAIN, subject="slow.example")
    await db.write(lambda tx: add(tx, [to(n, "a@slow.example") for n in range(5)]))  # type: ignore[misc]
    await db.write(lambda tx: paces.save(tx, slow))
    await placed(db)
    mixed = ("b@x.example", "a@slow.example")
    await db.write(lambda tx: add(tx, [to(5, *mixed), *(to(n, "c@x.example") for n in range(6, 12))]))  # type: ignore[list-item]
    assert len((await taken(db, 1)).jobs) == 1 + 6
    assert (await taken(db, 2)).jobs == []

    def lift(tx: Tx) -> bool:
        return paces.remove(tx, None, Scope.DOMAIN, "slow.example")

    assert await db.write(lift)
    assert not await db.write(lift)
    await placed(db)
    assert len((await taken(db, 3)).jobs) == 5


async def test_a_failed_mail_that_is_tried_again_keeps_to_its_domains_limit(db: Database, world: World) -> None:
    slow = limit(world, 1, scope=Scope.DOMAIN, subject="customer.example")
    [seq] = await db.write(lambda tx: add(tx, [accepted(world, 1)]))
    [job] = (await taken(db, 1)).jobs
    await db.write_together(verdicts.settle, verdict(job, State.FAILED))
    await db.write(lambda tx: paces.save(tx, replace(slow, free_at=NOW * 1000 + 10**6)))
    again = Deed(verb=Verb.RETRY, org_id=world.org.id, at=NOW)
    assert await db.write(partial(jobs.act, deed=again, seqs=[seq])) == [Answer.DONE]
    assert (await taken(db, 2)).jobs == []


async def test_a_limit_is_set_anew_and_seen_by_whom_it_is_about(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    own, general = limit(world, 5), limit(world, 9, org_id=None)
    for each in (own, general, replace(own, messages=6, org_id=other.org.id), replace(own, messages=7)):
        await db.write(lambda tx, each=each: paces.save(tx, each))  # type: ignore[misc]
    seen = await db.read(lambda tx: paces.listing(tx, world.org.id))
    assert [(each.org_id, each.messages) for each in seen] == [(None, 9), (world.org.id, 7)]
