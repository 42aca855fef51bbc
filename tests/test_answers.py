"""send.submit of answers on both databases: each names the mails before it and is filed in their thread."""

from dataclasses import replace
from functools import partial

import pytest

from postroom.errors import Fault, Invalid, Reason
from postroom.mail.compose import message_id
from postroom.mail.draft import FileRef, InReplyTo
from postroom.mail.life import State
from postroom.send import submit
from postroom.store import files, mails, selection
from postroom.store.db import Database
from postroom.store.files import Upload
from postroom.store.mails import Accepted
from postroom.store.selection import Selection
from tests.store.accepted import claim, work_for
from tests.test_send import IDS, box, caller, draft, key, send
from tests.world import NOW, World, found

PLACE = ("in_reply_to", "message_id")


def to(mail: Accepted, owner_id: int | None = None) -> InReplyTo:
    return InReplyTo(mail_id=mail.letter.mail_id, owner_id=owner_id, place=PLACE)


def name(mail: Accepted) -> str:
    return message_id(mail.letter.mail_id, mail.letter.sender.address.domain)


async def refused(db: Database, world: World, asked: InReplyTo) -> list[Fault]:
    with pytest.raises(Invalid) as refusal:
        await send(db, world, replace(draft(world), in_reply_to=asked))
    return list(refusal.value.faults)


async def test_an_answer_knows_its_thread_as_long_as_it_is_stored(db: Database, world: World) -> None:
    first = await send(db, world, draft(world))
    second = await send(db, world, replace(draft(world), in_reply_to=to(first, world.user.id)))
    # From another address, on another record: it is the same thread.
    office = replace(draft(world), sender=box(world.org_sender.email), in_reply_to=to(second))
    third = await send(db, world, office, key(world, "Pipelines"))
    assert (first.thread_id, first.letter.references) == (None, ())
    assert second.letter.references == (name(first),)
    assert third.letter.references == (name(first), name(second))
    assert second.letter.subject == "Hello"
    claimed = await db.write(lambda tx: [*work_for(tx, claim(1)), *work_for(tx, claim(2))])
    assert {job.letter for job in claimed} == {first.letter, second.letter, third.letter}
    for each in (first, second, third):
        filed = await db.read(partial(mails.find, org_id=world.org.id, mail_id=each.letter.mail_id))
        assert filed is not None
        assert filed.thread_id == first.letter.mail_id


async def test_only_a_mail_of_the_organisation_is_answered(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    theirs = await submit(db, IDS, caller(other), key(other), draft(other), now=NOW)
    unknown = InReplyTo(mail_id=b"?" * 32, place=("in_reply_to",))
    assert await refused(db, world, to(theirs)) == [Fault(Reason.RELATED_UNKNOWN, PLACE)]
    assert await refused(db, world, unknown) == [Fault(Reason.RELATED_UNKNOWN, ("in_reply_to",))]


async def test_a_mail_is_answered_as_its_owners_alone_where_one_is_named(db: Database, world: World) -> None:
    first = await send(db, world, draft(world))
    wrong = [Fault(Reason.RELATED_UNKNOWN, ("in_reply_to", "owner", "id"))]
    assert await refused(db, world, to(first, world.colleague.id)) == wrong
    office = replace(draft(world), sender=box(world.org_sender.email), in_reply_to=to(first, world.user.id))
    answer = await submit(db, IDS, caller(world, colleague=True), key(world), office, now=NOW)
    assert answer.thread_id == first.letter.mail_id, "a colleague answers it likewise"


async def test_files_of_any_mail_are_told_of_the_whole_thread(db: Database, world: World) -> None:
    ref = FileRef(file_id=b"f" * 32, digest=b"d" * 32, name="a.txt", content_type="text/plain", size=3)
    upload = Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)
    await db.write(partial(files.add, new=[upload]))
    alone, first = await send(db, world, draft(world)), await send(db, world, draft(world))
    second = await send(db, world, replace(draft(world), in_reply_to=to(first)))
    assert await told(db, world) == [False, False, False]
    await send(db, world, replace(draft(world), in_reply_to=to(second), attachments=(ref.file_id,)))
    assert await told(db, world) == [True, True, True, False]
    await send(db, world, replace(draft(world), in_reply_to=to(alone), attachments=(ref.file_id,)))
    assert await told(db, world) == [True] * 5
    first_with_file = await send(db, world, replace(draft(world), attachments=(ref.file_id,)))
    await send(db, world, replace(draft(world), in_reply_to=to(first_with_file)))
    assert await told(db, world) == [True] * 7


async def told(db: Database, world: World) -> list[bool]:
    """Of each mail, newest first, whether its thread has files."""
    everything = Selection(org_id=world.org.id, states=frozenset(State))
    page = partial(selection.newest, wanted=everything, limit=9)
    return [each.thread_has_files for each in await db.read(page)]
