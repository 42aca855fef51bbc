"""store.wake: a ring ends a pause at once, in one process and between processes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from postroom.store.wake import Wake

LONG = 50.0  # seconds; a test that ends has not waited for it


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Wake]:
    wake = Wake(url)
    try:
        yield wake
    finally:
        await wake.close()


async def test_a_ring_ends_the_pause(database_url: str) -> None:
    async with opened(database_url) as wake:
        waiting = asyncio.create_task(wake.wait(LONG))
        wake.ring()
        await waiting


async def test_a_ring_before_the_pause_is_not_lost(database_url: str) -> None:
    async with opened(database_url) as wake:
        wake.ring()
        await wake.wait(LONG)


async def test_without_a_ring_the_pause_ends_by_itself(sqlite_url: str) -> None:
    async with opened(sqlite_url) as wake:
        started = time.monotonic()
        await wake.wait(0.02)
        assert time.monotonic() - started >= 0.02


async def test_a_ring_reaches_another_process(postgres_url: str) -> None:
    async with opened(postgres_url) as ours, opened(postgres_url) as theirs:
        await theirs.wait(LONG)  # ends when it listens: whatever was said before might have been missed
        waiting = asyncio.create_task(theirs.wait(LONG))
        ours.ring()
        await waiting


async def test_a_ring_goes_through_the_pipe_beside_the_file(sqlite_url: str) -> None:
    async with opened(sqlite_url) as theirs:
        await theirs.wait(0)
        for _ in range(2):  # who rings comes and goes
            async with opened(sqlite_url) as ours:
                ours.ring()
                await theirs.wait(LONG)


async def test_a_pipe_that_nobody_reads_takes_no_ring_and_no_time(sqlite_url: str) -> None:
    async with opened(sqlite_url) as ours, opened(sqlite_url) as theirs:
        for _ in range(100_000):
            ours.ring()
        await theirs.wait(LONG)
        started = time.monotonic()
        await theirs.wait(0.02)  # all of them were one
        assert time.monotonic() - started >= 0.02


async def test_many_rings_are_few_notifications(postgres_url: str) -> None:
    async with (
        opened(postgres_url) as wake,
        await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as listener,
    ):
        await listener.execute("LISTEN postroom_work")
        for _ in range(10):
            for _ in range(100):
                wake.ring()
            await asyncio.sleep(0)
        first = [notice async for notice in listener.notifies(stop_after=1)]
        others = [notice async for notice in listener.notifies(timeout=0.2)]
        assert len(first + others) <= 10


async def test_a_lost_connection_is_polling_until_it_is_back(postgres_url: str) -> None:
    async with opened(postgres_url) as ours, opened(postgres_url) as theirs:
        await theirs.wait(LONG)
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        await theirs.wait(0.01)  # polling goes on meanwhile
        await theirs.wait(LONG)  # listening again
        waiting = asyncio.create_task(theirs.wait(LONG))
        ours.ring()
        await waiting


@pytest.mark.parametrize("url", ["postgresql:///x?host=/nowhere/at/all", "sqlite:////nowhere/at/all"])
async def test_no_way_to_ring_is_no_harm(url: str) -> None:
    async with opened(url) as wake:
        wake.ring()
        await wake.wait(LONG)
        await wake.wait(0.01)
