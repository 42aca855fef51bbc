"""How transports fare: written once for all who met it, and tried by one of all workers."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, update

from postroom.mail.pause import Passage
from postroom.store import claims, tables, transports
from postroom.store.claims import Claimed, Job
from postroom.store.db import Database
from postroom.store.transports import Standing
from tests.store.accepted import accepted, add, claim, work_for
from tests.world import NOW, World, found

WELL = Standing(held=False, paused_until=None, paused_since=None, fault=None, failures=0)


async def standing(db: Database, number: int) -> Standing:
    return (await db.read(partial(transports.standings, transport_ids=[number])))[number]


def failed(number: int, *, seen: int = 0, at: int = NOW) -> Passage:
    return Passage(transport_id=number, seen=seen, at=at, until=at + 5000, fault=f"no {seen}")


async def test_what_many_meet_together_is_one_failure(db: Database, world: World) -> None:
    first, other = world.transport.id, world.org_transport.id
    met = [failed(first), failed(first), failed(other)]
    assert await db.write(partial(transports.report, found=met)) == [True, False, True]
    assert await db.write(partial(transports.report, found=[failed(first)])) == [False]
    paused = Standing(held=False, paused_until=NOW + 5000, paused_since=NOW, fault="no 0", failures=1)
    assert await standing(db, first) == paused
    assert await db.write(partial(transports.report, found=[failed(first, seen=1, at=NOW + 9)])) == [True]
    assert await standing(db, first) == replace(paused, paused_until=NOW + 5009, fault="no 1", failures=2)
    unknown = Passage(transport_id=first, seen=2, at=NOW + 10, until=NOW + 10)
    assert await db.write(partial(transports.report, found=[unknown])) == [True]
    assert await standing(db, first) == replace(paused, paused_until=NOW + 10, fault="no 1", failures=2)
    works = Passage(transport_id=first, seen=2, at=NOW + 11)
    assert await db.write(partial(transports.report, found=[works])) == [True]
    assert await standing(db, first) == WELL


async def test_new_settings_end_a_pause(db: Database, world: World) -> None:
    await db.write(partial(transports.report, found=[failed(world.transport.id)]))
    await db.write(partial(transports.save, changed=replace(world.transport, port=26)))
    assert await standing(db, world.transport.id) == WELL


async def test_what_a_transport_signs_in_with_is_exchanged_only_for_what_was_seen(db: Database, world: World) -> None:
    seen = replace(world.transport, username="ada", oauth=b"first")
    await db.write(partial(transports.save, changed=seen))
    foreign = replace(seen, org_id=seen.org_id + 1)
    for shown, new, is_there in ((foreign, b"foreign", False), (seen, b"second", True), (seen, b"third", False)):
        assert await db.write(partial(transports.exchange_oauth, seen=shown, oauth=new)) is is_there
    (kept,) = await db.read(partial(transports.find_many, transport_ids=[seen.id]))
    assert kept == replace(seen, oauth=b"second")
    await db.write(partial(transports.save, changed=replace(world.transport, password=b"sealed")))
    kept = (await db.read(partial(transports.listing, org_id=seen.org_id)))[-1]
    assert (kept.password, kept.oauth) == (b"sealed", None)


async def test_after_a_pause_one_mail_of_all_lanes_tries(db: Database, world: World) -> None:
    many = [f"{n}@x.example" for n in range(9)]
    await db.write(lambda tx: add(tx, [accepted(world, 1), accepted(world, 2, to=many), accepted(world, 3)]))
    await db.write(partial(transports.report, found=[failed(world.transport.id)]))
    for now, count in ((NOW + 4999, 0), (NOW + 5000, 1), (NOW + 5001, 0), (NOW + 25_000, 1)):
        tried = await db.write(partial(work_for, wanted=claim(now, now=now)))
        assert [job.failures for job in tried] == [1] * count
    assert (await standing(db, world.transport.id)).paused_until == NOW + 45_000


@pytest.mark.parametrize(
    ("own", "other", "roads"),
    [
        # Each claim at its moment (s): so many mails by the own transport (1) or by its fallback (2).
        ({}, {}, {0: {1: 4}}),
        ({"held": True}, {}, {0: {2: 4}}),
        ({"failures": 1, "paused_until": NOW + 5000}, {}, {0: {2: 4}}),
        ({"failures": 1, "paused_until": NOW + 5000}, {"held": True}, {0: {}, 5: {1: 1}, 6: {}}),
        # One finds out whether the own one works again, and the others need not wait for that.
        ({"failures": 1, "paused_until": NOW}, {}, {0: {1: 1}, 1: {2: 3}}),
        ({"failures": 1, "paused_until": NOW + 9000}, {"failures": 1, "paused_until": NOW + 5000}, {0: {}, 5: {2: 1}}),
        ({"held": True}, {"failures": 1, "paused_until": NOW + 5000}, {0: {}, 5: {2: 1}, 6: {}}),
        ({"held": True}, {"org_id": 2001}, {0: {}}),
    ],
)
async def test_a_fallback_has_the_mails_of_a_transport_that_is_held_or_paused(
    db: Database, world: World, own: dict[str, Any], other: dict[str, Any], roads: dict[int, dict[int, int]]
) -> None:
    first, second = world.transport.id, world.org_transport.id

    def arrange(tx: Connection) -> None:
        found(tx, 2)
        add(tx, [accepted(world, n) for n in range(4)])
        for number, changes in ((first, {**own, "fallback_id": second}), (second, other)):
            if changes:
                tx.execute(update(tables.transport).where(tables.transport.c.id == number).values(changes))

    await db.write(arrange)
    for second_of, counts in roads.items():
        now = NOW + second_of * 1000
        jobs = await db.write(partial(work_for, wanted=claim(second_of + 1, now=now)))
        taken = Counter(1 if job.transport_id == first else 2 for job in jobs)
        assert (second_of, taken) == (second_of, Counter(counts))
        assert all(job.transport is not None and job.transport.id == job.transport_id for job in jobs)


async def test_two_workers_that_claim_at_once_do_not_both_try(postgres_url: str) -> None:
    ours, theirs = Database(postgres_url), Database(postgres_url)
    world = await ours.write(found)
    await ours.write(lambda tx: add(tx, [accepted(world, n) for n in range(3)]))
    await ours.write(partial(transports.report, found=[failed(world.transport.id)]))
    holding, go_on = threading.Event(), threading.Event()

    def slow(tx: Connection) -> list[Job]:
        mine = work_for(tx, claim(1, now=NOW + 5000))
        holding.set()
        assert go_on.wait(30)
        return mine

    first = asyncio.create_task(ours.write(slow))
    await asyncio.to_thread(holding.wait, 30)
    assert await theirs.write(partial(claims.claim, wanted=claim(2, now=NOW + 5000))) == Claimed([], None)
    go_on.set()
    assert len(await first) == 1
    ours.close_now()
    theirs.close_now()
