"""What a server answers: the reader of replies, and what a reply means for a recipient.

RFC 5321 §4.2 (replies), §4.5.3.1.5 (their length); RFC 2034 and 3463 (enhanced status codes).
"""

import re
from collections import deque
from functools import lru_cache
from typing import Final

from msgspec import Struct

from postroom.mail.life import Outcome, Result, Stage, Why
from postroom.smtp.classify import classify, hint

# RFC 5321 §4.5.3.1.5 says 512 octets with the CRLF; servers that quote policies or addresses go beyond it.
REPLY_LINE_OCTETS: Final = 2048
# Ours: the longest EHLO replies seen have some thirty lines. A server that never ends its reply stops here.
REPLY_LINES: Final = 128
# Ours: of all that nobody fetched yet. The replies to a pipelined mail for a thousand recipients are a quarter of it.
REPLIES_OCTETS: Final = 256 * 1024
OUTCOME_LINE_CHARACTERS: Final = 1000

# RFC 5321 §4.2 ends its grammar of codes at 559, but 471, 571 and the like are in use: any second digit is taken.
# RFC 5321 §4.2: a code may come without space and text. 1yz never had a meaning.
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
# RFC 2034 §4: the enhanced code stands first in the text; RFC 3463 §2: at most three digits a number, no leading zero.
_ENHANCED = re.compile(r"([245])\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(?= |$)")

# RFC 4954 §6 and RFC 3207 §4: the server wants other credentials or TLS first. The transport is set up wrongly, the
# mail is as good as it was: 530 authentication (or TLS) required, 534 mechanism too weak, 535 credentials invalid,
# 538 encryption required.
_TRANSPORT_AT_FAULT: Final = frozenset({530, 534, 535, 538})
# Reasons that pass, even where the code is 5yz. Greylisting is never for good (RFC 6647). "Too many messages this
# hour" is congestion, which RFC 3463 §3.5 (X.4.5) knows as temporary only. Who says so: docs/reference/replies.md.
_PASSING: Final = frozenset({Why.GREYLISTED, Why.RATE_LIMITED})


class BadReply(ValueError):  # noqa: N818 - the word says it
    """The bytes are not a reply of RFC 5321 §4.2; the message says why in a few words."""


class Reply(Struct, frozen=True):
    """A whole reply: its code, 200 to 599, and the text of each of its lines."""

    code: int
    lines: tuple[str, ...]

    @property
    def enhanced(self) -> str | None:
        """The status code of RFC 3463, if the server gave one of the class of ``code`` (RFC 2034 §4)."""
        found = _ENHANCED.match(self.lines[0])
        return found[0] if found and int(found[1]) == self.code // 100 else None

    @property
    def text(self) -> str:
        """All lines as one, safe to store and to show."""
        return one_line(" ".join(self.lines))

    @property
    def result(self) -> Result:
        """What the reply means to whom it concerns (RFC 5321 §4.2.1)."""
        if self.code < 300:
            return Result.ACCEPTED
        if self.code < 500 or self.code in _TRANSPORT_AT_FAULT or self.why(Stage.ENVELOPE) in _PASSING:
            return Result.DEFERRED
        return Result.REJECTED

    def why(self, stage: Stage) -> Why:
        """The reason that a reply of 400 or higher gives."""
        return classify(self.code, self.enhanced, self.text, stage)

    @property
    def recipient_result(self) -> Result:
        """What the reply means as the answer to RCPT."""
        # RFC 5321 §4.5.3.1.10: a 552 that says "too many recipients" is to be taken as 452. The same code is in use
        # for a full mailbox: where the enhanced code says so (5.2.2), it stays permanent. RFC 1870 §6.4: and for a mail
        # that is too big for this recipient, which no waiting makes smaller.
        if self.code == 552 and self.enhanced in (None, "5.5.3") and self.why(Stage.ENVELOPE) is not Why.TOO_BIG:
            return Result.DEFERRED
        return self.result


class ReplyReader:
    """Makes replies of bytes, however they were split on their way, in bounded memory.

    Whole replies stand in ``replies`` in the order they came. Lines may end in a bare LF, against RFC 5321 §2.3.8: what
    a server says is only ever data here, so nothing can be smuggled, and waiting for the CR would help nobody.
    """

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._octets = 0  # since everything had been fetched

    @property
    def idle(self) -> bool:
        """True where nothing came that was not fetched."""
        return not self.replies and not self._rest and not self._lines

    def feed(self, data: bytes) -> None:
        """Take what arrived. Raises ``BadReply``: the replies before the bad one stand, the reader is done with."""
        self._octets = self._octets + len(data) if self.replies or self._rest or self._lines else len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply, last = _read_line(line)
            if last and not self._lines:
                self.replies.append(reply)
            else:
                self._continue(reply, last)
        _check_length(self._rest)
        # A server that talks on and on is asked by nobody, and lines that are short would fill the memory, too.
        if self._octets > REPLIES_OCTETS:
            raise BadReply("the server says more than it could be asked")

    def _continue(self, reply: Reply, last: bool) -> None:
        # RFC 5321 §4.2.1: the code is the same on each line of a reply.
        if self._lines and reply.code != self._code:
            raise BadReply("the reply changes its code")
        if len(self._lines) == REPLY_LINES:
            raise BadReply(f"the reply has more than {REPLY_LINES} lines")
        self._code = reply.code
        self._lines += reply.lines
        if last:
            self.replies.append(Reply(reply.code, tuple(self._lines)))
            self._lines.clear()


# Nearly all lines that come are one of a few ("250 2.1.5 Ok").
@lru_cache(maxsize=256)
def _read_line(line: bytes) -> tuple[Reply, bool]:
    """The line as a reply of its own, and whether it is the last of its reply."""
    _check_length(line)
    found = _LINE.fullmatch(line.removesuffix(b"\r"))
    if found is None:
        raise BadReply("the reply does not begin with a code")
    code, mark, text = found.groups(b"")
    return Reply(int(code), (text.decode("utf-8", "replace"),)), mark != b"-"


def _check_length(line: bytes) -> None:
    if len(line) > REPLY_LINE_OCTETS:
        raise BadReply(f"a line of the reply has more than {REPLY_LINE_OCTETS} octets")


def one_line(text: str) -> str:
    """The text cut to 1,000 characters, each character that does not print (control, direction, line end) a space."""
    text = text[:OUTCOME_LINE_CHARACTERS]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def outcome(reply: Reply, result: Result, *, stage: Stage, command: str, server: str) -> Outcome:
    """The outcome that a reply to ``command`` gives."""
    text = reply.text
    return Outcome(
        result=result,
        stage=stage,
        code=reply.code,
        enhanced=reply.enhanced,
        command=command,
        line=text,
        server=server,
        why=reply.why(stage) if reply.code >= 400 else None,
        retry_after=hint(text) if reply.code >= 400 and result is Result.DEFERRED else None,
    )
