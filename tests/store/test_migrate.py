"""store.migrate: every database comes to the declared schema, once, whoever starts at the same time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from postroom.errors import Unavailable
from postroom.store.engine import engine_for
from postroom.store.migrate import head, migrate, pending
from postroom.store.tables import metadata

_MIGRATE = (
    "import sys; from postroom.store.migrate import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"
)


@pytest.fixture
def empty_postgres_url(postgres: str) -> Iterator[str]:
    name = f"nothing_yet_{os.getpid()}"  # the server is shared with other test processes
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'with % in it.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


def _defaults_differ(*given: object) -> bool | None:
    *_, found, _, declared = given
    # Alembic on SQLite takes the quotes off every text but the empty one, and then finds a difference.
    return False if declared == "" and str(found).strip("()") == "''" else None


def test_from_nothing_to_exactly_the_declared_schema(empty_url: str) -> None:
    migrate(empty_url)
    engine = engine_for(empty_url)
    with engine.connect() as connection:
        compared = {"compare_type": True, "compare_server_default": _defaults_differ}
        context = MigrationContext.configure(connection, opts=compared)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_sqlite_tables_without_row_numbers_are_the_declared_ones(sqlite_url: str) -> None:
    engine = engine_for(sqlite_url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'")).scalars()
        declared = {
            table.name for table in metadata.sorted_tables if table.dialect_options["sqlite"]["with_rowid"] is False
        }
        assert set(found) == declared
    engine.dispose()


def test_pending_until_done(empty_url: str) -> None:
    assert pending(empty_url)
    migrate(empty_url)
    assert not pending(empty_url)
    migrate(empty_url)
    engine = engine_for(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [head()]
    engine.dispose()


def test_a_newer_programs_schema_is_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    engine = engine_for(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    migrate(empty_url)
    assert not pending(empty_url)
    engine.dispose()


def test_several_processes_at_once_migrate_once(empty_url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", _MIGRATE, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=50)[1] for process in started]
    assert ([process.returncode for process in started], said) == ([0, 0, 0], ["", "", ""])
    engine = engine_for(empty_url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_nothing_to_do_loads_no_alembic(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MIGRATE, database_url], capture_output=True, text=True, check=True, timeout=50
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/postroom.db", "postgresql:///x?host=/nowhere/at/all"])
def test_a_database_out_of_reach_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable):
        migrate(url)
    with pytest.raises(Unavailable):
        pending(url)
