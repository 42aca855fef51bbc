"""store.records: records stay within their organisation, and lead to the right people."""

from dataclasses import replace
from functools import partial

from postroom.store import records
from postroom.store.db import Database
from postroom.store.records import Key, Reach, Record
from tests.world import World, found, record


def key(each: Record) -> Key:
    return Key(each.org_id, each.module, each.id)


def contact(world: World, n: int, **how: object) -> Record:
    return record(n, world.org, world.user, "Contacts", name=f"contact {n}", fields={}, **how)  # type: ignore[arg-type]


def own(world: World) -> frozenset[str]:
    """The addresses of the contact."""
    return frozenset({world.contact.email or "", world.contact.secondary_email or ""})


async def reach(db: Database, *keys: Key) -> list[Reach | None]:
    return await db.read(partial(records.reach, keys=keys))


async def test_a_contact_leads_to_itself(db: Database, world: World) -> None:
    [found] = await reach(db, key(world.contact))
    assert found == Reach(key=key(world.contact), addresses=own(world))


async def test_a_company_leads_to_its_contacts_and_a_deal_to_its_own(db: Database, world: World) -> None:
    quiet = contact(world, 50, email="quiet@x.example", account_id=world.company.id)
    elsewhere = contact(world, 51, email="elsewhere@x.example")
    nameless = contact(world, 52, account_id=world.company.id)
    await db.write(partial(records.add, new=[quiet, elsewhere, nameless]))
    others = frozenset({"quiet@x.example"})
    assert await reach(db, key(world.deal), key(world.company)) == [
        Reach(key=key(world.deal), addresses=own(world)),
        Reach(key=key(world.company), addresses=own(world) | others),
    ]


async def test_who_leads_to_nobody(db: Database, world: World) -> None:
    alone = replace(world.deal, id=60, contact_id=None)
    orphan = replace(world.deal, id=61, contact_id=999)
    astray = replace(world.deal, id=62, contact_id=world.company.id)  # its contact is no contact
    empty = replace(world.company, id=63)
    mute = contact(world, 64)
    await db.write(partial(records.add, new=[alone, orphan, astray, empty, mute]))
    found = await reach(db, *(key(each) for each in (alone, orphan, astray, empty, mute)))
    assert [each and each.addresses for each in found] == [frozenset()] * 5


async def test_no_record_leads_out_of_its_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    borrowed = replace(world.deal, id=70, contact_id=other.contact.id)
    squatter = replace(other.contact, id=71, account_id=world.company.id, email="squatter@x.example")
    await db.write(partial(records.add, new=[borrowed, squatter]))
    deal, company = await reach(db, key(borrowed), key(world.company))
    assert deal is not None
    assert company is not None
    assert deal.addresses == frozenset()
    assert company.addresses == own(world)
    foreign = [Key(world.org.id, each.module, each.id) for each in (other.contact, other.company, other.deal)]
    assert await reach(db, *foreign) == [None, None, None]
    # Both organisations in one gathering: what one names is not mistaken for the other's.
    mixed = await reach(db, key(world.company), key(other.company), foreign[1], key(borrowed))
    assert [each and sorted(each.addresses) for each in mixed] == [
        sorted(company.addresses),
        ["cleo@customer-of-org2.example", "dahl@customer-of-org2.example"],
        None,
        [],
    ]


async def test_an_id_is_of_one_module(db: Database, world: World) -> None:
    wrong = Key(world.org.id, "Accounts", world.contact.id)
    assert await reach(db, wrong) == [None]
    assert await db.read(partial(records.find_many, keys=[wrong, key(world.contact)])) == [None, world.contact]
    assert await db.write(partial(records.remove, org_id=world.org.id, module="Accounts", ids=[wrong.id])) == set()


async def test_what_is_saved_is_found(db: Database, world: World) -> None:
    fields = {"Last_Name": "Ünïcode \U0001f600", "Lookup": 123456789012345678, "List": ["a", None], "Flag": True}
    changed = replace(world.contact, fields=fields, email=None, opted_out=True, modified_at=5)
    await db.write(partial(records.save, changed=changed))
    assert await db.read(partial(records.find, key=key(changed))) == changed


async def test_saving_keeps_what_a_record_is_born_with(db: Database, world: World) -> None:
    await db.write(partial(records.save, changed=replace(world.contact, created_at=1, created_by=1, module="Accounts")))
    assert await db.read(partial(records.find, key=key(world.contact))) == world.contact


async def test_nobody_saves_or_removes_in_another_organisation(db: Database, world: World) -> None:
    await db.write(partial(records.save, changed=replace(world.contact, org_id=2001, name="stolen")))
    gone = await db.write(partial(records.remove, org_id=2001, module="Contacts", ids=[world.contact.id]))
    assert gone == set()
    assert await db.read(partial(records.find, key=key(world.contact))) == world.contact


async def test_removing_answers_what_was_there(db: Database, world: World) -> None:
    ids = [world.contact.id, 12345]
    assert await db.write(partial(records.remove, org_id=world.org.id, module="Contacts", ids=ids)) == {ids[0]}
    assert await db.read(partial(records.find, key=key(world.contact))) is None


async def test_pages_and_names(db: Database, world: World) -> None:
    more = [contact(world, n) for n in range(101, 106)]
    await db.write(partial(records.add, new=more))
    page = partial(records.page, org_id=world.org.id, module="Contacts")
    assert [each.id for each in await db.read(partial(page, limit=3, offset=1))] == [105, 104, 103]
    assert [each.id for each in await db.read(partial(page, limit=2, ascending=True))] == [101, 102]
    names = await db.read(partial(records.names, org_id=world.org.id, ids=[101, world.company.id, 5]))
    assert names == {101: "contact 101", world.company.id: "Northwind"}
    assert await db.read(partial(records.names, org_id=2, ids=[101])) == {}


async def test_addresses_are_found_within_module_and_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    emails = [world.contact.email or "", other.contact.email or "", "nobody@x.example"]
    find = partial(records.find_by_email, org_id=world.org.id, emails=emails)
    assert await db.read(partial(find, module="Contacts")) == {emails[0]: world.contact.id}
    assert await db.read(partial(find, module="Accounts")) == {}
