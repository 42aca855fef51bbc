"""One mail handed over, as a conversation: MAIL, RCPT, then the message by DATA (RFC 5321 §3.3), or by BDAT (RFC 3030)
where it is large. RFC 2920, pipelining; RFC 3461, what other servers are asked to report.
"""

import re
from typing import Final

from msgspec import Struct

from postroom.failpoint import reach
from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.protocol import (
    SEND_BODY,
    SEND_CHUNKS,
    SEND_LAST,
    Ask,
    Capabilities,
    Conversation,
    Envelope,
    Lost,
    command,
    octets,
)
from postroom.smtp.reply import Reply, one_line, outcome

_DATA: Final = command(Stage.DATA, "DATA")
_DATA_SENT: Final = Ask(Stage.DATA, "DATA")
_DOT: Final = Ask(Stage.FINAL_DOT, ".", b".\r\n")
_RESET: Final = command(Stage.ENVELOPE, "RSET")
# From here on BDAT is worth the wait for the answers to all chunks but the last: a server that gives up on a message
# can say so in its middle and keep the session, and nobody looks for dots.
CHUNKED_OCTETS: Final = 1024 * 1024
# RFC 3461 §4: what xtext has to write as +XX.
_BEYOND_XTEXT = re.compile(r"[^!-*,-<>-~]")


class Ending(Struct, frozen=True, kw_only=True):
    """What one mail came to: an outcome for each recipient, in order.

    ``usable``: the session may take another mail. ``answered``: the server answered MAIL; where it did not, it took
    nothing of the mail.
    """

    outcomes: list[Outcome]
    usable: bool
    answered: bool


def transaction(envelope: Envelope, offers: Capabilities, server: str) -> Conversation[Ending]:
    """Hand over one mail. Never raises ``Lost``; yields ``SEND_BODY`` when the message is wanted."""
    tally = _Tally(len(envelope.recipients), server)
    _refuse_here(envelope, offers, tally)
    usable = True
    if tally.open:
        try:
            yield from _carry(_asks(envelope, offers, tally), offers.pipelining, tally)
        except Lost as lost:
            tally.cut(lost)
            usable = False
    return Ending(outcomes=tally.outcomes(), usable=usable, answered=tally.answered)


class _Tally:
    """The outcomes of a mail as they fall; ``open`` are the recipients that have none yet, in order."""

    def __init__(self, recipients: int, server: str) -> None:
        self.open = list(range(recipients))
        self.answered = False
        self._server = server
        self._settled: dict[int, Outcome] = {}

    def outcomes(self) -> list[Outcome]:
        return [self._settled[n] for n in range(len(self._settled))]

    def one(self, n: int, reply: Reply, ask: Ask, result: Result) -> None:
        self._settled[n] = outcome(reply, result, stage=ask.stage, command=ask.command, server=self._server)
        self.open.remove(n)

    def rest(self, reply: Reply, ask: Ask) -> None:
        self._rest(outcome(reply, reply.result, stage=ask.stage, command=ask.command, server=self._server))

    def refuse(self, n: int, enhanced: str, line: str, why: Why) -> None:
        self._settled[n] = Outcome(
            result=Result.REJECTED, stage=Stage.ENVELOPE, enhanced=enhanced, line=line, server=self._server, why=why
        )
        self.open.remove(n)

    def cut(self, lost: Lost) -> None:
        """Settle the rest: deferred, but unknown where the final dot was written and nothing came back."""
        if lost.reply is not None:
            # A server that breaks off took nothing, whatever it says: at most it refused for good.
            result = Result.REJECTED if lost.reply.result is Result.REJECTED else Result.DEFERRED
            found = outcome(lost.reply, result, stage=lost.stage, command=lost.command, server=self._server)
        else:
            # RFC 5321 §4.5.3.2.6: the server may have taken the mail before the connection went.
            found = Outcome(
                result=Result.UNKNOWN if lost.stage is Stage.FINAL_DOT else Result.DEFERRED,
                stage=lost.stage,
                command=lost.command,
                line=one_line(lost.reason),
                server=self._server,
            )
        self._rest(found)

    def _rest(self, found: Outcome) -> None:
        for n in self.open:
            self._settled[n] = found
        self.open.clear()


def _refuse_here(envelope: Envelope, offers: Capabilities, tally: _Tally) -> None:
    """Settle what this server cannot take, before a word is said."""
    # RFC 1870 §4: a mail above the fixed limit will fail, so it is not tried; the code is of RFC 3463 §3.4.
    if 0 < offers.size_limit < envelope.size:
        line = f"the mail has {envelope.size} octets, the server takes at most {offers.size_limit}"
        for n in range(len(envelope.recipients)):
            tally.refuse(n, "5.3.4", line, Why.TOO_BIG)
    # RFC 6531 §3.5: without the server's SMTPUTF8 such an address or header must not be sent; it names the code.
    elif not offers.smtputf8:
        line = "an address needs SMTPUTF8, which the server does not offer"
        all_need = envelope.smtputf8 or (envelope.sender is not None and envelope.sender.needs_smtputf8)
        for n, recipient in enumerate(envelope.recipients):
            if all_need or recipient.mailbox.address.needs_smtputf8:
                tally.refuse(n, "5.6.7", line, Why.PROTOCOL)


def _asks(envelope: Envelope, offers: Capabilities, tally: _Tally) -> list[Ask]:
    """MAIL, RCPT for each open recipient, and what begins the message; the first carries the octets of all if the
    server pipelines.
    """
    rcpts = [f"RCPT TO:<{envelope.recipients[n].mailbox.address}>" for n in tally.open]
    lines = [_mail(envelope, offers, "".join(rcpts).isascii()), *rcpts]
    if offers.dsn:
        lines[1:] = [line + _report(envelope, n) for line, n in zip(rcpts, tally.open, strict=True)]
    if not offers.pipelining:
        return [*(command(Stage.ENVELOPE, line) for line in lines), _DATA]
    asks = [Ask(Stage.ENVELOPE, line) for line in lines]
    # Without pipelining each chunk would cost a wait.
    if offers.chunking and envelope.size >= CHUNKED_OCTETS:
        # RFC 3030 §2: the message begins after all replies to MAIL and RCPT are in.
        asks[0] = Ask(Stage.ENVELOPE, lines[0], octets(lines))
        asks.append(SEND_CHUNKS)
    else:
        # RFC 2920 §3.1: DATA may only be the last of a group.
        asks[0] = Ask(Stage.ENVELOPE, lines[0], octets(lines) + _DATA.data)
        asks.append(_DATA_SENT)
    return asks


def _mail(envelope: Envelope, offers: Capabilities, ascii_recipients: bool) -> str:
    line = f"MAIL FROM:<{envelope.sender or ''}>"
    foreign = envelope.smtputf8 or not (ascii_recipients and line.isascii())
    if offers.size:
        line += f" SIZE={envelope.size}"  # RFC 1870 §5
    if foreign:
        line += " BODY=8BITMIME SMTPUTF8"  # RFC 6531 §3.6: SMTPUTF8 comes with 8BITMIME
    if offers.dsn and envelope.sender is not None:
        line += " RET=HDRS"  # RFC 3461 §4.3: a report need not bring the files back
        if envelope.id:
            line += f" ENVID={_xtext(envelope.id)}"
    return line


def _report(envelope: Envelope, n: int) -> str:
    """What other servers are asked to report of a recipient. RFC 3461 §4.1, §4.2."""
    # Nobody reports to nobody: a notice that does not arrive is the end of it.
    if envelope.sender is None:
        return " NOTIFY=NEVER"
    # Without NOTIFY failures are reported, and delays where the server likes, which is what is wanted. RFC 6533 §3 has
    # a form of ORCPT for other addresses; few servers read it, and what comes of it is read by people.
    address = str(envelope.recipients[n].mailbox.address)
    return f" ORCPT=rfc822;{_xtext(address)}" if address.isascii() else ""


def _xtext(text: str) -> str:
    return _BEYOND_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def _carry(asks: list[Ask], pipelined: bool, tally: _Tally) -> Conversation[None]:
    mail, *rcpts, begin = asks
    reply = _sane(mail, (yield mail))
    reach("mail-answered")
    tally.answered = True
    refused = reply.code >= 400
    astray = False
    named = tuple(tally.open)
    if refused:
        tally.rest(reply, mail)
    if pipelined or not refused:
        for n, rcpt in zip(named, rcpts, strict=True):
            reply = _sane(rcpt, (yield rcpt))
            reach("recipient-answered")
            if refused:
                astray |= reply.code < 400
            elif reply.code >= 400:
                tally.one(n, reply, rcpt, reply.recipient_result)
    if begin is SEND_CHUNKS and tally.open:
        yield from _chunks(tally)
    elif begin is not SEND_CHUNKS and (pipelined or tally.open):
        yield from _content(begin, astray, tally)
    else:
        yield from _reset()


def _content(data: Ask, astray: bool, tally: _Tally) -> Conversation[None]:
    reply = yield data
    reach("data-answered")
    if reply.code != 354:
        tally.rest(_sane(data, reply), data)
        yield from _reset()
    elif astray:
        # The server has recipients for a mail whose sender it refused: a dot now might deliver an empty mail to them.
        raise Lost(Stage.DATA, "the server wants the message of a mail that it refused", command=data.command)
    elif tally.open:
        _ended(SEND_BODY, (yield SEND_BODY), tally)
    else:
        # RFC 2920 §3.1: every RCPT was refused and yet the server waits for a message; a lone dot ends it.
        _sane(_DOT, (yield _DOT))


def _chunks(tally: _Tally) -> Conversation[None]:
    # The last chunk waits until every other is answered: a refusal is of a mail that never was whole.
    reply = _sane(SEND_CHUNKS, (yield SEND_CHUNKS))
    if reply.code < 400:
        reply = yield SEND_LAST
        _ended(SEND_LAST, reply, tally)
    else:
        tally.rest(reply, SEND_CHUNKS)
    if reply.code >= 400:
        # RFC 3030 §2: what state a refused BDAT leaves, nobody knows.
        yield from _reset()


def _ended(ask: Ask, reply: Reply, tally: _Tally) -> None:
    """All of the message is with the server, and this is its word."""
    reach("dot-answered")
    tally.rest(_sane(ask, reply), ask)


def _reset() -> Conversation[None]:
    """Undo what a refused mail may have left at the server (RFC 5321 §4.1.1.5), so that the next starts clean."""
    reply = yield _RESET
    if reply.code != 250:
        raise Lost(_RESET.stage, "RSET was refused", command=_RESET.command)


def _sane(ask: Ask, reply: Reply) -> Reply:
    # RFC 5321 §3.8: 421 may come instead of any reply; the server closes the connection then.
    if reply.code == 421:
        raise Lost(ask.stage, "the server closes the connection", command=ask.command, reply=reply)
    # RFC 5321 §4.3.2: none of our commands but DATA is answered 3yz, and DATA is never answered 2yz.
    if 300 <= reply.code < 400 or (reply.code < 300 and ask.stage is Stage.DATA):
        reason = f"the reply makes no sense here: {reply.code} {reply.text}"
        raise Lost(ask.stage, reason, command=ask.command)
    return reply
