"""Criteria as SQL: which records meet them, and from where it is cheapest to come to these.

Terms are found in two ways. By field and value they lead to records, and those of one value in the order of the ids. By
record and field they tell whether a record meets a comparison, in one look. So of comparisons that must all hold, the
one with the fewest terms is walked through, and for each record on the way the others are looked up; where all of them
are true of many, the records themselves are walked through, for then few are enough.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, or_, select, true, union

from postroom.record import AllOf, AnyOf, Criteria, Kind, Module, Where
from postroom.record.criteria import BY_ID
from postroom.record.modules import WORDS
from postroom.record.terms import number_in, whole
from postroom.store import terms
from postroom.store.tables import record, term

# Terms that are walked through as a whole. Of more, one record in sixty or so has one even among a million: to look for
# a page of them among the records costs less.
MANY: Final = 15_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Whose records are meant, and of which module."""

    org_id: int
    module: Module

    @property
    def several(self) -> set[int]:
        """The numbers under which one record may have several terms: its words, its tags."""
        tags = {self.module.numbers[each.name] for each in self.module.fields if each.kind is Kind.TAGS}
        return {self.module.numbers[WORDS], *tags}


def every(ground: Ground) -> Select[Any]:
    """The ids of all records."""
    return select(record.c.id).where(record.c.org_id == ground.org_id, record.c.module == ground.module.name)


def source(tx: Connection, ground: Ground, where: Criteria | None) -> tuple[Select[Any], ColumnElement[int]]:
    """A query for the ids that meet the criteria, each once, and the column they are in."""
    parts = _parts(where)
    if any(not each.parts for each in parts if not isinstance(each, Where)):
        return every(ground).where(false()), record.c.id
    cheapest = min(parts, key=lambda each: _cost(tx, ground, each), default=None)
    if cheapest is None or (_cost(tx, ground, cheapest) >= MANY and not _in_order(cheapest)):
        query, number = every(ground), _ID
    else:
        query, number = _walk(tx, ground, cheapest)
        parts = [each for each in parts if each is not cheapest]
    return query.where(*(meets(ground, each, number) for each in parts)), number


def meets(ground: Ground, where: Criteria, number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the record of that id meets the criteria; that it is one of the ground is the caller's to see."""
    match where:
        case AllOf(parts=()) | AnyOf(parts=()):
            return false()
        case AllOf():
            return and_(*(meets(ground, each, number) for each in where.parts))
        case AnyOf():
            return or_(*(meets(ground, each, number) for each in where.parts))
    met = _numbered(where, number) if where.number == BY_ID else _has_term(ground, where, number)
    return ~met if where.negated else met


def is_few(tx: Connection, ground: Ground, where: Criteria) -> bool:
    """Whether so few records at the most meet the criteria that they may be looked at as a whole."""
    return min((_cost(tx, ground, each) for each in _parts(where)), default=MANY) < MANY


_ID: Final[ColumnElement[int]] = record.c.id
_NEVER: Final = 1 << 62


def _parts(where: Criteria | None) -> list[Criteria]:
    """What must all hold."""
    if isinstance(where, AllOf) and where.parts:
        return [each for part in where.parts for each in _parts(part)]
    return [] if where is None else [where]


def _walk(tx: Connection, ground: Ground, where: Criteria) -> tuple[Select[Any], ColumnElement[int]]:
    if isinstance(where, Where):
        if where.number == BY_ID:
            return every(ground).where(meets(ground, where, _ID)), _ID
        table = term.alias()
        query: Select[Any] = select(table.c.record_id).where(terms.stretch(table, ground.org_id, where))
        repeats = len(where.keys) != 1 and where.number in ground.several
        return query.distinct() if repeats else query, table.c.record_id
    together = union(*(source(tx, ground, each)[0] for each in where.parts)).subquery()
    return select(*together.c), next(iter(together.c))


def _in_order(where: Criteria) -> bool:
    """Whether its terms stand in the order of the records' ids, so that walking may end with the page."""
    return isinstance(where, Where) and len(where.keys) == 1 and not where.negated and where.number != BY_ID


def _cost(tx: Connection, ground: Ground, where: Criteria) -> int:
    """How many terms must be walked through for it; MANY stands for that many or more, _NEVER for what has no end."""
    match where:
        case AllOf():
            return min((_cost(tx, ground, each) for each in where.parts), default=0)
        case AnyOf():
            return sum(_cost(tx, ground, each) for each in where.parts)
    if where.negated:
        return _NEVER
    if where.number == BY_ID:
        return len(where.keys) or _NEVER
    return terms.estimate(tx, ground.org_id, where, MANY)


def _has_term(ground: Ground, where: Where, number: ColumnElement[int]) -> ColumnElement[bool]:
    table = term.alias()
    these = terms.stretch(table, ground.org_id, where)
    if len(where.keys) != 1:
        # By record and field. The databases would else look at the organisation's terms of the field.
        these = and_(table.c.org_id + 0 == ground.org_id, terms.stretch(table, None, where))
    return exists(select(table.c.record_id).where(these, table.c.record_id == number))


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
