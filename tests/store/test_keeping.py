import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from postroom.errors import Fault, Reason
from postroom.record import ACCOUNTS, CONTACTS, NOTES, PIPELINES, Module, read_values
from postroom.record.modules import CALLS, TASKS
from postroom.store import deletions, keeping, reaching, records
from postroom.store.db import Database, Tx
from postroom.store.keeping import Kept, Place, Upserted, Wish
from postroom.store.records import Key, Record
from postroom.store.tables import term
from tests.store.indexed import everything
from tests.world import NOW, World, found


def place(world: World) -> Place:
    return Place(org_id=world.org.id, user_id=world.user.id, module=CONTACTS, now=NOW + 1000)


def wish(number: int | None, *, partial: bool = False, **values: object) -> Wish:
    return Wish(id=number, reading=read_values(CONTACTS, values, partial=partial))


async def test_what_is_kept_is_what_is_looked_up_by(db: Database, world: World) -> None:
    new = wish(50, Last_Name="Weber", Email="Rita@Example.net", Account_Name=world.company.id, Email_Opt_Out=True)
    (kept,) = await db.write(lambda tx: keeping.insert(tx, place(world), [new]))
    assert isinstance(kept, Record)
    assert await db.read(lambda tx: records.find(tx, Key(world.org.id, "Contacts", 50))) == kept
    assert (kept.name, kept.email, kept.account_id, kept.opted_out) == (
        "Weber",
        "rita@example.net",
        world.company.id,
        True,
    )
    # The company's mails reach the new contact at once.
    (reach,) = await db.read(lambda tx: reaching.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]))
    assert reach is not None
    assert "rita@example.net" in reach.addresses


async def test_a_change_keeps_what_it_does_not_name(db: Database, world: World) -> None:
    change = wish(world.contact.id, partial=True, First_Name=None, Owner=world.colleague.id)
    (kept,) = await db.write(lambda tx: keeping.change(tx, place(world), [change]))
    assert isinstance(kept, Record)
    assert (kept.name, kept.owner_id, kept.email) == ("Dahl", world.colleague.id, world.contact.email)
    assert (kept.created_at, kept.modified_at) == (world.contact.created_at, NOW + 1000)
    assert kept.fields == {
        "Last_Name": "Dahl",
        "Full_Name": "Dahl",
        "Email": world.contact.fields["Email"],
        "Secondary_Email": world.contact.fields["Secondary_Email"],
        "Account_Name": world.company.id,
        "Email_Opt_Out": False,
    }


async def test_every_fault_of_an_item_is_told_and_the_others_are_kept(db: Database, world: World) -> None:
    wishes = [
        wish(60, Phone=5, Account_Name=7, Owner=8, Email=world.contact.email),
        wish(61, Last_Name="Kept"),
    ]
    bad, good = await db.write(lambda tx: keeping.insert(tx, place(world), wishes))
    assert isinstance(good, Record)
    assert isinstance(bad, tuple)
    assert [(fault.reason, fault.path[0]) for fault in bad] == [
        (Reason.MISSING, "Last_Name"),
        (Reason.WRONG_TYPE, "Phone"),
        (Reason.RECORD_UNKNOWN, "Owner"),
        (Reason.RECORD_UNKNOWN, "Account_Name"),
        (Reason.DUPLICATE, "Email"),
    ]
    found = await db.read(lambda tx: records.find_many(tx, [Key(world.org.id, "Contacts", n) for n in (60, 61)]))
    assert found == [None, good]


async def test_a_rehearsal_answers_the_same_and_keeps_nothing(db: Database, world: World) -> None:
    wishes = [wish(70, Last_Name="Kept", Email="k@example.net"), wish(71, Last_Name="Late", Email="K@example.net")]
    tried = await db.write(lambda tx: keeping.rehearse(tx, place(world), wishes))
    assert await db.read(lambda tx: records.find_many(tx, [Key(world.org.id, "Contacts", 70)])) == [None]
    assert await db.write(lambda tx: keeping.insert(tx, place(world), wishes)) == tried


async def test_two_processes_find_an_address_free_once(postgres_url: str) -> None:
    one, other = Database(postgres_url), Database(postgres_url)
    try:
        world = await one.write(found)

        def insert(tx: Tx, number: int) -> list[Kept]:
            return keeping.insert(tx, place(world), [wish(number, Last_Name="W", Email=f"{number % 10}@example.net")])

        numbers = range(100, 140)
        made = await asyncio.gather(
            *((one, other)[number % 3 > 0].write(lambda tx, n=number: insert(tx, n)) for number in numbers)  # type: ignore[misc]
        )
        assert sum(isinstance(kept, Record) for (kept,) in made) == 10
    finally:
        await one.close()
        await other.close()


# --- upserts


def read(number: int, module: Module, **values: Any) -> Wish:
    """A new record of any module, if it is not there."""
    return Wish(id=number, reading=read_values(module, values, partial=False))


def within(world: World, module: Module) -> Place:
    return replace(place(world), module=module)


async def upsert(db: Database, where: Place, *wishes: Wish, check: Sequence[str] = ("Email",)) -> list[Upserted]:
    return await db.write(lambda tx: keeping.upsert(tx, where, wishes, check))


def whole(each: Upserted) -> Record:
    assert isinstance(each.kept, Record), each.kept
    return each.kept


async def test_an_upsert_changes_what_it_names_and_no_more(db: Database, world: World) -> None:
    [done] = await upsert(db, place(world), wish(50, Last_Name="New", Email=str(world.contact.email).upper()))
    kept = whole(done)
    assert (kept.id, done.field, kept.modified_at) == (world.contact.id, "Email", NOW + 1000)
    assert (kept.name, kept.account_id, kept.secondary_email) == (
        "Cleo New",
        world.company.id,
        world.contact.secondary_email,
    )
    assert await db.read(lambda tx: records.find(tx, Key(world.org.id, "Contacts", kept.id))) == kept
    assert await db.read(lambda tx: records.find(tx, Key(world.org.id, "Contacts", 50))) is None


async def test_a_default_is_for_what_is_new(db: Database, world: World) -> None:
    wishes = [read(50 + n, PIPELINES, Deal_Name=name, Stage="Won") for n, name in enumerate(("Big ORDER", "Small"))]
    old, new = map(whole, await upsert(db, within(world, PIPELINES), *wishes, check=["Deal_Name"]))
    assert (old.id, old.fields.get("Pipeline"), old.contact_id) == (world.deal.id, None, world.contact.id)
    assert (new.id, new.fields["Pipeline"]) == (51, "Sales Pipeline")


async def test_wishes_of_one_upsert_meet_each_other(db: Database, world: World) -> None:
    done = await upsert(
        db,
        place(world),
        wish(50, Last_Name="A", Email="one@x.example", Title="kept"),
        wish(51, Last_Name="B", Email="ONE@x.example"),
        wish(52, Last_Name="C", Email=world.contact.email),
        wish(53, Last_Name="D", Email=world.contact.email, Phone="1"),
        wish(54, Last_Name="E"),
    )
    assert [(whole(each).id, each.field) for each in done] == [
        (50, None),
        (50, "Email"),
        (world.contact.id, "Email"),
        (world.contact.id, "Email"),
        (54, None),
    ]
    found = await db.read(lambda tx: records.by_ids(tx, world.org.id, "Contacts", [50, 51, 54, world.contact.id]))
    assert found == {50: whole(done[1]), 54: whole(done[4]), world.contact.id: whole(done[3])}
    assert (found[50].name, found[50].fields["Title"]) == ("B", "kept")
    # What is looked up by is what was kept last.
    email = CONTACTS.numbers["Email"]
    rows = await db.read(everything)
    assert [number for _, field, key, number in rows if (field, key) == (email, b"one@x.example")] == [50]


async def test_of_several_fields_the_first_that_fits_says_who_is_meant(db: Database, world: World) -> None:
    titled = replace(CONTACTS.by_name["Title"], unique=True)
    module = replace(CONTACTS, fields=tuple(titled if each.name == "Title" else each for each in CONTACTS.fields))
    where = within(world, module)
    one = read(60, module, Last_Name="A", Email="a@x.example", Title="T1")
    other = read(61, module, Last_Name="B", Email="b@x.example", Title="T2")
    await db.write(lambda tx: keeping.insert(tx, where, [one, other]))

    between = read(62, module, Last_Name="C", Email="b@x.example", Title="T1")
    for check, second, taken_by in ((["Email", "Title"], "Title", 60), (["Title", "Email"], "Email", 61)):
        [done] = await upsert(db, where, between, check=check)
        assert done.field == check[0]
        assert done.kept == (Fault(Reason.DUPLICATE, (second,), {"id": taken_by, "owner_id": world.user.id}),)

    renamed = read(63, module, Last_Name="A", Email="a@x.example", Title="T3")
    freed = read(64, module, Last_Name="D", Title="T1")
    done_both = await upsert(db, where, renamed, freed, check=["Email", "Title"])
    assert [(whole(each).id, each.field) for each in done_both] == [(60, "Email"), (64, None)]


# --- what lookups lead to


async def kept(db: Database, where: Place, *wishes: Wish) -> list[Kept]:
    return await db.write(lambda tx: keeping.insert(tx, where, wishes))


async def test_a_lookup_may_lead_to_several_modules_and_says_to_which(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    table: list[tuple[dict[str, Any], str | None]] = [
        ({"What_Id": world.company.id}, None),
        ({"What_Id": world.deal.id, "$se_module": "Pipelines"}, None),
        ({"Who_Id": world.contact.id, "What_Id": str(world.company.id)}, None),
        ({"$se_module": "Accounts"}, None),
        ({"What_Id": world.deal.id, "$se_module": "Accounts"}, "$se_module"),
        ({"What_Id": world.contact.id}, "What_Id"),
        ({"Who_Id": world.company.id}, "Who_Id"),
        ({"What_Id": other.company.id}, "What_Id"),
        ({"What_Id": 5, "$se_module": "Accounts"}, "What_Id"),
    ]
    wishes = [read(70 + n, TASKS, Subject="Call", **values) for n, (values, _) in enumerate(table)]
    for (values, wrong), one in zip(table, await kept(db, within(world, TASKS), *wishes), strict=True):
        faults = () if isinstance(one, Record) else one
        assert [fault.path for fault in faults] == ([] if wrong is None else [(wrong,)]), values


async def test_a_closed_list_takes_none_but_its_own(db: Database, world: World) -> None:
    call = {"Subject": "S", "Call_Start_Time": "2026-01-31T12:00:00Z", "Call_Duration": "00:05"}
    good, bad = await kept(
        db,
        within(world, CALLS),
        read(80, CALLS, Call_Type="Inbound", **call),
        read(81, CALLS, Call_Type="Sideways", **call),
    )
    assert isinstance(good, Record)
    assert bad == (Fault(Reason.WRONG_VALUE, ("Call_Type",), {"supported_values": ["Outbound", "Inbound", "Missed"]}),)


# --- notes go with what they are about


async def test_notes_go_with_their_record_and_nobody_else_s_do(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))
    for of, first in ((world, 90), (other, 190)):
        parents = (of.company.id, of.company.id, of.contact.id)
        notes = [read(first + n, NOTES, Note_Content="N", Parent_Id=parent) for n, parent in enumerate(parents)]
        assert all(isinstance(each, Record) for each in await kept(db, within(of, NOTES), *notes))

    accounts = within(world, ACCOUNTS)
    ids = [world.company.id, world.contact.id, other.company.id, 5]
    assert await db.write(lambda tx: keeping.remove(tx, accounts, ids)) == {world.company.id: None}

    numbers = [90, 91, 92, 190, 191, 192]
    rows = select(term.c.record_id).where(term.c.record_id.in_([*numbers, world.company.id])).distinct()
    assert await db.read(lambda tx: sorted(tx.execute(rows).scalars())) == [92, 190, 191, 192]
    left = await db.read(lambda tx: records.names(tx, world.org.id, [*numbers, world.contact.id]))
    assert left.keys() == {92, world.contact.id}

    def told(tx: Tx, org_id: int, module: str) -> list[tuple[int, int, int]]:
        page = deletions.page(tx, org_id, module, limit=9, offset=0, since=None)
        return [(each.record_id, each.deleted_by, each.deleted_at) for each in page]

    by = (world.user.id, NOW + 1000)
    assert await db.read(lambda tx: told(tx, world.org.id, "Accounts")) == [(world.company.id, *by)]
    assert sorted(await db.read(lambda tx: told(tx, world.org.id, "Notes"))) == [(90, *by), (91, *by)]
    assert await db.read(lambda tx: told(tx, other.org.id, "Notes")) == []


async def test_what_is_gone_is_free_to_be_taken_again(db: Database, world: World) -> None:
    await db.write(lambda tx: keeping.remove(tx, place(world), [world.contact.id]))
    [again] = await kept(db, place(world), wish(50, Last_Name="Again", Email=world.contact.email))
    assert isinstance(again, Record)
    assert await db.write(lambda tx: keeping.remove(tx, place(world), [world.contact.id])) == {}
