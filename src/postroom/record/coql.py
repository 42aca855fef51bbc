"""The grammar of COQL (W 7.7): ``select Email from Contacts where Last_Name like 'a%' order by id limit 200``. Pure.

``Statement`` reads as far as the module's name, for an organisation's own fields are known only then; ``of`` reads the
rest. Words of the language are in any case. A text stands in quotes of either kind; in it the quote is doubled or
follows a backslash. What has no blanks may stand without quotes.
"""

from dataclasses import dataclass
from typing import Final

from postroom.errors import Fault, Invalid, Reason
from postroom.record.criteria import ID, Criteria, Operator, Where, compare, missing, operators, opposite, place
from postroom.record.field import Field, Kind
from postroom.record.joints import alternatives
from postroom.record.modules import Module
from postroom.record.scanner import Scanner

COLUMNS_AT_MOST: Final = 50  # W 7.7
COMPARISONS_AT_MOST: Final = 25  # W 7.7
VALUES_AT_MOST: Final = 50  # W 7.7
ROWS_PER_CALL: Final = 200  # W 7.7
ROWS_AT_MOST: Final = 10_000  # W 7.7

_SIGNS: Final = {
    "=": Operator.EQUALS,
    "!=": Operator.NOT_EQUAL,
    "<>": Operator.NOT_EQUAL,
    ">": Operator.GREATER_THAN,
    ">=": Operator.GREATER_EQUAL,
    "<": Operator.LESS_THAN,
    "<=": Operator.LESS_EQUAL,
}
_WORDS: Final = {"in": Operator.IN, "like": Operator.STARTS_WITH, "between": Operator.BETWEEN}
_CLAUSES: Final = ("select", "from", "where", "order", "by", "asc", "desc", "limit", "offset", "group")
# No names or values, unless they stand in quotes.
_RESERVED: Final = frozenset(("", "(", ")", ",", "and", "or", "not", "is", "null", *_SIGNS, *_WORDS, *_CLAUSES))
_SHOWN: Final = 100  # characters of a wrong name that are told


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """Which records of a module are asked for, which of their fields, and in which order: by a field, or by id (None).

    The first ``offset`` of them are left out, and those after the next ``limit``.
    """

    module: Module
    fields: tuple[str, ...]
    where: Criteria
    order: str | None
    ascending: bool
    limit: int
    offset: int


class Statement:
    """A query that is read as far as ``module``, the name of its module."""

    def __init__(self, text: str) -> None:
        """Raises ``Invalid`` where the text does not begin as a query does."""
        self._scanner = Scanner(text)
        if not self._scanner.takes("select"):
            raise _not_supported()
        self._columns = self._read_columns()
        if not self._scanner.takes("from"):
            raise self._clause_missing("from")
        self.module = _word(self._scanner)

    def of(self, module: Module) -> Query:
        """The query, of which ``module`` is the module; once only. Raises ``Invalid`` with what is wrong and where."""
        for column in self._columns:
            if column != ID.name and column not in module.by_name:
                raise _column_wrong(Reason.COLUMN_UNKNOWN, column)
        scanner = self._scanner
        if not scanner.takes("where"):
            raise self._clause_missing("where")
        where = alternatives(_Comparisons(scanner, module))
        order, ascending = _order(scanner, module)
        limit, offset = _limit(scanner)
        if scanner.sees("group"):
            raise _not_supported()
        if not scanner.sees(""):
            raise scanner.unreadable()
        return Query(
            module=module,
            fields=self._columns,
            where=where,
            order=order,
            ascending=ascending,
            limit=limit,
            offset=offset,
        )

    def _read_columns(self) -> tuple[str, ...]:
        columns = [_word(self._scanner)]
        while self._scanner.takes(","):
            columns.append(_word(self._scanner))
            if columns[-1] in columns[:-1]:
                raise _column_wrong(Reason.COLUMN_TWICE, columns[-1])
            if len(columns) > COLUMNS_AT_MOST:
                raise _too_large("select", COLUMNS_AT_MOST)
        if self._scanner.sees("(", "as"):
            raise _not_supported()
        return tuple(columns)

    def _clause_missing(self, clause: str) -> Invalid:
        if self._scanner.sees("", "order", "limit", "group"):
            return _wrong(Reason.CLAUSE_MISSING, clause=clause)
        return self._scanner.unreadable()


class _Comparisons:
    """What ``where`` holds, comparison by comparison."""

    deepest = 2 * COMPARISONS_AT_MOST  # a pair of brackets for each two, and one around each

    def __init__(self, scanner: Scanner, module: Module) -> None:
        self._scanner = scanner
        self._module = module
        self._count = 0

    def takes(self, word: str) -> bool:
        return self._scanner.takes(word)

    def wrong(self, reason: str) -> Invalid:  # noqa: ARG002 - the wire tells where, and not why
        return self._scanner.unreadable()

    def comparison(self) -> Criteria | None:
        if self._scanner.sees("("):
            return None
        self._count += 1
        if self._count > COMPARISONS_AT_MOST:
            raise _too_large("where", COMPARISONS_AT_MOST)
        column = _word(self._scanner)
        found = place(self._module, column)
        if found is None:
            raise _column_wrong(Reason.COLUMN_UNKNOWN, column)
        return self._emptiness(column) if self.takes("is") else self._compared(found[0])

    def _emptiness(self, column: str) -> Where:
        there = self.takes("not")
        self._expect("null")
        where = missing(self._module, column)
        return opposite(where) if there else where

    def _compared(self, field: Field) -> Where:
        negated = self.takes("not")
        word = self._scanner.take()
        operator = None if word.quoted else _WORDS.get(word.folded) or (None if negated else _SIGNS.get(word.text))
        if operator is None:
            raise self._scanner.unreadable(word)
        written = f"not {word.folded}" if negated else word.folded
        if operator not in operators(field):
            raise _query_wrong("invalid operator found", field, written)
        values = self._values(operator)
        if operator is Operator.STARTS_WITH:
            values = (_beginning(values[0], field, written),)
        where = self._compare(field, operator, values)
        return opposite(where) if negated else where

    def _compare(self, field: Field, operator: Operator, values: tuple[str, ...]) -> Where:
        try:
            return compare(self._module, field.name, operator, values)
        except Invalid:
            expected = Kind.TEXT if field.kind is Kind.TAGS else field.kind
            raise _column_wrong(Reason.COLUMN_VALUE_WRONG, field.name, expected_data_type=expected.value) from None

    def _values(self, operator: Operator) -> tuple[str, ...]:
        if operator is Operator.BETWEEN:
            low = _word(self._scanner)
            self._expect("and")
            return low, _word(self._scanner)
        if operator is not Operator.IN:
            return (_word(self._scanner),)
        self._expect("(")
        values = [_word(self._scanner)]
        while self.takes(","):
            values.append(_word(self._scanner))
            if len(values) > VALUES_AT_MOST:
                raise _too_large("where", VALUES_AT_MOST, operator=operator.value)
        self._expect(")")
        return tuple(values)

    def _expect(self, word: str) -> None:
        if not self.takes(word):
            raise self._scanner.unreadable()


def _order(scanner: Scanner, module: Module) -> tuple[str | None, bool]:
    if not scanner.takes("order"):
        return None, True
    if not scanner.takes("by"):
        raise _wrong(Reason.CLAUSE_MISSING, clause="order by")
    column = _word(scanner)
    found = place(module, column)
    # What has several values stands in no one place.
    if found is None or found[0].kind is Kind.TAGS:
        raise _column_wrong(Reason.COLUMN_UNKNOWN, column)
    ascending = not scanner.takes("desc")
    if ascending:
        scanner.takes("asc")
    if scanner.sees(","):
        raise _not_supported()
    return None if column == ID.name else column, ascending


def _limit(scanner: Scanner) -> tuple[int, int]:
    """How many rows, and how many are left out before them."""
    if not scanner.takes("limit"):
        return ROWS_PER_CALL, 0
    limit, offset = _count(scanner), 0
    if scanner.takes(","):
        limit, offset = _count(scanner), limit
    elif scanner.takes("offset"):
        offset = _count(scanner)
    if limit == 0:
        raise _wrong(Reason.QUERY_LIMIT_WRONG, limit="0")
    if limit > ROWS_PER_CALL:
        raise _too_large("limit", ROWS_PER_CALL)
    if offset + limit > ROWS_AT_MOST:
        raise _too_large("limit", ROWS_AT_MOST)
    return limit, offset


def _count(scanner: Scanner) -> int:
    text = _word(scanner)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise _wrong(Reason.QUERY_LIMIT_WRONG, limit=text[:_SHOWN])
    return int(text)


def _word(scanner: Scanner) -> str:
    """A name or a value."""
    token = scanner.take()
    if not token.quoted and token.folded in _RESERVED:
        raise scanner.unreadable(token)
    return token.text


def _beginning(text: str, field: Field, written: str) -> str:
    if len(text) < 2 or text.find("%") != len(text) - 1:
        raise _query_wrong("a beginning is needed, and % behind it", field, written)
    return text[:-1]


def _query_wrong(reason: str, field: Field, operator: str) -> Invalid:
    return _wrong(Reason.QUERY_WRONG, reason=reason, column_name=field.name, operator=operator)


def _column_wrong(reason: Reason, column: str, **details: object) -> Invalid:
    return _wrong(reason, column_name=column[:_SHOWN], **details)


def _not_supported() -> Invalid:
    return Invalid(Fault(Reason.QUERY_NOT_SUPPORTED))


def _too_large(clause: str, limit: int, **details: object) -> Invalid:
    return _wrong(Reason.QUERY_TOO_LARGE, limit=limit, clause=clause, **details)


def _wrong(reason: Reason, /, **details: object) -> Invalid:
    return Invalid(Fault(reason, details=details))
