"""An SQLite database with the schema and nothing in it, made once in each process: that takes a quarter of a second."""

import tempfile
from functools import cache
from pathlib import Path

from postroom.store.migrate import migrate


@cache
def schema() -> bytes:
    """The file."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "postroom.db")
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
