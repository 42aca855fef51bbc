"""What the servers of one test process share, and how each is started and stopped."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import trustme
from bench import ports

from postroom.smtp.route import Credentials
from tests.peers.debian import environment
from tests.smtp.peers import Authority

START_SECONDS: Final = 20.0
# The one account of all servers.
ADA: Final = Credentials(username="ada", password="pencil")
# The domain whose mail they all take and send on; for any other one has to sign in.
DOMAIN: Final = "inbox.example"
SIZE_LIMIT: Final = 2_000_000
# Users that every Debian has, for servers that give up root: what they write is theirs.
MAIL_USER: Final = "mail"
OTHER_USER: Final = "nobody"


@dataclass(frozen=True, kw_only=True, slots=True)
class Premises:
    """A folder that anybody may enter, a certificate for 127.0.0.1, and the port that each server sends mail on to.

    ``gate`` is the port where a server asks whether it may take a mail for ``grey@`` (see ``greylist``).
    """

    folder: Path
    authority: Authority = field(default_factory=lambda: Authority(ca=trustme.CA()))
    onward: int = field(default_factory=ports.free)
    gate: int = field(default_factory=ports.free)

    @property
    def certificate(self) -> Path:
        """A PEM file with key and chain."""
        return self.folder / "certificate.pem"

    @property
    def trusted(self) -> Path:
        """A PEM file for the setting ``ca_file``."""
        return self.folder / "authority.pem"

    def own(self, name: str, *folders: str, user: str | None = None) -> Path:
        """A folder for one server, with these in it, which are the user's where we are root."""
        made = self.folder / name
        for each in (made, *(made / each for each in folders)):
            each.mkdir(parents=True, exist_ok=True)
            if user is not None and os.getuid() == 0:
                shutil.chown(each, user)
        return made


@contextmanager
def premises() -> Iterator[Premises]:
    """Make them, and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="postroom-peers-") as name:
        made = Premises(folder=Path(name))
        made.folder.chmod(0o755)
        made.authority.ca.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
            made.certificate
        )
        made.certificate.chmod(0o644)
        made.authority.ca.cert_pem.write_to_path(made.trusted)
        yield made


@contextmanager
def running(words: Sequence[str], *wanted: int | Path, **variables: str) -> Iterator[None]:
    """Keep a server running in the foreground; entered once it listens on the ports and sockets wanted."""
    with tempfile.TemporaryFile() as said:
        # Whatever becomes of us, it ends with us.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *words],
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        try:
            end = time.monotonic() + START_SECONDS
            while not all(map(_listens, wanted)):
                # Nobody rings when a port opens, but a server that gives up is heard at once.
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
                if process.returncode is not None or time.monotonic() > end:
                    said.seek(0)
                    raise RuntimeError(f"{words[0]} did not start: {said.read().decode(errors='replace')}")
            yield
        finally:
            # With all its children, and at once: nothing of theirs is wanted any more.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listens(where: int | Path) -> bool:
    if isinstance(where, Path):
        return where.is_socket()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", where)) == 0
