"""store.records: records stay within their organisation, lead to the right people, and are found as they are now."""

from collections.abc import Sequence
from functools import partial

from msgspec import structs
from sqlalchemy import Connection

from postroom.record import ACCOUNTS, CONTACTS
from postroom.record.terms import terms, whole
from postroom.store import indexing, reaching, records
from postroom.store.db import Database
from postroom.store.reaching import Reach
from postroom.store.records import Key, Named, Record
from tests.store.indexed import everything
from tests.world import NOW, World, add, found, record

Row = tuple[int, int, bytes, int]


def key(each: Record) -> Key:
    return Key(each.org_id, each.module, each.id)


def contact(world: World, n: int, **how: object) -> Record:
    return record(n, world.org, world.user, "Contacts", name=f"contact {n}", fields={}, **how)  # type: ignore[arg-type]


def own(world: World) -> frozenset[str]:
    """The addresses of the contact."""
    return frozenset({world.contact.email or "", world.contact.secondary_email or ""})


async def reach(db: Database, *keys: Key) -> list[Reach | None]:
    return await db.read(partial(reaching.reach, keys=keys))


def indexed(tx: Connection) -> list[Row]:
    """Every term that is stored."""
    return everything(tx)


def expected(*whole_records: Record) -> list[Row]:
    """The terms of contacts."""
    return sorted((each.org_id, *term, each.id) for each in whole_records for term in terms(CONTACTS, each.values))


def of(rows: Sequence[Row], each: Record) -> list[Row]:
    """Those terms that lead to one record."""
    return [row for row in rows if row[3] == each.id]


async def test_a_contact_leads_to_itself(db: Database, world: World) -> None:
    [found] = await reach(db, key(world.contact))
    assert found == Reach(key=key(world.contact), addresses=own(world))


async def test_a_company_leads_to_its_contacts_and_a_deal_to_its_own(db: Database, world: World) -> None:
    quiet = contact(world, 50, email="quiet@x.example", account_id=world.company.id)
    elsewhere = contact(world, 51, email="elsewhere@x.example")
    nameless = contact(world, 52, account_id=world.company.id)
    await db.write(lambda tx: add(tx, quiet, elsewhere, nameless))
    others = frozenset({"quiet@x.example"})
    assert await reach(db, key(world.deal), key(world.company)) == [
        Reach(key=key(world.deal), addresses=own(world)),
        Reach(key=key(world.company), addresses=own(world) | others),
    ]


async def test_who_leads_to_nobody(db: Database, world: World) -> None:
    alone = structs.replace(world.deal, id=60, contact_id=None)
    orphan = structs.replace(world.deal, id=61, contact_id=999)
    astray = structs.replace(world.deal, id=62, contact_id=world.company.id)  # its contact is no contact
    empty = structs.replace(world.company, id=63)
    mute = contact(world, 64)
    await db.write(lambda tx: add(tx, alone, orphan, astray, empty, mute))
    found = await reach(db, *(key(each) for each in (alone, orphan, astray, empty, mute)))
    assert [each and each.addresses for each in found] == [frozenset()] * 5


async def test_no_record_leads_out_of_its_organisation(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    borrowed = structs.replace(world.deal, id=70, contact_id=other.contact.id)
    lent = {**other.contact.fields, "Account_Name": world.company.id}
    squatter = structs.replace(
        other.contact, id=71, fields=lent, account_id=world.company.id, email="squatter@x.example", secondary_email=None
    )
    await db.write(lambda tx: add(tx, borrowed, squatter))
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
    ids = [world.contact.id, world.company.id]
    assert await reach(db, wrong) == [None]
    assert await db.read(partial(records.find_many, keys=[wrong, key(world.contact)])) == [None, world.contact]
    by_ids = partial(records.by_ids, org_id=world.org.id, ids=ids)
    assert await db.read(partial(by_ids, module="Accounts")) == {world.company.id: world.company}
    assert await db.read(partial(by_ids, module="Contacts")) == {world.contact.id: world.contact}


async def test_nobody_reads_in_another_organisation(db: Database, world: World) -> None:
    ids = [world.contact.id, world.company.id]
    assert await db.read(partial(records.by_ids, org_id=2001, module="Contacts", ids=ids)) == {}
    assert await db.read(partial(records.names, org_id=2001, ids=ids)) == {}
    assert await db.read(partial(records.find, key=Key(2001, "Contacts", world.contact.id))) is None


async def test_what_lookups_show(db: Database, world: World) -> None:
    names = await db.read(partial(records.names, org_id=world.org.id, ids=[world.contact.id, world.company.id, 5]))
    assert names == {
        world.contact.id: Named("Cleo Dahl", "Contacts"),
        world.company.id: Named("Northwind", "Accounts"),
    }
    assert await db.read(partial(records.names, org_id=world.org.id, ids=[])) == {}


async def test_what_is_saved_is_found(db: Database, world: World) -> None:
    fields = {"Last_Name": "Ünïcode \U0001f600", "Lookup": 123456789012345678, "List": ["a", None], "Flag": True}
    changed = structs.replace(world.contact, fields=fields, email=None, opted_out=True, modified_at=5)
    await db.write(partial(indexing.save, module=CONTACTS, changed=[(world.contact, changed)]))
    assert await db.read(partial(records.find, key=key(changed))) == changed


async def test_saving_keeps_what_a_record_is_born_with(db: Database, world: World) -> None:
    reborn = structs.replace(world.contact, created_by=1, module="Accounts")
    await db.write(partial(indexing.save, module=CONTACTS, changed=[(world.contact, reborn)]))
    assert await db.read(partial(records.find, key=key(world.contact))) == world.contact


async def test_the_index_follows_what_is_added_saved_and_removed(db: Database, world: World) -> None:
    before = await db.read(indexed)
    one, other = (contact(world, n, email=f"c{n}@x.example", account_id=world.company.id) for n in (80, 81))
    await db.write(partial(indexing.add, module=CONTACTS, new=[one, other]))
    assert await db.read(indexed) == sorted([*before, *expected(one, other)])

    fields = {**one.fields, "Last_Name": "Eins und zwei", "Account_Name": None, "Tag": ["a", "b"]}
    changed = structs.replace(one, fields=fields, owner_id=world.colleague.id, modified_at=NOW + 1)
    await db.write(partial(indexing.save, module=CONTACTS, changed=[(one, changed)]))
    assert await db.read(indexed) == sorted([*before, *expected(changed, other)])

    await db.write(partial(indexing.remove, module=CONTACTS, gone=[changed, other]))
    assert await db.read(indexed) == before
    assert await db.read(partial(records.find_many, keys=[key(one), key(other), key(world.contact)])) == [
        None,
        None,
        world.contact,
    ]


async def test_nobody_saves_or_removes_in_another_organisation(db: Database, world: World) -> None:
    before = await db.read(indexed)
    stolen = structs.replace(world.contact, org_id=2001, name="stolen", fields={})
    await db.write(
        partial(indexing.save, module=CONTACTS, changed=[(structs.replace(world.contact, org_id=2001), stolen)])
    )
    await db.write(partial(indexing.remove, module=CONTACTS, gone=[stolen]))
    assert await db.read(partial(records.find, key=key(world.contact))) == world.contact
    assert of(await db.read(indexed), world.contact) == of(before, world.contact) == expected(world.contact)


async def test_as_many_as_nobody_deletes_at_once(db: Database, world: World) -> None:
    before = await db.read(indexed)
    many = [contact(world, n, email=f"c{n}@x.example") for n in range(10_000, 10_400)]
    await db.write(partial(indexing.add, module=CONTACTS, new=many))
    await db.write(partial(indexing.remove, module=CONTACTS, gone=many))
    assert await db.read(indexed) == before


async def test_a_company_is_indexed_by_the_number_that_its_contacts_name(db: Database, world: World) -> None:
    number = CONTACTS.numbers["Account_Name"]
    assert number != ACCOUNTS.numbers["Account_Name"]
    rows = await db.read(indexed)
    assert (world.org.id, number, whole(world.company.id), world.contact.id) in rows
