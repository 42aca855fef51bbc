"""Fields of one's own in the store: who sees them, and how they go with their values (``store.erasing``)."""

from functools import partial
from typing import Any

from postroom.errors import Fault, Reason
from postroom.record import ACCOUNTS, CONTACTS, Field, Module, read_values
from postroom.record.terms import terms as terms_of
from postroom.store import fields, keeping, records
from postroom.store.db import Database, Tx
from postroom.store.erasing import erase
from postroom.store.fields import Asked, Draft, Removed
from postroom.store.keeping import Place, Wish
from postroom.store.records import Record
from tests.store.indexed import of_record
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World, found

MANY = 450  # records: three parts of an erasure


def define(tx: Tx, org_id: int, *labels: str, module: Module = CONTACTS, first: int = 100, **more: Any) -> list[Field]:
    """Add fields, numbered from ``first`` on."""
    drafts = [Draft(first + n, {"field_label": each, "data_type": "text", **more}) for n, each in enumerate(labels)]
    kept = fields.define(tx, org_id, module, drafts, now=NOW)
    assert not [each for each in kept if not isinstance(each, Field)], kept
    return [each for each in kept if isinstance(each, Field)]


def insert(tx: Tx, world: World, module: Module, *items: dict[str, Any], first: int = 5000) -> list[Record]:
    """Store contacts, read by the fields of ``module`` and numbered from ``first`` on."""
    wishes = [
        Wish(id=first + n, reading=read_values(module, {"Last_Name": "Weber", **each}, partial=False))
        for n, each in enumerate(items)
    ]
    kept = keeping.insert(tx, place(world, module), wishes)
    assert not [each for each in kept if not isinstance(each, Record)], kept
    return [each for each in kept if isinstance(each, Record)]


def place(world: World, module: Module = CONTACTS) -> Place:
    return Place(org_id=world.org.id, user_id=world.user.id, module=module, now=NOW)


def stored(tx: Tx, org_id: int, module: Module = CONTACTS) -> dict[int, Record]:
    return {each.id: each for each in records.behind(tx, org_id, module.name, 0, 10_000)}


async def removed(db: Database, world: World, field_id: int) -> Removed:
    gone = await db.write(lambda tx: fields.remove(tx, world.org.id, CONTACTS, field_id, now=NOW))
    assert gone is not None
    return gone


async def test_each_organisation_and_module_has_its_own(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))

    def write(tx: Tx) -> None:
        define(tx, world.org.id, "Region", "Grade")
        define(tx, world.org.id, "Size", module=ACCOUNTS, first=200)
        define(tx, other.org.id, "Region", first=300)

    await db.write(write)
    asked = [Asked(org.id, module) for org in (world.org, other.org) for module in (CONTACTS, ACCOUNTS)]
    whole = await db.read(lambda tx: fields.whole(tx, asked))
    assert [[each.id for each in module.own] for module in whole] == [[100, 101], [200], [300], []]
    assert [each.name for each in whole[0].own] == ["Region", "Grade"]


async def test_fields_of_one_call_are_judged_one_after_the_other(db: Database, world: World) -> None:
    drafts = [Draft(n, {"field_label": "Region", "data_type": "text"}) for n in (100, 101)]
    first, second = await db.write(lambda tx: fields.define(tx, world.org.id, CONTACTS, drafts, now=NOW))
    assert isinstance(first, Field)
    assert second == (Fault(Reason.DUPLICATE, ("field_label",)),)


async def test_two_processes_do_not_add_the_same_field(database_url: str, db: Database, world: World) -> None:
    draft = Draft(101, {"field_label": "region", "data_type": "date"})
    late = await meanwhile(
        db,
        database_url,
        lambda tx: define(tx, world.org.id, "Region"),
        lambda elsewhere: elsewhere.write(lambda tx: fields.define(tx, world.org.id, CONTACTS, [draft], now=NOW)),
    )
    assert late == [(Fault(Reason.DUPLICATE, ("field_label",)),)]


async def test_a_removed_field_is_gone_at_once_and_its_name_when_it_is_erased(db: Database, world: World) -> None:
    await db.write(lambda tx: define(tx, world.org.id, "Region"))
    gone = await removed(db, world, 100)
    assert (await db.read(lambda tx: fields.of(tx, world.org.id, CONTACTS))) is CONTACTS
    assert await db.read(fields.removed) == [gone]
    assert await db.write(lambda tx: fields.remove(tx, world.org.id, CONTACTS, 100, now=NOW)) is None
    draft = Draft(101, {"field_label": "Region", "data_type": "date"})
    (refused,) = await db.write(lambda tx: fields.define(tx, world.org.id, CONTACTS, [draft], now=NOW))
    assert refused == (Fault(Reason.DUPLICATE, ("field_label",)),)
    assert await erase(db, gone)
    assert await db.read(fields.removed) == []
    (added,) = await db.write(lambda tx: fields.define(tx, world.org.id, CONTACTS, [draft], now=NOW))
    assert isinstance(added, Field)
    # Whoever erases a moment later, as another process would, finds another field of the name and leaves it alone.
    whole = await db.read(lambda tx: fields.of(tx, world.org.id, CONTACTS))
    (record,) = await db.write(lambda tx: insert(tx, world, whole, {"Region": "2026-01-31"}))
    assert await erase(db, gone)
    assert (await db.read(lambda tx: stored(tx, world.org.id)))[record.id].fields["Region"] == "2026-01-31"


async def test_values_and_terms_are_erased_part_by_part(db: Database, world: World) -> None:
    other = await db.write(lambda tx: found(tx, 2))

    def write(tx: Tx) -> dict[int, Record]:
        define(tx, world.org.id, "Region", "Grade")
        define(tx, other.org.id, "Region", first=300)
        whole = fields.of(tx, world.org.id, CONTACTS)
        insert(tx, world, whole, *({"Region": f"North {n}", "Grade": "north"} for n in range(MANY)))
        theirs = fields.of(tx, other.org.id, CONTACTS)
        return {each.id: each for each in insert(tx, other, theirs, {"Region": "theirs"}, first=9000)}

    theirs = await db.write(write)
    before = await db.read(lambda tx: stored(tx, world.org.id))
    gone = await removed(db, world, 100)
    assert not await erase(db, gone, parts=1)
    half = await db.read(lambda tx: stored(tx, world.org.id))
    assert 0 < len([each for each in half.values() if "Region" in each.fields]) < MANY
    assert not await erase(db, gone, parts=2), "a later one begins again"
    assert await erase(db, gone)
    after = await db.read(lambda tx: stored(tx, world.org.id))
    whole = await db.read(lambda tx: fields.of(tx, world.org.id, CONTACTS))
    for number, old in before.items():
        new = after[number]
        assert new.fields == {name: value for name, value in old.fields.items() if name != "Region"}
        assert (new.modified_at, new.modified_by, new.email) == (old.modified_at, old.modified_by, old.email)
    # No term is left of it, and none is missing: the words that another field has too are still there.
    for number in (5000, 5000 + MANY - 1, world.contact.id):
        assert await db.read(partial(of_record, record_id=number)) == terms_of(whole, after[number].values)
    kept = await db.read(lambda tx: stored(tx, other.org.id))
    assert kept[9000].fields["Region"] == theirs[9000].fields["Region"] == "theirs"


async def test_what_is_changed_or_deleted_before_it_is_erased_leaves_nothing(db: Database, world: World) -> None:
    def write(tx: Tx) -> Module:
        define(tx, world.org.id, "Region", unique={"casesensitive": False})
        whole = fields.of(tx, world.org.id, CONTACTS)
        insert(tx, world, whole, {"Region": "North"}, {"Region": "South"})
        return whole

    whole = await db.write(write)
    gone = await removed(db, world, 100)

    def change(tx: Tx) -> None:
        # Both were read before the field went: what they name of it is passed over.
        reading = read_values(whole, {"Title": "Ms", "Region": "West"}, partial=True)
        (kept,) = keeping.change(tx, place(world, whole), [Wish(id=5000, reading=reading)])
        assert isinstance(kept, Record)
        wish = Wish(id=7000, reading=read_values(whole, {"Last_Name": "Ito", "Region": "South"}, partial=False))
        (item,) = keeping.upsert(tx, place(world, whole), [wish], ["Region"])
        assert (isinstance(item.kept, Record), item.field) == (True, None)
        keeping.remove(tx, place(world), [5001])

    await db.write(change)
    left = await db.read(lambda tx: stored(tx, world.org.id))
    for number in (5000, 7000):
        assert "Region" not in left[number].fields
        assert await db.read(partial(of_record, record_id=number)) == terms_of(CONTACTS, left[number].values)
    assert await db.read(lambda tx: of_record(tx, 5001)) == set()
    assert await erase(db, gone)
    assert await db.read(lambda tx: stored(tx, world.org.id)) == left


async def test_a_record_is_not_changed_while_it_is_erased(database_url: str, db: Database, world: World) -> None:
    """Two processes: what one writes of a record is not lost to the other, which has read it before."""

    def write(tx: Tx) -> Module:
        define(tx, world.org.id, "Region")
        whole = fields.of(tx, world.org.id, CONTACTS)
        insert(tx, world, whole, {"Region": "North"})
        return whole

    whole = await db.write(write)
    gone = await removed(db, world, 100)

    def change(tx: Tx) -> None:
        reading = read_values(whole, {"Title": "Ms"}, partial=True)
        keeping.change(tx, place(world), [Wish(id=5000, reading=reading)])

    await meanwhile(db, database_url, change, lambda elsewhere: erase(elsewhere, gone))
    left = await db.read(lambda tx: stored(tx, world.org.id))
    assert left[5000].fields["Title"] == "Ms"
    assert "Region" not in left[5000].fields
