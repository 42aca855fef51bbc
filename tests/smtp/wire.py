"""A server without a socket: it hears what a connection writes and answers from a script before the write returns.

So a dialogue costs less than a millisecond, and can be had with each reply in pieces, and cut at any octet.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from postroom.mail.life import Outcome
from postroom.smtp.connection import Connection
from postroom.smtp.deadlines import Deadlines
from postroom.smtp.journal import Journal
from postroom.smtp.message import Body
from postroom.smtp.protocol import Envelope, Lost, SessionFailed, failed
from postroom.smtp.route import Credentials, Route, Tls
from postroom.smtp.session import Session
from postroom.smtp.trust import Trust
from tests.smtp.peers import Act, Script

PATIENT = Deadlines.scaled()
TRUST = Trust()


class Wire(asyncio.Transport):
    """``heard`` are the commands, ``.`` where a message ended; ``said`` the octets of each answer so
    far, the one with ``end_said`` to the end of the message.

    ``cut``: hangs up when it has said so many octets. ``drip``: says each octet in a turn of the loop of its own.
    """

    def __init__(self, connection: Connection, script: Script, *, cut: int | None, drip: bool) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.said: list[bytes] = []
        self.message = b""
        self.end_said = 0
        self._connection = connection
        self._script = script
        self._left = cut
        self._drip = drip
        self._rest = b""
        self._next: Callable[[], bool] = self._command
        self._wanted = 0
        self._gone = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("192.0.2.1", 4711), "peername": ("192.0.2.25", 25)}.get(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._rest += data
        while not self._gone and self._next():
            pass

    def is_closing(self) -> bool:
        return self._gone

    def abort(self) -> None:
        self.close()

    def close(self) -> None:
        if not self._gone:
            self._gone = True
            self._connection.connection_lost(None)

    def answer(self, verb: str) -> bytes:
        """Say what the script has for it."""
        answer = self._script.next(verb)
        if answer is Act.CUT:
            self._do(self._hang_up)
            return b""
        assert isinstance(answer, bytes)
        self.said.append(answer)
        if self._drip:
            for n in range(len(answer)):
                self._do(self._say, answer[n : n + 1])
        else:
            self._say(answer)
        return answer

    def _do(self, act: Callable[..., None], *given: bytes) -> None:
        if self._drip:
            asyncio.get_running_loop().call_soon(act, *given)
        else:
            act(*given)

    def _say(self, octets: bytes) -> None:
        if self._gone:
            return
        self._connection.data_received(octets[: self._left])
        if self._left is not None:
            self._left = max(0, self._left - len(octets))
            if self._left == 0:
                self._hang_up()

    def _hang_up(self) -> None:
        if not self._gone:
            self._connection.eof_received()
            self.close()

    def _command(self) -> bool:
        line, end, rest = self._rest.partition(b"\r\n")
        if not end:
            return False
        self._rest = rest
        words = line.decode().split(" ")
        self.heard.append(line.decode())
        if words[0] == "BDAT":
            self._wanted, self._next = int(words[1]), self._chunk
        elif self.answer(words[0])[:1] == b"3" and words[0] == "DATA":
            self._next = self._dotted
        return True

    def _dotted(self) -> bool:
        message, end, rest = (b"\r\n" + self._rest).partition(b"\r\n.\r\n")
        if not end:
            return False
        self._end(message.removeprefix(b"\r\n") + end, rest)
        return True

    def _chunk(self) -> bool:
        if len(self._rest) < self._wanted:
            return False
        chunk, rest = self._rest[: self._wanted], self._rest[self._wanted :]
        self._next = self._command
        if self.heard[-1].endswith(" LAST"):
            self._end(self.message + chunk, rest)
        else:
            self.message += chunk
            self._rest = rest
            self.answer("BDAT")
        return True

    def _end(self, message: bytes, rest: bytes) -> None:
        self.message, self._rest, self._next = message, rest, self._command
        self.heard.append(".")
        self.end_said = len(self.said)
        self.answer(".")


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What came of a dialogue: an outcome for each recipient, if another mail could follow, and what the server saw."""

    outcomes: Sequence[Outcome]
    usable: bool
    wire: Wire


async def play(
    script: Script,
    mail: Envelope,
    body: Body,
    *,
    credentials: Credentials | None = None,
    cut: int | None = None,
    drip: bool = False,
) -> Played:
    """Introduce ourselves, hand over one mail, and say goodbye where that is in order."""
    connection = Connection(PATIENT.stage)
    wire = Wire(connection, script, cut=cut, drip=drip)
    connection.connection_made(wire)
    route = Route(transport_id=1, host="mx.example", port=25, tls=Tls.NONE, credentials=credentials)
    session = Session(route, TRUST, PATIENT, Journal(), None)
    session._connection = connection
    session._limit(PATIENT.total)
    wire.answer("CONNECT")
    outcomes = await _outcomes(session, mail, body)
    usable = session.usable
    await session.close()
    return Played(outcomes=outcomes, usable=usable, wire=wire)


async def _outcomes(session: Session, mail: Envelope, body: Body) -> Sequence[Outcome]:
    try:
        await session._introduce("client.example", Tls.NONE)
    except SessionFailed as error:
        return [error.outcome] * len(mail.recipients)
    except Lost as lost:
        session._connection.abort()
        return [failed(lost.stage, session.server, lost.reason).outcome] * len(mail.recipients)
    return await session.transmit(mail, body)
