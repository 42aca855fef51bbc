"""store.jobs and store.repairing: each verb in each state, against a worker, and on many mails at once."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import cycle

import pytest
from msgspec import structs
from sqlalchemy import Connection, select

from postroom.mail.life import FINDS, MOVES, Result, State, Verb
from postroom.store import jobs, mails, repairing, selection, tables, verdicts
from postroom.store.claims import Job
from postroom.store.db import Database
from postroom.store.jobs import Answer, Deed
from postroom.store.selection import Selection
from tests.store.accepted import accepted, add, claim, verdict, work_for
from tests.world import NOW, World, found

LATER, MUCH_LATER = NOW + 60_000, NOW + 120_000
DONE, SAME, SENDING, UNFIT = Answer


def in_state(tx: Connection, world: World, state: State) -> int:
    """A mail that has come to be so, as a worker and an operator bring it there."""
    [seq] = add(tx, [accepted(world, 1, due_at=LATER if state is State.SCHEDULED else NOW)])
    if state is State.HELD:
        assert jobs.act(tx, Deed(verb=Verb.HOLD, org_id=world.org.id, at=NOW), [seq]) == [DONE]
    if state is State.CANCELLED:
        assert jobs.act(tx, Deed(verb=Verb.CANCEL, org_id=world.org.id, at=NOW), [seq]) == [DONE]
    if state in (State.SENDING, State.SENT, State.FAILED):
        [job] = taken(tx, 1)
        if state is not State.SENDING:
            assert verdicts.settle(tx, [verdict(job, state)]) == [True]
    return seq


def taken(tx: Connection, lease: int, *, now: int = NOW, limit: int = 100, busy: tuple[int, ...] = ()) -> list[Job]:
    return work_for(tx, claim(lease, now=now, limit=limit, busy=busy))


def deed(world: World, verb: Verb, **how: object) -> Deed:
    return replace(Deed(verb=verb, org_id=world.org.id, at=NOW), **how)  # type: ignore[arg-type]


# By hand: what each verb answers, and where the mail is then
TABLE: dict[Verb, dict[State, tuple[Answer, State]]] = {
    Verb.HOLD: {
        State.SCHEDULED: (DONE, State.HELD),
        State.QUEUED: (DONE, State.HELD),
        State.HELD: (SAME, State.HELD),
    },
    Verb.RELEASE: {
        State.SCHEDULED: (SAME, State.SCHEDULED),
        State.QUEUED: (SAME, State.QUEUED),
        State.HELD: (DONE, State.QUEUED),
    },
    Verb.CANCEL: {
        State.SCHEDULED: (DONE, State.CANCELLED),
        State.QUEUED: (DONE, State.CANCELLED),
        State.HELD: (DONE, State.CANCELLED),
    },
    Verb.RETRY: {
        State.SCHEDULED: (DONE, State.QUEUED),
        State.QUEUED: (DONE, State.QUEUED),
        State.HELD: (DONE, State.QUEUED),
        State.FAILED: (DONE, State.QUEUED),
    },
    Verb.MOVE: {
        State.SCHEDULED: (DONE, State.SCHEDULED),
        State.QUEUED: (DONE, State.SCHEDULED),
        State.HELD: (DONE, State.SCHEDULED),
    },
}


@pytest.mark.parametrize("verb", Verb)
async def test_each_verb_in_each_state(db: Database, world: World, verb: Verb) -> None:
    def work(tx: Connection) -> dict[State, tuple[Answer, State]]:
        told = {}
        for state in State:
            whole = tx.begin_nested()
            seq = in_state(tx, world, state)
            before = mails.history(tx, world.org.id, seq)
            answers = jobs.act(tx, deed(world, verb, due_at=MUCH_LATER, user_id=7), [seq, seq + 1])
            [mail] = mails.by_numbers(tx, world.org.id, [seq])
            happened = mails.history(tx, world.org.id, seq)[len(before) :]
            assert [each.detail for each in happened] == [{"by": "7"}] * (answers[0] is DONE)
            assert answers[1] is UNFIT
            told[state] = answers[0], mail.state
            whole.rollback()
        return told

    settled = {state: (UNFIT, state) for state in State} | {State.SENDING: (SENDING, State.SENDING)}
    assert await db.write(work) == settled | TABLE[verb]


def test_no_verb_leaves_the_table_of_moves() -> None:
    for verb, answers in TABLE.items():
        moved = {state for state, (answer, _) in answers.items() if answer is DONE}
        assert moved == FINDS[verb] - {State.SENT}
        for origin in moved:
            target = answers[origin][1]
            assert target is origin or target in MOVES[origin], (verb, origin)


async def test_a_released_mail_has_its_own_time_again(db: Database, world: World) -> None:
    def work(tx: Connection) -> None:
        now, later = add(tx, [accepted(world, 1, due_at=NOW - 5), accepted(world, 2, due_at=LATER)])
        assert jobs.act(tx, deed(world, Verb.HOLD), [now, later]) == [DONE, DONE]
        assert taken(tx, 1, now=MUCH_LATER) == []
        assert [each.due_at for each in mails.by_numbers(tx, world.org.id, [now, later])] == [None, None]
        assert jobs.act(tx, deed(world, Verb.RELEASE), [now, later]) == [DONE, DONE]
        scheduled, queued = mails.by_numbers(tx, world.org.id, [now, later])
        assert (scheduled.state, scheduled.due_at) == (State.SCHEDULED, LATER)
        assert (queued.state, queued.due_at) == (State.QUEUED, NOW - 5)

    await db.write(work)


@pytest.mark.parametrize(
    ("verb", "state", "due_at"),
    [
        (Verb.RELEASE, State.QUEUED, NOW),
        (Verb.RETRY, State.QUEUED, NOW),
        (Verb.MOVE, State.QUEUED, LATER),
        (Verb.CANCEL, State.CANCELLED, None),
    ],
)
async def test_a_mail_of_unknown_fate_is_decided_about(
    db: Database, world: World, verb: Verb, state: State, due_at: int | None
) -> None:
    def work(tx: Connection) -> None:
        [seq] = add(tx, [accepted(world, 1)])
        [job] = taken(tx, 1)
        in_doubt = verdict(job, State.QUEUED)
        unknown = structs.replace(in_doubt.recipients[0].outcome, result=Result.UNKNOWN)
        held = structs.replace(
            in_doubt, state=State.HELD, recipients=(structs.replace(in_doubt.recipients[0], outcome=unknown),)
        )
        assert verdicts.settle(tx, [held]) == [True]
        [mail] = mails.by_numbers(tx, world.org.id, [seq])
        assert (mail.state, mail.in_doubt) == (State.HELD, True)
        assert jobs.act(tx, deed(world, verb, at=NOW + 900, due_at=LATER), [seq]) == [DONE]
        [mail] = mails.by_numbers(tx, world.org.id, [seq])
        assert (mail.state, mail.due_at, mail.attempt) == (state, due_at and max(due_at, NOW + 900), 1)
        assert (mail.dated_at, mail.in_doubt) == (NOW, False)  # the date has been told

    await db.write(work)


async def test_many_are_met_in_parts_and_nobody_elses(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    many = [accepted(world, n) for n in range(1, MANY + 1)]
    await db.write(lambda tx: add(tx, many))
    theirs = await db.write(lambda tx: add(tx, [accepted(other, MANY + 1)]))
    late = await db.write(lambda tx: add(tx, [accepted(world, MANY + 2)]))
    held = await db.write(lambda tx: taken(tx, 1, limit=7, busy=(other.transport.id,)))
    assert len(held) == 7
    chosen = Selection(org_id=world.org.id, states=FINDS[Verb.HOLD])
    counts = await repairing.repair_all(db, deed(world, Verb.HOLD), chosen, upto=late[0] - 1)
    assert counts == {DONE: MANY - 7, SENDING: 7}
    assert counts == await repairing.repair_all(db, deed(world, Verb.RELEASE), _held(chosen), upto=late[0]) + Counter(
        {SENDING: 7}
    )
    every = frozenset(State)
    assert (
        await db.read(partial(selection.tally, wanted=replace(chosen, org_id=other.org.id, states=every)))
    ).counts == {State.QUEUED: 1}
    gone = await repairing.repair(db, deed(world, Verb.CANCEL), [*theirs, *late])
    assert gone == {UNFIT: 1, DONE: 1}


MANY = 1_200  # more than two parts


def _held(chosen: Selection) -> Selection:
    return replace(chosen, states=frozenset({State.HELD}))


async def test_what_has_left_its_state_meanwhile_is_let_be(db: Database, world: World) -> None:
    seqs = await db.write(lambda tx: add(tx, [accepted(world, n) for n in (1, 2)]))
    await db.write(partial(jobs.act, deed=deed(world, Verb.HOLD), seqs=seqs))
    await db.write(partial(jobs.act, deed=deed(world, Verb.RELEASE), seqs=seqs[:1]))
    drop = deed(world, Verb.CANCEL, states=frozenset({State.HELD}))
    assert await db.write(partial(jobs.act, deed=drop, seqs=seqs)) == [UNFIT, DONE]


async def test_failed_mails_come_back_behind_those_of_the_moment(db: Database, world: World) -> None:
    seqs = await db.write(lambda tx: add(tx, [accepted(world, n) for n in (1, 2, 3)]))
    for job in await db.write(lambda tx: taken(tx, 1)):
        await db.write_together(verdicts.settle, verdict(job, State.FAILED))
    chosen = Selection(org_id=world.org.id, states=frozenset({State.FAILED}))
    assert await repairing.repair_all(db, deed(world, Verb.RETRY), chosen, upto=seqs[1]) == {DONE: 2}
    assert await repairing.repair(db, deed(world, Verb.RETRY), seqs[2:]) == {DONE: 1}
    lanes = select(tables.lane.c.urgent).join(tables.job).order_by(tables.job.c.mail_seq)
    assert await db.read(lambda tx: list(tx.execute(lanes).scalars())) == [False, False, True]
    assert len(await db.write(lambda tx: taken(tx, 2))) == 3


RACES = 200  # for each verb; ten thousand, with a real worker: bench.race


@pytest.mark.parametrize("verb", [Verb.HOLD, Verb.RETRY, Verb.MOVE])
async def test_of_a_worker_and_whoever_acts_one_is_first(
    db: Database, world: World, database_url: str, verb: Verb
) -> None:
    """A worker claims and settles on a connection of its own: nothing that is done is done to a mail it holds."""
    seqs = await db.write(lambda tx: add(tx, [accepted(world, n) for n in range(1, RACES + 1)]))
    theirs, lease = Database(database_url), iter(range(1, RACES))
    sent: list[int] = []
    given = Counter[Answer]()

    async def work() -> None:
        while found := await theirs.write(lambda tx: taken(tx, next(lease), limit=10)):
            ends = cycle([State.SENT, State.FAILED, State.SENT])
            done = [theirs.write_together(verdicts.settle, verdict(job, next(ends))) for job in found]
            assert all(await asyncio.gather(*done))
            sent.extend(job.mail_seq for job in found)

    async def act() -> None:
        for start in range(RACES - 20, -1, -20):
            how = deed(world, verb, due_at=MUCH_LATER)
            given.update(await db.write(partial(jobs.act, deed=how, seqs=seqs[start : start + 20])))

    await asyncio.gather(work(), act())
    await theirs.close()
    left = await db.read(lambda tx: {row.mail_seq: row for row in tx.execute(select(tables.job))})
    assert sum(given.values()) == RACES
    states = await db.read(lambda tx: dict(tx.execute(select(tables.mail.c.seq, tables.mail.c.state)).all()))
    waits = {Verb.HOLD: State.HELD, Verb.RETRY: State.QUEUED, Verb.MOVE: State.SCHEDULED}[verb]
    assert {seq for seq, state in states.items() if state == waits.value} == left.keys()
    assert not [row for row in left.values() if row.lease is not None]
    if verb is not Verb.RETRY:
        assert given[DONE] == len(left) == RACES - len(sent)
