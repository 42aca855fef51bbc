"""A message on its way, by DATA or by BDAT: its octets counted, and never more than some blocks of them in memory."""

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Final, TypeAlias

from postroom.errors import Unavailable
from postroom.failpoint import reach
from postroom.mail.life import Stage
from postroom.smtp.connection import Connection
from postroom.smtp.dots import DotStuffer, Lines
from postroom.smtp.journal import Journal
from postroom.smtp.protocol import SEND_CHUNKS, SEND_LAST, Ask, Lost
from postroom.smtp.reply import Reply

# A message goes out in writes of about this many octets, each a chunk of BDAT; one that is smaller, in a single one.
BLOCK_OCTETS: Final = 64 * 1024

# The octets of a message before dot-stuffing, in pieces of any size.
Body: TypeAlias = tuple[bytes, ...] | AsyncIterable[bytes]


class _Refused(Exception):  # noqa: N818 - what happened, caught within this file
    """The server refused a chunk and has no use for the rest."""


class Message:
    """One message for one connection, sent once: by ``SEND_BODY``, or by ``SEND_CHUNKS`` and then ``SEND_LAST``."""

    __slots__ = (
        "_answer",
        "_body",
        "_chunked",
        "_connection",
        "_held",
        "_journal",
        "_lines",
        "_size",
        "_unanswered",
    )

    def __init__(self, connection: Connection, body: Body, size: int, journal: Journal) -> None:
        self._connection = connection
        self._body = body
        self._size = size
        self._journal = journal

    async def send(self, ask: Ask) -> None:
        """Write what ``ask`` stands for. Raises ``Lost`` of stage BODY as long as the end is not written."""
        if ask is not SEND_LAST:
            self._begin(chunked=ask is SEND_CHUNKS)
            # Nearly every message is small, and goes in one write.
            if self._size <= BLOCK_OCTETS and isinstance(self._body, tuple):
                self._held = self._lines.feed(b"".join(self._body))
                self._count()
            else:
                await self._pass()
        if ask is SEND_CHUNKS:
            self._connection.replies.appendleft(await self._answered())
            return
        rest = self._held + self._lines.finish()
        # Written down before it is said: what a server may have taken is never tried again as if it had not.
        reach("leave-before")
        await self._journal.leave()
        # What came before its time would be taken for the answer to all of the message.
        self._heed()
        reach("dot-before")
        self._connection.write(b"BDAT %d LAST\r\n%b" % (len(rest), rest) if self._chunked else rest, Stage.BODY)
        reach("dot-written")

    def _begin(self, *, chunked: bool) -> None:
        self._chunked = chunked
        self._lines = Lines() if chunked else DotStuffer()
        self._held = b""
        self._unanswered = 0  # chunks
        self._answer: Reply | None = None  # to them: the first refusal, or else the latest
        self._journal.begin()
        reach("body-before")

    async def _pass(self) -> None:
        """Write all but what is held back for the end, or as much as the server wants."""
        with suppress(_Refused):
            if isinstance(self._body, tuple):
                for piece in self._body:
                    await self._add(piece)
            else:
                await self._draw(self._body)
            self._count()

    def _count(self) -> None:
        if self._lines.octets != self._size:
            raise Unavailable(f"a message of {self._size} octets has {self._lines.octets}")

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
            if len(self._held) >= BLOCK_OCTETS:
                await self._write()
            self._held += self._lines.feed(piece[start : start + BLOCK_OCTETS])

    async def _write(self) -> None:
        """Part with a block, of which there is more to come."""
        block, self._held = self._held, b""
        self._connection.write(b"BDAT %d\r\n%b" % (len(block), block) if self._chunked else block, Stage.BODY)
        await self._connection.drained(Stage.BODY)
        reach("body-middle")
        if self._chunked:
            await self._hear()
        else:
            self._heed()

    def _heed(self) -> None:
        # A server that answers before the end has given up on the mail. Going on would send it what it cannot place.
        if self._connection.replies:
            raise Lost(Stage.BODY, "the server broke off", reply=self._connection.replies.popleft())

    async def _hear(self) -> None:
        """A chunk more is written; take the answers that are there."""
        self._unanswered += 1
        while self._unanswered and self._connection.replies:
            self._take(self._connection.replies.popleft())
            if self._refusal is not None:
                raise _Refused
            await self._connection.drained(Stage.BODY)

    async def _answered(self) -> Reply:
        """Wait for the answers to all chunks that are written: the first refusal, or else the last."""
        try:
            while self._unanswered:
                self._take(await self._connection.reply(Stage.BODY))
        except Lost as lost:
            # RFC 3030 §2 has a server answer each chunk behind the one that it refused, but its word is known.
            lost.reply = lost.reply or self._refusal
            raise
        assert self._answer is not None
        return self._answer

    def _take(self, reply: Reply) -> None:
        self._unanswered -= 1
        self._answer = self._refusal or reply

    @property
    def _refusal(self) -> Reply | None:
        return self._answer if self._answer is not None and self._answer.code >= 300 else None
