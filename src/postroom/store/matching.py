"""Criteria as SQL: which records meet them, and from where it is cheapest to come to these.

Terms are found in two ways. By field and value they lead to records, and those of one value in the order of the ids. By
record and field they tell whether a record meets a comparison, in one look. So of comparisons that must all hold

1. the one with the fewest terms is walked through, and for each record on the way the others are looked up;
2. where none has few, those that name a value each are walked through side by side, in the order of the ids;
3. where each is true of many, the records themselves are walked through, for then a page of them is near.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    false,
    intersect,
    or_,
    select,
    true,
    union,
)

from postroom.record import AllOf, AnyOf, Criteria, Kind, Module, Where
from postroom.record.criteria import BY_ID, together
from postroom.record.modules import WORDS
from postroom.record.terms import number_in, whole
from postroom.store import terms
from postroom.store.tables import record, term

Query = Select[Any] | CompoundSelect[Any]  # of ids, each once


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """How much is walked through: of fewer than ``few`` terms, others may be looked up for each of them.

    Of ``many`` terms, to look for a page among the records costs less than to walk over all of them.
    """

    few: int
    many: int


# With a million records, a term that is walked over costs 0.1 µs, one that is looked up 2 µs.
MEASURED: Final = Effort(few=4_000, many=15_000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Whose records are meant, of which module, and which ids: those of ``only``, above ``low``, below ``high``.

    ``aside``: there may be records that the index does not know, which are not meant.
    """

    org_id: int
    module: Module
    only: Sequence[int] | None = None
    low: int | None = None
    high: int | None = None
    effort: Effort = MEASURED
    aside: bool = True

    @property
    def several(self) -> set[int]:
        """The numbers under which one record may have several terms: its words, its tags."""
        tags = {self.module.numbers[each.name] for each in self.module.fields if each.kind is Kind.TAGS}
        return {self.module.numbers[WORDS], *tags}

    def within(self, number: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
        """What holds of the ids of its records."""
        if self.only is not None:
            yield number.in_(self.only)
        if self.low is not None:
            yield number > self.low
        if self.high is not None:
            yield number < self.high


def parts_of(where: Criteria | None) -> list[Criteria]:
    """What must all hold for the criteria to hold."""
    if isinstance(where, AllOf) and where.parts:
        return [each for part in where.parts for each in parts_of(part)]
    return [] if where is None else [where]


def every(ground: Ground) -> Select[Any]:
    """The ids of all records, or of all that the index knows."""
    own = select(record.c.id).where(record.c.org_id == ground.org_id, record.c.module == ground.module.name)
    if ground.aside:
        # Each that the index knows has a term of its creation.
        created = Where(number=ground.module.numbers["Created_Time"])
        own = own.where(_term_of(ground, created, _ID).is_not(None))
    return own.where(*ground.within(_ID))


def source(tx: Connection, ground: Ground, where: Criteria | None) -> Query:
    """The ids of the records that meet the criteria."""
    parts = _merged(ground, parts_of(where))
    if parts is None:
        return every(ground).where(false())
    lists = [each for each in parts if isinstance(each, Where) and _names_one(each)]
    if len(parts) == len(lists) == 1:
        return _listed(ground, lists[0])
    few, many = ground.effort.few, ground.effort.many
    cheapest, cost = _cheapest(tx, ground, parts, few if lists else many)
    if lists and cost >= few:
        # In the order of the ids, so that walking ends with the page.
        first, *others = (_listed(ground, each) for each in lists)
        first = first.where(*(meets(ground, each, _column(first)) for each in parts if each not in lists))
        return intersect(first, *others) if others else first
    if cheapest is None or cost >= many:
        return every(ground).where(*(meets(ground, each, _ID) for each in parts))
    query = _walked(tx, ground, cheapest)
    return query.where(*(meets(ground, each, _column(query)) for each in parts if each is not cheapest))


def meets(ground: Ground, where: Criteria, number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the record of that id meets the criteria; that it is one of the ground is the caller's to see."""
    match where:
        case AllOf(parts=()) | AnyOf(parts=()):
            return false()
        case AllOf():
            return and_(*(meets(ground, each, number) for each in where.parts))
        case AnyOf():
            return or_(*(meets(ground, each, number) for each in where.parts))
    if where.number == BY_ID:
        met = _numbered(where, number)
        return ~met if where.negated else met
    one = _term_of(ground, where, number)
    return one.is_(None) if where.negated else one.is_not(None)


def are_few(tx: Connection, ground: Ground, parts: Sequence[Criteria]) -> bool:
    """Whether at the most so few records meet all parts that each of them may be looked at."""
    return _cheapest(tx, ground, parts, ground.effort.many)[1] < ground.effort.many


def _merged(ground: Ground, parts: Sequence[Criteria]) -> Sequence[Criteria] | None:
    """Parts of which no two are about one field, where a record has one term of that; None: nothing meets them all."""
    several = ground.several
    of_fields: dict[int, list[Where]] = {}
    others: list[Criteria] = []
    for each in parts:
        if not isinstance(each, Where):
            if not each.parts:
                return None
            others.append(each)
        elif each.negated or each.number in several:
            others.append(each)
        else:
            of_fields.setdefault(each.number, []).append(each)
    ones = [together(each) for each in of_fields.values()]
    found = [each for each in ones if each is not None]
    return [*found, *others] if len(found) == len(ones) else None


_ID: Final[ColumnElement[int]] = record.c.id
# The index where it is walked along, and within that where it tells of one record; to make either takes its time.
_LISTED: Final = term.alias("listed")
_LOOKED_UP: Final = term.alias("looked_up")
_NEVER: Final = 1 << 62


def _column(query: Query) -> ColumnElement[Any]:
    return next(iter(query.selected_columns))


def _cheapest(tx: Connection, ground: Ground, parts: Sequence[Criteria], at_most: int) -> tuple[Criteria | None, int]:
    """The part with the fewest terms to walk through, and how many these are, counted up to ``at_most``."""
    best: tuple[Criteria | None, int] = None, at_most
    for each in parts:
        # Nobody need know how much more others cost.
        cost = min(_cost(tx, ground, each, best[1]), at_most)
        if best[0] is None or cost < best[1]:
            best = each, cost
    return best


def _cost(tx: Connection, ground: Ground, where: Criteria, at_most: int) -> int:
    """How many terms must be walked through for it, counted up to ``at_most``; _NEVER for what has no end."""
    match where:
        case AllOf():
            return min((_cost(tx, ground, each, at_most) for each in where.parts), default=0)
        case AnyOf():
            return sum(_cost(tx, ground, each, at_most) for each in where.parts)
    if where.negated:
        return _NEVER
    if where.number == BY_ID:
        return len(where.keys) or _NEVER
    return terms.estimate(tx, ground.org_id, where, at_most)


def _names_one(where: Where) -> bool:
    """Whether it names one value: its terms stand in the order of the ids, and walking may end with the page."""
    return len(where.keys) == 1 and not where.negated and where.number != BY_ID


def _listed(ground: Ground, where: Where) -> Select[Any]:
    """The ids that a comparison's terms lead to; more than once where a record has several of them."""
    these = select(_LISTED.c.record_id).where(terms.stretch(_LISTED, ground.org_id, where))
    return these.where(*ground.within(_LISTED.c.record_id))


def _walked(tx: Connection, ground: Ground, where: Criteria) -> Select[Any]:
    """The ids that meet one part."""
    if isinstance(where, Where):
        if where.number == BY_ID:
            return every(ground).where(meets(ground, where, _ID))
        query = _listed(ground, where)
        if _names_one(where):
            return query
        # In no order: PostgreSQL would walk through all records for the sake of theirs, where it takes it for short.
        query = query.with_only_columns((_LISTED.c.record_id + 0).label("record_id"))
        return query.distinct() if where.number in ground.several else query
    # SQLite joins no queries that are themselves joined.
    parts = [source(tx, ground, each).subquery() for each in where.parts]
    together = union(*(select(*each.c) for each in parts)).subquery()
    return select(*together.c)


def _term_of(ground: Ground, where: Where, number: ColumnElement[int]) -> ColumnElement[int]:
    """The record's id where it has one of the terms, found by record and field; else nothing.

    No EXISTS: PostgreSQL makes a join of it, takes terms for much rarer than they are, and reads the same ones again
    for each record.
    """
    these = terms.stretch(_LOOKED_UP, ground.org_id, where)
    return select(_LOOKED_UP.c.record_id).where(these, _LOOKED_UP.c.record_id == number).limit(1).scalar_subquery()


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
    return and_(*parts)
