"""Many rows by few statements.

The SQLite driver gives up the interpreter's lock for each row of an ``executemany`` and then has to win it back from a
busy event loop. One statement for many rows does so once. Values go by position: to name them costs more than to store
them. A statement for many keys has their number in its text, which SQLAlchemy would make anew each time.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, Connection, CursorResult, Delete, Dialect, Select, Table, bindparam, insert
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import dialect as sqlite

_PARAMETERS: Final = 640  # of one statement: far below the 32,766 of SQLite, and more of them gain nothing
_KEYS: Final = 512  # likewise
_SQLITE: Final = sqlite(paramstyle="qmark")
_POSTGRESQL: Final = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]

T = TypeVar("T")

# What the keys of ``run_all`` are called in its statements.
GIVEN: Final[BindParameter[Any]] = bindparam("given_", expanding=True)


def run_all(tx: Connection, statement: Select[*tuple[Any, ...]] | Delete, keys: Sequence[Any]) -> list[Any]:
    """Run a statement that says ``IN (GIVEN)``, and names no other value, for all ``keys``; returns the rows it gives.

    They have values as the driver gives them, and no order among many keys.
    """
    rows: list[Any] = []
    dialect = _SQLITE if tx.dialect.name == "sqlite" else _POSTGRESQL
    for start in range(0, len(keys), _KEYS):
        some = _padded(keys[start : start + _KEYS])
        found = tx.exec_driver_sql(_run(statement, len(some), dialect), some)
        if found.returns_rows:
            rows += found.all()
    return rows


def run(tx: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]) -> CursorResult[Any]:
    """Run a statement that was made once, with plain values by name: SQLAlchemy's part of it takes a third of the time.

    Rows have values as the driver gives them. Raises ``KeyError`` for a value that is not given.
    """
    text, names, fixed = _text(statement, _SQLITE if tx.dialect.name == "sqlite" else _POSTGRESQL)
    values = {**fixed, **given}
    return tx.exec_driver_sql(text, tuple([values[name] for name in names]))


def insert_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, with values as the driver takes them: JSON as text."""
    if rows:
        names = tuple(column.name for column in table.c if column.name in rows[0])
        insert_rows(tx, table, names, [[row[name] for name in names] for row in rows])


def insert_rows(tx: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """Likewise; ``names`` are the columns of each row's values, in the order of the table."""
    dialect = _SQLITE if tx.dialect.name == "sqlite" else _POSTGRESQL
    done = 0
    while done < len(rows):
        # Powers of two: few statements are ever made, and each is made once.
        size = _power_of_two(min(len(rows) - done, _PARAMETERS // len(names)))
        values = tuple(chain.from_iterable(rows[done : done + size]))
        tx.exec_driver_sql(_insert(table, names, size, dialect), values)
        done += size


def update_all(
    tx: Connection, table: Table, keys: int, rows: Sequence[Mapping[str, Any]], *, tell: bool = False
) -> list[Any]:
    """Change rows that are there, each known by the first ``keys`` of the columns that all of ``rows`` name alike.

    ``tell``: returns the keys of those that were there.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    dialect = _SQLITE if tx.dialect.name == "sqlite" else _POSTGRESQL
    at_most = _power_of_two(_PARAMETERS // len(names))
    there: list[Any] = []
    for start in range(0, len(rows), at_most):
        some = _padded(rows[start : start + at_most])
        values = tuple(chain.from_iterable(row.values() for row in some))
        found = tx.exec_driver_sql(_update(table, names, keys, len(some), dialect, tell=tell), values)
        if tell:
            there += found.all()
    return there


def _power_of_two(at_most: int) -> int:
    return 1 << (at_most.bit_length() - 1)


def _padded(some: Sequence[T]) -> tuple[T, ...]:
    """So many as a power of two says; the last one several times, which finds and changes nothing more."""
    return (*some, *[some[-1]] * ((1 << (len(some) - 1).bit_length()) - len(some)))


@lru_cache(maxsize=256)
def _text(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> tuple[str, list[str], dict[str, Any]]:
    """The statement's text, the names of its values in order, and those that it has of its own."""
    made = statement.compile(dialect=dialect)
    fixed = {name: value for name, value in made.params.items() if value is not None}
    return str(made), list(made.positiontup or ()), fixed


@lru_cache(maxsize=256)
def _run(statement: Select[*tuple[Any, ...]] | Delete, size: int, dialect: Dialect) -> str:
    """The statement's text for so many keys, made here once."""
    compiled = statement.compile(dialect=dialect)
    made = compiled.construct_expanded_state(dict.fromkeys(compiled.params) | {GIVEN.key: [None] * size})
    assert len(made.positional_parameters) == size, "it has so many values"
    return made.statement


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], size: int, dialect: Dialect) -> str:
    """Likewise: SQLAlchemy would make the text of an INSERT of several rows each time."""
    keys = [[f"{name}_{n}" for name in names] for n in range(size)]
    rows = [
        {name: bindparam(key, type_=table.c[name].type) for name, key in zip(names, row, strict=True)} for row in keys
    ]
    made = insert(table).values(rows).compile(dialect=dialect)
    assert made.positiontup == [*chain.from_iterable(keys)], "the columns stand in the order of the table"
    return str(made)


@lru_cache(maxsize=256)
def _update(table: Table, names: tuple[str, ...], keys: int, size: int, dialect: Dialect, *, tell: bool) -> str:
    """Likewise. What kind a value is can be seen in the first row; PostgreSQL takes a NULL for a text elsewhere."""
    mark = "?" if dialect is _SQLITE else "%s"
    name_of = dialect.identifier_preparer.quote
    first = ", ".join(f"CAST({mark} AS {table.c[name].type.compile(dialect)})" for name in names)
    others = f", ({', '.join([mark] * len(names))})" * (size - 1)
    columns = [name_of(name) for name in names]
    into = name_of(table.name)
    new = ", ".join(f"{name} = given.{name}" for name in columns[keys:])
    same = " AND ".join(f"{into}.{name} = given.{name}" for name in columns[:keys])
    given = f"given ({', '.join(columns)}) AS (VALUES ({first}){others})"
    told = f" RETURNING {', '.join(f'{into}.{name}' for name in columns[:keys])}" if tell else ""
    return f"WITH {given} UPDATE {into} SET {new} FROM given WHERE {same}{told}"  # noqa: S608 - names are the schema's
