"""What a worker looks after from time to time, beside the mails that are due."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from postroom.errors import Unavailable


async def every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    """Look at once and then after each pause, until cancelled; while the database is away, another time."""
    while True:
        with suppress(Unavailable):
            await look()
        await asyncio.sleep(seconds)
