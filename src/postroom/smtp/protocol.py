"""The client's side of an SMTP conversation: what to say next, given the replies. No socket, no clock.

A conversation is a generator. It yields an ``Ask`` (octets to write, then one reply to wait for) and is sent the
``Reply``; what it returns is what the conversation came to. Who holds the socket throws ``Lost`` into it where no
reply can come any more. Pipelining (RFC 2920) needs nothing else: the first ``Ask`` of a group carries the octets of
all, the others wait only.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from postroom.errors import Problem
from postroom.mail.address import Address
from postroom.mail.draft import Recipient
from postroom.mail.life import Outcome, Result, Stage
from postroom.smtp.reply import Reply, one_line, outcome

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST_NAME = re.compile(r"(?=.{1,255}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Ask(NamedTuple):
    """Write ``data`` (none: it went out with an earlier Ask), then wait for one reply as long as ``stage`` allows.

    ``command`` is what outcomes show: the line itself, secrets replaced.
    """

    stage: Stage
    command: str
    data: bytes = b""


# The Asks that stand for the message, which never is in one piece here. By DATA, with its final dot:
SEND_BODY: Final = Ask(Stage.FINAL_DOT, ".")
# By BDAT (RFC 3030), all but its last chunk; the reply is the first that refuses one, or else the last.
SEND_CHUNKS: Final = Ask(Stage.BODY, "BDAT")
# Its last chunk.
SEND_LAST: Final = Ask(Stage.FINAL_DOT, "BDAT LAST")

T = TypeVar("T")
Conversation: TypeAlias = Generator[Ask, Reply, T]


class Lost(Exception):  # noqa: N818 - what happened, caught within this room
    """The conversation is over before its end: no reply in time, a connection cut, a reply that makes no sense.

    ``stage`` is what was awaited: FINAL_DOT only after the final dot, or the last chunk, was written. ``reply`` is the
    server's last word where it gave one, a 421 above all.
    """

    def __init__(self, stage: Stage, reason: str, *, command: str = "", reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason
        self.command = command
        self.reply = reply


class SessionFailed(Problem):
    """No session came about; ``outcome`` says why and holds for every mail that waited for it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.server}: {outcome.stage.value}: {outcome.code or ''} {outcome.line}")
        self.outcome = outcome


def failed(stage: Stage, server: str, line: str, command: str = "") -> SessionFailed:
    """A session that failed without a reply to blame. It is the way's fault, never the mail's: always deferred."""
    return SessionFailed(
        Outcome(result=Result.DEFERRED, stage=stage, command=command, line=one_line(line), server=server)
    )


def failure(reply: Reply, ask: Ask, server: str) -> SessionFailed:
    """A session that failed by a reply; deferred even by 5yz, which was said to us and not about any mail."""
    return SessionFailed(outcome(reply, Result.DEFERRED, stage=ask.stage, command=ask.command, server=server))


class Envelope(Struct, frozen=True, kw_only=True):
    """Who a mail is from and goes to (RFC 5321 §2.3.1), and what the server is told of it beforehand.

    ``sender`` None: the null reverse-path of a notice (RFC 5321 §4.5.5). ``size`` counts the octets of the message
    before dot-stuffing (RFC 1870 §5). ``smtputf8``: without RFC 6531 it cannot go to anybody. ``id``, at most 100
    characters, is what reports of other servers call it by (ENVID, RFC 3461 §4.4).
    """

    sender: Address | None
    recipients: tuple[Recipient, ...]
    size: int
    smtputf8: bool = False
    id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a server offers (RFC 5321 §4.1.1.1), as far as it changes what we say.

    ENHANCEDSTATUSCODES need no offer to be read, and 8BITMIME is implied by SMTPUTF8, without which a message has seven
    bits.
    """

    pipelining: bool = False  # RFC 2920
    size: bool = False  # RFC 1870
    size_limit: int = 0  # RFC 1870 §3: 0 means no fixed limit
    smtputf8: bool = False  # RFC 6531
    chunking: bool = False  # RFC 3030
    dsn: bool = False  # RFC 3461
    starttls: bool = False  # RFC 3207
    auth: frozenset[str] = frozenset()  # RFC 4954

    @classmethod
    def read(cls, lines: tuple[str, ...]) -> "Capabilities":
        """From the lines of the reply to EHLO; the first is the greeting."""
        offers: dict[str, list[str]] = {}
        for line in lines[1:]:
            # AUTH=PLAIN is the form of before RFC 2554; some servers still know no other.
            keyword, *values = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
            offers.setdefault(keyword, []).extend(values)
        size = next(iter(offers.get("SIZE", ())), "")
        return cls(
            pipelining="PIPELINING" in offers,
            size="SIZE" in offers,
            # RFC 1870 §3: the limit is at most 20 digits long.
            size_limit=int(size) if re.fullmatch("[0-9]{1,20}", size) else 0,
            smtputf8="SMTPUTF8" in offers,
            chunking="CHUNKING" in offers,
            dsn="DSN" in offers,
            starttls="STARTTLS" in offers,
            auth=frozenset(offers.get("AUTH", ())),
        )


def greeting(server: str) -> Conversation[None]:
    """Wait for the server's first word. Raises ``SessionFailed``."""
    ask = Ask(Stage.GREETING, "")
    reply = yield ask
    # RFC 5321 §3.1: 554 says that there is no SMTP service; RFC 7504 adds 521.
    if reply.code != 220:
        raise failure(reply, ask, server)


def hello(name: str, server: str) -> Conversation[Capabilities]:
    """Introduce ourselves as ``name`` and learn what the server offers. Raises ``SessionFailed``."""
    ask = command(Stage.HELLO, f"EHLO {name}")
    reply = yield ask
    if reply.code == 250:
        return Capabilities.read(reply.lines)
    # RFC 5321 §3.2: a server that does not know EHLO (500, 502) is greeted with HELO. Others refuse it by another 5yz.
    if reply.code >= 500:
        ask = command(Stage.HELLO, f"HELO {name}")
        reply = yield ask
    if reply.code != 250:
        raise failure(reply, ask, server)
    return Capabilities()


def starttls(offers: Capabilities, server: str, *, demanded: bool = True) -> Conversation[bool]:
    """Ask for TLS; whether the handshake may begin, as it may where TLS is demanded. Raises ``SessionFailed``."""
    if not offers.starttls and not demanded:
        return False
    # RFC 3207 §6: who sits in between may delete the offer. Where the route wants TLS, there is no going on without.
    if not offers.starttls:
        raise failed(Stage.TLS, server, "the server does not offer STARTTLS", "STARTTLS")
    ask = command(Stage.TLS, "STARTTLS")
    reply = yield ask
    # RFC 3207 §4: after 454 (TLS not available now) it is for us whether to go on without.
    if reply.code != 220 and (demanded or reply.code == 421):
        raise failure(reply, ask, server)
    return reply.code == 220


def farewell() -> Conversation[None]:
    """Say goodbye; whatever the answer, the connection is closed then."""
    yield command(Stage.HELLO, "QUIT")


def introduction(hostname: str, local_address: str) -> str:
    """The argument of EHLO: the name if it is a full one, else the address we speak from as a literal."""
    if _HOST_NAME.fullmatch(hostname) and not hostname.rpartition(".")[2].isdigit():
        return hostname
    # RFC 5321 §4.1.4: a client without a name of its own gives an address literal; §4.1.3: its forms. A scope (%eth0)
    # means something on this machine only.
    address = ip_address(local_address.partition("%")[0])
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def command(stage: Stage, line: str) -> Ask:
    """The Ask for one line. Raises ``ValueError`` where the line would be two."""
    return Ask(stage, line, octets([line]))


def octets(lines: list[str]) -> bytes:
    """Lines as they go out. Raises ``ValueError``."""
    # A CR or LF in an address or name would begin a command of the writer's choice (SMTP injection). The types above
    # refuse them already; this is the last place where one could be seen.
    if not all(map(str.isprintable, lines)) and any(map(_CONTROL.search, lines)):
        raise ValueError("a command holds a control character")
    return "\r\n".join([*lines, ""]).encode()
