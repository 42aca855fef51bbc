"""store.severing: no lookup leads to a record that is gone, however many did, and nobody else's are touched."""

from functools import partial

from sqlalchemy import Connection

from postroom.record import ACCOUNTS, CONTACTS, MODULES, PIPELINES, Criteria
from postroom.record.criteria import equal, missing, opposite
from postroom.record.terms import whole
from postroom.store import deletions, finding, indexing, keeping, reaching, records
from postroom.store.db import Database
from postroom.store.finding import Question
from postroom.store.keeping import Place
from postroom.store.records import Key
from postroom.store.severing import finish
from tests.world import NOW, World, found, record

MANY = 450  # more than twice as many as are cleared at once
TASKS = next(each for each in MODULES if each.name == "Tasks")


def contacts(tx: Connection, world: World, where: Criteria) -> int:
    asked = Question(org_id=world.org.id, module=CONTACTS, where=where, limit=2 * MANY)
    return len(finding.find(tx, asked))


def fill(tx: Connection, world: World) -> None:
    """Contacts of the company, a deal that both lead to, and a task about it."""
    leads: dict[str, object] = {"Account_Name": world.company.id}
    many = (
        record(9000 + n, world.org, world.user, "Contacts", name="x", fields=leads, account_id=world.company.id)
        for n in range(MANY)
    )
    indexing.add(tx, CONTACTS, list(many))
    indexing.add(
        tx, TASKS, [record(8000, world.org, world.user, "Tasks", name="x", fields={"What_Id": world.company.id})]
    )


async def test_nothing_leads_to_a_company_that_is_gone(db: Database, world: World) -> None:
    await db.write(partial(fill, world=world))
    led = equal(CONTACTS, "Account_Name", whole(world.company.id))
    assert await db.read(partial(contacts, world=world, where=led)) == MANY + 1
    place = Place(org_id=world.org.id, user_id=world.user.id, module=ACCOUNTS, now=NOW + 1)
    assert await db.write(lambda tx: keeping.remove(tx, place, [world.company.id])) == {world.company.id: None}
    left = await db.read(partial(contacts, world=world, where=led))
    assert 0 < left < MANY
    await finish(db)
    assert await db.read(partial(deletions.unsevered, limit=1)) == []
    assert await db.read(partial(contacts, world=world, where=led)) == 0
    assert await db.read(partial(contacts, world=world, where=opposite(missing(CONTACTS, "Account_Name")))) == 0
    for module, number in (("Contacts", 9000), ("Contacts", world.contact.id), ("Tasks", 8000)):
        one = await db.read(partial(records.find, key=Key(world.org.id, module, number)))
        assert one is not None
        assert not {"Account_Name", "What_Id"} & one.fields.keys()
        assert (one.account_id, one.modified_at) == (None, NOW)


async def test_a_deal_reaches_nobody_where_its_contact_is_gone(db: Database, world: World) -> None:
    place = Place(org_id=world.org.id, user_id=world.user.id, module=CONTACTS, now=NOW + 1)
    await db.write(lambda tx: keeping.remove(tx, place, [world.contact.id]))
    assert await db.read(partial(deletions.unsevered, limit=1)) == []
    (reach,) = await db.read(lambda tx: reaching.reach(tx, [Key(world.org.id, "Pipelines", world.deal.id)]))
    assert reach is not None
    assert not reach.addresses
    deal = await db.read(partial(records.find, key=Key(world.org.id, PIPELINES.name, world.deal.id)))
    assert deal is not None
    assert deal.contact_id is None
    assert deal.account_id == world.company.id


async def test_other_organisations_keep_theirs(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    place = Place(org_id=world.org.id, user_id=world.user.id, module=ACCOUNTS, now=NOW + 1)
    assert await db.write(lambda tx: keeping.remove(tx, place, [other.company.id])) == {}
    await db.write(lambda tx: keeping.remove(tx, place, [world.company.id]))
    await finish(db)
    theirs = await db.read(partial(records.find, key=Key(other.org.id, "Contacts", other.contact.id)))
    assert theirs == other.contact
