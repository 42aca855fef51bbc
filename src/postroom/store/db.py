"""The database behind two threads: reads and writes are gathered, and each gathering is one transaction.

A caller hands over a function that takes a transaction and awaits its result. The writing thread takes everything that
waits, runs it in one transaction and commits; only then are the callers answered. So one commit (one fdatasync) serves
all requests of the moment, a lone request waits for nobody, and nobody hears of success before it is on disk. Where
somebody came during the last transaction, the next one lets a few more come.

``write(work)`` runs ``work(tx)`` in the shared transaction; ``write_together(work, item)`` gathers all items that wait
for the same ``work`` and calls ``work(tx, items)`` once. Where one raises, the transaction is undone and all are run
again, each in a savepoint of its own and gathered items one by one, so the fault finds its owner and nobody else. So a
work may be run again after its changes were undone: what it does outside its transaction must bear that. Reads work
alike, on connections of their own.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.store.engine import Fate, checkpoint, engine_for, fate, passing, reading

log = structlog.get_logger()

Tx = Connection  # what functions of the store take, under the name that other rooms use

T = TypeVar("T")
R = TypeVar("R")

Together = Callable[[Connection, Sequence[T]], Sequence[R]]

GATHER_AT_MOST: Final = 256  # longer transactions gain nothing more and make everybody in them wait
# Between the beginnings of two transactions while callers come without a pause: each is answered this much later at the
# most, and shares with others what a transaction costs.
_STEP_SECONDS: Final = 0.004
_REST_SECONDS: Final = 0.05  # then somebody who waits is less likely than somebody who comes later
_TRIES: Final = 3  # of one caller alone against other processes that want the same rows


@dataclass(slots=True)
class _Call:
    """One caller's wish: ``work`` with its ``item`` (gathered) or alone (``item`` is _ALONE)."""

    work: Callable[..., Any]
    item: Any
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


_ALONE: Final = object()


class Database:
    """An open database. Use from any event loop; close() waits for what was handed over."""

    def __init__(self, url: str, *, readers: int | None = None) -> None:
        """Open ``url`` (sqlite:///FILE or postgresql://...); it is first reached when first asked."""
        self.engine = engine_for(url)
        self._reader = reading(self.engine)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # One SQLite reader: more would only take turns with each other for the interpreter's lock.
        count = readers or (1 if self.is_sqlite else 3)
        self._door = threading.Lock()
        self._closed = False
        self._writes: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(
                target=_serve,
                args=(self._writes, self.engine, _REST_SECONDS if self.is_sqlite else None, _STEP_SECONDS),
                name="database-writer",
                daemon=True,
            ),
            *(
                threading.Thread(
                    target=_serve, args=(self._reads, self._reader), name=f"database-reader-{n}", daemon=True
                )
                for n in range(count)
            ),
        ]
        self._readers = count
        for thread in self._threads:
            thread.start()

    async def write(self, work: Callable[[Connection], R]) -> R:
        """Run ``work`` in the next group's transaction; returns after its commit."""
        answer: R = await self._ask(self._writes, work, _ALONE)
        return answer

    async def write_together(self, work: Together[T, R], item: T) -> R:
        """Run ``work`` once for all items waiting for it; returns this item's result after the commit."""
        return await self.begin_together(work, item)

    def begin_together(self, work: Together[T, R], item: T) -> "asyncio.Future[R]":
        """``write_together`` for who has something else to do meanwhile. Raises ``Unavailable`` once closed."""
        return self._ask(self._writes, work, item)

    async def read(self, work: Callable[[Connection], R]) -> R:
        """Run ``work`` on one moment of the database; a statement that writes is refused."""
        answer: R = await self._ask(self._reads, work, _ALONE)
        return answer

    async def read_together(self, work: Together[T, R], item: T) -> R:
        """Like ``write_together``, on one moment of the database."""
        answer: R = await self._ask(self._reads, work, item)
        return answer

    async def close(self) -> None:
        """Let everything handed over finish, then close the connections; who asks later gets ``Unavailable``."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """``close`` for a caller without an event loop."""
        with self._door:
            self._closed = True
            self._writes.put(None)
            for _ in range(self._readers):
                self._reads.put(None)
        for thread in self._threads:
            thread.join()
        self._reader.dispose()
        self.engine.dispose()

    def _ask(
        self, line: "queue.SimpleQueue[_Call | None]", work: Callable[..., Any], item: Any
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        with self._door:
            if self._closed:
                raise Unavailable("the database is closed")
            line.put(_Call(work, item, loop, answer))
        return answer


def _serve(
    line: "queue.SimpleQueue[_Call | None]", engine: Engine, rest: float | None = None, step: float = 0.0
) -> None:
    """The life of one thread; after ``rest`` seconds without work, what it wrote goes from the log to its place."""
    written = False
    began = 0.0
    while True:
        crowded = not line.empty()
        try:
            first = line.get(timeout=rest if written else None)
        except queue.Empty:
            checkpoint(engine)
            written = False
            continue
        if first is None:
            return
        if crowded:
            time.sleep(max(0.0, began + step - time.monotonic()))
        began = time.monotonic()
        calls, last = _gather(line, first)
        written = rest is not None
        try:
            _run(engine, calls)
        except BaseException as error:  # a bug: the thread must outlive it, or every later caller would hang
            for call in calls:
                call.error = error
        reach("committed")
        _answer(calls)
        if last:
            return


def _run(engine: Engine, calls: list[_Call], tries: int = _TRIES) -> None:
    """Fill in result or error of each call. A failed commit is everybody's error."""
    try:
        if not _run_trusting(engine, calls):
            with engine.begin() as connection:
                for work, group in _by_work(calls):
                    _run_group(connection, work, group)
    except SQLAlchemyError as error:
        if fate(error) is Fate.RUN_APART and tries > 1:
            for call in calls:
                _run(engine, [call], _TRIES if len(calls) > 1 else tries - 1)
            return
        log.error("database", problem=str(error.__cause__ or error).strip())
        for call in calls:
            call.error = Unavailable("the database is away")


def _run_trusting(engine: Engine, calls: list[_Call]) -> bool:
    """Run all without savepoints, which cost as much as a small statement each; False, and nothing done, at a fault."""
    connection = engine.connect()
    with connection, connection.begin() as whole:
        try:
            for work, group in _by_work(calls):
                if group[0].item is _ALONE:
                    for call in group:
                        call.result = work(connection)
                else:
                    results = work(connection, [call.item for call in group])
                    for call, result in zip(group, results, strict=True):
                        call.result = result
        except Exception as error:
            if isinstance(error, SQLAlchemyError) and fate(error) is not Fate.GOES_ON:
                raise
            whole.rollback()
            return False
        reach("commit")
    return True


def _run_group(connection: Connection, work: Callable[..., Any], group: list[_Call]) -> None:
    """Run one work for all who want it; raises where the transaction as a whole cannot go on."""
    if len(group) > 1 and group[0].item is not _ALONE:
        try:
            with connection.begin_nested():
                results = work(connection, [call.item for call in group])
                for call, result in zip(group, results, strict=True):
                    call.result = result
        except Exception as error:
            if fate(error) is not Fate.GOES_ON:
                raise
        else:
            return
    for call in group:
        _run_one(connection, call)


def _run_one(connection: Connection, call: _Call) -> None:
    call.error = None
    try:
        with connection.begin_nested():
            if call.item is _ALONE:
                call.result = call.work(connection)
            else:
                [call.result] = call.work(connection, [call.item])
    except Exception as error:
        if fate(error) is not Fate.GOES_ON:
            raise
        call.error = Unavailable("the database could not do it now") if passing(error) else error


def _by_work(calls: list[_Call]) -> list[tuple[Callable[..., Any], list[_Call]]]:
    groups: dict[tuple[Callable[..., Any], bool], list[_Call]] = {}
    for call in calls:
        groups.setdefault((call.work, call.item is _ALONE), []).append(call)
    return [(work, group) for (work, _), group in groups.items()]


def _gather(line: "queue.SimpleQueue[_Call | None]", first: _Call) -> tuple[list[_Call], bool]:
    """Everything that waits now, and whether the line is closed behind it."""
    calls = [first]
    while len(calls) < GATHER_AT_MOST:
        try:
            call = line.get_nowait()
        except queue.Empty:
            return calls, False
        if call is None:
            return calls, True
        calls.append(call)
    return calls, False


def _answer(calls: list[_Call]) -> None:
    """Wake every event loop once, however many of its callers are answered."""
    loops: dict[asyncio.AbstractEventLoop, list[_Call]] = {}
    for call in calls:
        loops.setdefault(call.loop, []).append(call)
    for loop, own in loops.items():
        try:
            loop.call_soon_threadsafe(_deliver, own)
        except RuntimeError:  # the loop has closed: nobody waits any more
            continue


def _deliver(calls: list[_Call]) -> None:
    for call in calls:
        if call.answer.done():  # cancelled meanwhile; what was written stays written
            continue
        if call.error is None:
            call.answer.set_result(call.result)
        elif isinstance(call.error, StopIteration):  # a future refuses it, and everybody behind would wait for ever
            call.answer.set_exception(RuntimeError("StopIteration"))
        else:
            call.answer.set_exception(call.error)
