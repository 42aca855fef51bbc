"""Files that hold secrets: nobody but their owner reads them, and whoever sees one sees all of it."""

import os
import secrets
import stat
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write the file in one step, with the mode 0600. Raises ``OSError``."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # 0600 from the first moment, and never through a link that somebody laid there.
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        out.write(text)
    part.replace(path)


def read(path: Path) -> str:
    """Read it. Raises ``PermissionError`` where others may do so, ``OSError`` and ``ValueError`` where nobody can."""
    with path.open(encoding="utf-8") as file:
        # Of the file that is open: its name may be another's by now.
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise PermissionError(None, f"others can read it (its mode is {mode:04o}); chmod 600 it", str(path))
        return file.read()
