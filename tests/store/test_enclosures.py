"""store.enclosures: files of one record of one organisation; what went by mail stays to be downloaded."""

from functools import partial

from postroom.mail.draft import FileRef
from postroom.record import ACCOUNTS, CONTACTS
from postroom.store import enclosures, files, keeping
from postroom.store.db import Database
from postroom.store.enclosures import Enclosure
from postroom.store.files import Upload, Wanted
from postroom.store.keeping import Place
from postroom.store.records import Key, Record
from tests.store import accepted
from tests.world import NOW, World, found


def enclosed(world: World, record: Record, number: int) -> Enclosure:
    ref = FileRef(
        file_id=number.to_bytes(32, "big"), digest=b"d" * 32, name=f"{number}.txt", content_type="text/plain", size=5
    )
    upload = Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)
    return Enclosure(id=number, record_id=record.id, upload=upload)


def key(record: Record) -> Key:
    return Key(record.org_id, record.module, record.id)


async def listed(db: Database, record: Record) -> list[int]:
    return [each.id for each in await db.read(lambda tx: enclosures.page(tx, key(record), limit=9, offset=0))]


async def is_file(db: Database, world: World, number: int) -> bool:
    wanted = [Wanted(world.org.id, number.to_bytes(32, "big"))]
    return await db.read(partial(files.find, wanted=wanted)) != [None]


async def test_files_are_found_with_their_record_only(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    mine = [enclosed(world, world.contact, number) for number in (50, 51, 52)]
    theirs = enclosed(other, other.contact, 60)
    for each in (*mine, enclosed(world, world.company, 53), theirs):
        await db.write(partial(enclosures.add, new=each))
    contact = key(world.contact)
    assert await db.read(lambda tx: enclosures.page(tx, contact, limit=2, offset=0)) == [mine[2], mine[1]]
    assert await db.read(lambda tx: enclosures.page(tx, contact, limit=2, offset=2)) == [mine[0]]
    seen = [await db.read(lambda tx, n=n: enclosures.find(tx, contact, n)) for n in (50, 53, 60, 7)]  # type: ignore[misc]
    assert seen == [mine[0], None, None, None]
    # Another organisation that knows the ids finds nothing by them.
    foreign = Key(other.org.id, "Contacts", world.contact.id)
    assert await db.read(lambda tx: enclosures.page(tx, foreign, limit=9, offset=0)) == []
    assert await db.write(lambda tx: enclosures.remove(tx, foreign, 50)) is False
    await db.write(lambda tx: enclosures.clear(tx, other.org.id, [world.contact.id]))
    assert await listed(db, world.contact) == [52, 51, 50]
    # Each is a file like others.
    assert await is_file(db, world, 50)


async def test_a_file_is_taken_away_with_its_reference(db: Database, world: World) -> None:
    for number in (50, 51):
        await db.write(partial(enclosures.add, new=enclosed(world, world.contact, number)))
    assert await db.write(lambda tx: enclosures.remove(tx, key(world.company), 50)) is False
    assert await db.write(lambda tx: enclosures.remove(tx, key(world.contact), 50)) is True
    assert await db.write(lambda tx: enclosures.remove(tx, key(world.contact), 50)) is False
    assert await listed(db, world.contact) == [51]
    assert [await is_file(db, world, number) for number in (50, 51)] == [False, True]


async def test_what_went_by_mail_stays_a_file(db: Database, world: World) -> None:
    sent, unsent = enclosed(world, world.contact, 50), enclosed(world, world.contact, 51)
    for each in (sent, unsent):
        await db.write(partial(enclosures.add, new=each))
    await db.write(lambda tx: accepted.add(tx, [accepted.accepted(world, 1, files=(sent.upload.ref,))]))
    await db.write(lambda tx: enclosures.clear(tx, world.org.id, [world.contact.id]))
    assert await listed(db, world.contact) == []
    assert [await is_file(db, world, number) for number in (50, 51)] == [True, False]


async def test_files_go_with_a_deleted_record(db: Database, world: World) -> None:
    for record, number in ((world.contact, 50), (world.company, 51)):
        await db.write(partial(enclosures.add, new=enclosed(world, record, number)))
    place = Place(org_id=world.org.id, user_id=world.user.id, module=CONTACTS, now=NOW)
    # By a module that it is not of, the company is not deleted, and keeps its file.
    gone = await db.write(lambda tx: keeping.remove(tx, place, [world.contact.id, world.company.id]))
    assert gone == {world.contact.id: None}
    assert ACCOUNTS.name == world.company.module
    assert (await listed(db, world.contact), await listed(db, world.company)) == ([], [51])
    assert [await is_file(db, world, number) for number in (50, 51)] == [False, True]
