"""Files on their way up, as ``multipart/form-data`` (RFC 7578): octets flow from their source, and none is kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import SEEK_END
from mimetypes import guess_type
from pathlib import Path
from typing import BinaryIO, Final

# Called with the octets of the files that were taken so far, and how many there are.
Progress = Callable[[int, int], None]

_UNKNOWN: Final = "application/octet-stream"
_CHUNK: Final = 64 * 1024
# RFC 7578 §4.2 and what browsers do: the only characters that could end the name, or its line.
_ESCAPED: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file to upload: a path, or an open file that can be rewound; it is read from where it stands."""

    name: str
    source: Path | BinaryIO

    @classmethod
    def of(cls, path: Path) -> "Upload":
        """A file under its own name."""
        return cls(name=path.name, source=path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """The body of an upload: files, with where each begins and how many octets it has from there.

    It can be read again: from the path, or from where the open file stood.
    """

    parts: Sequence[tuple[Upload, int, int]]
    boundary: str
    progress: Progress | None

    @classmethod
    def of(cls, uploads: Sequence[Upload], boundary: str, progress: Progress | None = None) -> "Form":
        """Measure the files. Raises ``OSError`` for one that cannot be read."""
        return cls(parts=[(each, *_measured(each)) for each in uploads], boundary=boundary, progress=progress)

    @property
    def content_type(self) -> str:
        """The header's value."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """Octets of the whole body."""
        return sum(len(self._head(each)) + size + len(b"\r\n") for each, _, size in self.parts) + len(self._end)

    def chunks(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        taken, of = 0, sum(size for _, _, size in self.parts)
        for upload, start, _ in self.parts:
            yield self._head(upload)
            with _opened(upload.source, start) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
                    taken += len(chunk)
                    if self.progress is not None:
                        self.progress(taken, of)
            yield b"\r\n"
        yield self._end

    def _head(self, upload: Upload) -> bytes:
        # W 3.1: every part is named «file».
        return (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{upload.name.translate(_ESCAPED)}"\r\n'
            f"Content-Type: {_kind(upload.name)}\r\n\r\n"
        ).encode(errors="replace")

    @property
    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


def _kind(name: str) -> str:
    # By its ending alone: of a name that begins with «data:» the rest would be taken as the type, line ends and all.
    return guess_type(f"x{Path(name).suffix}")[0] or _UNKNOWN


def _measured(upload: Upload) -> tuple[int, int]:
    """Where the file begins, and how many octets it has from there."""
    source = upload.source
    if isinstance(source, Path):
        return 0, source.stat().st_size
    start = source.tell()
    end = source.seek(0, SEEK_END)
    source.seek(start)
    return start, end - start


@contextmanager
def _opened(source: Path | BinaryIO, start: int) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        source.seek(start)
        try:
            yield source
        finally:
            # The call may be done again.
            source.seek(start)
