"""store.jobs: a mail is with one worker at a time, and no verdict of a worker that lost it is written."""

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from msgspec import structs
from sqlalchemy import Connection, func, select

from postroom.mail.life import Stage, State, Verb
from postroom.mail.share import Room
from postroom.store import claims, jobs, mails, tables, verdicts
from postroom.store.claims import Job, Mark
from postroom.store.db import Database
from postroom.store.jobs import Answer, Deed
from postroom.store.mails import Filed
from tests.store.accepted import KEPT, accepted, add, claim, verdict, work_for
from tests.world import NOW, World, found

LATER = NOW + 60_000


async def queued(db: Database, world: World, count: int = 1, **how: object) -> list[int]:
    return await db.write(lambda tx: add(tx, [accepted(world, n, **how) for n in range(1, count + 1)]))  # type: ignore[arg-type]


async def taken(db: Database, lease: int, **how: object) -> list[Job]:
    return await db.write(lambda tx: work_for(tx, claim(lease, **how)))  # type: ignore[arg-type]


async def shown(db: Database, world: World, n: int = 1) -> Filed:
    mail = await db.read(lambda tx: mails.find(tx, world.org.id, n.to_bytes(32, "big")))
    assert mail is not None
    return mail


async def story(db: Database, world: World, seq: int) -> list[str]:
    return [row.what for row in await db.read(lambda tx: mails.history(tx, world.org.id, seq))]


async def hand(db: Database, world: World, verb: Verb, seq: int, **how: object) -> Answer:
    deed = Deed(verb=verb, org_id=world.org.id, at=NOW)
    [answer] = await db.write(partial(jobs.act, deed=replace(deed, **how), seqs=[seq]))  # type: ignore[arg-type]
    return answer


async def test_a_claim_takes_what_is_due_with_all_it_needs(db: Database, world: World) -> None:
    [seq] = await queued(db, world, to=["a@x.example", "b@x.example"])
    [job] = await taken(db, 7)
    wanted = accepted(world, 1, to=["a@x.example", "b@x.example"])
    assert job == Job(
        mail_seq=seq,
        org_id=world.org.id,
        transport_id=world.transport.id,
        transport=world.transport,
        lease=7,
        attempt=1,
        first_due_at=NOW,
        letter=wanted.letter,
        pending=wanted.letter.recipients,
        reached=False,
        start_at=NOW,
    )
    assert (await shown(db, world)).state is State.SENDING


async def test_two_workers_claim_different_mails(db: Database, world: World, database_url: str) -> None:
    seqs = await queued(db, world, 100)
    other = Database(database_url)
    claims = await asyncio.gather(
        *(taken(each, lease, limit=30) for lease, each in enumerate([db, other, db, other], start=1))
    )
    together = [job.mail_seq for claim in claims for job in claim]
    assert sorted(together) == seqs
    await other.close()


async def test_a_claim_does_not_wait_for_another_workers_open_transaction(postgres_url: str) -> None:
    ours, theirs = Database(postgres_url), Database(postgres_url)
    world = await ours.write(found)
    seqs = await queued(ours, world, 10)
    holding, go_on = threading.Event(), threading.Event()

    def slow(tx: Connection) -> list[Job]:
        mine = work_for(tx, claim(1, limit=4))
        holding.set()
        assert go_on.wait(30)
        return mine

    first = asyncio.ensure_future(theirs.write(slow))
    assert await asyncio.to_thread(holding.wait, 30)
    second = await taken(ours, 2)
    go_on.set()
    assert sorted(job.mail_seq for job in [*await first, *second]) == seqs
    assert len(second) == 6
    await ours.close()
    await theirs.close()


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_a_claim_takes_the_oldest_and_no_more_than_it_may(db: Database, world: World, limit: int) -> None:
    seqs = await db.write(lambda tx: add(tx, [accepted(world, n, due_at=NOW - n) for n in range(1, 11)]))
    assert sorted(job.mail_seq for job in await taken(db, 1, limit=limit)) == seqs[-limit:]


async def test_what_is_not_due_is_not_claimed(db: Database, world: World) -> None:
    await queued(db, world, due_at=NOW + 1)
    assert await taken(db, 1) == []
    assert (await shown(db, world)).state is State.SCHEDULED
    assert len(await taken(db, 1, now=NOW + 1)) == 1


async def test_mails_of_busy_transports_are_left(db: Database, world: World) -> None:
    org_way, own_way = world.org_transport.id, world.transport.id
    await db.write(lambda tx: add(tx, [accepted(world, n, transport_id=org_way) for n in (1, 2)]))
    await db.write(lambda tx: add(tx, [accepted(world, 3, transport_id=own_way)]))
    assert await taken(db, 1, busy=(org_way, own_way)) == []
    assert [job.transport_id for job in await taken(db, 2, busy=(org_way,))] == [own_way]
    assert [job.transport_id for job in await taken(db, 3)] == [org_way, org_way]


async def test_each_transport_gives_as_many_as_it_has_room_for(db: Database, world: World) -> None:
    many, few, late = world.org_transport.id, world.transport.id, 7
    await db.write(lambda tx: add(tx, [accepted(world, n, transport_id=many) for n in range(5)]))
    await db.write(lambda tx: add(tx, [accepted(world, 5 + n, transport_id=few) for n in range(3)]))
    await db.write(lambda tx: add(tx, [accepted(world, 8, transport_id=late, due_at=NOW + 1)]))
    room = Room(mails=9, unknown=3, each={few: 2}, others=9)
    found = await db.write(lambda tx: work_for(tx, replace(claim(1), room=room)))
    assert Counter(job.transport_id for job in found) == {many: 3, few: 2}
    assert [job.transport_id for job in await taken(db, 2, busy=(many,))] == [few]


async def test_who_has_many_mails_waiting_does_not_delay_who_has_one(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    await queued(db, world, 100, due_at=NOW - 60_000)
    await db.write(lambda tx: add(tx, [accepted(other, 101)]))
    assert Counter(job.org_id for job in await taken(db, 1, limit=2)) == {world.org.id: 1, other.org.id: 1}
    assert Counter(job.org_id for job in await taken(db, 2, limit=50)) == {world.org.id: 50}


async def test_what_is_for_the_moment_does_not_wait_behind_a_bulk(db: Database, world: World) -> None:
    crowd = [f"{n}@x.example" for n in range(6)]
    await db.write(lambda tx: add(tx, [accepted(world, n, to=crowd, due_at=NOW - 60_000) for n in range(50)]))
    await db.write(lambda tx: add(tx, [accepted(world, 50 + n) for n in range(50)]))
    assert Counter(len(job.pending) for job in await taken(db, 1, limit=40)) == {1: 30, 6: 10}


async def test_a_claim_tells_when_it_is_worth_asking_again(db: Database, world: World) -> None:
    async def again(now: int) -> int | None:
        return await db.write(lambda tx: claims.claim(tx, claim(1, now=now)).again)

    assert await again(NOW) is None
    await db.write(lambda tx: add(tx, [accepted(world, n, due_at=NOW + 400 + n) for n in range(3)]))
    assert await again(NOW - 101) is None, "the next look comes before"
    assert await again(NOW) == NOW + 400
    assert await again(NOW + 400) == NOW + 400, "at once: what else the lane has is not known"
    assert await again(NOW + 400) == NOW + 401


async def test_a_held_mail_is_nobody_elses_until_the_lease_ends(db: Database, world: World) -> None:
    [seq] = await queued(db, world)
    await taken(db, 1)
    assert await taken(db, 2, now=KEPT - 1) == []
    [job] = await taken(db, 2, now=KEPT)
    assert (job.mail_seq, job.lease, job.attempt) == (seq, 2, 2)


async def test_a_heartbeat_keeps_what_is_held(db: Database, world: World) -> None:
    await queued(db, world, 3)
    await taken(db, 1, limit=2)
    assert await db.write(partial(claims.extend, leases=[1, 99], until=KEPT + 5000)) == 2
    assert [job.attempt for job in await taken(db, 2, now=KEPT)] == [1]
    assert [job.attempt for job in await taken(db, 3, now=KEPT + 5000)] == [2, 2]


async def test_a_mark_is_written_by_who_holds_the_mail_and_by_nobody_else(db: Database, world: World) -> None:
    await queued(db, world, 2)
    one, two = await taken(db, 1)
    await taken(db, 2, now=KEPT, limit=1)
    marks = [Mark(one.mail_seq, 1), Mark(one.mail_seq, 2), Mark(two.mail_seq, 1), Mark(two.mail_seq, 9)]
    assert await db.write(partial(claims.mark, marks=marks)) == [False, True, True, False]


async def test_a_marked_mail_of_a_dead_worker_is_in_doubt_and_no_new_attempt(db: Database, world: World) -> None:
    [seq, other] = await queued(db, world, 2)
    await taken(db, 1)
    await db.write_together(claims.mark, Mark(seq, 1))
    # What a slow attempt notes later takes no mark back.
    await db.write(partial(claims.note, marks=[Mark(seq, 1, Stage.BODY), Mark(other, 1, Stage.AUTH)]))
    assert [(job.attempt, job.in_doubt) for job in await taken(db, 2, now=KEPT)] == [(1, True), (2, False)]
    [job, _] = await taken(db, 3, now=2 * KEPT)
    assert (job.attempt, job.in_doubt) == (1, True)
    assert await db.write_together(verdicts.settle, verdict(job, State.QUEUED, next_due=LATER))
    assert [(job.attempt, job.in_doubt) for job in await taken(db, 4, now=3 * KEPT)] == [(2, False), (4, False)]


async def test_a_held_verdict_keeps_the_mail_from_everybody(db: Database, world: World) -> None:
    await queued(db, world)
    [job] = await taken(db, 1)
    assert await db.write_together(verdicts.settle, structs.replace(verdict(job, State.QUEUED), state=State.HELD))
    mail = await shown(db, world)
    assert (mail.state, mail.due_at, mail.settled_at) == (State.HELD, None, None)
    assert await taken(db, 2, now=10 * KEPT) == []


async def test_nobody_takes_what_is_in_their_own_hands_whatever_the_clock_says(db: Database, world: World) -> None:
    await queued(db, world)
    await taken(db, 1)
    assert await db.write(lambda tx: work_for(tx, replace(claim(2, now=2 * KEPT), own=(1, 5)))) == []
    assert len(await taken(db, 3, now=2 * KEPT)) == 1


async def test_a_verdict_settles_the_mail(db: Database, world: World) -> None:
    [seq] = await queued(db, world, to=["a@x.example", "b@x.example"])
    [job] = await taken(db, 1)
    assert await db.write_together(verdicts.settle, verdict(job, State.SENT, State.FAILED)) is True
    mail = await shown(db, world)
    assert (mail.state, mail.settled_at, mail.due_at) == (State.SENT, NOW + 500, None)
    assert [(each.state, each.code, each.enhanced, each.line) for each in mail.deliveries] == [
        (State.SENT, 250, "2.0.0", "said"),
        (State.FAILED, 250, "2.0.0", "said"),
    ]
    assert await story(db, world, seq) == ["queued", "accepted", "rejected"]
    assert await db.read(jobs.waiting) == 0


async def test_a_deferred_mail_comes_back_for_those_who_wait(db: Database, world: World) -> None:
    await queued(db, world, to=["a@x.example", "b@x.example"])
    [job] = await taken(db, 1)
    assert await db.write_together(verdicts.settle, verdict(job, State.SENT, State.QUEUED, next_due=LATER))
    mail = await shown(db, world)
    assert (mail.state, mail.due_at, mail.settled_at) == (State.QUEUED, LATER, None)
    assert await taken(db, 2, now=LATER - 1) == []
    [again] = await taken(db, 2, now=LATER)
    assert (again.attempt, again.reached, again.first_due_at) == (2, True, NOW)
    assert [one.mailbox.address.local for one in again.pending] == ["b"]
    assert again.letter == job.letter


async def test_a_stale_lease_changes_nothing(db: Database, world: World) -> None:
    [seq] = await queued(db, world)
    [lost] = await taken(db, 1)
    [held] = await taken(db, 2, now=KEPT)
    before = await shown(db, world)
    assert await db.write_together(verdicts.settle, verdict(lost, State.SENT)) is False
    assert await db.write_together(verdicts.settle, verdict(lost, State.QUEUED, next_due=LATER)) is False
    assert await db.write(partial(claims.extend, leases=[1], until=LATER)) == 0
    assert await shown(db, world) == before
    assert await story(db, world, seq) == ["queued"]
    assert await db.write_together(verdicts.settle, verdict(held, State.FAILED)) is True
    assert await db.write_together(verdicts.settle, verdict(held, State.SENT)) is False  # settled already
    assert (await shown(db, world)).state is State.FAILED


async def test_verdicts_of_one_moment_are_judged_one_by_one(db: Database, world: World) -> None:
    await queued(db, world, 4)
    one, two, three, four = await taken(db, 1)
    given = [
        verdict(one, State.SENT),
        verdict(two, State.SENT, lease=99),
        verdict(three, State.QUEUED, next_due=LATER),
        verdict(four, State.FAILED),
    ]
    assert await db.write(partial(verdicts.settle, verdicts=given)) == [True, False, True, True]
    states = await db.read(
        lambda tx: {row.seq: row.state for row in tx.execute(select(tables.mail.c.seq, tables.mail.c.state))}
    )
    assert [states[job.mail_seq] for job in (one, two, three, four)] == ["sent", "queued", "queued", "failed"]


async def test_a_waiting_mail_is_cancelled_once(db: Database, world: World) -> None:
    [seq] = await queued(db, world, due_at=LATER)
    assert await hand(db, world, Verb.CANCEL, seq) is Answer.DONE
    assert await hand(db, world, Verb.CANCEL, seq) is Answer.UNFIT
    mail = await shown(db, world)
    assert (mail.state, mail.settled_at) == (State.CANCELLED, NOW)
    assert [each.state for each in mail.deliveries] == [State.CANCELLED]
    assert await taken(db, 1, now=LATER) == []
    assert await story(db, world, seq) == ["scheduled", "cancelled"]


async def test_a_mail_in_a_workers_hands_is_not_cancelled(db: Database, world: World) -> None:
    [seq] = await queued(db, world)
    [job] = await taken(db, 1)
    assert await hand(db, world, Verb.CANCEL, seq) is Answer.SENDING
    assert await db.write_together(verdicts.settle, verdict(job, State.SENT)) is True


async def test_cancelling_the_rest_leaves_what_was_sent(db: Database, world: World) -> None:
    [seq] = await queued(db, world, to=["a@x.example", "b@x.example"])
    [job] = await taken(db, 1)
    await db.write_together(verdicts.settle, verdict(job, State.SENT, State.QUEUED, next_due=LATER))
    assert await hand(db, world, Verb.CANCEL, seq) is Answer.DONE
    mail = await shown(db, world)
    assert [mail.state, *(each.state for each in mail.deliveries)] == [State.SENT, State.SENT, State.CANCELLED]


async def test_a_waiting_mail_is_hurried(db: Database, world: World) -> None:
    [seq] = await queued(db, world, due_at=LATER)
    assert await hand(db, world, Verb.RETRY, seq) is Answer.DONE
    assert [job.mail_seq for job in await taken(db, 1)] == [seq]
    assert await hand(db, world, Verb.RETRY, seq) is Answer.SENDING


async def test_a_failed_mail_is_tried_again_for_those_it_failed_for(db: Database, world: World) -> None:
    [seq] = await queued(db, world, to=["a@x.example", "b@x.example"])
    [job] = await taken(db, 1)
    await db.write_together(verdicts.settle, verdict(job, State.SENT, State.FAILED))
    assert await hand(db, world, Verb.RETRY, seq) is Answer.DONE
    [again] = await taken(db, 2)
    assert ([one.n for one in again.pending], again.reached) == ([1], True)
    await db.write_together(verdicts.settle, verdict(again, State.SENT))
    assert await hand(db, world, Verb.RETRY, seq) is Answer.UNFIT  # nothing failed


async def test_another_organisation_touches_nothing(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    [seq] = await queued(db, world, due_at=LATER)
    for verb in Verb:
        assert await hand(db, other, verb, seq) is Answer.UNFIT
    assert (await shown(db, world)).state is State.SCHEDULED


async def test_cancel_and_claim_at_once_have_one_winner(db: Database, world: World, database_url: str) -> None:
    other = Database(database_url)
    seqs = await queued(db, world, 20)
    cancels = [hand(db, world, Verb.CANCEL, seq) for seq in seqs]
    cancelled, claimed = await asyncio.gather(asyncio.gather(*cancels), taken(other, 1))
    gone = {seq for seq, answer in zip(seqs, cancelled, strict=True) if answer is Answer.DONE}
    assert gone.isdisjoint(held := {job.mail_seq for job in claimed})
    assert gone | held <= set(seqs)
    assert await db.read(lambda tx: tx.execute(select(func.count()).select_from(tables.job)).scalar()) == 20 - len(gone)
    await other.close()


RACES = 1_000  # ten thousand, with a real worker: bench.race


async def test_of_a_worker_and_whoever_cancels_one_is_first(db: Database, world: World, database_url: str) -> None:
    seqs = await queued(db, world, RACES)
    theirs, left = Database(database_url), list(reversed(seqs))
    taken: set[int] = set()

    async def work() -> None:
        while found := await theirs.write(lambda tx: work_for(tx, claim(7, limit=10))):
            taken.update(job.mail_seq for job in found)

    async def regret(answers: dict[int, Answer]) -> None:
        while left:
            seq = left.pop()
            answers[seq] = await hand(db, world, Verb.CANCEL, seq)

    answers: dict[int, Answer] = {}
    await asyncio.gather(work(), *(regret(answers) for _ in range(40)))
    await theirs.close()
    assert answers.keys() == set(seqs)
    assert {seq for seq in seqs if answers[seq] is Answer.SENDING} == taken
    assert 0 < len(taken) < RACES
    states = await db.read(lambda tx: dict(tx.execute(select(tables.mail.c.seq, tables.mail.c.state)).all()))
    assert {seq for seq, state in states.items() if state == State.CANCELLED.value} == set(seqs) - taken
