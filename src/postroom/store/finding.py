"""Finds records: those of a module that meet criteria, in an order, a page at a time (W 7.1, 7.4).

A page goes on from a position, which is the term and the id of the last record before it, so that the ten-thousandth
page costs what the first one does. Records without a value of the field that they are put in order by come last.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, LargeBinary, literal, select, tuple_

from postroom.record import AnyOf, Criteria, Module, Where
from postroom.store import records, terms
from postroom.store.matching import Ground, every, is_few, meets, source
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
    ``only``: none but those of these ids.
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

    @property
    def ground(self) -> Ground:
        """Among which records."""
        return Ground(org_id=self.org_id, module=self.module)

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
    places = list(_places(tx, asked))
    if asked.backwards:
        places.reverse()
    whole = records.by_ids(tx, asked.org_id, asked.module.name, [each.id for each in places])
    return [Found(whole[each.id], each) for each in places if each.id in whole]


def _places(tx: Connection, asked: Question) -> Sequence[Position]:
    if asked.order.field is None:
        return [Position(each) for each in _ids(tx, asked, asked.where, asked.limit, asked.offset)]
    if asked.only is not None or (asked.where is not None and is_few(tx, asked.ground, asked.where)):
        places = _sorted(tx, asked)[asked.offset : asked.offset + asked.limit]
        return [Position(number, key) for key, number in places]
    return list(_walked(tx, asked, asked.offset + asked.limit))[asked.offset :]


# --- by id


def _ids(tx: Connection, asked: Question, where: Criteria | None, limit: int, offset: int = 0) -> list[int]:
    apart = _apart(tx, asked, where)
    if apart:
        # Each in the order of its own index; together they need not be put in order as a whole.
        found = set[int]().union(*(_ids(tx, asked, each, limit + offset) for each in apart))
        return sorted(found, reverse=not asked.upwards)[offset : offset + limit]
    query, number = source(tx, asked.ground, where)
    if asked.only is not None:
        query = query.where(number.in_(asked.only))
    if asked.start is not None:
        query = query.where(number > asked.start.id if asked.upwards else number < asked.start.id)
    query = query.order_by(number if asked.upwards else number.desc()).limit(limit)
    return list(tx.execute(query.offset(offset) if offset else query).scalars())


def _apart(tx: Connection, asked: Question, where: Criteria | None) -> Sequence[Criteria]:
    """The alternatives of criteria that are nothing but alternatives."""
    if isinstance(where, AnyOf):
        return where.parts
    if isinstance(where, Where) and len(where.keys) > 1 and not where.negated and not is_few(tx, asked.ground, where):
        return [Where(number=where.number, keys=(key,)) for key in set(where.keys)]
    return ()


# --- by a field


_Place = tuple[bytes | None, int]  # the term, or None where there is no value, and the record's id


def _walked(tx: Connection, asked: Question, limit: int) -> Iterator[Position]:
    """Along the field's index, and then those without a value; backwards the other way round."""
    parts = [_valued, _valueless]
    left = limit
    for part in reversed(parts) if asked.backwards else parts:
        for each in part(tx, asked, left):
            left -= 1
            yield each


def _valued(tx: Connection, asked: Question, limit: int) -> list[Position]:
    start, number = asked.start, asked.number
    if limit <= 0 or number is None or (start is not None and start.key is None and not asked.backwards):
        return []
    query = select(term.c.key, term.c.record_id)
    query = query.where(terms.stretch(term, asked.org_id, Where(number=number)))
    if asked.where is not None:
        query = query.where(meets(asked.ground, asked.where, term.c.record_id))
    here = tuple_(term.c.key, term.c.record_id)
    if start is not None and start.key is not None:
        there = tuple_(literal(start.key, LargeBinary), literal(start.id))
        query = query.where(here > there if asked.upwards else here < there)
    columns = (term.c.key, term.c.record_id)
    query = query.order_by(*(each if asked.upwards else each.desc() for each in columns)).limit(limit)
    return [Position(row.record_id, row.key) for row in tx.execute(query)]


def _valueless(tx: Connection, asked: Question, limit: int) -> list[Position]:
    start, number = asked.start, asked.number
    if limit <= 0 or number is None or (start is not None and start.key is not None and asked.backwards):
        return []
    query = every(asked.ground).where(meets(asked.ground, Where(number=number, negated=True), record.c.id))
    if asked.where is not None:
        query = query.where(meets(asked.ground, asked.where, record.c.id))
    if start is not None and start.key is None:
        query = query.where(record.c.id > start.id if asked.upwards else record.c.id < start.id)
    query = query.order_by(record.c.id if asked.upwards else record.c.id.desc()).limit(limit)
    return [Position(each) for each in tx.execute(query).scalars()]


def _sorted(tx: Connection, asked: Question) -> list[_Place]:
    """Few records, put in order here."""
    query, number = source(tx, asked.ground, asked.where)
    if asked.only is not None:
        query = query.where(number.in_(asked.only))
    valueless = set(tx.execute(query).scalars())
    with_value = select(term.c.key, term.c.record_id).where(term.c.record_id.in_(query), term.c.number == asked.number)
    valued: list[_Place] = [(row.key, row.record_id) for row in tx.execute(with_value)]
    valueless -= {each for _, each in valued}
    downwards = not asked.order.ascending
    valued.sort(reverse=downwards)
    places = valued + [(None, each) for each in sorted(valueless, reverse=downwards)]
    if asked.backwards:
        places.reverse()
    return places if asked.start is None else places[_behind(places, asked, asked.start) :]


def _behind(places: Sequence[_Place], asked: Question, start: Position) -> int:
    """How many of the places do not come after the start."""

    def comes_after(place: _Place) -> bool:
        key, number = place
        if (key is None) is not (start.key is None):
            return (key is None) is not asked.backwards
        here, there = (key or b"", number), (start.key or b"", start.id)
        return here > there if asked.upwards else here < there

    return next((n for n, each in enumerate(places) if comes_after(each)), len(places))
