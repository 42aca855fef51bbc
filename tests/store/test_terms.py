"""store.terms: the index itself, which each organisation has for its own."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from postroom.record import Where
from postroom.record.terms import Term
from postroom.store import terms
from postroom.store.db import Database
from tests.store.indexed import everything
from tests.world import World, found

NUMBER, OTHER = 7, 8  # no fields of ours have them
# Every kind of octet, and what begins like another.
OCTETS = [b"\0", b"\0\0", b"\x7f", b"\x80", b"a", b"a\0", b"a\xff", b"b", b"\xff", b"\xff\xff"]


def held(tx: Connection) -> list[tuple[Any, ...]]:
    """The terms of the numbers above."""
    return [row for row in everything(tx) if row[1] in (NUMBER, OTHER)]


def each(keys: Sequence[bytes], *, number: int = NUMBER, start: int = 1) -> list[tuple[int, Term]]:
    """One of the terms for each of the records ``start``, ``start`` + 1 and so on."""
    return [(n, (number, key)) for n, key in enumerate(keys, start)]


async def neighbour(db: Database) -> int:
    """Another organisation's number."""
    return (await db.write(lambda tx: found(tx, 2))).org.id


async def test_what_is_added_is_there_until_it_is_removed(db: Database, world: World) -> None:
    own, other = world.org.id, await neighbour(db)
    many = [b"%d" % n for n in range(700)]  # several statements' worth

    def work(tx: Connection) -> None:
        for org_id in (own, other):
            terms.add(tx, org_id, each(many))
            terms.add(tx, org_id, each([b"x"], number=OTHER))
        assert len(held(tx)) == 2 * 701
        terms.remove(tx, own, each(many[1:], start=2))
        terms.remove(tx, own, [])
        # Of a term and a record that do not belong together nothing goes.
        terms.remove(tx, own, [(5, (NUMBER, b"0")), (1, (OTHER, b"0")), (2, (OTHER, b"x"))])

    await db.write(work)
    kept = [row for row in await db.read(held) if row[0] == own]
    assert kept == [(own, NUMBER, b"0", 1), (own, OTHER, b"x", 1)]
    assert len([row for row in await db.read(held) if row[0] == other]) == 701


async def test_terms_stand_in_the_order_of_their_octets(db: Database, world: World) -> None:
    await db.write(lambda tx: terms.add(tx, world.org.id, each(OCTETS[::-1])))
    used = partial(terms.used, org_id=world.org.id, number=NUMBER)
    assert list(await db.read(partial(used, limit=100))) == sorted(OCTETS)
    assert list(await db.read(partial(used, limit=3))) == sorted(OCTETS)[:3]
    assert await db.read(partial(used, limit=0)) == {}


async def test_a_term_that_many_share_is_told_once(db: Database, world: World) -> None:
    other = await neighbour(db)

    def work(tx: Connection) -> list[bytes]:
        terms.add(tx, world.org.id, each([b"same"] * 50))
        terms.add(tx, world.org.id, each([b"further"], number=OTHER))
        terms.add(tx, other, each([b"theirs"]))
        return list(terms.used(tx, world.org.id, NUMBER, 10))

    assert await db.write(work) == [b"same"]


async def test_who_holds_a_term(db: Database, world: World) -> None:
    other = await neighbour(db)

    def work(tx: Connection) -> None:
        terms.add(tx, world.org.id, each([b"a", b"b", b"b"]))
        terms.add(tx, world.org.id, each([b"c"], number=OTHER, start=9))
        terms.add(tx, other, each([b"a", b"d"], start=20))

    await db.write(work)
    holders = partial(terms.holders, org_id=world.org.id, number=NUMBER)
    found_ones = await db.read(partial(holders, keys=[b"a", b"b", b"c", b"d", b"a"]))
    assert found_ones[b"a"] == 1
    assert found_ones[b"b"] in (2, 3)
    assert found_ones.keys() == {b"a", b"b"}
    assert await db.read(partial(holders, keys=[])) == {}


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (Where(number=NUMBER), 5),
        (Where(number=NUMBER, keys=(b"b",)), 2),
        (Where(number=NUMBER, keys=(b"a", b"d", b"x")), 2),
        (Where(number=NUMBER, low=b"b"), 4),
        (Where(number=NUMBER, high=b"b"), 1),
        (Where(number=NUMBER, low=b"b", high=b"d"), 3),
        (Where(number=NUMBER, low=b"d", high=b"b"), 0),
        (Where(number=NUMBER, keys=(b"b",), negated=True), 2),
        (Where(number=OTHER), 0),
    ],
)
async def test_how_many_terms_a_comparison_is_about(db: Database, world: World, where: Where, count: int) -> None:
    other = await neighbour(db)

    def work(tx: Connection) -> tuple[int, int]:
        terms.add(tx, world.org.id, each([b"a", b"b", b"b", b"c", b"d"]))
        terms.add(tx, other, each([b"a", b"b"] * 9))
        return terms.estimate(tx, world.org.id, where, 100), terms.estimate(tx, world.org.id, where, 3)

    assert await db.write(work) == (count, min(count, 3))
