"""``postroom api``, ``worker`` and ``serve`` as processes of ours: started, killed, stopped."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, TypeVar

import psutil

T = TypeVar("T")

_READY_SECONDS: Final = 30
_ANNOUNCED: Final = {"api": b"listening on ", "serve": b"listening on ", "worker": b"delivering"}


class Running(Protocol):
    """A process, as ``asyncio.subprocess.Process`` is one."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    def send_signal(self, number: int, /) -> None: ...
    async def wait(self) -> int: ...


# Starts a verb in an environment; what it logs is added to a file.
Start = Callable[[str, Mapping[str, str], Path], Awaitable[Running]]


async def cold(verb: str, environment: Mapping[str, str], log: Path) -> Running:
    """A process as an operator starts it."""
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "postroom", verb),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
        )


class Part:
    """One process of Postroom, ``verb`` api, worker, or serve for both. It can be started again after it has ended.

    Use as an asynchronous context manager: it starts, and at the end it is stopped, or killed where an error is on
    its way. What it logs is added to the file ``{verb}.log``.
    """

    def __init__(self, verb: str, environment: Mapping[str, str], folder: Path, *, start: Start = cold) -> None:
        """``folder`` is where it logs to, ``start`` how it comes to be."""
        self.verb = verb
        self.port = 0  # where the api listens, while it does
        self.up = asyncio.Event()  # set while it is known to be ready
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")},
            **environment,
        }
        self._start = start
        self._log = folder / f"{verb}.log"
        self._process: Running | None = None

    async def __aenter__(self) -> "Part":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is None:
            await self.stop()
        else:
            await self._end(signal.SIGKILL)

    async def start(self) -> None:
        """Start it, and return when it is ready."""
        await self.spawn()
        await self.ready()

    async def spawn(self, **more: str) -> None:
        """Only start it, with some more variables in its environment."""
        self._process = await self._start(self.verb, {**self._environment, **more}, self._log)

    async def ready(self) -> None:
        """Return when it has said that it is ready. Raises ``RuntimeError`` where it has not."""
        if not await self.comes():
            await self._end(signal.SIGKILL)
            raise RuntimeError(f"postroom {self.verb} did not start: {self._last_words()}")

    async def comes(self) -> bool:
        """True when it has said that it is ready, False when it has ended before."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(_READY_SECONDS):
            said = await self._process.stdout.readline()
        if _ANNOUNCED[self.verb] not in said:
            return False
        if self.verb != "worker":
            self.port = int(said.rpartition(b":")[2])
        self.up.set()
        return True

    async def kill(self) -> None:
        """Kill it with SIGKILL, and return when it is no more. Raises ``RuntimeError`` where it had ended by itself."""
        self._was_killed(await self._end(signal.SIGKILL))

    async def dies(self) -> None:
        """Return when it is no more. Raises ``RuntimeError`` where it was not SIGKILL that ended it."""
        assert self._process is not None
        code = await self._process.wait()
        self.up.clear()
        self._was_killed(code)

    async def stop(self) -> None:
        """Ask it to stop, and return when it has. Raises where it failed in that."""
        code = await self._end(signal.SIGTERM)
        if code != 0:
            raise RuntimeError(f"postroom {self.verb} ended with {code}: {self._last_words()}")

    async def while_it_runs(self, work: Awaitable[T]) -> T:
        """Await ``work``. Raises ``RuntimeError`` where the process ends before."""
        assert self._process is not None
        working, running = asyncio.ensure_future(work), asyncio.create_task(self._process.wait())
        await asyncio.wait({working, running}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        if working.done():
            return await working
        working.cancel()
        raise RuntimeError(f"postroom {self.verb} ended: {self._last_words()}")

    @property
    def handle(self) -> psutil.Process:
        """The process, for whoever looks at it or freezes it."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def cpu_seconds(self) -> float:
        """The processor time it has used."""
        times = self.handle.cpu_times()
        return float(times.user + times.system)

    def peak_octets(self) -> int:
        """The most memory it ever had resident, files it has mapped included (VmHWM)."""
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    def resident_octets(self) -> int:
        """The memory that it has resident now."""
        return int(self.handle.memory_info().rss)

    def open_files(self) -> int:
        """How many files, sockets and pipes it has open."""
        return int(self.handle.num_fds())

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self.up.clear()
        if self._process.returncode is None:
            # It may have ended by itself a moment ago.
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
        return await self._process.wait()

    def _was_killed(self, code: int) -> None:
        if code != -signal.SIGKILL:
            raise RuntimeError(f"postroom {self.verb} ended by itself with {code}: {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"
