"""A folder on a disk: figures about durable mail mean nothing in memory."""

import tempfile
from pathlib import Path

import psutil

_NO_DISK = {"tmpfs", "ramfs"}


def file_system(path: Path) -> str:
    """The kind of file system that holds ``path``."""
    held = [each for each in psutil.disk_partitions(all=True) if path.resolve().is_relative_to(each.mountpoint)]
    return str(max(held, key=lambda each: len(each.mountpoint)).fstype) if held else "unknown"


def folder() -> Path:
    """Where temporary files lie on a disk: the usual place, else /var/tmp, else here."""
    places = (Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd())
    return next((place for place in places if file_system(place) not in _NO_DISK), places[0])
