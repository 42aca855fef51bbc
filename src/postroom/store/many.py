"""Many rows by few statements.

The SQLite driver gives up the interpreter's lock for each row of an ``executemany`` and then has to win it back from a
busy event loop. One statement for many rows does so once.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Table, bindparam, insert
from sqlalchemy.dialects.sqlite import dialect as sqlite

_LARGEST: Final = 32  # rows of one statement: with the widest table well below SQLite's 32,766 parameters
_SQLITE: Final = sqlite(paramstyle="named")


def insert_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, with values as the driver takes them: JSON as text."""
    done = 0
    while done < len(rows):
        # Powers of two: few statements are ever made, and each is made once.
        size = min(1 << ((len(rows) - done).bit_length() - 1), _LARGEST)
        names = tuple(rows[done])
        values = {f"{name}_{n}": row[name] for n, row in enumerate(rows[done : done + size]) for name in names}
        dialect = _SQLITE if tx.dialect.name == "sqlite" else tx.dialect
        tx.exec_driver_sql(_insert(table, names, size, dialect), values)
        done += size


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], size: int, dialect: Dialect) -> str:
    """The statement's text, made here once: SQLAlchemy would make that of an INSERT of several rows each time."""
    statement = insert(table).values(
        [{name: bindparam(f"{name}_{n}", type_=table.c[name].type) for name in names} for n in range(size)]
    )
    return str(statement.compile(dialect=dialect))
