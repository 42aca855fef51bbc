"""store.migrate: every database comes to the declared schema, once, whoever starts at the same time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text

from postroom.errors import Unavailable
from postroom.record import CONTACTS, MODULES, PIPELINES
from postroom.record.criteria import equal
from postroom.record.terms import terms
from postroom.store import finding, indexing, records, senders, tables, users
from postroom.store.engine import engine_for
from postroom.store.finding import Order, Question
from postroom.store.migrate import head, migrate, pending
from postroom.store.migrations import run
from postroom.store.records import Key
from postroom.store.tables import metadata
from tests.store.indexed import everything
from tests.world import NOW

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


def _up_to(connection: Connection, step: str) -> None:
    """Apply every step before the one of that name."""
    config = Config()
    config.set_main_option("script_location", str(Path(run.__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config).walk_revisions()
    before = next(each.down_revision for each in steps if each.path.endswith(f"_{step}.py"))
    assert isinstance(before, str)
    command.upgrade(config, before)


def _stored(number: int, org_id: int, module: str, fields: dict[str, object]) -> dict[str, Any]:
    """A record as it was stored before there was an index of its terms."""
    stamps = {"created_at": NOW + number, "created_by": 1, "modified_at": NOW - number, "modified_by": 1}
    return {"id": number, "org_id": org_id, "module": module, "owner_id": 7, "name": "x", "fields": fields, **stamps}


def test_records_that_were_there_are_found_by_their_terms(empty_url: str) -> None:
    title = {"Title": "CEO", "Tag": ["vip", "Old"], "Email_Opt_Out": False}
    there = [
        # More than are taken at once, and with numbers in between that are gone.
        *(
            _stored(2 * n + 10, 1, "Contacts", {"Last_Name": f"N{n}", "Full_Name": f"N{n}", "Email": f"n{n}@x.example"})
            for n in range(520)
        ),
        _stored(3, 2, "Contacts", {"Last_Name": "Straße", "Phone": "+49 30", "Account_Name": 4, **title}),
        _stored(4, 2, "Accounts", {"Account_Name": "Acme"}),
        _stored(5, 2, "Pipelines", {"Deal_Name": "Big", "Amount": -5.5, "Closing_Date": "2026-01-31"}),
        _stored(6, 2, "Pipelines", {}),
    ]
    engine = engine_for(empty_url)
    with engine.begin() as connection:
        _up_to(connection, "records")
        org = {"name": "", "primary_email": "a@x.example", "created_at": NOW}
        connection.execute(insert(tables.org), [{"id": number, **org} for number in (1, 2)])
        connection.execute(insert(tables.record), there)
    assert pending(empty_url)
    migrate(empty_url)
    modules = {module.name: module for module in MODULES}
    with engine.connect() as connection:
        rows = everything(connection)
        keys = [Key(each["org_id"], each["module"], each["id"]) for each in there]
        whole = [each for each in records.find_many(connection, keys) if each is not None]
        assert len(whole) == len(there)
        expected = {
            (each.org_id, *term, each.id) for each in whole for term in terms(modules[each.module], each.values)
        }
        assert (len(rows), set(rows)) == (len(expected), expected)
        asked = Question(org_id=1, module=CONTACTS, limit=5, where=equal(CONTACTS, "Email", b"n519@x.example"))
        assert [each.record.id for each in finding.find(connection, asked)] == [2 * 519 + 10]
        everybody = Question(org_id=2, module=PIPELINES, limit=5, order=Order("Amount"))
        assert [each.record.id for each in finding.find(connection, everybody)] == [5, 6]
    engine.dispose()


def test_records_that_waited_for_the_index_go_on_waiting(empty_url: str) -> None:
    contacts = [_stored(n, 1, "Contacts", {"Last_Name": f"N{n}", "Email": f"n{n}@x.example"}) for n in (3, 4, 9)]
    there = [*contacts, _stored(5, 2, "Contacts", {"Last_Name": "N"}), _stored(6, 2, "Accounts", {"Account_Name": "A"})]
    engine = engine_for(empty_url)
    with engine.begin() as connection:
        _up_to(connection, "batches_wait_for_the_index")
        org = {"name": "", "primary_email": "a@x.example", "created_at": NOW}
        connection.execute(insert(tables.org), [{"id": number, **org} for number in (1, 2)])
        connection.execute(insert(tables.record), there)
        waiting = text("INSERT INTO unindexed (org_id, record_id, module) VALUES (:org_id, :id, :module)")
        connection.execute(waiting, there)
    migrate(empty_url)
    asked = Question(org_id=1, module=CONTACTS, limit=5, order=Order("Last_Name", True))
    with engine.begin() as connection:
        assert [each.record.id for each in finding.find(connection, asked)] == [3, 4, 9]
        assert everything(connection) == []
        while indexing.index_some(connection):
            continue
        assert [each.record.id for each in finding.find(connection, asked)] == [3, 4, 9]
        assert {row[-1] for row in everything(connection)} == {each["id"] for each in there}
    engine.dispose()


def test_users_and_senders_that_were_there_are_confirmed(empty_url: str) -> None:
    engine = engine_for(empty_url)
    own = {"org_id": 1, "email": "a@x.example", "created_at": NOW}
    with engine.begin() as connection:
        _up_to(connection, "confirmed")
        org = {"id": 1, "name": "", "primary_email": "a@x.example", "created_at": NOW}
        for table, row in (
            (tables.org, org),
            (tables.user, own | {"id": 2, "last_name": ""}),
            (tables.sender, own | {"id": 3, "user_id": 2, "name": ""}),
        ):
            connection.execute(insert(table).values(row))
    migrate(empty_url)
    with engine.connect() as connection:
        assert [each.confirmed_at for each in users.listing(connection, 1)] == [NOW]
        assert [each.confirmed_at for each in senders.of_user(connection, 1, 2)] == [NOW]
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
