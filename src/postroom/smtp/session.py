"""A session: the protocol on a connection, greeted, protected and logged in, that takes one mail after the other."""

import asyncio
import ssl
from contextlib import suppress
from typing import Final, TypeVar

from postroom.failpoint import reach
from postroom.mail.life import Outcome, Stage
from postroom.smtp.connection import Connection
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.message import Body, Message
from postroom.smtp.protocol import (
    SEND_BODY,
    SEND_CHUNKS,
    SEND_LAST,
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
from postroom.smtp.trust import Trust

_BY_STARTTLS: Final = frozenset({Tls.STARTTLS, Tls.OPPORTUNISTIC, Tls.DANE})

T = TypeVar("T")


class Session:
    """One connection, one conversation at a time.

    ``server`` names it in outcomes. ``used`` counts the mails tried. ``stale`` says that the last mail found the
    connection dead before the server had answered a word about it: nothing of it was taken, and another session may try
    at once.
    """

    def __init__(
        self, route: Route, trust: Trust, deadlines: Deadlines, journal: Journal, tokens: Tokens | None
    ) -> None:
        self.route = route
        self.server = route.server
        self.used = 0
        self.stale = False
        self._trust = trust
        self._deadlines = deadlines
        self._journal = journal
        self._tokens = tokens
        self._offers = Capabilities()
        self._settings: ssl.SSLContext
        self._connection: Connection

    @classmethod
    async def open(
        cls,
        route: Route,
        *,
        hostname: str,
        trust: Trust,
        deadlines: Deadlines,
        journal: Journal | None = None,
        tokens: Tokens | None = None,
    ) -> "Session":
        """Connect, greet, protect, sign in; ``journal`` is of the mail that waits for it.

        ``tokens`` are needed for a route with a grant. Raises ``SessionFailed``, and what ``Tokens.bearer`` raises.
        """
        session = cls(route, trust, deadlines, journal or Journal(), tokens)
        try:
            try:
                await session._begin(hostname, route.tls)
            except Lost as lost:
                if route.tls is not Tls.OPPORTUNISTIC or lost.stage is not Stage.TLS:
                    raise
                # RFC 7435 §3: where TLS does not come about, it goes as if none had been offered.
                await session._begin(hostname, Tls.NONE)
        except Lost as lost:
            raise failed(lost.stage, session.server, lost.reason, lost.command) from None
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
            message = Message(self._connection, body, envelope.size, self._journal)
            ending = await self._converse(transaction(envelope, self._offers, self.server), message)
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

    async def _begin(self, hostname: str, tls: Tls) -> None:
        """Raises ``Lost``, and what ``open`` raises."""
        self._journal.stage = Stage.CONNECT
        reach("connect-before")
        self._settings = self._trust.settings(self.route)
        self._connection = await Connection.open(self.route, self._deadlines.stage)
        reach("connected")
        self.server = self.route.dialled(self._connection.peer_address)
        self._limit(self._deadlines.total)
        try:
            await self._introduce(introduction(hostname, self._connection.local_address), tls)
        except SessionFailed:
            # RFC 5321 §4.1.1.10: no hanging up without QUIT, while somebody listens.
            await self.close()
            raise
        except BaseException:
            self._connection.abort()
            raise

    async def _introduce(self, name: str, tls: Tls) -> None:
        if tls is Tls.TLS:
            self._journal.stage = Stage.TLS
            await self._secure()
        await self._converse(greeting(self.server))
        reach("greeted")
        self._offers = await self._converse(hello(name, self.server))
        reach("introduced")
        if tls in _BY_STARTTLS and await self._converse(
            starttls(self._offers, self.server, demanded=tls is not Tls.OPPORTUNISTIC)
        ):
            await self._secure()
            # RFC 3207 §4.2: what was offered before TLS is forgotten.
            self._offers = await self._converse(hello(name, self.server))
        if self._connection.tls is not None:
            self._trust.keep(self.route, self._connection.tls)
        if self.route.credentials is not None:
            await sign_in(self.route, self._offers, self._converse, self._tokens)
            reach("authenticated")

    async def _secure(self) -> None:
        reach("tls-before")
        try:
            tls = await self._connection.secure(self._settings, self.route.host)
        except Lost:
            self._trust.forget(self.route)
            raise
        fault = self._trust.fault(self.route, tls)
        if fault is not None:
            raise failed(Stage.TLS, self.server, fault)

    def _limit(self, seconds: float) -> None:
        self._connection.last = asyncio.get_running_loop().time() + seconds

    async def _converse(self, conversation: Conversation[T], message: Message | None = None) -> T:
        """Go through a conversation; what it returns."""
        replies = self._connection.replies
        try:
            ask = next(conversation)
            while True:
                self._journal.stage = ask.stage
                try:
                    if ask.data:
                        self._listen_first(ask.stage)
                        self._connection.write(ask.data, ask.stage)
                    elif ask is SEND_BODY or ask is SEND_CHUNKS or ask is SEND_LAST:
                        assert message is not None
                        await message.send(ask)
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
