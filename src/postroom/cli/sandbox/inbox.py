"""The receiving SMTP server: keeps each mail as it came, with its envelope beside it."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiosmtpd.smtp import SMTP

from postroom.mail.limits import MIB

HOST: Final = "127.0.0.1"
_OCTETS: Final = 64 * MIB  # more than any mail of ours: 10 MiB of files in base64, and 100,000 characters


class Inbox:
    """A server on free ports of loopback, one for each of ``ways``, in a thread of its own while it is entered.

    ``ports`` are known then. The mail of number N is in ``folder`` as ``N.eml``, its envelope as ``N.json``: sender,
    recipients, way, moment of arrival. The envelope is written last and at once, so what can be read is whole.
    """

    def __init__(self, folder: Path, ways: Sequence[str]) -> None:
        self.folder = folder
        self.ports: dict[str, int] = {}
        self._ways = ways
        self._numbers = itertools.count(1)
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._ready: Future[dict[str, int]] = Future()
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self.ports = self._ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def keep(self, way: str, envelope: Any) -> None:
        """Write one mail."""
        name = f"{next(self._numbers):06d}"
        (self.folder / f"{name}.eml").write_bytes(envelope.content)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "way": way,
            "received_at": time.time_ns() // 1_000_000,
        }
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        part.rename(self.folder / f"{name}.json")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = []
        try:
            servers = [self._loop.run_until_complete(self._listen(way)) for way in self._ways]
            ports = [server.sockets[0].getsockname()[1] for server in servers]
            self._ready.set_result(dict(zip(self._ways, ports, strict=True)))
            self._loop.run_forever()
        except OSError as error:
            self._ready.set_exception(error)
        finally:
            for server in servers:
                server.close()
            self._end_sessions()
            self._loop.close()

    async def _listen(self, way: str) -> asyncio.Server:
        handler = _Handler(self, way)
        return await self._loop.create_server(lambda: self._session(handler), HOST, 0)

    def _session(self, handler: "_Handler") -> asyncio.Protocol:
        session: asyncio.Protocol = SMTP(
            handler,
            hostname="inbox.sandbox.example",
            ident="Postroom sandbox",
            data_size_limit=_OCTETS,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )
        return session

    def _end_sessions(self) -> None:
        sessions = asyncio.all_tasks(self._loop)
        for each in sessions:
            each.cancel()
        self._loop.run_until_complete(asyncio.gather(*sessions, return_exceptions=True))


class _Handler:
    """What aiosmtpd asks after each mail."""

    def __init__(self, inbox: Inbox, way: str) -> None:
        self._inbox = inbox
        self._way = way

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self._inbox.keep(self._way, envelope)
        return "250 2.0.0 kept"
