"""A session: the protocol on a connection, greeted, protected and logged in, that takes one mail after the other."""

import asyncio
import ssl
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Final, TypeAlias, TypeVar

from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Outcome, Stage
from postroom.smtp.connection import Connection
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.dots import DotStuffer
from postroom.smtp.journal import Journal
from postroom.smtp.protocol import (
    SEND_BODY,
    Capabilities,
    Conversation,
    Envelope,
    Lost,
    SessionFailed,
    failed,
    farewell,
    greeting,
    hello,
    introduction,
    starttls,
)
from postroom.smtp.route import Route, Tls
from postroom.smtp.signin import sign_in
from postroom.smtp.tokens import Tokens
from postroom.smtp.transaction import transaction

# A message goes out in writes of about this many octets; one that is smaller, in a single one.
BLOCK_OCTETS: Final = 64 * 1024

# The octets of a message before dot-stuffing, in pieces of any size.
Body: TypeAlias = tuple[bytes, ...] | AsyncIterable[bytes]

T = TypeVar("T")


class Session:
    """One connection, one conversation at a time.

    ``used`` counts the mails tried. ``stale`` says that the last mail found the connection dead before the server had
    answered a word about it: nothing of it was taken, and another session may try at once.
    """

    def __init__(self, connection: Connection, route: Route, deadlines: Deadlines, journal: Journal) -> None:
        self.route = route
        self.used = 0
        self.stale = False
        self._offers = Capabilities()
        self._journal = journal
        self._connection = connection
        self._deadlines = deadlines

    @classmethod
    async def open(
        cls,
        route: Route,
        *,
        hostname: str,
        ssl_context: ssl.SSLContext,
        deadlines: Deadlines,
        journal: Journal | None = None,
        tokens: Tokens | None = None,
    ) -> "Session":
        """Connect, greet, protect, sign in; ``journal`` is of the mail that waits for it.

        ``tokens`` are needed for a route with a grant. Raises ``SessionFailed``, and what ``Tokens.bearer`` raises.
        """
        # Security does not rest on who made the context.
        assert ssl_context.check_hostname
        assert ssl_context.verify_mode is ssl.CERT_REQUIRED
        journal = journal or Journal()
        journal.stage = Stage.CONNECT
        reach("connect-before")
        try:
            connection = await Connection.open(route.host, route.port, deadlines.stage)
            reach("connected")
            session = cls(connection, route, deadlines, journal)
            session._limit(deadlines.total)
            try:
                await session._introduce(hostname, ssl_context, tokens)
            except SessionFailed:
                # RFC 5321 §4.1.1.10: no hanging up without QUIT, while somebody listens.
                await session.close()
                raise
            except BaseException:
                connection.abort()
                raise
        except Lost as lost:
            raise failed(lost.stage, route.server, lost.reason, lost.command) from None
        return session

    @property
    def usable(self) -> bool:
        """False where another mail cannot go this way. A server that said 421 or closed while idle is seen here."""
        return self._connection.quiet

    async def transmit(self, envelope: Envelope, body: Body, journal: Journal | None = None) -> list[Outcome]:
        """Hand over one mail: an outcome for each recipient, in order.

        Raises what reading ``body`` raises, and ``Unavailable`` where it has not ``envelope.size`` octets or
        ``journal`` gives no leave; the server then has taken nothing, since the final dot was never sent.
        """
        reach("envelope-before")
        self.used += 1
        self._journal = journal or Journal()
        self._limit(self._deadlines.total)
        try:
            message = _Message(self._connection, body, envelope.size, self._journal)
            ending = await self._converse(transaction(envelope, self._offers, self.route.server), message)
        except BaseException:
            # Also where the task was cancelled: a conversation left in its middle cannot be taken up again.
            self._connection.abort()
            raise
        self.stale = not ending.usable and not ending.answered
        if not ending.usable:
            self._connection.abort()
        return ending.outcomes

    async def close(self) -> None:
        """Say goodbye and close, within the deadline for both. Never raises for what the server does."""
        try:
            if self.usable:
                self._limit(self._deadlines.farewell)
                with suppress(Lost):
                    await self._converse(farewell())
        finally:
            await self._connection.close(self._deadlines.farewell)

    async def _introduce(self, hostname: str, ssl_context: ssl.SSLContext, tokens: Tokens | None) -> None:
        server = self.route.server
        name = introduction(hostname, self._connection.local_address)
        if self.route.tls is Tls.TLS:
            self._journal.stage = Stage.TLS
            await self._connection.secure(ssl_context, self.route.host)
        await self._converse(greeting(server))
        reach("greeted")
        self._offers = await self._converse(hello(name, server))
        reach("introduced")
        if self.route.tls is Tls.STARTTLS:
            await self._converse(starttls(self._offers, server))
            reach("tls-before")
            await self._connection.secure(ssl_context, self.route.host)
            # RFC 3207 §4.2: what was offered before TLS is forgotten.
            self._offers = await self._converse(hello(name, server))
        if self.route.credentials is not None:
            await sign_in(self.route, self._offers, self._converse, tokens)
            reach("authenticated")

    def _limit(self, seconds: float) -> None:
        self._connection.last = asyncio.get_running_loop().time() + seconds

    async def _converse(self, conversation: Conversation[T], message: "_Message | None" = None) -> T:
        """Go through a conversation; what it returns."""
        replies = self._connection.replies
        try:
            ask = next(conversation)
            while True:
                self._journal.stage = ask.stage
                try:
                    if ask is SEND_BODY and message is not None:
                        await message.send()
                    elif ask.data:
                        self._listen_first(ask.stage)
                        self._connection.write(ask.data, ask.stage)
                    # Those of a pipelined group mostly come at once: the later ones are there already.
                    reply = replies.popleft() if replies else await self._connection.reply(ask.stage)
                except Lost as lost:
                    lost.command = ask.command
                    ask = conversation.throw(lost)
                else:
                    ask = conversation.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    def _listen_first(self, stage: Stage) -> None:
        # A reply that nobody waits for would be taken for the answer to what is said now, and each later one for the
        # answer to the next. A 421 may come at any time (RFC 5321 §3.8) and tells why.
        if self._connection.replies:
            reply = self._connection.replies.popleft()
            said = f"the server spoke out of turn: {reply.code} {reply.text}"
            raise Lost(stage, said, reply=reply if reply.code == 421 else None)


class _Message:
    """The message on its way: dot-stuffed, counted, in few writes, and never more than some blocks of it in memory."""

    def __init__(self, connection: Connection, body: Body, size: int, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self._body = body
        self._size = size
        self._stuffer = DotStuffer()
        self._held = b""

    async def send(self) -> None:
        """Write all of it and the final dot. Raises ``Lost`` of stage BODY as long as the dot is not written."""
        self._journal.begin()
        reach("body-before")
        if isinstance(self._body, tuple):
            for piece in self._body:
                await self._add(piece)
        else:
            await self._draw(self._body)
        if self._stuffer.octets != self._size:
            raise Unavailable(f"a message of {self._size} octets has {self._stuffer.octets}")
        # Written down before it is said: what a server may have taken is never tried again as if it had not.
        reach("leave-before")
        await self._journal.leave()
        reach("dot-before")
        self._connection.write(self._held + self._stuffer.finish(), Stage.BODY)
        reach("dot-written")

    async def _draw(self, body: AsyncIterable[bytes]) -> None:
        """Like the socket, the store of files has until the mail's last deadline."""
        try:
            async with asyncio.timeout_at(self._connection.last) as limit:
                async for piece in body:
                    await self._add(piece)
        except TimeoutError:
            if not limit.expired():
                raise
            raise Lost(Stage.BODY, "the message could not be read in time") from None

    async def _add(self, piece: bytes) -> None:
        for start in range(0, len(piece), BLOCK_OCTETS):
            self._held += self._stuffer.feed(piece[start : start + BLOCK_OCTETS])
            if len(self._held) >= BLOCK_OCTETS:
                self._connection.write(self._held, Stage.BODY)
                self._held = b""
                await self._connection.drained(Stage.BODY)
                reach("body-middle")
                self._heed()

    def _heed(self) -> None:
        # A server that answers before the dot has given up on the mail. Going on would send it what it cannot place.
        if self._connection.replies:
            raise Lost(Stage.BODY, "the server broke off", reply=self._connection.replies.popleft())
