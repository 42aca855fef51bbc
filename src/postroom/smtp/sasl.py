"""AUTH, as a conversation: the mechanism is chosen, gone through, and what the server refuses told. RFC 4954."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec
from msgspec import Struct

from postroom.mail.life import Stage
from postroom.smtp.mechanisms import (
    BY_PASSWORD,
    BY_PASSWORD_IN_CLEAR,
    BY_TOKEN,
    Bearer,
    Mechanism,
    by_password,
    by_token,
    can_say,
)
from postroom.smtp.protocol import Ask, Capabilities, Conversation, Lost, SessionFailed, failed, failure
from postroom.smtp.reply import Reply
from postroom.smtp.route import Credentials, Route, Tls

# RFC 5321 §4.5.3.1.4: of a command, with its CRLF.
_COMMAND_OCTETS: Final = 512
_VERIFIED: Final = frozenset({Tls.STARTTLS, Tls.TLS})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# RFC 4954 §6: the next mechanism may do: 504 not known, 534 too weak, 432 only after the password was once shown to
# the server otherwise.
_NOT_THIS_ONE: Final = frozenset({432, 504, 534})
_INVALID: Final = 535


class _End(Struct, frozen=True, kw_only=True):
    """The last reply, the last challenge in base64, and what we had said until then, likewise."""

    reply: Reply
    challenge: str
    said: tuple[str, ...]


class _Refusal(Struct, frozen=True):
    """What a server says of a token that it refuses (RFC 7628 §3.2.2), as far as it helps anybody."""

    status: str | int = ""
    scope: str = ""
    error_description: str = ""


def authenticate(login: Credentials | Bearer, offers: Capabilities, route: Route, *, nonce: str) -> Conversation[None]:
    """Sign in by the strongest mechanism that both sides know; ``nonce`` is fresh and random.

    Raises ``SessionFailed``; no secret is in it.
    """
    if _CONTROL.search(login.username) or (isinstance(login, Credentials) and "\0" in login.password):
        # RFC 4616 §2: NUL separates the fields of PLAIN; U+0001 those of the mechanisms for tokens.
        raise failed(Stage.AUTH, route.server, "the user name or the password holds a NUL or control character")
    end = None
    for name in _suitable(login, offers, route):
        mechanism = by_token(name, login, route) if isinstance(login, Bearer) else by_password(name, login, nonce)
        end = yield from _go_through(name, mechanism, route.server)
        # RFC 4954 §4: 235 alone means that we are signed in.
        if end.reply.code == 235:
            return
        if not _is_of_mechanism(end.reply):
            break
    assert end is not None, "of mechanisms that suit there is one at least"
    raise _refused(end, login, route.server)


def _suitable(login: Credentials | Bearer, offers: Capabilities, route: Route) -> list[str]:
    safe = route.tls in _VERIFIED
    if not isinstance(login, Bearer):
        known = BY_PASSWORD if safe else BY_PASSWORD_IN_CLEAR
    elif safe:
        known = BY_TOKEN
    else:
        # RFC 6750 §5.3: whoever sees the token has it.
        raise failed(Stage.AUTH, route.server, "an access token is shown to a server under TLS only")
    names = [name for name in known if name in offers.auth]
    if not names:
        raise failed(Stage.AUTH, route.server, _lacking(known, offers, safe=safe))
    # The server keeps a password that SCRAM has no form for in some other way. Where SCRAM is all, it says why not.
    return [name for name in names if isinstance(login, Bearer) or can_say(name, login)] or names


def _lacking(known: Sequence[str], offers: Capabilities, *, safe: bool) -> str:
    if offers.auth:
        return f"the server offers AUTH {' '.join(sorted(offers.auth))}, and not {' or '.join(known)}"
    if safe:
        # RFC 3207 §4.2: what it offered before TLS is forgotten. Only before, it would be somebody else's offer.
        return "the server offers no AUTH under TLS"
    return f"the server offers no AUTH{' without TLS' if offers.starttls else ''}"


def _go_through(name: str, mechanism: Mechanism, server: str) -> Conversation[_End]:
    reply, challenge = Reply(0, ("",)), ""
    said: list[str] = []
    try:
        first = next(mechanism)
        initial = "" if first is None else _base64(first)
        command = f"AUTH {name} {initial}"
        if first is None or len(command) + 2 > _COMMAND_OCTETS:
            reply = yield Ask(Stage.AUTH, f"AUTH {name}", f"AUTH {name}\r\n".encode())
        else:
            said.append(initial)
            reply = yield Ask(Stage.AUTH, f"AUTH {name} ***", f"{command}\r\n".encode())
        while reply.code == 334:
            # RFC 4954 §4: what made the command too long is the answer to an empty challenge.
            late = first is not None and not said
            challenge = "" if late else reply.lines[-1].strip()
            said.append(initial if late else _base64(_answer(mechanism, challenge)))
            reply = yield Ask(Stage.AUTH, f"AUTH {name} ***", f"{said[-1]}\r\n".encode())
        if reply.code == 235:
            with suppress(StopIteration):
                mechanism.send(None)
    except ValueError as error:
        if reply.code == 334:
            # RFC 4954 §4: so an exchange is broken off; whatever the server says to it.
            with suppress(Lost):
                yield Ask(Stage.AUTH, "AUTH ***", b"*\r\n")
        raise failed(Stage.AUTH, server, str(error), f"AUTH {name} ***") from None
    return _End(reply=reply, challenge=challenge, said=tuple(said))


def _answer(mechanism: Mechanism, challenge: str) -> bytes:
    try:
        return mechanism.send(challenge) or b""
    except StopIteration:
        raise ValueError("the server asks for more than there is to say") from None


def _is_of_mechanism(reply: Reply) -> bool:
    # RFC 4954 §6: 5.5.4 with another code is in use for the same.
    return reply.code in _NOT_THIS_ONE or (reply.enhanced == "5.5.4" and reply.code != _INVALID)


def _refused(end: _End, login: Credentials | Bearer, server: str) -> SessionFailed:
    told = _told(end.challenge) if isinstance(login, Bearer) else ()
    lines = (*end.reply.lines, *told)
    # A server may quote what it was sent, and its line is stored and shown.
    for hidden in filter(None, (*end.said, *_secrets(login))):
        lines = tuple(line.replace(hidden, "***") for line in lines)
    return failure(Reply(end.reply.code, lines), Ask(Stage.AUTH, "AUTH ***"), server)


def _secrets(login: Credentials | Bearer) -> tuple[str, ...]:
    """In the forms in which some mechanism says them, the longest first."""
    if isinstance(login, Bearer):
        return (login.token,)
    whole = f"\0{login.username}\0{login.password}"
    return (_base64(whole.encode()), _base64(login.password.encode()), login.password)


def _told(challenge: str) -> tuple[str, ...]:
    """What the challenge by which a token is refused says, a part each; none where it says nothing."""
    try:
        refusal = msgspec.json.decode(b64decode(challenge, validate=True), type=_Refusal)
    except (ValueError, msgspec.MsgspecError):
        return ()
    named = zip(("status", "scope", "error_description"), msgspec.structs.astuple(refusal), strict=True)
    parts = [f"{name} {value}" for name, value in named if value]
    return (f"({', '.join(parts)})",) if parts else ()


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()
