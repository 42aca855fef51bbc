"""Access tokens kept between calls: a refresh token gives ten in ten minutes and no more (W 4.10).

One file for each set of credentials, readable by its owner only, in the user's cache folder. Where there is no such
folder, or it cannot be written to, nothing is kept and everything else works.
"""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from postroom.cli import envfile
from postroom.errors import Misconfigured

_PATIENCE: Final = 35.0  # seconds: a little longer than whoever holds the lock may wait for the server
_PAUSE: Final = 0.05
_DAY: Final = 86_400.0
_TOKEN, _ENDS_AT = "ACCESS_TOKEN", "ENDS_AT"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An access token, and the moment (ms since the epoch) from which it is not to be used any more."""

    token: str = field(repr=False)
    ends_at: int


Ask = Callable[[], Awaitable[Kept]]


def clock() -> int:
    """Now, in ms since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def folder(environ: Mapping[str, str]) -> Path | None:
    """Where this user's tokens are kept, if they have such a place."""
    # A path that is not absolute is to be ignored (XDG Base Directory Specification).
    for name, below in (("XDG_CACHE_HOME", ()), ("HOME", (".cache",))):
        place = Path(environ.get(name, ""))
        if place.is_absolute():
            return place.joinpath(*below, "postroom", "tokens")
    return None


def file_name(*credentials: str) -> str:
    """The file name for these credentials, which cannot be read from it."""
    return hashlib.sha256("\n".join(credentials).encode()).hexdigest()


class TokenFile:
    """The token of one set of credentials; a path of None keeps nothing."""

    def __init__(self, path: Path | None, *, clock: Callable[[], int] = clock) -> None:
        """``clock`` gives the moment in ms since the epoch."""
        self._path = path
        self._clock = clock

    async def token(self, ask: Ask, *, refused: str | None = None) -> str:
        """The token that is kept, unless it has ended or is the one that was ``refused``; else a new one of ``ask``.

        Of many processes that need one at the same time, one asks and the others take what it got.
        """
        if (found := self._read(refused)) is not None:
            return found
        async with self._alone():
            if (found := self._read(refused)) is not None:
                return found
            new = await ask()
            self._keep(new)
            return new.token

    def _read(self, refused: str | None) -> str | None:
        if self._path is None:
            return None
        try:
            kept = envfile.read(self._path)
            token, ends_at = kept[_TOKEN], int(kept[_ENDS_AT])
        except (Misconfigured, KeyError, ValueError):
            return None
        return token if ends_at > self._clock() and token != refused else None

    def _keep(self, new: Kept) -> None:
        if self._path is None:
            return
        with suppress(Misconfigured, OSError):
            envfile.write(self._path, {_TOKEN: new.token, _ENDS_AT: str(new.ends_at)})
            _sweep(self._path.parent)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Keep others out who use the same file; without a lock where there can be none."""
        path = None if self._path is None else self._path.with_suffix(".lock")
        lock = None if path is None else await _lock(path)
        try:
            yield
        finally:
            if path is not None and lock is not None:
                # Nothing is left behind; who waits for it sees that it has gone.
                path.unlink(missing_ok=True)
                os.close(lock)


async def _lock(path: Path) -> int | None:
    """The lock as an open file; None where it cannot be had: its holder may be asleep (Ctrl-Z)."""
    deadline = time.monotonic() + _PATIENCE
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        while time.monotonic() < deadline:
            if (lock := _try_to_lock(path)) is not None:
                return lock
            await asyncio.sleep(_PAUSE)
    return None


def _try_to_lock(path: Path) -> int | None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its last holder may have taken its name away since it was opened: then others do not see this lock.
        if os.fstat(lock).st_ino == path.stat().st_ino:
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def _sweep(place: Path) -> None:
    """Remove what nobody has written for a day: tokens of servers that are long gone."""
    for each in place.iterdir():
        if time.time() - each.stat().st_mtime > _DAY:
            each.unlink(missing_ok=True)
