"""store.deletions: what is left of deleted records, of one module of one organisation."""

from dataclasses import replace
from functools import partial

from msgspec import structs

from postroom.store import deletions
from postroom.store.db import Database
from postroom.store.deletions import Deletion
from tests.world import NOW, World, found


async def told(db: Database, org_id: int, module: str = "Contacts", since: int | None = None) -> list[Deletion]:
    return await db.read(partial(deletions.page, org_id=org_id, module=module, limit=9, offset=0, since=since))


async def test_deletions_are_told_the_latest_first(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    renamed = structs.replace(world.contact, id=70, name="Weber")
    by = world.colleague.id
    await db.write(partial(deletions.note, gone=[world.contact], by=by, at=NOW + 1, severed=True))
    await db.write(partial(deletions.note, gone=[renamed, world.company], by=by, at=NOW + 2, severed=True))
    await db.write(partial(deletions.note, gone=[], by=by, at=NOW + 3, severed=True))
    first = Deletion(
        record_id=world.contact.id, name="Cleo Dahl", created_by=world.user.id, deleted_by=by, deleted_at=NOW + 1
    )
    second = replace(first, record_id=70, name="Weber", deleted_at=NOW + 2)
    assert await told(db, world.org.id) == [second, first]
    assert await told(db, world.org.id, since=NOW + 1) == [second]
    assert await told(db, world.org.id, since=NOW + 2) == []
    assert [each.record_id for each in await told(db, world.org.id, "Accounts")] == [world.company.id]
    assert await told(db, other.org.id) == []
    page = partial(deletions.page, org_id=world.org.id, module="Contacts", limit=1, offset=1, since=None)
    assert await db.read(page) == [first]
