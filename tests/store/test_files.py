"""store.files: a file id is worth nothing outside its organisation."""

from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from postroom.mail.draft import FileRef
from postroom.store import files
from postroom.store.db import Database
from postroom.store.files import Upload, Wanted
from tests.world import NOW, World, found


def upload(world: World, file_id: bytes) -> Upload:
    ref = FileRef(file_id=file_id, digest=b"d" * 32, name="Grüße.pdf", content_type="application/pdf", size=2**33)
    return Upload(ref=ref, org_id=world.org.id, user_id=world.user.id, created_at=NOW)


async def test_files_are_found_in_their_organisation_only(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    mine, theirs = upload(world, b"m" * 32), upload(other, b"t" * 32)
    await db.write(partial(files.add, new=[mine, theirs]))
    wanted = [
        Wanted(world.org.id, b"m" * 32),
        Wanted(world.org.id, b"t" * 32),
        Wanted(other.org.id, b"t" * 32),
        Wanted(world.org.id, b"x" * 32),
    ]
    assert await db.read(partial(files.find, wanted=wanted)) == [mine.ref, None, theirs.ref, None]
    assert await db.read(partial(files.find, wanted=[])) == []


async def test_an_id_is_given_once(db: Database, world: World) -> None:
    await db.write(partial(files.add, new=[upload(world, b"m" * 32)]))
    with pytest.raises(IntegrityError):
        await db.write(partial(files.add, new=[upload(world, b"n" * 32), upload(world, b"m" * 32)]))
    assert await db.read(partial(files.find, wanted=[Wanted(world.org.id, b"n" * 32)])) == [None]
