"""store.indexing: a record is found whether the index knows it or not, and while it comes into the index."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select

from postroom.errors import Reason
from postroom.record import CONTACTS, Criteria, Field, Kind, read_values
from postroom.record.criteria import beginning, equal, missing, spoken
from postroom.record.query import read_criteria
from postroom.record.terms import terms as terms_of
from postroom.record.terms import whole
from postroom.store import addresses, aside, fields, finding, indexer, indexing, keeping, records, tags
from postroom.store.addresses import Asked
from postroom.store.db import Database, Tx
from postroom.store.erasing import erase
from postroom.store.fields import Draft
from postroom.store.finding import Order, Question
from postroom.store.indexer import Indexer
from postroom.store.keeping import Kept, Place, Wish
from postroom.store.records import Key, Record
from postroom.store.tables import term, unindexed
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
    return await db.read(lambda tx: tx.execute(select(func.count()).select_from(unindexed)).scalar_one())


def indexed(tx: Tx, number: int) -> set[tuple[int, bytes]]:
    """The terms that lead to a record."""
    rows = tx.execute(select(term.c.number, term.c.key).where(term.c.record_id == number))
    return {(row.number, row.key) for row in rows}


async def nothing(_: Database) -> None:
    """Leaves all aside."""


async def some(db: Database) -> None:
    """Indexes some of them."""
    assert await db.write(indexing.index_some)


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
    (reach,) = await db.read(lambda tx: records.reach(tx, [Key(world.org.id, "Accounts", world.company.id)]))
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
        await db.write(partial(indexing.index, org_id=world.org.id, ids=[each.record.id for each in page[::2]]))
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
    assert await db.read(partial(indexed, number=FIRST + 40)) == terms_of(CONTACTS, kept.values)
    for gone in (FIRST, FIRST + 41):
        assert await db.read(partial(indexed, number=gone)) == set()


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
    assert (number in dict(await db.read(partial(indexed, number=FIRST + 7)))) is (to is not nothing)
    await erase(db, gone)
    await indexer.finish(db)
    for n in range(MANY):
        assert number not in dict(await db.read(partial(indexed, number=FIRST + n)))


async def test_a_step_that_does_not_come_to_its_end_has_moved_nothing(db: Database, world: World) -> None:
    await insert(db, world, wishes(world))

    def broken(tx: Tx) -> None:
        assert indexing.index_some(tx)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(broken)
    assert await waiting(db) == MANY
    assert await db.read(partial(indexed, number=FIRST)) == set()


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
    assert await db.read(partial(indexed, number=FIRST)) == terms_of(CONTACTS, kept.values)


async def test_there_is_room_for_so_many_and_few_go_into_the_index_at_once(db: Database, world: World) -> None:
    for start, many, expected in batches():
        await insert(db, world, wishes(world, start, many))
        assert await waiting(db) == expected


def batches() -> Iterator[tuple[int, int, int]]:
    """Where each begins, how large it is, and how many are aside after it."""
    few = aside.BATCH_FROM - 1
    yield 10_000, few, 0
    yield 20_000, aside.AT_MOST - few, aside.AT_MOST - few
    yield 30_000, few + 1, aside.AT_MOST - few
    yield 40_000, few, aside.AT_MOST - few


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
