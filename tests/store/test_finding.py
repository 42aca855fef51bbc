"""store.finding on both databases, against a plain filter and sort in Python, whatever is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from postroom.record import ACCOUNTS, AllOf, AnyOf, Criteria, Field, Kind
from postroom.record.criteria import Operator, compare, missing
from postroom.store import finding
from postroom.store.db import Database
from postroom.store.finding import Order, Position, Question
from postroom.store.records import Record
from tests.store.questions import (
    MANY,
    MODULE,
    ORDERS,
    Asked,
    Joined,
    Said,
    fill,
    had,
    holds,
    in_order,
    orders,
    questions,
    written,
)

WRONG = 999_999_999  # nobody's id


def forwards(tx: Connection, asked: Question) -> Iterator[finding.Found]:
    """Page by page, each from where the one before ended."""
    while page := finding.find(tx, asked):
        assert len(page) <= asked.limit
        yield from page
        asked = replace(asked, start=page[-1].position)


def backwards(tx: Connection, asked: Question, last: Position) -> list[int]:
    """Page by page from before the last one; their ids in the order asked for."""
    before: list[int] = []
    asked = replace(asked, start=last, backwards=True)
    while page := finding.find(tx, asked):
        before = [each.record.id for each in page] + before
        asked = replace(asked, start=page[0].position)
    return before


def hold(tx: Connection, asked: Question, there: Sequence[Record], expected: list[int]) -> None:
    """Every way through the pages shows what is expected."""
    found_ones = list(forwards(tx, asked))
    assert [each.record.id for each in found_ones] == expected
    whole = {each.id: each for each in there}
    assert all(each.record == whole[each.record.id] for each in found_ones)
    if expected:
        assert backwards(tx, asked, found_ones[-1].position) == expected[:-1]
    over = replace(asked, offset=asked.limit // 2)
    shown = [each.record.id for each in finding.find(tx, over)]
    assert shown == expected[over.offset : over.offset + over.limit]


# It holds for no record, and no stretch of the index stands for it: with it none but that of the order is walked along.
NEVER = missing(MODULE, "Modified_Time")


def test_whatever_is_asked_is_what_a_plain_filter_and_sort_give(db: Database) -> None:
    with db.engine.begin() as tx:
        there = fill(tx)

        @settings(max_examples=10, deadline=None)
        @given(questions, orders, st.integers(9, 60), st.booleans(), st.sampled_from(sorted(there)))
        def ask(asked: Asked, order: Order, size: int, walked: bool, org_id: int) -> None:
            where = AnyOf((written(asked), NEVER)) if walked else written(asked)
            question = Question(org_id=org_id, module=MODULE, limit=size, where=where, order=order)
            own = there[org_id]
            hold(tx, question, own, in_order([each for each in own if holds(asked, each)], order))

        ask()


def test_everything_and_a_few_by_id_in_every_order(db: Database) -> None:
    with db.engine.begin() as tx:
        there = fill(tx)
        org_id, *others = sorted(there)
        own, foreign = there[org_id], [each.id for other in others for each in there[other]]
        some = own[::3]
        accounts = [each.record.id for each in finding.find(tx, Question(org_id=org_id, module=ACCOUNTS, limit=500))]
        assert len(accounts) == MANY + 1
        for name in ORDERS:
            for order in (Order(name, True), Order(name, False)):
                asked = Question(org_id=org_id, module=MODULE, limit=40, order=order)
                hold(tx, asked, own, in_order(own, order))
                only = [each.id for each in some] + foreign + accounts + [WRONG]
                hold(tx, replace(asked, only=only), own, in_order(some, order))


def test_a_few_by_id_that_also_meet_criteria(db: Database) -> None:
    with db.engine.begin() as tx:
        there = fill(tx)
        org_id, own = min(there.items())
        asked = Joined("or", (Said("Age", Operator.GREATER_THAN, ("0",)), Said("Sort", Operator.NOT_EQUAL, ("one",))))
        some = own[::2]
        met = [each for each in some if holds(asked, each)]
        assert 0 < len(met) < len(some)
        for order in (Order(), Order("Age"), Order("Last_Name", True)):
            only = [each.id for each in some]
            question = Question(org_id=org_id, module=MODULE, limit=7, where=written(asked), only=only, order=order)
            hold(tx, question, own, in_order(met, order))


@pytest.mark.parametrize("where", [AllOf(()), AnyOf(()), AllOf((AnyOf(()), NEVER)), AnyOf((AllOf(()), AnyOf(())))])
def test_criteria_without_parts_are_met_by_nothing(db: Database, where: Criteria) -> None:
    with db.engine.begin() as tx:
        org_id, own = min(fill(tx).items())
        for order in (Order(), Order("Age")):
            hold(tx, Question(org_id=org_id, module=MODULE, limit=7, where=where, order=order), own, [])
            either = AnyOf((where, compare(MODULE, "Age", Operator.EQUALS, ("40",))))
            some = [each for each in own if had(each, "Age") == [40]]
            asked = Question(org_id=org_id, module=MODULE, limit=7, where=either, order=order)
            hold(tx, asked, own, in_order(some, order))


def test_a_field_that_is_not_there_yet_has_no_values(db: Database) -> None:
    """A record from before a field was made is as one without a value of it."""
    with db.engine.begin() as tx:
        org_id, own = min(fill(tx).items())
        wider = MODULE.with_fields([Field(name="Later", label="Later", kind=Kind.DATE, length=20, id=9)])
        for order in (Order("Later"), Order("Later", True)):
            hold(
                tx,
                Question(org_id=org_id, module=wider, limit=30, order=order),
                own,
                in_order(own, Order(None, order.ascending)),
            )
