"""A PostgreSQL server whose folder is ours to look into, to copy, and to start from."""

import asyncio
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from tests.conftest import start_postgres

_PATIENCE_SECONDS: Final = 60.0
_DATABASE: Final = "postgres"
# Small and busy: pages leave the memory, segments end and checkpoints come while the load lasts.
_SEGMENT_MB: Final = 1
BUSY: Final = {
    "shared_buffers": "1MB",
    "max_wal_size": "3MB",
    "min_wal_size": "2MB",
    "checkpoint_timeout": "30s",
    "checkpoint_completion_target": "0.1",
    "bgwriter_delay": "10ms",
    "wal_writer_delay": "10ms",
}
HASTY: Final = {"fsync": "off", "shared_buffers": "16MB", "autovacuum": "off"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Postgres:
    """The programs, the user they run as where we are root, and the folder of their sockets, which has a short name."""

    programs: Path
    user: str | None
    sockets: Path

    @classmethod
    def find(cls, place: Path) -> "Postgres":
        """Those of the development packages."""
        server = start_postgres(Path(tempfile.mkdtemp(prefix="first-", dir=place)))
        server.cleanup()
        sockets = place / "s"
        sockets.mkdir(exist_ok=True)
        found = cls(programs=server.bin_path, user=server.system_user, sockets=sockets)
        found.own(sockets)
        return found

    def url(self, name: str) -> str:
        """The setting ``database`` for a server that was started under that name."""
        return f"postgresql://postgres@/{_DATABASE}?host={self.sockets / name}"

    def make(self, folder: Path) -> None:
        """Make a cluster."""
        folder.mkdir(mode=0o700)
        self.own(folder)
        words = ("--auth=trust", "--encoding=utf8", "--username=postgres", f"--wal-segsize={_SEGMENT_MB}")
        subprocess.run(
            [self.programs / "initdb", *words, "--no-sync", "--data-checksums", "-D", folder],
            check=True,
            user=self.user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    @asynccontextmanager
    async def running(
        self, folder: Path, name: str, settings: Mapping[str, str], environment: Mapping[str, str] | None = None
    ) -> AsyncIterator[None]:
        """A server, stopped in the end, in haste where none of it matters. Raises ``RuntimeError`` where it fails."""
        sockets = self.sockets / name
        sockets.mkdir(exist_ok=True)
        self.own(sockets)
        chosen = {"listen_addresses": "", "unix_socket_directories": str(sockets), **settings}
        with (self.sockets / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(str(self.programs / "postgres"), "-D", str(folder)),
                *(f"--{key}={value}" for key, value in chosen.items()),
                env={**os.environ, **(environment or {})},
                user=self.user,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        try:
            await self._ready(process, name)
            yield
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGQUIT if settings is HASTY else signal.SIGINT)
            await process.wait()

    def own(self, folder: Path) -> None:
        """Give a folder and all in it to the server's user."""
        if self.user is None:
            return
        owner = pwd.getpwnam(self.user)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)

    async def _ready(self, process: asyncio.subprocess.Process, name: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while process.returncode is None:
                try:
                    psycopg.connect(self.url(name)).close()
                except psycopg.OperationalError:
                    await asyncio.sleep(0.02)
                else:
                    return
        raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
