"""``python -m bench.memory``: how much memory the api and the worker take for mails with 10 MB of files.

The files are uploaded at the same moment, then the mails are sent at the same moment, each with files of its own. Every
file must arrive as it was.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Final

import msgspec

from bench import disk
from bench.inbox import Inbox
from bench.line import Answer, Line
from bench.processes import Part
from bench.site import Site, prepare

MIB: Final = 1 << 20
LIMIT_OCTETS: Final = 200_000_000
PATIENCE_SECONDS: Final = 60.0
_CHECK_SECONDS: Final = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Peaks:
    """The most memory that each process ever had resident, in octets; ``idle`` is what it had before the first mail."""

    api: int
    worker: int
    idle_api: int
    idle_worker: int


async def measure(folder: Path, *, mails: int = 5, files_per_mail: int = 2, file_octets: int = 5 * MIB) -> Peaks:
    """Send the mails and see that all arrive whole. Raises ``AssertionError`` where one does not."""
    async with Inbox() as inbox:
        site = await prepare(folder / "data", inbox.port)
        async with Part("api", site.environment(), folder) as api, Part("worker", site.environment(), folder) as worker:
            idle_api, idle_worker = api.peak_octets(), worker.peak_octets()
            chance = random.Random(1)
            files = [[chance.randbytes(file_octets) for _ in range(files_per_mail)] for _ in range(mails)]
            await asyncio.gather(*(_send(site, api.port, f"files-{n}", own) for n, own in enumerate(files)))
            await worker.while_it_runs(_arrived(inbox, mails))
            peaks = Peaks(
                api=api.peak_octets(), worker=worker.peak_octets(), idle_api=idle_api, idle_worker=idle_worker
            )
    arrived = {receipt.subject: _attachments(receipt.content) for receipt in inbox.receipts}
    assert arrived == {f"files-{n}": own for n, own in enumerate(files)}, "a file changed on its way"
    return peaks


async def _arrived(inbox: Inbox, mails: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(inbox.receipts) < mails:  # noqa: ASYNC110 - the inbox only keeps
            await asyncio.sleep(_CHECK_SECONDS)


async def _send(site: Site, port: int, subject: str, files: Sequence[bytes]) -> None:
    line = await Line.open(port)
    try:
        uploaded = await line.ask(site.upload(files))
        ids = tuple(each["details"]["id"] for each in _data(uploaded))
        _data(await line.ask(site.mail(subject, "<p>See the files.</p>", files=ids)))
    finally:
        line.close()


def _data(answer: Answer) -> list[dict[str, dict[str, str]]]:
    assert answer.status == 200, answer
    found: list[dict[str, dict[str, str]]] = msgspec.json.decode(answer.body)["data"]
    return found


def _attachments(content: bytes) -> list[bytes]:
    """The files of a message, as the standard library reads it."""
    parts = message_from_bytes(content).walk()
    found = [part.get_payload(decode=True) for part in parts if part.get_content_disposition() == "attachment"]
    return [each for each in found if isinstance(each, bytes)]


def main() -> None:
    """Run as the command line says; exit code 1 where a process took more than it may."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description="Memory for mails with large files.")
    parser.add_argument("--mails", type=int, default=5, help="mails with 10 MB each, all at once")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="postroom-memory-", dir=disk.folder()) as name:
        peaks = asyncio.run(measure(Path(name), mails=words.mails))
    print(f"{words.mails} mails of 10 MB at once; resident at most, in MB ({LIMIT_OCTETS / 1e6:.0f} are allowed)")
    print(f"api     {peaks.api / 1e6:.0f} (idle {peaks.idle_api / 1e6:.0f})")
    print(f"worker  {peaks.worker / 1e6:.0f} (idle {peaks.idle_worker / 1e6:.0f})")
    sys.exit(1 if max(peaks.api, peaks.worker) >= LIMIT_OCTETS else 0)


if __name__ == "__main__":
    main()
