"""One socket to one server: octets out, replies in, and a deadline for every wait.

asyncio's own streams cost more than all the rest of a mail; this holds what a conversation needs of them: one waiter,
one alarm that is moved rather than set anew, and back-pressure.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final, cast

from postroom.mail.life import Stage
from postroom.smtp.dial import dial
from postroom.smtp.protocol import Lost
from postroom.smtp.reply import BadReply, Reply, ReplyReader
from postroom.smtp.route import Route

_NEVER: Final = float("inf")
_SILENCE: Final = "no answer in time"


class Connection(asyncio.Protocol):
    """Used by one task at a time. Every wait raises ``Lost`` when nothing more can come, or not in time."""

    def __init__(self, limits: Mapping[Stage, float]) -> None:
        self.last = _NEVER  # the loop's time at which every wait ends
        self.fault = ""  # why nothing more can come; empty while it can
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._reader = ReplyReader()
        self.replies = self._reader.replies  # whole ones that nobody fetched yet
        self._closed = self._loop.create_future()
        self._waiter: asyncio.Future[None] | None = None
        self._until = _NEVER
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = _NEVER
        self._paused = False
        self._transport: asyncio.Transport

    @classmethod
    async def open(cls, route: Route, limits: Mapping[Stage, float]) -> "Connection":
        """Connect to the first of the server's addresses that answers."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limits[Stage.CONNECT]):
                _, connection = await loop.create_connection(lambda: cls(limits), sock=await dial(route))
        except TimeoutError:
            raise Lost(Stage.CONNECT, _SILENCE) from None
        except (OSError, UnicodeError) as error:
            # A name that does not resolve is one of these, and as temporary as the rest; UnicodeError says that it is
            # none.
            raise Lost(Stage.CONNECT, str(error)) from None
        return connection

    @property
    def quiet(self) -> bool:
        """True where the connection stands and nothing came that was not asked for."""
        return not self.fault and self._reader.idle

    @property
    def local_address(self) -> str:
        """The IP address we speak from."""
        return str(self._transport.get_extra_info("sockname")[0])

    @property
    def peer_address(self) -> str:
        """The IP address we speak to."""
        return str(self._transport.get_extra_info("peername")[0])

    @property
    def tls(self) -> ssl.SSLObject | None:
        """What is known of the other side and of the protection; None where there is none."""
        return cast(ssl.SSLObject | None, self._transport.get_extra_info("ssl_object"))

    async def secure(self, context: ssl.SSLContext, host: str) -> ssl.SSLObject:
        """Begin TLS with ``host``, as ``context`` has it verified."""
        # From here on nothing unprotected is read.
        self._transport.pause_reading()
        # Who sits in between may send replies ahead of the handshake, to be taken for the server's own after it
        # (CVE-2011-0411). RFC 3207 §4.2: nothing learnt before TLS is to be used.
        if not self._reader.idle:
            raise Lost(Stage.TLS, "the server said more than it was asked before TLS began")
        self._check(Stage.TLS)
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                context,
                server_hostname=host,
                ssl_handshake_timeout=self._limits[Stage.TLS],
            )
        except ssl.SSLCertVerificationError as error:
            raise Lost(Stage.TLS, f"the certificate is not to be trusted: {error.verify_message}") from None
        except OSError as error:
            raise Lost(Stage.TLS, f"TLS did not come about: {error}") from None
        self._transport = cast(asyncio.Transport, transport)
        tls = self.tls
        assert tls is not None
        return tls

    def write(self, data: bytes, stage: Stage) -> None:
        """Send, as far as the socket takes it at once; the rest waits in memory (see ``drained``)."""
        self._check(stage)
        self._transport.write(data)

    async def drained(self, stage: Stage) -> None:
        """Wait until little of what was written is still in memory, or a reply came before its time."""
        while self._paused and not self.replies:
            self._check(stage)
            await self._wait(stage)

    async def reply(self, stage: Stage) -> Reply:
        """The next reply."""
        while not self.replies:
            self._check(stage)
            await self._wait(stage)
        return self.replies.popleft()

    def abort(self) -> None:
        """Close now; what was written and not sent is lost."""
        self.fault = self.fault or "closed"
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._cut()

    async def close(self, seconds: float) -> None:
        """Close in good order, but within ``seconds``."""
        self.fault = self.fault or "closed"
        self._transport.close()
        await asyncio.wait((self._closed,), timeout=seconds)
        self.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
        except BadReply as error:
            self._break(str(error))
        if self.replies:
            self._wake()

    def eof_received(self) -> None:
        self._break("the server closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closed.done():
            self._closed.set_result(None)
        self._break(f"the connection broke: {exc}" if exc else "the server closed the connection")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    def _check(self, stage: Stage) -> None:
        if self.fault:
            raise Lost(stage, self.fault)

    def _break(self, fault: str) -> None:
        self.fault = self.fault or fault
        self._cut()
        self._wake()

    def _cut(self) -> None:
        # Python up to 3.11.3 cannot abort TLS that has ended already.
        if not self._closed.done():
            self._transport.abort()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _wait(self, stage: Stage) -> asyncio.Future[None]:
        until = min(self._loop.time() + self._limits[stage], self.last)
        # Setting and cancelling a timer for each wait would cost as much as the wait. One that rings too early sees
        # that it does and goes on sleeping; only a deadline before the next ring needs another.
        self._until = until
        if until < self._alarm_at:
            self._set_alarm(until)
        self._waiter = self._loop.create_future()
        return self._waiter

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._alarm_at = _NEVER
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._until:
            self._set_alarm(self._until)
        else:
            self._break(_SILENCE)
