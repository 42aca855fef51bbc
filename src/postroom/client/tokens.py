"""Access tokens, kept for everybody who has the same credentials.

A refresh token gives ten access tokens in ten minutes, and the sixteenth ends the first (W 4.10): so threads and tasks
share one in memory, processes share it in a file, and a lock lets one of all who need a new one ask for it.
"""

import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from postroom.client import private

_DAY: Final = 86_400.0
_OURS: Final = re.compile(r"\.?[0-9a-f]{64}(\.\w+)?")

Release = Callable[[], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """An access token, the moment (ms since the epoch) from which it is not to be used, and where it says to call."""

    access: str = field(repr=False)
    ends_at: int
    api_domain: str | None = None


class Kept:
    """The token of one set of credentials, in memory and, unless ``path`` is None, in a file.

    Where the file cannot be written nothing is kept there, and everything else works.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Nothing is read yet."""
        self._path = path
        self._token: Token | None = None
        self._alone = threading.Lock()

    def find(self, now: int, refused: str | None) -> Token | None:
        """The token that is kept, unless it has ended or is the one that was ``refused``."""
        for where in (self._remember, self._read):
            found = where()
            if found is not None and found.ends_at > now and found.access != refused:
                self._token = found
                return found
        return None

    def keep(self, token: Token) -> None:
        """Keep a new one for all."""
        self._token = token
        if self._path is not None:
            with suppress(OSError):
                private.write(self._path, json.dumps(asdict(token)))
                _sweep(self._path.parent)

    def lock(self) -> Release | None:
        """Keep others out who would ask for a token, until the release; None where somebody else has done so."""
        if not self._alone.acquire(blocking=False):
            return None
        try:
            file = _lock(self._path)
        except BlockingIOError:
            self._alone.release()
            return None

        def release() -> None:
            if file is not None:
                # Nothing is left behind; who waits for it sees that it has gone.
                file[1].unlink(missing_ok=True)
                os.close(file[0])
            self._alone.release()

        return release

    def _remember(self) -> Token | None:
        return self._token

    def _read(self) -> Token | None:
        if self._path is None:
            return None
        try:
            kept = json.loads(private.read(self._path))
            return Token(access=kept["access"], ends_at=int(kept["ends_at"]), api_domain=kept.get("api_domain"))
        except (OSError, AttributeError, KeyError, TypeError, ValueError):
            return None


class Tokens:
    """Tokens of any credentials; ``folder`` holds the files that processes share, None: each process has its own."""

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` is made when it is needed, for its owner only."""
        self._folder = folder
        self._kept: dict[str, Kept] = {}

    def of(self, fingerprint: str) -> Kept:
        """The token of the credentials with this fingerprint."""
        path = None if self._folder is None else self._folder / fingerprint
        return self._kept.setdefault(fingerprint, Kept(path))


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """Where this user's tokens are kept between programs, if they have such a place."""
    # A path that is not absolute is to be ignored (XDG Base Directory Specification).
    for name, below in (("XDG_CACHE_HOME", ()), ("HOME", (".cache",))):
        place = Path(environ.get(name, ""))
        if place.is_absolute():
            return place.joinpath(*below, "postroom", "tokens")
    return None


def _lock(path: Path | None) -> tuple[int, Path] | None:
    """The lock as an open file and its name; None where there can be none. Raises ``BlockingIOError``: it is taken."""
    if path is None:
        return None
    name = path.with_suffix(".lock")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its last holder may have taken its name away since it was opened: then others do not see this lock.
        if os.fstat(file).st_ino == name.stat().st_ino:
            return file, name
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(file)
        return None
    os.close(file)
    raise BlockingIOError


def _sweep(place: Path) -> None:
    """Remove what nobody has written for a day: tokens of servers that are long gone."""
    for each in place.iterdir():
        # The folder may be one that holds other things, too.
        if _OURS.fullmatch(each.name) and time.time() - each.stat().st_mtime > _DAY:
            each.unlink(missing_ok=True)
