"""Finds records: those of a module that meet criteria, in an order, a page at a time (W 7.1, 7.4).

A page goes on from a position, which is the term and the id of the last record before it, so that the ten-thousandth
page costs what the first one does. Records without a value of the field that they are put in order by come last.

Of comparisons that must all hold, the one with the fewest terms is walked through; for each record on its way the
others are looked up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
)

from postroom.record import AllOf, AnyOf, Criteria, Module, Where
from postroom.record.criteria import BY_ID
from postroom.record.terms import keys, number_in, whole
from postroom.store import records, terms
from postroom.store.records import Record
from postroom.store.tables import record, term

# Comparisons with fewer terms are looked at whole before anything is put in order.
_FEW: Final = 2000
_NEVER: Final = 1 << 62  # what is negated is not walked through where anything else can be


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
        ids = _ids(tx, asked, asked.where, asked.limit, asked.offset)
        return [Position(each) for each in ids]
    if asked.only is not None or (asked.where is not None and _cost(tx, asked, asked.where) < _FEW):
        places = _sorted(tx, asked)
    else:
        places = list(_walked(tx, asked, asked.offset + asked.limit))
    return places[asked.offset : asked.offset + asked.limit]


# --- by id


def _ids(tx: Connection, asked: Question, where: Criteria | None, limit: int, offset: int = 0) -> list[int]:
    apart = _apart(where)
    if apart:
        # Each in the order of its own index; together they need not be put in order as a whole.
        found = set[int]().union(*(_ids(tx, asked, each, limit + offset) for each in apart))
        return sorted(found, reverse=not asked.upwards)[offset : offset + limit]
    query, number = _source(tx, asked, where)
    if asked.only is not None:
        query = query.where(number.in_(asked.only))
    if asked.start is not None:
        query = query.where(number > asked.start.id if asked.upwards else number < asked.start.id)
    query = query.order_by(number if asked.upwards else number.desc()).limit(limit)
    return list(tx.execute(query.offset(offset) if offset else query).scalars())


def _apart(where: Criteria | None) -> Sequence[Criteria]:
    """The alternatives of criteria that are nothing but alternatives."""
    match where:
        case AnyOf():
            return where.parts
        case Where() if len(where.keys) > 1 and not where.negated and where.number != BY_ID:
            return [Where(number=where.number, keys=(key,)) for key in set(where.keys)]
    return ()


# --- by a field


def _walked(tx: Connection, asked: Question, limit: int) -> Iterator[Position]:
    """Along the field's index, and then those without a value; backwards the other way round."""
    parts = [_valued, _valueless]
    left = limit
    for part in reversed(parts) if asked.backwards else parts:
        for each in part(tx, asked, left):
            left -= 1
            yield each


def _valued(tx: Connection, asked: Question, limit: int) -> list[Position]:
    field, start = asked.order.field, asked.start
    if limit <= 0 or field is None or (start is not None and start.key is None and not asked.backwards):
        return []
    query = select(term.c.key, term.c.record_id)
    query = query.where(terms.stretch(term, asked.org_id, Where(number=asked.module.numbers[field])))
    if asked.where is not None:
        query = query.where(_meets(asked, asked.where, term.c.record_id))
    here = tuple_(term.c.key, term.c.record_id)
    if start is not None and start.key is not None:
        there = tuple_(literal(start.key, LargeBinary), literal(start.id))
        query = query.where(here > there if asked.upwards else here < there)
    columns = (term.c.key, term.c.record_id)
    query = query.order_by(*(each if asked.upwards else each.desc() for each in columns)).limit(limit)
    return [Position(row.record_id, row.key) for row in tx.execute(query)]


def _valueless(tx: Connection, asked: Question, limit: int) -> list[Position]:
    field, start = asked.order.field, asked.start
    if limit <= 0 or field is None or (start is not None and start.key is not None and asked.backwards):
        return []
    query = _all(asked).where(_meets(asked, Where(number=asked.module.numbers[field], negated=True), record.c.id))
    if asked.where is not None:
        query = query.where(_meets(asked, asked.where, record.c.id))
    if start is not None and start.key is None:
        query = query.where(record.c.id > start.id if asked.upwards else record.c.id < start.id)
    query = query.order_by(record.c.id if asked.upwards else record.c.id.desc()).limit(limit)
    return [Position(each) for each in tx.execute(query).scalars()]


def _sorted(tx: Connection, asked: Question) -> list[Position]:
    """Few records, put in order here."""
    query, number = _source(tx, asked, asked.where)
    if asked.only is not None:
        query = query.where(number.in_(asked.only))
    field = asked.module.by_name[asked.order.field or ""]
    every = list(tx.execute(query).scalars())
    whole = records.by_ids(tx, asked.org_id, asked.module.name, every).values()
    places = [Position(each.id, next(iter(keys(field, each.values.get(field.name))), None)) for each in whole]
    places.sort(key=_rank, reverse=not asked.order.ascending)
    # The valueless come last in either order.
    places.sort(key=lambda each: each.key is None)
    if asked.backwards:
        places.reverse()
    return places if asked.start is None else places[_behind(places, asked) :]


def _rank(place: Position) -> tuple[bytes, int]:
    return place.key or b"", place.id


def _behind(places: Sequence[Position], asked: Question) -> int:
    """How many of the places do not come after the start."""
    assert asked.start is not None, "there is a start"
    start = asked.start

    def comes_after(each: Position) -> bool:
        if (each.key is None) is not (start.key is None):
            return (each.key is None) is not asked.backwards
        return _rank(each) > _rank(start) if asked.upwards else _rank(each) < _rank(start)

    return next((n for n, each in enumerate(places) if comes_after(each)), len(places))


# --- criteria as SQL


def _all(asked: Question) -> Select[Any]:
    return select(record.c.id).where(record.c.org_id == asked.org_id, record.c.module == asked.module.name)


def _source(tx: Connection, asked: Question, where: Criteria | None) -> tuple[Select[Any], ColumnElement[int]]:
    """A query for the ids that meet the criteria, and the column they are in."""
    match where:
        case None:
            return _all(asked), record.c.id
        case AllOf(parts=()) | AnyOf(parts=()):
            return _all(asked).where(false()), record.c.id
        case Where() if where.negated or where.number == BY_ID:
            return _all(asked).where(_meets(asked, where, record.c.id)), record.c.id
        case Where():
            table = term.alias()
            query: Select[Any] = select(table.c.record_id).where(terms.stretch(table, asked.org_id, where))
            # A record may have several terms of one field: its tags, its words.
            return query if len(where.keys) == 1 else query.distinct(), table.c.record_id
        case AnyOf():
            every = union(*(_source(tx, asked, each)[0] for each in where.parts)).subquery()
            return select(*every.c), next(iter(every.c))
    rarest = min(where.parts, key=lambda each: _cost(tx, asked, each))
    query, column = _source(tx, asked, rarest)
    return query.where(*(_meets(asked, each, column) for each in where.parts if each is not rarest)), column


def _meets(asked: Question, where: Criteria, number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the record of that id meets the criteria."""
    match where:
        case AllOf(parts=()) | AnyOf(parts=()):
            return false()
        case AllOf():
            return and_(*(_meets(asked, each, number) for each in where.parts))
        case AnyOf():
            return or_(*(_meets(asked, each, number) for each in where.parts))
    if where.number == BY_ID:
        return _numbered(where, number)
    table = term.alias()
    these = select(table.c.record_id).where(terms.stretch(table, asked.org_id, where))
    # One term and the id are a key of the index. A stretch of terms is read once, and its ids kept at hand.
    met = exists(these.where(table.c.record_id == number)) if where.keys else number.in_(these)
    return ~met if where.negated else met


def _numbered(where: Where, number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the record of that id is one that a comparison of ids is about."""
    parts: list[ColumnElement[bool]] = [true()]
    if where.keys:
        parts.append(number.in_([number_in(each) for each in where.keys]))
    if where.low is not None:
        low = number_in(where.low)
        parts.append(number > low if where.low > whole(low) else number >= low)
    if where.high is not None:
        high = number_in(where.high)
        parts.append(number <= high if where.high > whole(high) else number < high)
    met = and_(*parts)
    return ~met if where.negated else met


def _cost(tx: Connection, asked: Question, where: Criteria) -> int:
    """About how many terms must be walked through for it; _FEW stands for that many or more."""
    match where:
        case AllOf():
            return min((_cost(tx, asked, each) for each in where.parts), default=0)
        case AnyOf():
            return sum(_cost(tx, asked, each) for each in where.parts)
    if where.number == BY_ID and where.keys and not where.negated:
        return len(where.keys)
    return _NEVER if where.negated or where.number == BY_ID else terms.estimate(tx, asked.org_id, where, _FEW)
