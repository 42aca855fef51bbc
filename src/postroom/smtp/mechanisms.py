"""The mechanisms by which somebody signs in, each as what we say in turn. RFC 4422; no SMTP in here.

A mechanism is a generator. It yields what we say (None: nothing, the server speaks first) and is sent the server's
challenge as it came, in base64, or None where the server has let us in. It raises ``ValueError`` where the server says
what it must not.
"""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from postroom.smtp import scram
from postroom.smtp.route import Credentials, Route

Mechanism: TypeAlias = Generator[bytes | None, str | None, None]

# The strongest first. By SCRAM no password is shown to anybody. CRAM-MD5 shows none either, but is weak and has servers
# keep passwords as they are: it comes last where TLS protects them anyway, and first where nothing else does.
BY_PASSWORD: Final[tuple[str, ...]] = ("SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5")
BY_PASSWORD_IN_CLEAR: Final[tuple[str, ...]] = ("SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN")
BY_TOKEN: Final[tuple[str, ...]] = ("OAUTHBEARER", "XOAUTH2")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """Who signs in by an access token; the token is not shown."""

    username: str
    token: str = field(repr=False)


def by_password(name: str, credentials: Credentials, nonce: str) -> Mechanism:
    """The mechanism of ``BY_PASSWORD`` with that name; ``nonce`` is fresh and random."""
    if name == "SCRAM-SHA-256":
        return _scram(credentials, nonce)
    return {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5}[name](credentials)


def can_say(name: str, credentials: Credentials) -> bool:
    """Whether the mechanism of ``BY_PASSWORD`` has a form for such a user name and password."""
    return name != "SCRAM-SHA-256" or scram.has_form(credentials.username, credentials.password)


def by_token(name: str, bearer: Bearer, route: Route) -> Mechanism:
    """The mechanism of ``BY_TOKEN`` with that name."""
    return _xoauth2(bearer) if name == "XOAUTH2" else _oauthbearer(bearer, route)


def _scram(credentials: Credentials, nonce: str) -> Mechanism:
    username, password = credentials.username, credentials.password
    challenge = _read((yield scram.introduction(username, nonce).encode()))
    proof = scram.prove(username, password, nonce, challenge)
    final = _read((yield proof.message.encode()))
    # RFC 5802 §7: server-error; RFC 4954 §4: after an empty line the server tells the same in its own words.
    if final.startswith("e="):
        if (yield b"") is None:
            raise ValueError("the server lets us in and says that it does not")
    elif scram.is_server(proof, final):
        yield b""
    else:
        raise ValueError("the server does not know the password itself")


def _plain(credentials: Credentials) -> Mechanism:
    # RFC 4616 §2: authorization identity (none), NUL, user name, NUL, password.
    yield f"\0{credentials.username}\0{credentials.password}".encode()


def _login(credentials: Credentials) -> Mechanism:
    # LOGIN has no RFC. Servers differ on a user name sent with the command, and on how they ask.
    yield None
    yield credentials.username.encode()
    yield credentials.password.encode()


def _cram_md5(credentials: Credentials) -> Mechanism:
    challenge = _read((yield None))
    # RFC 2195 §2: user name, space, the challenge keyed with the password, in hex.
    shown = hmac.new(credentials.password.encode(), challenge.encode(), "md5").hexdigest()
    yield f"{credentials.username} {shown}".encode()


def _oauthbearer(bearer: Bearer, route: Route) -> Mechanism:
    # RFC 5801 §4: "=" and "," stand for themselves nowhere in a name.
    name = bearer.username.replace("=", "=3D").replace(",", "=2C")
    fields = (f"n,a={name},", f"host={route.host}", f"port={route.port}", f"auth=Bearer {bearer.token}", "", "")
    # RFC 7628 §3.2.3: a refusal is a challenge, and the dummy answer to it the end.
    if (yield "\x01".join(fields).encode()) is not None:
        yield b"\x01"


def _xoauth2(bearer: Bearer) -> Mechanism:
    # Google's and Microsoft's own; a refusal is a challenge, too, and answered by an empty line.
    if (yield f"user={bearer.username}\x01auth=Bearer {bearer.token}\x01\x01".encode()) is not None:
        yield b""


def _read(challenge: str | None) -> str:
    if challenge is None:
        raise ValueError("the server lets us in before it has shown or asked what it must")
    try:
        return b64decode(challenge, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("the server's challenge cannot be read") from None
