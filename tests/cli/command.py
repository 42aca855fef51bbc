"""The real command in a process of its own."""

import asyncio
import json
import multiprocessing
import os
import pty
import select
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from postroom.cli.main import VERBS, main
from postroom.store import orgs
from postroom.store.db import Database, Tx
from postroom.store.orgs import Org

R = TypeVar("R")

LONGEST = 50.0  # seconds: less than a test may take, so that a hanging command says what it said


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(each.name for each in folder.iterdir())


async def stored(data: Path, what: Callable[[Tx, Org], R]) -> R:
    """Ask the database of a data directory, without starting a command for it."""

    def read(tx: Tx) -> R:
        org = orgs.first(tx)
        assert org is not None
        return what(tx, org)

    db = Database(f"sqlite:///{data}/postroom.db")
    try:
        return await db.read(read)
    finally:
        await db.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would reach the command's settings, and with a cache in which nothing is kept."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    return {**clean, "XDG_CACHE_HOME": os.devnull, **more}


async def postroom(*words: str, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end."""
    with tempfile.TemporaryDirectory() as name:
        ends = [Path(name, each) for each in ("in", "out", "err")]
        ends[0].write_text(stdin, encoding="utf-8")
        process = _FORKS.Process(target=_become, args=(words, cwd, environment(**(env or {})), ends))
        process.start()
        try:
            await asyncio.to_thread(process.join, LONGEST)
        finally:
            process.kill()
            process.join()
        code = process.exitcode
        process.close()
        out, err = (each.read_text(encoding="utf-8") for each in ends[1:])
    assert code is not None
    return Done(code=code, out=out, err=err)


# A process that has imported everything and does nothing: commands are its forks, which spares each of them its start.
_FORKS: Final = multiprocessing.get_context("forkserver")
_LATER: Final = ("postroom.app", "postroom.store.migrate", "postroom.cli.opening", "postroom.client")
_FORKS.set_forkserver_preload([*_LATER, *(where.split(":")[0] for where, _ in VERBS.values())])


def _become(words: Sequence[str], cwd: Path, env: Mapping[str, str], ends: Sequence[Path]) -> None:
    """Be the command, in a process that was just forked."""
    for number, (path, flags) in enumerate(zip(ends, (os.O_RDONLY, _NEW, _NEW), strict=True)):
        os.dup2(os.open(path, flags, 0o600), number)
    _be(words, cwd, env)


def _be(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - as at a start
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    main(words)


async def typed(*words: str, cwd: Path, answers: Sequence[tuple[str, str]], **env: str) -> Done:
    """Run a command at a terminal, where each question that holds the first word of a pair is answered by the second.

    ``err`` is all that the terminal showed.
    """
    ours, theirs = pty.openpty()
    with tempfile.TemporaryDirectory() as name:
        out = Path(name, "out")
        process = _FORKS.Process(target=_become_typed, args=(words, cwd, environment(**env), os.ttyname(theirs), out))
        process.start()
        try:
            shown = await asyncio.to_thread(_answer, ours, process.sentinel, answers)
            process.join(LONGEST)
        finally:
            process.kill()
            process.join()
            os.close(ours)
            os.close(theirs)
        code = process.exitcode
        process.close()
        said = await asyncio.to_thread(out.read_text, encoding="utf-8")
    assert code is not None
    return Done(code=code, out=said, err=shown)


def _become_typed(words: Sequence[str], cwd: Path, env: Mapping[str, str], terminal: str, out: Path) -> None:
    """Be the command, with a terminal of its own: passwords are asked for there, and nowhere else."""
    os.setsid()
    for number, path, flags in ((0, terminal, os.O_RDWR), (1, out, _NEW), (2, terminal, os.O_RDWR)):
        os.dup2(os.open(path, flags, 0o600), number)
    _be(words, cwd, env)


def _answer(terminal: int, end: int, answers: Sequence[tuple[str, str]]) -> str:
    """What is shown until the process of that sentinel ends."""
    shown = heard = ""
    waiting = list(answers)
    while True:
        ready, _, _ = select.select([terminal, end], [], [], LONGEST)
        assert ready, f"nothing more was said: {shown}"
        if terminal not in ready:
            return shown
        said = os.read(terminal, 4096).decode()
        shown, heard = shown + said, heard + said
        while waiting and waiting[0][0] in heard:
            question, answer = waiting.pop(0)
            heard = heard.partition(question)[2]
            os.write(terminal, f"{answer}\n".encode())


_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND


async def well(*words: str, cwd: Path, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
    """Run a command that must work."""
    done = await postroom(*words, cwd=cwd, stdin=stdin, env=env)
    assert done.code == 0, done
    return done


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A command that serves; ``lines`` are what it said until it was ready."""

    process: Process
    lines: tuple[str, ...]

    async def line(self) -> str:
        """The next line it says."""
        return await _line(self.process)

    def tell(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.wait_for(self.process.wait(), LONGEST)


@asynccontextmanager
async def running(
    *words: str, cwd: Path, until: str = "listening on", env: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """Start a command and wait for the line that holds ``until``; at the end it is killed if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "postroom", *words),
        cwd=cwd,
        env=environment(**(env or {})),
        stdin=DEVNULL,
        stdout=PIPE,
    )
    try:
        lines = [await _line(process)]
        while until not in lines[-1]:
            lines.append(await _line(process))
        yield Running(process=process, lines=tuple(lines))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _line(process: Process) -> str:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), LONGEST)
    assert line, f"the command ended: {await process.wait()}"
    return line.decode().rstrip("\n")
