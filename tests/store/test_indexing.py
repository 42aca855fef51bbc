"""store.indexing: a record is found whether the index knows it or not, and while it comes into the index."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import insert as insert_into
from sqlalchemy import select

from postroom.errors import Reason
from postroom.record import CONTACTS, Criteria, Field, Kind, read_values
from postroom.record.criteria import beginning, equal, missing, spoken
from postroom.record.query import read_criteria
from postroom.record.terms import terms as terms_of
from postroom.record.terms import whole
from postroom.store import addresses, aside, fields, finding, indexer, indexing, keeping, reaching, tags
from postroom.store.addresses import Asked
from postroom.store.db import Database, Tx
from postroom.store.erasing import erase
from postroom.store.fields import Draft
from postroom.store.finding import Order, Question
from postroom.store.indexer import Indexer
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Key, Record
from postroom.store.tables import org, unindexed
from tests.store.halfway import index
from tests.store.indexed import of_record
from tests.store.meanwhile import meanwhile
from tests.world import NOW, World

MANY = 60
FIRST = 5000


def wishes(world: World, start: int = FIRST, many: int = MANY, **more: object) -> list[Wish]:
    """Contacts of the company, each with an address and a name of its own; every third has a title and a tag."""
    return [
        Wish(id=start + n, reading=read_values(CONTACTS, values(world, start + n) | more, partial=False))
        for n in range(many)
    ]


def values(world: World, n: int) -> dict[str, Any]:
    some = {"Title": "Head of Law", "Tag": [f"T{n % 2}"]} if n % 3 == 0 else {}
    return {"Last_Name": f"N{n * 7 % 11}", "Email": f"p{n}@x.example", "Account_Name": world.company.id, **some}


def place(world: World) -> Place:
    return Place(org_id=world.org.id, user_id=world.user.id, module=CONTACTS, now=NOW)


async def insert(db: Database, world: World, some: list[Wish]) -> list[Kept]:
    return await db.write(lambda tx: keeping.insert(tx, place(world), some))


async def waiting(db: Database) -> int:
    """How many records the index does not know."""
    batches = await db.read(lambda tx: tx.execute(select(unindexed.c.ids)).scalars().all())
    return sum(len(ids) // 8 for ids in batches)


async def nothing(_: Database) -> None:
    """Leaves all aside."""


async def some(db: Database) -> None:
    """Indexes some of them."""
    assert await db.write(indexing.index_some)


# How many batches of the organisation and of another are aside, and whether there is room for one more.
ROOM = [
    (aside.AT_MOST - 1, 0, True),
    (aside.AT_MOST, 0, False),
    (0, aside.IN_ALL - 1, True),
    (1, aside.IN_ALL - 1, False),
]

# How far the index has come.
STATES: list[Callable[[Database], Awaitable[None]]] = [nothing, some, indexer.finish]


@pytest.mark.parametrize("to", STATES)
async def test_whoever_looks_for_a_new_record_finds_it(
    db: Database, world: World, to: Callable[[Database], Awaitable[None]]
) -> None:
    await insert(db, world, wishes(world, Email_Opt_Out=True))
    await to(db)
    assert (await waiting(db) == MANY, await waiting(db) == 0) == (to is nothing, to is indexer.finish)
    numbers = range(FIRST, FIRST + MANY)
    titled = [n for n in numbers if n % 3 == 0]
    asked: list[tuple[Criteria, list[int]]] = [
        (read_criteria(CONTACTS, "(Email:equals:P5044@x.example)"), [5044]),
        (read_criteria(CONTACTS, "(Title:equals:head of law)and(Last_Name:in:n1,n2)"), named(titled, 1, 2)),
        (
            read_criteria(CONTACTS, "(Last_Name:starts_with:n1)or(id:equals:5007)"),
            sorted({5007, *named(numbers, 1, 10)}),
        ),
        (missing(CONTACTS, "Title"), [n for n in numbers if n % 3]),
        (spoken(CONTACTS, "law"), titled),
        (beginning(CONTACTS, Kind.EMAIL, "p505"), list(range(5050, 5060))),
        (equal(CONTACTS, "Account_Name", whole(world.company.id)), list(numbers)),
    ]
    for where, expected in asked:
        ask = Question(org_id=world.org.id, module=CONTACTS, where=where, order=Order(None, True), limit=MANY + 1)
        found = [each.record.id for each in await db.read(partial(finding.find, asked=ask))]
        assert [each for each in found if each != world.contact.id] == expected
    (reach,) = await db.read(lambda tx: reaching.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]))
    assert reach is not None
    assert reach.addresses >= {f"p{n}@x.example" for n in numbers}
    known = [Asked(world.org.id, f"p{n}@x.example") for n in numbers]
    told = await db.read(lambda tx: addresses.look_up(tx, [*known, Asked(world.org.id + 1, "p5044@x.example")]))
    assert told == addresses.Found(known=frozenset(known), opted_out=frozenset(known))
    assert await db.read(lambda tx: tags.used(tx, world.org.id, CONTACTS, 5)) == ["T0", "T1"]
    assert await db.read(lambda tx: tags.used(tx, world.org.id, CONTACTS, 1)) == ["T0"]


def named(numbers: Any, *tails: int) -> list[int]:
    return [n for n in numbers if n * 7 % 11 in tails]


@pytest.mark.parametrize("order", [Order(), Order("Last_Name"), Order("Title", True)])
@pytest.mark.parametrize("where", [None, "(Email:starts_with:p50)"])
async def test_pages_go_on_while_records_come_into_the_index(
    db: Database, world: World, order: Order, where: str | None
) -> None:
    await insert(db, world, wishes(world))
    criteria = None if where is None else read_criteria(CONTACTS, where)
    asked = Question(org_id=world.org.id, module=CONTACTS, where=criteria, order=order, limit=11)
    expected = [each.record.id for each in await db.read(partial(finding.find, asked=replace(asked, limit=100)))]
    assert set(expected) >= set(range(FIRST, FIRST + MANY))
    seen: list[int] = []
    # Back from the second page and on again, and the index moves on at each step.
    while page := await db.read(partial(finding.find, asked=asked)):
        await db.write(partial(index, org_id=world.org.id, ids=[each.record.id for each in page[::2]]))
        seen += [each.record.id for each in page]
        back = replace(asked, start=page[-1].position, backwards=True)
        again = [each.record.id for each in await db.read(partial(finding.find, asked=back))]
        assert again == expected[: len(seen) - 1][-11:]
        asked = replace(asked, start=page[-1].position)
    assert seen == expected
    assert 0 < await waiting(db) < MANY


@pytest.mark.parametrize("to", STATES)
async def test_a_unique_value_is_taken_wherever_its_record_is(
    db: Database, world: World, to: Callable[[Database], Awaitable[None]]
) -> None:
    await insert(db, world, wishes(world))
    await to(db)
    again = await insert(db, world, renumbered(wishes(world)))
    assert all(isinstance(each, tuple) and each[0].reason is Reason.DUPLICATE for each in again)
    assert [each[0].details["id"] for each in again if isinstance(each, tuple)] == [*range(FIRST, FIRST + MANY)]
    check = partial(keeping.upsert, place=place(world), wishes=renumbered(wishes(world)), check=["Email"])
    met = [each.kept.id for each in await db.write(check) if isinstance(each.kept, Record)]
    assert met == [*range(FIRST, FIRST + MANY)]


def renumbered(those: list[Wish]) -> list[Wish]:
    """The same as other records."""
    return [structs.replace(each, id=FIRST + 1000 + n) for n, each in enumerate(those)]


async def test_two_who_store_the_same_batch_at_once(db: Database, database_url: str, world: World) -> None:
    late = await meanwhile(
        db,
        database_url,
        lambda tx: keeping.insert(tx, place(world), wishes(world)),
        lambda elsewhere: insert(elsewhere, world, renumbered(wishes(world))),
    )
    assert all(isinstance(each, tuple) and each[0].reason is Reason.DUPLICATE for each in late)


@pytest.mark.parametrize("to", STATES)
async def test_what_is_changed_or_deleted_leaves_no_terms(
    db: Database, world: World, to: Callable[[Database], Awaitable[None]]
) -> None:
    await insert(db, world, wishes(world))
    await to(db)
    change = Wish(id=FIRST + 40, reading=read_values(CONTACTS, {"Last_Name": "Now", "Title": None}, partial=True))
    (kept,) = await db.write(lambda tx: keeping.change(tx, place(world), [change]))
    assert isinstance(kept, Record)
    await db.write(lambda tx: keeping.remove(tx, place(world), [FIRST, FIRST + 41]))
    for moved_on in (nothing, indexer.finish):
        await moved_on(db)
        for text, expected in (("(Last_Name:equals:now)", [FIRST + 40]), (f"(id:equals:{FIRST + 41})", [])):
            ask = Question(org_id=world.org.id, module=CONTACTS, where=read_criteria(CONTACTS, text), limit=5)
            assert [each.record.id for each in await db.read(partial(finding.find, asked=ask))] == expected
    assert await db.read(partial(of_record, record_id=FIRST + 40)) == terms_of(CONTACTS, kept.values)
    for gone in (FIRST, FIRST + 41):
        assert await db.read(partial(of_record, record_id=gone)) == set()


@pytest.mark.parametrize("to", STATES)
async def test_a_removed_field_leaves_no_terms(
    db: Database, world: World, to: Callable[[Database], Awaitable[None]]
) -> None:
    raw = {"field_label": "Shoe Size", "data_type": "integer"}
    draft = Draft(id=77, raw=raw)
    (field,) = await db.write(lambda tx: fields.define(tx, world.org.id, CONTACTS, [draft], now=NOW))
    assert isinstance(field, Field)
    module = CONTACTS.with_fields([field])
    sized = [
        Wish(id=FIRST + n, reading=read_values(module, values(world, FIRST + n) | {field.name: n}, partial=False))
        for n in range(MANY)
    ]
    await insert(db, world, sized)
    gone = await db.write(lambda tx: fields.remove(tx, world.org.id, CONTACTS, field.id or 0, now=NOW))
    assert gone is not None
    await to(db)
    number = module.numbers[field.name]
    assert (number in dict(await db.read(partial(of_record, record_id=FIRST + 7)))) is (to is not nothing)
    await erase(db, gone)
    await indexer.finish(db)
    for n in range(MANY):
        assert number not in dict(await db.read(partial(of_record, record_id=FIRST + n)))


async def test_a_step_that_does_not_come_to_its_end_has_moved_nothing(db: Database, world: World) -> None:
    await insert(db, world, wishes(world))

    def broken(tx: Tx) -> None:
        assert indexing.index_some(tx)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(broken)
    assert await waiting(db) == MANY
    assert await db.read(partial(of_record, record_id=FIRST)) == set()


async def test_a_change_waits_for_who_indexes_the_record(db: Database, database_url: str, world: World) -> None:
    await insert(db, world, wishes(world))
    change = Wish(id=FIRST, reading=read_values(CONTACTS, {"Last_Name": "Now"}, partial=True))
    (kept,) = await meanwhile(
        db,
        database_url,
        indexing.index_some,
        lambda elsewhere: elsewhere.write(lambda tx: keeping.change(tx, place(world), [change])),
    )
    assert isinstance(kept, Record)
    assert await db.read(partial(of_record, record_id=FIRST)) == terms_of(CONTACTS, kept.values)


@pytest.mark.parametrize(
    ("size", "expected"), [(aside.BATCH_FROM - 1, False), (aside.BATCH_FROM, True), (aside.BATCH_TO + 1, False)]
)
async def test_few_records_and_too_many_go_into_the_index_at_once(
    db: Database, world: World, size: int, expected: bool
) -> None:
    await insert(db, world, wishes(world, many=size))
    assert await waiting(db) == (size if expected else 0)


@pytest.mark.parametrize(("own", "others", "expected"), ROOM)
async def test_there_is_room_for_so_many_batches(
    db: Database, world: World, own: int, others: int, expected: bool
) -> None:
    def fill(tx: Tx) -> None:
        tx.execute(insert_into(org).values(id=2001, name="", primary_email="a@b.example", created_at=NOW))
        rows = [{"org_id": world.org.id}] * own + [{"org_id": 2001}] * others
        tx.execute(
            insert_into(unindexed), [each | {"module": "Notes", "stamp": n, "ids": b""} for n, each in enumerate(rows)]
        )

    await db.write(fill)
    await insert(db, world, wishes(world))
    assert await waiting(db) == (MANY if expected else 0)


async def test_many_batches_are_looked_at_as_one_is(db: Database, world: World) -> None:
    """And by a process that has stored none of them."""
    many, size = 2 * aside.TOGETHER + 3, aside.BATCH_FROM
    for n in range(many):
        await insert(db, world, wishes(world, FIRST + n * size, size))
    assert await waiting(db) == many * size
    everybody = range(FIRST, FIRST + many * size)
    asked = Question(org_id=world.org.id, module=CONTACTS, limit=many * size + 1, order=Order("Last_Name", True))
    expected = sorted(everybody, key=lambda n: (f"n{n * 7 % 11}", n))
    for _ in range(2):
        found = [each.record.id for each in await db.read(partial(finding.find, asked=asked))]
        assert [each for each in found if each != world.contact.id] == expected
        again = await insert(db, world, renumbered(wishes(world, FIRST, size)))
        assert {each[0].details["id"] for each in again if isinstance(each, tuple)} == set(range(FIRST, FIRST + size))
        aside.forget()
    await indexer.finish(db)
    assert await waiting(db) == 0
    found = [each.record.id for each in await db.read(partial(finding.find, asked=asked))]
    assert [each for each in found if each != world.contact.id] == expected


async def test_a_batch_that_came_to_nothing_is_not_there(db: Database, world: World) -> None:
    def broken(tx: Tx) -> None:
        keeping.insert(tx, place(world), wishes(world))
        assert len(aside.newest(tx, world.org.id, CONTACTS).batches) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(broken)
    assert not await db.read(partial(aside.newest, org_id=world.org.id, module=CONTACTS))
    await insert(db, world, wishes(world, many=aside.BATCH_FROM))
    asked = Question(org_id=world.org.id, module=CONTACTS, limit=99, order=Order("Last_Name"))
    assert len(await db.read(partial(finding.find, asked=asked))) == aside.BATCH_FROM + 1


async def test_many_that_are_changed_at_once_stay_aside(db: Database, world: World) -> None:
    await insert(db, world, wishes(world))
    change = read_values(CONTACTS, {"Title": "Chief"}, partial=True)
    numbers = range(FIRST + 5, FIRST + 5 + aside.BATCH_FROM)
    await db.write(lambda tx: keeping.change(tx, place(world), [Wish(id=each, reading=change) for each in numbers]))
    assert await waiting(db) == MANY
    for moved_on in (nothing, some, indexer.finish):
        await moved_on(db)
        where = read_criteria(CONTACTS, "(Title:equals:chief)")
        ask = Question(org_id=world.org.id, module=CONTACTS, where=where, order=Order(None, True), limit=99)
        assert [each.record.id for each in await db.read(partial(finding.find, asked=ask))] == [*numbers]


async def test_what_is_new_is_indexed_in_a_pause_and_what_was_left_at_the_start(db: Database, world: World) -> None:
    await insert(db, world, wishes(world))
    found = Indexer(db)
    running = asyncio.create_task(found.keep())
    async with asyncio.timeout(10):
        while await waiting(db):
            continue
        await insert(db, world, wishes(world, FIRST + 500))
        found.note()
        while await waiting(db):
            continue
    running.cancel()
