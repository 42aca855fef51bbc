"""store.mails: what is accepted is kept whole, and shown in its organisation only."""

from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from postroom.mail.draft import FileRef
from postroom.mail.life import State
from postroom.store import mails, tables
from postroom.store.db import Database
from tests.store.accepted import accepted, add, claim, work_for
from tests.world import NOW, World, found

FILES = tuple(
    FileRef(file_id=bytes([n]) * 32, digest=b"d" * 32, name=f"{n}.txt", content_type="text/plain", size=n)
    for n in (3, 1, 2)
)


def mail_id(n: int) -> bytes:
    return n.to_bytes(32, "big")


async def test_a_mail_is_shown_as_it_was_accepted(db: Database, world: World) -> None:
    new = accepted(world, 1, to=["a@x.example", "jörg@bücher.example"], files=FILES)
    [seq] = await db.write(lambda tx: add(tx, [new]))
    mail = await db.read(partial(mails.find, org_id=world.org.id, mail_id=mail_id(1)))
    assert mail is not None
    letter = new.letter
    assert (mail.seq, mail.id, mail.user_id, mail.module, mail.record_id) == (
        seq,
        mail_id(1),
        world.user.id,
        "Contacts",
        world.contact.id,
    )
    assert (mail.sender, mail.reply_to, mail.subject) == (letter.sender, letter.reply_to, letter.subject)
    assert (mail.content, mail.format, mail.files, mail.attachments) == (letter.content, letter.format, FILES, 3)
    assert tuple(each.recipient for each in mail.deliveries) == letter.recipients
    assert (mail.state, mail.due_at, mail.attempt, mail.settled_at) == (State.QUEUED, NOW, 0, None)
    [job] = await db.write(lambda tx: work_for(tx, claim(1)))
    assert job.letter == letter


async def test_what_fails_to_be_accepted_leaves_nothing(db: Database, world: World) -> None:
    await db.write(lambda tx: add(tx, [accepted(world, 1)]))
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: mails.add(tx, [accepted(world, 2, files=FILES), accepted(world, 1)]))
    counts = [
        select(func.count()).select_from(each) for each in (tables.mail, tables.recipient, tables.job, tables.event)
    ]
    assert await db.read(lambda tx: [tx.execute(count).scalar() for count in counts]) == [1, 1, 1, 1]


async def test_another_organisation_sees_nothing(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    [seq] = await db.write(lambda tx: add(tx, [accepted(world, 1)]))
    org_id = other.org.id
    assert await db.read(partial(mails.find, org_id=org_id, mail_id=mail_id(1))) is None
    assert await db.read(partial(mails.history, org_id=org_id, seq=seq)) == []
    assert await db.read(partial(mails.beginning_with, org_id=org_id, digits="00", limit=9)) == []
    assert await db.read(partial(mails.number, org_id=org_id, mail_id=mail_id(1))) is None
    assert await db.read(partial(mails.by_numbers, org_id=org_id, numbers=[seq])) == []


@pytest.mark.parametrize(("digits", "count"), [("", 2), ("00", 2), ("0" * 63, 2), ("0" * 63 + "1", 1), ("f", 0)])
async def test_mails_are_found_by_the_beginning_of_their_id(
    db: Database, world: World, digits: str, count: int
) -> None:
    await db.write(lambda tx: add(tx, [accepted(world, 1), accepted(world, 2)]))
    found = await db.read(partial(mails.beginning_with, org_id=world.org.id, digits=digits, limit=9))
    assert len(found) == count
