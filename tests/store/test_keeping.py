import asyncio

from postroom.errors import Reason
from postroom.record import CONTACTS, read_values
from postroom.store import keeping, records
from postroom.store.db import Database, Tx
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Key, Record
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
    (reach,) = await db.read(lambda tx: records.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]))
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
