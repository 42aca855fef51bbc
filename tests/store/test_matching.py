"""What is found is what a reader of all records would find, whichever way was taken."""

import asyncio
from collections.abc import Sequence
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.record import CONTACTS, AllOf, AnyOf, Criteria, Where
from postroom.record.criteria import BY_ID, Operator, compare, missing, modified_after, opposite, spoken
from postroom.record.terms import keys, whole
from postroom.record.terms import terms as terms_of
from postroom.store import indexing, records
from postroom.store.db import Database, Tx
from postroom.store.finding import Order, Position, Question, find
from postroom.store.matching import MEASURED, Effort
from postroom.store.records import Record
from tests.store.halfway import index
from tests.world import World, record

# Each leads to other ways: look-ups, lists side by side, walks through the records.
EFFORTS = (MEASURED, Effort(few=0, many=0), Effort(few=3, many=8), Effort(few=0, many=100))
NAMES = ("Abel", "abel", "Beer", "Coe", "Dahl")
TITLES = ("Head of Sales", "Head of Law", "Clerk")


def people(world: World) -> list[Record]:
    """Forty contacts, the same each time."""
    chance = Random(7)
    made = []
    for n in range(40):
        fields: dict[str, object] = {"Last_Name": chance.choice(NAMES), "Email_Opt_Out": chance.random() < 0.3}
        if chance.random() < 0.7:
            fields["Title"] = chance.choice(TITLES)
        if chance.random() < 0.5:
            fields["Tag"] = chance.sample(("a", "b", "c"), 2)
        if chance.random() < 0.5:
            fields["Account_Name"] = world.company.id
        made.append(record(5000 + 3 * n, world.org, world.user, "Contacts", name="x", fields=fields))
    return made


def meets(each: Record, where: Criteria | None) -> bool:
    """Criteria read without a database."""
    match where:
        case None:
            return True
        case AllOf():
            return bool(where.parts) and all(meets(each, part) for part in where.parts)
        case AnyOf():
            return any(meets(each, part) for part in where.parts)
    own = [whole(each.id)] if where.number == BY_ID else own_terms(each, where.number)
    return any(within(key, where) for key in own) is not where.negated


def own_terms(each: Record, number: int) -> list[bytes]:
    return [key for of, key in terms_of(CONTACTS, each.values) if of == number]


def within(key: bytes, where: Where) -> bool:
    return (
        (not where.keys or key in where.keys)
        and (where.low is None or key >= where.low)
        and (where.high is None or key < where.high)
    )


def place(each: Record, order: Order) -> tuple[bytes | None, int]:
    if order.field is None:
        return None, each.id
    return next(iter(keys(CONTACTS.by_name[order.field], each.values.get(order.field))), None), each.id


def in_order(found: Sequence[Record], order: Order) -> list[Record]:
    """Those with a value first, each part in the order asked for."""
    valued = [each for each in found if place(each, order)[0] is not None]
    valueless = [each for each in found if place(each, order)[0] is None]
    valued.sort(key=lambda each: (place(each, order)[0] or b"", each.id), reverse=not order.ascending)
    valueless.sort(key=lambda each: each.id, reverse=not order.ascending)
    return valued + valueless


compared: st.SearchStrategy[Criteria] = st.sampled_from(
    (
        compare(CONTACTS, "Last_Name", Operator.EQUALS, ("abel",)),
        compare(CONTACTS, "Last_Name", Operator.IN, ("Abel", "Coe", "Nobody")),
        compare(CONTACTS, "Last_Name", Operator.GREATER_EQUAL, ("b",)),
        compare(CONTACTS, "Last_Name", Operator.NOT_BETWEEN, ("b", "c")),
        compare(CONTACTS, "Title", Operator.EQUALS, ("Head of Law",)),
        compare(CONTACTS, "Title", Operator.NOT_EQUAL, ("Clerk",)),
        compare(CONTACTS, "Title", Operator.STARTS_WITH, ("head",)),
        compare(CONTACTS, "Email_Opt_Out", Operator.EQUALS, ("false",)),
        compare(CONTACTS, "Tag", Operator.IN, ("a", "b")),
        compare(CONTACTS, "Tag", Operator.EQUALS, ("c",)),
        compare(CONTACTS, "id", Operator.GREATER_THAN, ("5030",)),
        compare(CONTACTS, "id", Operator.IN, ("5003", "5006", "5007")),
        missing(CONTACTS, "Title"),
        opposite(missing(CONTACTS, "Account_Name")),
        modified_after(CONTACTS, 0),
        spoken(CONTACTS, "of head"),
        spoken(CONTACTS, "nobody"),
        AllOf(()),
        AnyOf(()),
    )
)
nested: st.SearchStrategy[Criteria] = st.recursive(
    compared,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
    ),
    max_leaves=6,
)
criteria: st.SearchStrategy[Criteria | None] = st.none() | nested
orders = st.builds(Order, st.sampled_from((None, "Last_Name", "Title", "Owner")), st.booleans())
only = st.none() | st.lists(st.sampled_from((5000, 5003, 5060, 5117, 1009, 9)), min_size=1, max_size=4)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_what_a_reader_of_all_would_find(db: Database, world: World, data: st.DataObject) -> None:
    own = asyncio.run(contacts(db, world))
    where, order, ids = data.draw(criteria), data.draw(orders), data.draw(only)
    asked = partial(
        Question,
        org_id=world.org.id,
        module=CONTACTS,
        where=where,
        order=order,
        only=ids,
        limit=data.draw(st.integers(1, 50)),
        effort=data.draw(st.sampled_from(EFFORTS)),
    )
    met = [each for each in own if meets(each, where) and (ids is None or each.id in ids)]
    expected = [each.id for each in in_order(met, order)]
    offset = data.draw(st.integers(0, 5))
    assert found(db, asked(offset=offset)) == expected[offset:][: asked.keywords["limit"]]
    if expected:
        at = data.draw(st.integers(0, len(expected) - 1))
        key = place(next(each for each in met if each.id == expected[at]), order)[0]
        start = Position(expected[at], key)
        assert found(db, asked(start=start)) == expected[at + 1 :][: asked.keywords["limit"]]
        before = expected[:at][-asked.keywords["limit"] :]
        assert found(db, asked(start=start, backwards=True)) == before


async def contacts(db: Database, world: World) -> list[Record]:
    """The organisation's contacts, stored when first asked for; the index knows every second one."""

    def work(tx: Tx) -> list[Record]:
        if records.find(tx, records.Key(world.org.id, "Contacts", 5000)) is None:
            indexing.add(tx, CONTACTS, people(world))
            index(tx, world.org.id, [each.id for each in people(world)[::2]])
        return [*people(world), world.contact]

    return await db.write(work)


def found(db: Database, asked: Question) -> list[int]:
    places = asyncio.run(db.read(partial(find, asked=asked)))
    assert all(each.record.id == each.position.id for each in places)
    return [each.record.id for each in places]


@pytest.mark.parametrize("effort", EFFORTS)
async def test_nobody_finds_what_is_anothers(db: Database, world: World, effort: Effort) -> None:
    await contacts(db, world)
    for where in (None, missing(CONTACTS, "Title"), compare(CONTACTS, "Last_Name", Operator.GREATER_EQUAL, ("a",))):
        for order in (Order(), Order("Last_Name", True)):
            asked = Question(
                org_id=world.org.id + 1, module=CONTACTS, limit=50, where=where, order=order, effort=effort
            )
            assert await db.read(partial(find, asked=asked)) == []
