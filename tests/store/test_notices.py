"""store.notices on both databases: whom a settling tells by mail, of what, and whom it does not."""

import pytest
from sqlalchemy import Connection, event, select, update

from postroom.mail.address import Address
from postroom.mail.draft import Format, Mailbox
from postroom.mail.life import Notices, State, Verb
from postroom.mail.report import Parts
from postroom.mail.retry import DAY, LATE
from postroom.store import blocked, jobs, mails, notices, orgs, tables, verdicts
from postroom.store.blocked import Blocked
from postroom.store.claims import Job
from postroom.store.db import Database
from postroom.store.jobs import Answer, Deed
from tests.store.accepted import accepted, add, claim, verdict, work_for
from tests.world import NOW, World

GONE, WELL = State.FAILED, State.SENT
SETTLED = NOW + 500


async def want(db: Database, world: World, what: Notices) -> None:
    await db.write(lambda tx: orgs.choose_notices(tx, world.org.id, what))


async def put(db: Database, world: World, *, to: tuple[str, ...] = ("a@x.example",), count: int = 1) -> list[int]:
    return await db.write(lambda tx: add(tx, [accepted(world, n, to=to) for n in range(1, count + 1)]))


async def taken(db: Database, lease: int = 1, now: int = NOW) -> list[Job]:
    return await db.write(lambda tx: work_for(tx, claim(lease, now=now)))


async def settled(db: Database, job: Job, *states: State, next_due: int | None = None) -> list[Job]:
    """The notices that are due after this verdict."""
    assert await db.write(lambda tx: verdicts.settle(tx, [verdict(job, *states, next_due=next_due)])) == [True]
    return await taken(db, 2, SETTLED)


async def story(db: Database, world: World, seq: int) -> list[str]:
    return [row.what for row in await db.read(lambda tx: mails.history(tx, world.org.id, seq))]


def status(notice: Job) -> str:
    return Parts.read(notice.letter.content).status


async def test_a_failure_is_told_once_through_the_organisations_server(db: Database, world: World) -> None:
    await want(db, world, Notices.FAILURES)
    [seq] = await put(db, world, to=("a@x.example", "b@x.example", "c@x.example"))
    (job,) = await taken(db)
    (told,) = await settled(db, job, GONE, WELL, GONE)
    assert told.transport_id == world.org_transport.id
    assert told.letter.return_path is None
    assert told.letter.sender == Mailbox(name=world.org.name, address=Address.parse(world.org.primary_email))
    assert [each.mailbox for each in told.letter.recipients] == [job.letter.sender]
    named = [line for line in status(told).splitlines() if line.startswith("Final-Recipient")]
    assert named == ["Final-Recipient: rfc822; a@x.example", "Final-Recipient: rfc822; c@x.example"]
    assert "Diagnostic-Code: smtp; 250 said\n" in status(told), "as in the history of the mail"
    assert await story(db, world, seq) == ["queued", "rejected", "accepted", "rejected", "told"]

    mail = await db.read(lambda tx: mails.find(tx, world.org.id, told.letter.mail_id))
    assert mail is not None
    assert (mail.module, mail.record_id, mail.format) == (notices.MODULE, seq, Format.REPORT)
    (line,) = (await db.read(lambda tx: mails.history(tx, world.org.id, seq)))[-1:]
    assert line.detail == {"notice": told.letter.mail_id.hex()}
    assert await settled(db, told, GONE) == [], "a notice is told of to nobody"


async def test_what_an_earlier_attempt_told_is_not_told_again(db: Database, world: World) -> None:
    await want(db, world, Notices.DELAYS)
    await put(db, world, to=("a@x.example", "b@x.example"))
    (job,) = await taken(db)
    first, again = await settled(db, job, GONE, State.QUEUED, next_due=SETTLED)
    if again.letter.format is Format.REPORT:
        first, again = again, first
    (second,) = [each for each in await settled(db, again, GONE) if each.letter.format is Format.REPORT]
    assert ["a@x.example" in status(each) for each in (first, second)] == [True, False]


@pytest.mark.parametrize("case", ["not wanted", "blocked", "delivered"])
async def test_nothing_is_told(db: Database, world: World, case: str) -> None:
    await want(db, world, Notices.NONE if case == "not wanted" else Notices.DELAYS)
    if case == "blocked":
        closed = Blocked(org_id=world.org.id, address=world.sender.email, reason="hard bounce", created_at=NOW)
        await db.write(lambda tx: blocked.add(tx, closed))
    [seq] = await put(db, world)
    (job,) = await taken(db)
    assert await settled(db, job, WELL if case == "delivered" else GONE) == []
    assert "told" not in await story(db, world, seq)


async def test_without_a_server_of_the_organisation_it_goes_the_mails_own_way(db: Database, world: World) -> None:
    await want(db, world, Notices.FAILURES)
    await db.write(lambda tx: orgs.choose_transport(tx, world.org.id, None))
    await put(db, world)
    (job,) = await taken(db)
    (told,) = await settled(db, job, GONE)
    assert told.transport_id == world.transport.id
    assert told.letter.sender.address == job.letter.sender.address


async def test_a_batch_without_a_failure_asks_nothing_more(db: Database, world: World) -> None:
    await want(db, world, Notices.DELAYS)
    await put(db, world, count=20)
    found = [verdict(job, WELL) for job in await taken(db)]
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    await db.write(lambda tx: verdicts.settle(tx, found))
    assert not [each for each in asked if "notices" in each]


@pytest.mark.parametrize(("what", "told"), [(Notices.NONE, 0), (Notices.FAILURES, 0), (Notices.DELAYS, 1)])
async def test_a_mail_that_waits_for_long_is_told_of_once(db: Database, world: World, what: Notices, told: int) -> None:
    await want(db, world, what)
    seq, held, settled_, late = await put(db, world, count=4)
    await db.write(lambda tx: _hold(tx, held))
    later = Deed(verb=Verb.MOVE, org_id=world.org.id, at=NOW, due_at=NOW + 1)
    assert await db.write(lambda tx: jobs.act(tx, later, [late])) == [Answer.DONE]
    (over,) = [job for job in await taken(db) if job.mail_seq == settled_]
    await db.write(lambda tx: verdicts.settle(tx, [verdict(over, WELL)]))
    assert await db.read(lambda tx: notices.late(tx, NOW + LATE - 1)) == []
    found = await db.read(lambda tx: notices.late(tx, NOW + LATE))
    for _ in range(2):
        await db.write(lambda tx: notices.tell_late(tx, [*found, settled_], now=NOW + LATE, patience=DAY))
    assert (await story(db, world, seq)).count("delayed") == 1
    assert [(await story(db, world, each)).count("delayed") for each in (held, settled_, late)] == [0, 0, 0]
    letters = [job.letter for job in await taken(db, 3, NOW + LATE) if job.letter.format is Format.REPORT]
    assert [(each.subject, "a@x.example" in each.content) for each in letters] == told * [
        ("Not delivered yet: number 1", True)
    ]


async def test_of_a_way_that_is_stopped_a_delay_says_so(db: Database, world: World) -> None:
    await want(db, world, Notices.DELAYS)
    seqs = await put(db, world)
    fault = update(tables.transport).where(tables.transport.c.id == world.transport.id).values(fault="connect: refused")
    await db.write(lambda tx: tx.execute(fault))
    await db.write(lambda tx: notices.tell_late(tx, seqs, now=NOW + LATE, patience=DAY))
    (told,) = [job for job in await taken(db, 2, NOW + LATE) if job.letter.format is Format.REPORT]
    assert "No mail leaves that way for now: connect: refused" in status(told)


async def test_a_notice_is_in_no_list_of_the_record(db: Database, world: World) -> None:
    await want(db, world, Notices.FAILURES)
    await put(db, world)
    (job,) = await taken(db)
    (told,) = await settled(db, job, GONE)
    rows = await db.read(lambda tx: tx.execute(select(tables.mail.c.id, tables.mail.c.record_id)).all())
    assert {row.record_id for row in rows if row.id == told.letter.mail_id} == {job.mail_seq}
    assert await db.read(lambda tx: tx.execute(select(tables.mail_day)).all()) == []


def _hold(tx: Connection, seq: int) -> None:
    tx.execute(update(tables.job).where(tables.job.c.mail_seq == seq).values(due_at=None))
