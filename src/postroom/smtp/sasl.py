"""AUTH PLAIN (RFC 4616) and AUTH LOGIN, as conversations. RFC 4954."""

from base64 import b64encode

from postroom.mail.life import Stage
from postroom.smtp.protocol import Ask, Capabilities, Conversation, SessionFailed, failed, failure
from postroom.smtp.reply import Reply
from postroom.smtp.route import Credentials


def authenticate(credentials: Credentials, offers: Capabilities, server: str) -> Conversation[None]:
    """Log in, by PLAIN where both are offered. Raises ``SessionFailed``; no secret is in it."""
    if "\0" in credentials.username + credentials.password:
        # RFC 4616 §2: NUL separates the fields of PLAIN, so neither can hold one.
        raise failed(Stage.AUTH, server, "the user name or the password holds a NUL")
    if "PLAIN" in offers.auth:
        reply = yield from _plain(credentials)
    elif "LOGIN" in offers.auth:
        reply = yield from _login(credentials)
    else:
        raise failed(Stage.AUTH, server, "the server offers neither AUTH PLAIN nor AUTH LOGIN")
    # RFC 4954 §4: 235 alone means that we are logged in.
    if reply.code != 235:
        raise _refused(reply, credentials, server)


def _plain(credentials: Credentials) -> Conversation[Reply]:
    # RFC 4616 §2: authorization identity (none), NUL, user name, NUL, password. RFC 4954 §4: sent with the command.
    token = _base64(f"\0{credentials.username}\0{credentials.password}")
    return (yield Ask(Stage.AUTH, "AUTH PLAIN ***", b"AUTH PLAIN " + token + b"\r\n"))


def _login(credentials: Credentials) -> Conversation[Reply]:
    # LOGIN has no RFC. Servers differ on a user name sent with the command; asked for it, all take it.
    reply = yield Ask(Stage.AUTH, "AUTH LOGIN", b"AUTH LOGIN\r\n")
    for answer in (credentials.username, credentials.password):
        if reply.code != 334:
            break
        reply = yield Ask(Stage.AUTH, "AUTH LOGIN ***", _base64(answer) + b"\r\n")
    return reply


def _refused(reply: Reply, credentials: Credentials, server: str) -> SessionFailed:
    # A server may quote what it was sent, and its line is stored and shown.
    secrets = (
        _base64(f"\0{credentials.username}\0{credentials.password}").decode(),
        _base64(credentials.password).decode(),
        credentials.password,
    )
    lines = reply.lines
    for secret in filter(None, secrets):
        lines = tuple(line.replace(secret, "***") for line in lines)
    return failure(Reply(reply.code, lines), Ask(Stage.AUTH, "AUTH ***"), server)


def _base64(text: str) -> bytes:
    return b64encode(text.encode())
