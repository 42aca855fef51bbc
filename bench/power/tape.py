"""The log of what processes do to a folder: ``shim.c``, loaded into each of them, writes it; here it is read."""

import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Final

_SHIM: Final = Path(__file__).with_name("shim.c")
ROOM: Final = 1 << 30  # octets; what is not written takes no place
_FIRST: Final = 64  # where the first record is (struct log)
_RECORD: Final = struct.Struct("=IIQQQ")  # struct record
_END: Final = struct.Struct("=Q")


class Kind(IntEnum):
    """What was done (enum kind)."""

    CREATE = 1
    WRITE = 2
    RESIZE = 3
    GROW = 4
    SYNC = 5
    RENAME = 6
    LINK = 7
    UNLINK = 8
    MKDIR = 9
    MAP = 10


@dataclass(frozen=True, slots=True)
class Deed:
    """One record. ``at`` and ``until`` are where it begins and ends in the log, which is the time of everything here.

    ``number``: an offset in the file, a size, or, of a sync, how far the log was when it began.
    """

    at: int
    until: int
    kind: Kind
    inode: int
    number: int
    payload: memoryview

    def paths(self) -> list[str]:
        """The absolute paths it names."""
        return [os.path.normpath(path) for path in bytes(self.payload).decode().split("\0")]


def compiler() -> str | None:
    """The C compiler of this machine."""
    return shutil.which(os.environ.get("CC", "cc"))


class Tape:
    """A log in ``place``, a folder for its files, of what is done below ``folder``. Use as a context manager."""

    def __init__(self, folder: Path, place: Path) -> None:
        """Build the shim. Raises ``CalledProcessError`` where the compiler refuses."""
        self.folder = folder
        self._log = place / "tape"
        self._shim = place / "shim.so"
        cc = compiler()
        assert cc is not None, "there is no C compiler"
        flags = ("-O2", "-U_FORTIFY_SOURCE", "-shared", "-fPIC")
        subprocess.run([cc, *flags, "-o", self._shim, _SHIM, "-ldl"], check=True)
        self._log.touch()
        self._log.chmod(0o666)  # PostgreSQL runs as somebody else

    def __enter__(self) -> "Tape":
        with self._log.open("r+b") as file:
            file.truncate(0)
            file.truncate(ROOM)
            self._map = mmap.mmap(file.fileno(), ROOM)
        self._map[: _END.size] = _END.pack(_FIRST)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._map.close()

    def environment(self) -> dict[str, str]:
        """What a process is told, so that what it does is noted."""
        return {"LD_PRELOAD": str(self._shim), "POWER_LOG": str(self._log), "POWER_FOLDER": str(self.folder)}

    def now(self) -> int:
        """How far the log is: what was done before has a smaller number."""
        (end,) = _END.unpack_from(self._map)
        return int(end)

    def deeds(self) -> Iterator[Deed]:
        """Everything that was noted, up to the first record that a killed process left unfinished."""
        whole, at = memoryview(self._map), _FIRST
        while at < self.now():
            size, payload, inode, number, kind = _RECORD.unpack_from(whole, at)
            if kind == 0:
                return
            start = at + _RECORD.size
            # Copied: the map cannot be closed while somebody looks into it.
            yield Deed(at, at + size, Kind(kind), inode, number, memoryview(bytes(whole[start : start + payload])))
            at += size
