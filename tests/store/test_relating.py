"""store.relating: a lookup changes only where it is told to, and within one organisation."""

import asyncio

from postroom.record import CONTACTS, PIPELINES, Module
from postroom.store import reaching, records, relating
from postroom.store.db import Database, Tx
from postroom.store.keeping import Fates, Place
from postroom.store.records import Key, Record
from postroom.store.relating import Shelf
from tests.world import NOW, World, add, found, record


def shelf(world: World, number: int, *, module: Module = CONTACTS, field: str = "Account_Name") -> Shelf:
    """The contacts of a company, or what else ``field`` of ``module`` leads to; a deal's are its own."""
    place = Place(org_id=world.org.id, user_id=world.colleague.id, module=module, now=NOW + 5000)
    return Shelf(place=place, field=field, number=number, own=module is PIPELINES)


async def read(db: Database, world: World, one: Record) -> Record:
    found = await db.read(lambda tx: records.find(tx, Key(world.org.id, one.module, one.id)))
    assert found is not None
    return found


async def test_a_link_is_a_lookup_and_is_found_as_one(db: Database, world: World) -> None:
    company = record(60, world.org, world.user, "Accounts", name="Contoso", fields={"Account_Name": "Contoso"})
    await db.write(lambda tx: add(tx, company))
    done = await db.write(lambda tx: relating.link(tx, shelf(world, 60), [world.contact.id, 7, world.deal.id]))
    assert done == {world.contact.id: None}
    changed = await read(db, world, world.contact)
    assert changed.fields == {
        **world.contact.fields,
        "Full_Name": "Cleo Dahl",
        "Email_Opt_Out": False,
        "Account_Name": 60,
    }
    assert (changed.account_id, changed.modified_at, changed.modified_by) == (60, NOW + 5000, world.colleague.id)
    # Mails to the new company reach the contact, those to the old one do not.
    keys = [Key(world.org.id, "Accounts", number) for number in (60, world.company.id)]
    new, old = await db.read(lambda tx: reaching.reach(tx, keys))
    assert new is not None
    assert old is not None
    assert (bool(new.addresses), bool(old.addresses)) == (True, False)


async def test_only_who_is_in_a_list_is_taken_out(db: Database, world: World) -> None:
    here = shelf(world, world.company.id)
    elsewhere = record(61, world.org, world.user, "Contacts", name="W", fields={"Last_Name": "W"}, account_id=60)
    await db.write(lambda tx: add(tx, elsewhere))
    done = await db.write(lambda tx: relating.delink(tx, here, [61, world.contact.id, 7, world.deal.id]))
    assert done == {world.contact.id: None}
    assert "Account_Name" not in (await read(db, world, world.contact)).fields
    assert await read(db, world, elsewhere) == elsewhere
    assert await db.write(lambda tx: relating.delink(tx, here, [world.contact.id])) == {}


async def test_a_list_of_one_s_own(db: Database, world: World) -> None:
    own = shelf(world, world.deal.id, module=PIPELINES, field="Contact_Name")
    other = record(62, world.org, world.user, "Contacts", name="W", fields={"Last_Name": "W"})
    await db.write(lambda tx: add(tx, other))
    assert await db.write(lambda tx: relating.delink(tx, own, [62, 7])) == {}
    assert await db.write(lambda tx: relating.link(tx, own, [62])) == {62: None}
    assert (await read(db, world, world.deal)).contact_id == 62
    assert await db.write(lambda tx: relating.link(tx, own, [world.company.id])) == {}
    assert await db.write(lambda tx: relating.delink(tx, own, [7, 62])) == {62: None}
    assert (await read(db, world, world.deal)).contact_id is None


async def test_nothing_crosses_the_border_of_an_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    theirs = shelf(other, other.company.id)
    assert await db.write(lambda tx: relating.link(tx, theirs, [world.contact.id])) == {}
    assert await db.write(lambda tx: relating.delink(tx, shelf(other, world.company.id), [world.contact.id])) == {}
    assert await db.write(lambda tx: relating.link(tx, shelf(other, world.company.id), [other.contact.id])) == {}
    assert await read(db, world, world.contact) == world.contact
    assert await read(db, other, other.contact) == other.contact


async def test_who_is_linked_meanwhile_is_not_delinked(postgres_url: str) -> None:
    """Two processes: one moves the contact to another company while the other takes it out of the first."""
    one, two = Database(postgres_url), Database(postgres_url)
    try:
        world = await one.write(found)
        numbers = range(100, 130)
        company = record(60, world.org, world.user, "Accounts", name="Contoso", fields={"Account_Name": "Contoso"})
        await one.write(lambda tx: add(tx, company))

        def move(tx: Tx, number: int) -> Fates:
            return relating.link(tx, shelf(world, 60), [number])

        def part(tx: Tx, number: int) -> Fates:
            return relating.delink(tx, shelf(world, world.company.id), [number])

        for number in numbers:
            each = record(
                number,
                world.org,
                world.user,
                "Contacts",
                name="W",
                fields={"Last_Name": "W"},
                account_id=world.company.id,
            )
            await one.write(lambda tx, each=each: add(tx, each))  # type: ignore[misc]
        works = [
            *(one.write(lambda tx, n=number: move(tx, n)) for number in numbers),  # type: ignore[misc]
            *(two.write(lambda tx, n=number: part(tx, n)) for number in numbers),  # type: ignore[misc]
        ]
        await asyncio.gather(*works)
        # Whoever comes first: in the end each is where it was moved to.
        kept = [await one.read(lambda tx, n=n: records.find(tx, Key(world.org.id, "Contacts", n))) for n in numbers]  # type: ignore[misc]
        assert [each and each.account_id for each in kept] == [60] * len(numbers)
    finally:
        await one.close()
        await two.close()
