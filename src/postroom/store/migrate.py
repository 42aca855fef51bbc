"""Bring a database to this program's schema, whichever it has now: nothing, an older one, or a newer one.

Every start asks, so the answer "nothing to do" is cheap: one small read, without Alembic. The steps run in one
transaction that only one process can hold at a time: a second one waits, and then finds the work done.
"""

from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from postroom.errors import Unavailable
from postroom.store.engine import engine_for, reading

_STEPS: Final = Path(__file__).parent / "migrations" / "versions"
_LOCK: Final = 0x706F7374726F6F6D  # "postroom": PostgreSQL's advisory locks are named by numbers


def migrate(url: str) -> None:
    """Apply the steps that are missing; raises ``Unavailable`` where the database cannot be reached or refuses."""
    engine = engine_for(url)
    try:
        if _behind(engine):
            _upgrade(engine)
    except SQLAlchemyError as error:
        raise Unavailable(f"the database cannot be prepared: {error.__cause__ or error}") from error
    finally:
        engine.dispose()


def pending(url: str) -> bool:
    """Whether steps are missing; raises ``Unavailable`` where the database cannot be reached."""
    engine = engine_for(url)
    try:
        return _behind(engine)
    except SQLAlchemyError as error:
        raise Unavailable(f"the database cannot be reached: {error.__cause__ or error}") from error
    finally:
        engine.dispose()


def head() -> str:
    """The number of the newest step this program knows."""
    return max(step.name.partition("_")[0] for step in _STEPS.glob("[0-9]*.py"))


def _behind(engine: Engine) -> bool:
    reader = reading(engine)
    try:
        with reader.connect() as connection:
            return _version(connection) < head()
    finally:
        reader.dispose()


def _version(connection: Connection) -> str:
    """The newest step in the database. A newer program's schema is fine: steps keep older programs working."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar() or ""


def _upgrade(engine: Engine) -> None:
    # SQLite: the transaction begins IMMEDIATE, which is the lock.
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # A step may take as long as a large table needs, and so may the wait for another process's steps.
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if _version(connection) < head():
            # Loaded by name and only here: Alembic costs a quarter of a second, which no ordinary start should pay.
            import_module("postroom.store.migrations.run").upgrade(connection)
