"""The doors, run side by side until a signal ends them."""

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import click
import uvloop

from postroom.app import App, open_app
from postroom.cli import logs
from postroom.cli.options import make_data_dir
from postroom.config import Settings

# timeout(1) and some supervisors signal the process and then its whole group: that is one wish, not two.
ECHO_SECONDS: Final = 0.5

Door = Callable[[App, asyncio.Event], Awaitable[None]]


def run(settings: Settings, doors: Sequence[Door]) -> None:
    """Open the program and run the doors. SIGTERM or SIGINT stops them cleanly, a second one ends at once."""
    logs.configure(settings.log_level)
    make_data_dir(settings)

    async def work() -> None:
        stop = heed_signals()
        async with open_app(settings) as app:
            spare_the_collector()
            await side_by_side(stop, [door(app, stop) for door in doors])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def spare_the_collector() -> None:
    """What is loaded by now stays: the garbage collector need not walk it again for every few hundred new objects.

    A tenth of the processor time of a busy server went there.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def heed_signals() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; a second one, not its echo, ends the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    last = -ECHO_SECONDS

    def heed(number: int) -> None:
        nonlocal last
        again, last = loop.time() - last > ECHO_SECONDS, loop.time()
        if stop.is_set() and again:
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heed, number)
    return stop


async def side_by_side(stop: asyncio.Event, doors: Sequence[Awaitable[None]]) -> None:
    """Run until all have ended; when one ends, however it does, the others are stopped cleanly. Raises its error."""
    tasks = [asyncio.ensure_future(door) for door in doors]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end


def announce(url: str) -> None:
    """The one line that tells that the server answers."""
    click.echo(f"postroom: listening on {url}")
