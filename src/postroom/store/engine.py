"""How the two databases are opened, and what an error of theirs means for a shared transaction."""

import sqlite3
import time
from enum import Enum, auto
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from postroom.store import json

log = structlog.get_logger()

# No wait is without an end. A server that is gone is noticed in 20 s even where no packet says so, and a frozen process
# of ours loses its locks in PostgreSQL after 20 s, so that the others go on.
_POSTGRESQL_ARGUMENTS: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
_POSTGRESQL_SETTINGS: Final = (
    "SET lock_timeout = '20s'",
    "SET statement_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '20s'",
)
_TURN_SECONDS: Final = 20.0
_STEP_SECONDS: Final = 0.0003
_SQLITE_SETTINGS: Final = (
    # First: to switch to WAL is itself a lock to wait for when two processes start together.
    "PRAGMA busy_timeout = 20000",
    "PRAGMA journal_mode = WAL",
    # FULL: a commit is answered after fdatasync. NORMAL may lose answered mail at power loss.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # 128 MB at the most; in a pause the log is emptied before (``checkpoint``). Who commits waits for a checkpoint, and
    # one after the usual 4 MB writes the same pages again and again: half of the time of a commit.
    "PRAGMA wal_autocheckpoint = 32000",
    "PRAGMA cache_size = -32768",  # 32 MB
    "PRAGMA temp_store = MEMORY",
)


def engine_for(url: str) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql://...``; nothing is opened yet.

    Its errors hide the parameters of statements, which are mails and end in the log.
    """
    if is_postgresql(url):
        # Asked before each transaction: a connection that died while idle is replaced and nobody hears of it.
        engine = create_engine(
            "postgresql+psycopg://" + url.partition("://")[2],
            connect_args=postgresql_arguments(url),
            pool_pre_ping=True,
            json_serializer=json.dumps,
            json_deserializer=json.loads,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _set_up_postgresql)
        return engine
    engine = create_engine(url, json_serializer=json.dumps, json_deserializer=json.loads, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_writing)
    return engine


def is_postgresql(url: str) -> bool:
    """Whether the URL means PostgreSQL."""
    return url.startswith(("postgresql://", "postgres://"))


def postgresql_arguments(url: str) -> dict[str, int]:
    """The time limits of a connection (libpq's names and units), without those the URL sets itself."""
    return {name: value for name, value in _POSTGRESQL_ARGUMENTS.items() if name not in make_url(url).query}


def reading(engine: Engine) -> Engine:
    """A second engine for the same database, for transactions that see one moment and write nothing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    reader = create_engine(engine.url, json_serializer=json.dumps, json_deserializer=json.loads, hide_parameters=True)
    event.listen(reader, "connect", _set_up_sqlite)
    event.listen(reader, "connect", _set_up_reading)
    event.listen(reader, "begin", _begin_reading)
    return reader


def checkpoint(engine: Engine) -> None:
    """Bring what SQLite's log holds to its place in the file, as far as no reader is in the way."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        # The next commit meets the same trouble, and tells its caller.
        log.warning("checkpoint", problem=str(error))
    finally:
        connection.close()


class Fate(Enum):
    """What becomes of a shared transaction in which a statement failed."""

    GOES_ON = auto()  # the statement's savepoint is undone; the fault is its caller's
    RUN_APART = auto()  # it collided with another process: its callers are served again, each in a transaction alone
    LOST = auto()  # connection, disk or file: nothing of it can be kept


def fate(error: BaseException) -> Fate:
    """Judge an error raised inside a savepoint."""
    if not isinstance(error, DBAPIError):
        return Fate.GOES_ON
    if error.connection_invalidated:
        return Fate.LOST
    # PostgreSQL serialization_failure and deadlock_detected: a wait for a lock that was cut because two transactions
    # held what the other wanted. One caller alone holds less.
    if getattr(error.orig, "sqlstate", None) in ("40001", "40P01"):
        return Fate.RUN_APART
    # The extended code's low byte is the primary one. A full disk or an I/O error may have rolled everything back.
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return Fate.GOES_ON if code in _SQLITE_CALLERS_FAULT else Fate.LOST


_SQLITE_CALLERS_FAULT: Final = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    }
)


def passing(error: BaseException) -> bool:
    """Whether trying again later may help though the statement is not at fault: a lock, a time limit, a full disk."""
    # PostgreSQL classes 53 insufficient resources, 55 not in prerequisite state, 57 operator intervention, 58 system.
    return isinstance(error, DBAPIError) and (getattr(error.orig, "sqlstate", None) or "")[:2] in _PASSING


_PASSING: Final = frozenset({"53", "55", "57", "58"})


def _set_up_postgresql(connection: Any, _: object) -> None:
    for setting in _POSTGRESQL_SETTINGS:
        connection.execute(setting)
    connection.commit()


def _set_up_sqlite(connection: Any, _: object) -> None:
    # The driver must not open transactions of its own; BEGIN is ours.
    connection.isolation_level = None
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting)


def _set_up_reading(connection: Any, _: object) -> None:
    connection.execute("PRAGMA query_only = ON")
    # SQLite drops all pages it has read whenever another connection has written. Those of the file that are mapped need
    # not be read again; more than 2 GB it does not map.
    connection.execute("PRAGMA mmap_size = 2147418112")


def _begin_reading(connection: Connection) -> None:
    _driver(connection).execute("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Wait for the one right to write that SQLite gives, in short steps: its own wait sleeps up to 100 ms at a time.

    IMMEDIATE: a writer waits here, where nothing is lost, never in the middle.
    """
    driver = _driver(connection)
    driver.execute("PRAGMA busy_timeout = 0")
    last = time.monotonic() + _TURN_SECONDS
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(_STEP_SECONDS)
        else:
            return


def _driver(connection: Connection) -> Any:
    # Past SQLAlchemy: these statements are the same each time, and half of what a small transaction costs.
    return connection.connection.dbapi_connection
