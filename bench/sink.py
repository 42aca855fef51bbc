"""Postfix's ``smtp-sink``: takes mails as fast as anybody can send them, and counts them."""

import asyncio
import os
import re
import subprocess
import time
from types import TracebackType
from typing import Final

from bench import ports

_COUNT: Final = re.compile(rb"mesg=(\d+)")
_CHECK_SECONDS: Final = 0.005


class Sink:
    """A running ``smtp-sink``; ``port`` is where it listens. Use as a context manager."""

    def __init__(self) -> None:
        self.port = ports.free()
        self._tail = b""
        self._count = 0

    def __enter__(self) -> "Sink":
        # As root it wants to be told which other user to become.
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self._process = subprocess.Popen(
            ["smtp-sink", "-4", "-c", *user, f"inet:127.0.0.1:{self.port}", "1024"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def count(self) -> int:
        """How many mails it has taken since it started."""
        assert self._process.stdout is not None
        while chunk := self._process.stdout.read(65536):
            self._tail = (self._tail + chunk)[-200:]
        if found := _COUNT.findall(self._tail.rpartition(b"\r")[0]):
            self._count = int(found[-1])
        return self._count

    async def reaches(self, count: int, seconds: float) -> float:
        """The moment (``time.perf_counter``) at which the count is reached. Raises ``TimeoutError``."""
        async with asyncio.timeout(seconds):
            while self.count < count:  # noqa: ASYNC110 - reading each of its lines as it comes would cost more
                await asyncio.sleep(_CHECK_SECONDS)
        return time.perf_counter()
