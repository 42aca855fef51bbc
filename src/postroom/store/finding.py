"""Finds records: those of a module that meet criteria, in an order, a page at a time (W 7.1, 7.4).

A page goes on from a position, which is the term and the id of the last record before it, so that the ten-thousandth
page costs what the first one does. Records without a value of the field that they are put in order by come last.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any, TypeGuard

from sqlalchemy import Connection, LargeBinary, Select, false, literal, select, tuple_

from postroom.record import AnyOf, Criteria, Module, Where
from postroom.record.criteria import together
from postroom.record.newest import Batch, Newest, Place
from postroom.store import aside, records, terms
from postroom.store.matching import MEASURED, Effort, Ground, Query, are_few, every, meets, parts_of, source
from postroom.store.records import Record
from postroom.store.tables import record, term


@dataclass(frozen=True, slots=True)
class Order:
    """By the field of that name, or by id (None)."""

    field: str | None = None
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands in an order; ``key`` is None where it has no value there, or the order is by id."""

    id: int
    key: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Which records of a module, in which order, from where on.

    They come after ``start``, or before it where it is read ``backwards``; the first ``offset`` of them are left out.
    ``only``: none but those of these ids. ``aside``: there may be some that the index does not know.
    """

    org_id: int
    module: Module
    limit: int
    where: Criteria | None = None
    only: Sequence[int] | None = None
    order: Order = Order()
    start: Position | None = None
    backwards: bool = False
    offset: int = 0
    effort: Effort = MEASURED
    aside: bool = True

    @property
    def ground(self) -> Ground:
        """Among which records."""
        return Ground(org_id=self.org_id, module=self.module, only=self.only, effort=self.effort, aside=self.aside)

    @property
    def number(self) -> int | None:
        """What stands in the index for the field that the records are put in order by."""
        return None if self.order.field is None else self.module.numbers[self.order.field]

    @property
    def upwards(self) -> bool:
        """Whether the index is read from its low end."""
        return self.order.ascending is not self.backwards


@dataclass(frozen=True, slots=True)
class Found:
    """A record and where it stands."""

    record: Record
    position: Position


def find(tx: Connection, asked: Question) -> list[Found]:
    """The records asked for, in their order."""
    newest = aside.newest(tx, asked.org_id, asked.module)
    if newest and (asked.where is not None or asked.order.field is not None):
        last = asked.offset + asked.limit
        both = _indexed(tx, replace(asked, offset=0, limit=last)) + list(islice(_newest(asked, newest), last))
        places = _in_order(asked, both)[asked.offset : last]
    else:
        # All, by id: that the records themselves tell.
        places = _indexed(tx, replace(asked, aside=False))
    if asked.backwards:
        places.reverse()
    whole = records.by_ids(tx, asked.org_id, asked.module.name, [each.id for each in places])
    return [Found(whole[each.id], each) for each in places if each.id in whole]


def _indexed(tx: Connection, asked: Question) -> list[Position]:
    """Where those that the index knows stand, from the start on."""
    if asked.order.field is None:
        return [Position(each) for each in _ids(tx, asked, asked.where, asked.limit, asked.offset)]
    return list(_ordered(tx, asked, asked.offset + asked.limit))[asked.offset :]


# --- those that the index does not know


def _newest(asked: Question, newest: Newest) -> Iterator[Position]:
    """Where they stand, from the start on: those with a value, and then those without one; backwards the other way."""
    start, number = asked.start, asked.number
    # Those without a value have none that would put them in order.
    there = None if start is None else (start.key or b"", start.id)
    begun = start is not None and start.key is None
    chosen = [(batch, _meeting(asked, newest, batch)) for batch in newest.batches]

    def valued() -> Iterator[Position]:
        if number is not None and (asked.backwards or not begun):
            some = ((newest.valued(batch, number), met) for batch, met in chosen)
            for key, record_id in _joined(asked, some, None if begun else there):
                yield Position(record_id, key)

    def valueless() -> Iterator[Position]:
        if start is None or begun or not asked.backwards:
            some = ((newest.valueless(batch, number, met), None) for batch, met in chosen)
            for _, record_id in _joined(asked, some, there if begun else None):
                yield Position(record_id)

    parts = [valued, valueless]
    for part in reversed(parts) if asked.backwards else parts:
        yield from part()


def _meeting(asked: Question, newest: Newest, batch: Batch[Any]) -> Set[int] | None:
    """Which records of a batch are asked for; None: all."""
    met = None if asked.where is None else newest.meeting(batch, asked.where)
    if asked.only is None:
        return met
    return set(asked.only) if met is None else met & set(asked.only)


def _joined(
    asked: Question, parts: Iterable[tuple[Sequence[Place], Set[int] | None]], there: Place | None
) -> Iterator[Place]:
    """The places of several batches in one order, beyond one of them."""
    return merge(*(_beyond(asked, places, met, there) for places, met in parts), reverse=not asked.upwards)


def _beyond(asked: Question, places: Sequence[Place], met: Set[int] | None, there: Place | None) -> Iterator[Place]:
    if there is not None:
        places = places[bisect(places, there) :] if asked.upwards else places[: bisect_left(places, there)]
    for each in places if asked.upwards else reversed(places):
        if met is None or each[1] in met:
            yield each


def _in_order(asked: Question, places: Iterable[Position]) -> list[Position]:
    """As they are read: those with a value, and then those without one; backwards the other way round."""
    found = sorted(places, key=lambda each: (each.key or b"", each.id), reverse=not asked.upwards)
    return sorted(found, key=lambda each: (each.key is None) is not asked.backwards)


# --- by id


def _ids(tx: Connection, asked: Question, where: Criteria | None, limit: int, offset: int = 0) -> list[int]:
    apart = _apart(tx, asked, where)
    if apart:
        # Each in the order of its own index; together they need not be put in order as a whole.
        found = set[int]().union(*(_ids(tx, asked, each, limit + offset) for each in apart))
        return sorted(found, reverse=not asked.upwards)[offset : offset + limit]
    query = source(tx, _beyond_start(asked), where)
    number = next(iter(query.selected_columns))
    query = query.order_by(number if asked.upwards else number.desc()).limit(limit)
    return list(tx.execute(query.offset(offset) if offset else query).scalars().all())


def _beyond_start(asked: Question) -> Ground:
    if asked.start is None:
        return asked.ground
    if asked.upwards:
        return replace(asked.ground, low=asked.start.id)
    return replace(asked.ground, high=asked.start.id)


def _apart(tx: Connection, asked: Question, where: Criteria | None) -> Sequence[Criteria]:
    """The alternatives of criteria that are nothing but alternatives."""
    if isinstance(where, AnyOf):
        return where.parts
    if (
        isinstance(where, Where)
        and len(where.keys) > 1
        and not where.negated
        and not are_few(tx, asked.ground, [where])
    ):
        return [Where(number=where.number, keys=(key,)) for key in set(where.keys)]
    return ()


# --- by a field


def _ordered(tx: Connection, asked: Question, limit: int) -> Iterator[Position]:
    """Those with a value, and then those without one; backwards the other way round."""
    others = [each for each in parts_of(asked.where) if not _is_stretch(each, asked)]
    few = asked.only is not None or are_few(tx, asked.ground, others)
    among = source(tx, asked.ground, asked.where) if few else None
    parts = [_valued, _valueless]
    left = limit
    for part in reversed(parts) if asked.backwards else parts:
        for each in part(tx, asked, among, left):
            left -= 1
            yield each


def _valued(tx: Connection, asked: Question, among: Query | None, limit: int) -> list[Position]:
    start, number = asked.start, asked.number
    if limit <= 0 or number is None or (start is not None and start.key is None and not asked.backwards):
        return []
    query = _along(asked, number) if among is None else _of(asked, number, among)
    place = tuple(query.selected_columns)
    if start is not None and start.key is not None:
        there = tuple_(literal(terms.place(asked.org_id, number, start.key), LargeBinary), literal(start.id))
        query = query.where(tuple_(*place) > there if asked.upwards else tuple_(*place) < there)
    query = query.order_by(*(each if asked.upwards else each.desc() for each in place)).limit(limit)
    return [Position(number, terms.key_at(place)) for place, number in tx.execute(query).all()]


def _along(asked: Question, number: int) -> Select[bytes, int]:
    """All terms of the field, in the order of the index, of records that meet the criteria."""
    parts = parts_of(asked.where)
    # Of two ends on one side a database may walk from the further one: so there is one.
    stretch = together([Where(number=number), *(each for each in parts if _is_stretch(each, asked))])
    begun = asked.start is not None and asked.start.key is not None
    ends = {"from_low": not (begun and asked.upwards), "to_high": not (begun and not asked.upwards)}
    return select(term.c.place, term.c.record_id).where(
        false() if stretch is None else terms.stretch(term, asked.org_id, stretch, **ends),
        *(meets(asked.ground, each, term.c.record_id) for each in parts if not _is_stretch(each, asked)),
    )


def _is_stretch(part: Criteria, asked: Question) -> TypeGuard[Where]:
    """Whether it is a comparison of the field that the records are put in order by: a stretch of its index."""
    return isinstance(part, Where) and part.number == asked.number and not part.negated


def _of(asked: Question, number: int, among: Query) -> Select[bytes, int]:
    """The terms of the field that these records have, to be put in order; by record, and not along the index.

    No join: PostgreSQL would read the terms of everybody's records to find those of a few. Nor may it look each term up
    wherever it is mentioned, which ``OFFSET`` keeps it from.
    """
    record_id = next(iter(among.subquery().c))
    own = terms.stretch(term, asked.org_id, Where(number=number)), term.c.record_id == record_id
    place = select(term.c.place).where(*own).limit(1).scalar_subquery()
    each = select(place.label("place"), record_id.label("record_id")).offset(0).subquery().c
    return select(each.place, each.record_id).where(each.place.is_not(None))


def _valueless(tx: Connection, asked: Question, among: Query | None, limit: int) -> list[Position]:
    start, number = asked.start, asked.number
    if limit <= 0 or number is None or (start is not None and start.key is not None and asked.backwards):
        return []
    ground = _beyond_start(asked) if start is not None and start.key is None else asked.ground
    query = every(ground).where(meets(ground, Where(number=number, negated=True), record.c.id))
    if among is not None:
        query = query.where(record.c.id.in_(among))
    elif asked.where is not None:
        query = query.where(meets(ground, asked.where, record.c.id))
    query = query.order_by(record.c.id if asked.upwards else record.c.id.desc()).limit(limit)
    return [Position(each) for each in tx.execute(query).scalars().all()]
