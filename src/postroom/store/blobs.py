"""Files by their content: ``ab/cdef…`` is the file whose SHA-256 is abcdef…, so equal content is kept once.

A file is answered for only when it is on disk: its bytes are flushed, then it gets its name, then the name is flushed.
Until then it lies in ``incoming/`` and disappears if anything goes wrong. Every touch of the disk is in a thread, and
no more than one chunk of a file is in memory.
"""

import asyncio
import hashlib
import os
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from postroom.errors import Fault, Reason, TooLarge, Unavailable

T = TypeVar("T")

CHUNK: Final = 57 * 3 * 1024  # octets: 57 make one line of base64, so that a writer of lines carries nothing over
_LEFT_BEHIND: Final = 24 * 3600  # seconds: no upload lasts so long; its process was killed


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """Content that is on disk: its SHA-256 and its size in octets."""

    digest: bytes
    size: int


class Blobs:
    """The files below ``root``; several processes may share it."""

    def __init__(self, root: Path) -> None:
        """Make the folder where it is missing, and clear away what killed processes left behind."""
        self._root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        flush_names(root)
        flush_names(root.parent)
        for path in self._incoming.iterdir():
            if time.time() - path.stat().st_mtime > _LEFT_BEHIND:
                path.unlink(missing_ok=True)

    async def put(self, chunks: AsyncIterator[bytes], *, limit: int | None = None) -> Stored:
        """Store what ``chunks`` yields; ``TooLarge`` over ``limit`` octets, ``Unavailable`` where the disk fails."""
        async with self.writing(limit=limit) as writer:
            async for chunk in chunks:
                await writer.write(chunk)
            return await writer.finish()

    @asynccontextmanager
    async def writing(self, *, limit: int | None = None) -> "AsyncIterator[Writer]":
        """Store content piece by piece; without ``finish`` nothing of it stays."""
        draft = _Draft(self._incoming / secrets.token_hex(16), self._root)
        try:
            yield Writer(draft, limit)
        finally:
            # Started before anything is awaited: a second cancellation cannot keep the file alive.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, draft.discard))

    async def open(self, digest: bytes) -> AsyncIterator[bytes]:
        """The content in pieces of ``CHUNK`` octets, the last one shorter; ``Unavailable`` where it is not there."""
        try:
            with await asyncio.to_thread(_path(self._root, digest).open, "rb") as file:
                while chunk := await asyncio.to_thread(file.read, CHUNK):
                    yield chunk
        except OSError as error:
            raise Unavailable(f"a stored file cannot be read: {error.strerror}") from error


class Writer:
    """Takes content in pieces of any size and passes it on in chunks."""

    def __init__(self, draft: "_Draft", limit: int | None) -> None:
        """``limit`` is in octets."""
        self._draft = draft
        self._limit = limit
        self._size = 0
        self._waiting = bytearray()

    async def write(self, data: bytes) -> None:
        """Append; raises ``TooLarge`` as soon as the limit is passed, ``Unavailable`` if the disk fails."""
        self._size += len(data)
        if self._limit is not None and self._size > self._limit:
            raise TooLarge(Fault(reason=Reason.UPLOAD_TOO_LARGE, details={"limit": self._limit}))
        self._waiting += data
        if len(self._waiting) >= CHUNK:
            full, self._waiting = self._waiting, bytearray()
            await _on_disk(self._draft.write, full)

    async def finish(self) -> Stored:
        """Answer only when everything is on disk under its name."""
        digest = await _on_disk(self._draft.keep, self._waiting)
        return Stored(digest=digest, size=self._size)


class _Draft:
    """A file without a name yet. Its methods run in threads and exclude each other.

    A caller that was cancelled does not wait for the thread it started; the lock makes ``discard`` wait for it, and
    nothing is written after ``discard``.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        self._lock = threading.Lock()
        self._hash = hashlib.sha256()
        self._fd: int | None = None
        self._over = False

    def write(self, data: bytearray) -> None:
        with self._lock:
            self._append(data)

    def keep(self, rest: bytearray) -> bytes:
        with self._lock:
            self._append(rest)
            assert self._fd is not None
            os.fsync(self._fd)
            digest = self._hash.digest()
            target = _path(self._root, digest)
            target.parent.mkdir(exist_ok=True, mode=0o700)
            # Where the content is there already, the same bytes take its place: no reader sees a difference.
            self._path.replace(target)
            self._close()
            flush_names(target.parent)
            # Another process may have made that folder, and be about to flush its name.
            flush_names(self._root)
            return digest

    def discard(self) -> None:
        with self._lock:
            if self._fd is not None:
                self._close()
                self._path.unlink(missing_ok=True)
            self._over = True

    def _append(self, data: bytearray) -> None:
        if self._over:
            raise OSError("the upload is over")
        if self._fd is None:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._hash.update(data)
        left = memoryview(data)
        while left:
            left = left[os.write(self._fd, left) :]

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None
        self._over = True


async def _on_disk(work: Callable[[bytearray], T], data: bytearray) -> T:
    try:
        return await asyncio.to_thread(work, data)
    except OSError as error:
        raise Unavailable(f"the file cannot be stored: {error.strerror}") from error


def _path(root: Path, digest: bytes) -> Path:
    name = digest.hex()
    return root / name[:2] / name[2:]


def flush_names(folder: Path) -> None:
    """A new name survives a loss of power only when its folder is flushed too (fsync(2))."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
