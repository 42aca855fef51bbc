"""Where the sandboxes of this user run: one small file per process, so that another command finds them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from postroom.errors import Misconfigured


@contextmanager
def known_to_others(folder: Path) -> Iterator[None]:
    """Let this process's sandbox be found while the context lasts."""
    pointer = _place() / str(os.getpid())
    pointer.write_text(str(folder), encoding="utf-8")
    try:
        yield
    finally:
        pointer.unlink(missing_ok=True)


def running() -> list[Path]:
    """The folders of the sandboxes that run; what a killed one left behind is removed."""
    found = []
    for pointer in _place().iterdir():
        if _lives(pointer.name):
            found.append(Path(pointer.read_text(encoding="utf-8")))
        else:
            pointer.unlink(missing_ok=True)
    return found


def _place() -> Path:
    place = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"postroom-sandboxes-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    # In a folder that everybody may write to, somebody else may have been first, to show us a folder of theirs.
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise Misconfigured(f"{place} belongs to another user")
    return place


def _lives(name: str) -> bool:
    if not name.isdigit():
        return False
    try:
        os.kill(int(name), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number is another user's process now
    return True
