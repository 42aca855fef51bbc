"""A sandbox as a process: its folder, its lines, its end."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import uvloop

from postroom.cli import envfile, logs
from postroom.cli.doors import heed_signals
from postroom.cli.sandbox.box import open_centers, variables
from postroom.cli.sandbox.whereabouts import known_to_others


def run(*, centers: Sequence[str], port: int, env_file: Path | None, folder: Path | None, keep: bool) -> None:
    """Run until a signal; the folder is removed at the end unless it shall be kept."""
    logs.configure(os.environ.get("POSTROOM_LOG_LEVEL", "warning"))
    if env_file is not None:
        # Left by an earlier one: whoever waits for it must not read its values.
        env_file.unlink(missing_ok=True)
    # A signal before the loop listens for it shall still remove the folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = folder.absolute() if folder else Path(tempfile.mkdtemp(prefix="postroom-sandbox-"))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(place, centers, port, env_file))
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


async def _run(folder: Path, centers: Sequence[str], port: int, env_file: Path | None) -> None:
    stop = heed_signals()
    async with open_centers(folder, centers, port=port, stop=stop) as boxes:
        with known_to_others(folder):
            values = variables(boxes)
            # The file first: whoever waits for the lines may read it then.
            if env_file is not None:
                envfile.write(env_file, values)
            for name, value in values.items():
                click.echo(f"{name}={value}")
            await stop.wait()
