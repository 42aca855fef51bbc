"""Postfix on loopback: Debian's package and settings, with a configuration and a queue of its own.

Its limits and its fsync per mail are as shipped. It relays everything to one sink, over kept sessions, as it does by
itself when a destination is busy. No mail daemon that the machine may have is touched.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from bench import ports
from bench.sink import Sink

_SHIPPED: Final = Path("/usr/share/postfix/master.cf.dist")
_PROGRAMS: Final = ("postfix", "postconf", "smtp-source", "smtp-sink")
_START_SECONDS: Final = 20
RECIPIENT: Final = "cleo@customer.example"


class MissingError(Exception):
    """One line that says what the machine lacks."""


def ensure_installed() -> None:
    """Install Debian's postfix where it is missing and we may. Raises ``MissingError``.

    It is installed without a configuration, so no mail daemon of the machine is set up.
    """
    os.environ["PATH"] += ":/usr/sbin"  # Debian keeps them there, and not everybody looks there
    if all(map(shutil.which, _PROGRAMS)) and _SHIPPED.exists():
        return
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        raise MissingError("Postfix is missing: on Debian, `apt-get install postfix` as root brings it")
    choice = "postfix postfix/main_mailer_type select No configuration\n"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = [
        (["debconf-set-selections"], choice),
        (["apt-get", "update", "-q"], None),
        (["apt-get", "install", "-y", "-q", "--no-install-recommends", "postfix"], None),
    ]
    for command, words in steps:
        done = subprocess.run(command, input=words, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise MissingError(f"Postfix is missing and `{' '.join(command)}` failed: {last}")


class Postfix:
    """One running Postfix; ``port`` is where its smtpd listens. Use as a context manager, as root."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        """Write a configuration into ``folder``, which Postfix's own user must be able to enter."""
        if os.getuid() != 0:
            raise MissingError("Postfix starts only as root, and this is not root")
        self.port = ports.free()
        self._configuration = folder / "etc"
        self._queue = folder / "queue"
        self._data = folder / "data"
        for each in (self._configuration, self._queue, self._data):
            each.mkdir(parents=True)
        shutil.chown(self._data, "postfix", "postfix")
        (self._configuration / "main.cf").write_text(self._main(sink.port))
        services = _SHIPPED.read_text().replace("\nsmtp      inet", f"\n127.0.0.1:{self.port} inet", 1)
        (self._configuration / "master.cf").write_text(services)
        # Debian's chroot wants files of /etc copied into the queue by its start script; it plays no part here.
        _run("postconf", "-c", str(self._configuration), "-F", "*/*/chroot=n")

    def __enter__(self) -> "Postfix":
        # In the foreground, so that it is a child of ours, to be waited for.
        self._process = subprocess.Popen(
            ["postfix", "-c", str(self._configuration), "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError("Postfix did not start; `postfix check` may tell why")
            time.sleep(0.02)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Ends the master and its daemons, which are known by their lock files and their process group.
        subprocess.run(["postfix", "-c", str(self._configuration), "abort"], capture_output=True, check=False)
        self._process.wait()

    async def send(self, count: int, *, sessions: int, octets: int) -> float:
        """Give it ``count`` mails of ``octets`` octets each over kept sessions; the moment all were accepted."""
        source = await asyncio.create_subprocess_exec(
            "smtp-source",
            *("-4", "-d", "-s", str(sessions), "-m", str(count), "-l", str(octets)),
            *("-f", "ada@sender.example", "-t", RECIPIENT, f"inet:127.0.0.1:{self.port}"),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await source.communicate()
        if source.returncode != 0:
            raise RuntimeError(f"smtp-source: {said.decode(errors='replace').strip()}")
        return time.perf_counter()

    def queued(self) -> int:
        """How many mails are still in its queue."""
        names = ("maildrop", "incoming", "active", "deferred", "corrupt")
        return sum(path.is_file() for name in names for path in (self._queue / name).rglob("*"))

    def _main(self, sink_port: int) -> str:
        return f"""\
compatibility_level = 3.6
queue_directory = {self._queue}
data_directory = {self._data}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink_port}
alias_maps =
alias_database =
local_recipient_maps =
"""

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                return probe.recv(4).startswith(b"220")
        except OSError:
            return False


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
