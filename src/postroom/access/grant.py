"""The grants of OAuth 2.0 as the accounts server of the wire knows them (RFC 6749, 7009, 7636; W 4).

A code, made for a client, is exchanged once for an access token and mostly a refresh token; the refresh token gives
further access tokens until it is revoked. What a caller got wrong is a value, ``OAuthError``: the wire answers it.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from postroom.access import issue, scope, secrets
from postroom.access.issue import Grant
from postroom.access.terms import Terms
from postroom.store import clients, tokens, users
from postroom.store.clients import Client, ClientType
from postroom.store.db import Database, Tx
from postroom.store.tokens import Token
from postroom.store.users import User

CODE_MINUTES: Final = (3, 5, 7, 10)  # W 4.4: what may be chosen for a self client; the shortest is the default
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9.]{1,100}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.1


class OAuthError(Enum):
    """Why no token is given; the value is the wire's word (W 4.9, 4.11)."""

    INVALID_CLIENT = "invalid_client"
    INVALID_CLIENT_SECRET = "invalid_client_secret"  # noqa: S105 - a word, not a secret
    INVALID_CODE = "invalid_code"
    INVALID_REDIRECT_URI = "invalid_redirect_uri"
    INVALID_SCOPE = "invalid_scope"
    GENERAL_ERROR = "general_error"
    THROTTLED = "Access Denied"
    # of devices
    SLOW_DOWN = "slow_down"
    AUTHORIZATION_PENDING = "authorization_pending"
    OTHER_DC = "other_dc"
    ACCESS_DENIED = "access_denied"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a client shows of itself; no secret is ``None``."""

    client_id: str
    client_secret: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What is exchanged for tokens: the code, the address it was sent to, and the source of its challenge."""

    code: str = field(repr=False)
    redirect_uri: str | None = None
    verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """New tokens. ``seconds`` is how long the access token lives; a refresh token comes with a code only, if at all."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    scopes: str
    seconds: int


async def make_code(
    db: Database,
    client: Client,
    scopes: str,
    *,
    now: int,
    terms: Terms,
    minutes: int = CODE_MINUTES[0],
    user: User | None = None,
) -> str | OAuthError:
    """A self client's code, good once and for ``minutes`` (W 4.4).

    It speaks for ``user``, its owner as a member of some organisation; None: of the client's own. ``now`` is ms since
    the epoch. Raises ``ValueError`` for another kind of client or one switched off, scopes that are none and minutes
    not on offer.
    """
    if minutes not in CODE_MINUTES:
        raise ValueError("a code lives 3, 5, 7 or 10 minutes")
    if client.type is not ClientType.SELF:
        raise ValueError(f"a client of the type {client.type.value} gets its codes from its users")
    grant = _own(client, scopes, user)
    made = await db.write(lambda tx: issue.code(tx, grant, now=now, seconds=minutes * 60, terms=terms))
    return made or OAuthError.THROTTLED


async def make_refresh(
    db: Database, client: Client, scopes: str, *, now: int, terms: Terms, user: User | None = None
) -> str | OAuthError:
    """A refresh token without a code, as an operator hands it out; it speaks for ``user`` as a code does.

    Raises ``ValueError`` for scopes that are none and for a client that is switched off.
    """
    grant = _own(client, scopes, user)
    made = await db.write(lambda tx: issue.refresh(tx, grant, parent=None, now=now, terms=terms))
    return made or OAuthError.THROTTLED


async def exchange_code(
    db: Database, credentials: Credentials, shown: Shown, *, now: int, terms: Terms
) -> Granted | OAuthError:
    """Tokens for a code. Of two who exchange one code one wins, and the other ends what the first one got."""

    def exchange(tx: Tx) -> Granted | OAuthError:
        client = authenticate(tx, credentials)
        if isinstance(client, OAuthError):
            return client
        digest = secrets.digest(shown.code)
        code = tokens.find(tx, digest, tokens.CODE)
        if code is None or code.client_id != client.id:
            return OAuthError.INVALID_CODE
        if code.redirect_uri is not None and code.redirect_uri != shown.redirect_uri:
            return OAuthError.INVALID_REDIRECT_URI  # RFC 6749 §4.1.3
        if not _verified(code, shown.verifier):
            return OAuthError.INVALID_CODE
        if code.used_at is not None or not tokens.use_code(tx, digest, now):
            # RFC 6749 §4.1.2: a code used twice is a stolen code; what it gave ends.
            tokens.revoke_given(tx, digest)
            return OAuthError.INVALID_CODE
        if not _alive(tx, code, now):
            return OAuthError.INVALID_CODE
        given = give(tx, _of(code), parent=digest, offline=code.offline, now=now, terms=terms)
        if given is OAuthError.THROTTLED:
            tokens.release_code(tx, digest)  # it gave nothing, and may be shown again
        return given

    return await db.write(exchange)


async def refresh(
    db: Database, credentials: Credentials, refresh_token: str, *, now: int, terms: Terms
) -> Granted | OAuthError:
    """A new access token for a refresh token, which stays as it is (W 4.5)."""

    def renew(tx: Tx) -> Granted | OAuthError:
        client = authenticate(tx, credentials)
        if isinstance(client, OAuthError):
            return client
        digest = secrets.digest(refresh_token)
        found = tokens.find(tx, digest, tokens.REFRESH)
        if found is None or found.client_id != client.id or not _alive(tx, found, now):
            return OAuthError.INVALID_CODE
        # It may have been revoked since it was read; a token born after that would outlive it.
        if not tokens.use_refresh(tx, digest, now):
            return OAuthError.INVALID_CODE
        access = issue.access(tx, _of(found), parent=digest, now=now, terms=terms)
        if access is None:
            return OAuthError.THROTTLED
        return Granted(access_token=access, scopes=found.scopes, seconds=terms.access_seconds)

    return await db.write(renew)


async def revoke(db: Database, token: str) -> bool:
    """Remove a refresh token with all its access tokens, or one access token; False: it is none (RFC 7009, W 4.6)."""
    digest = secrets.digest(token)
    # Anybody may ask, and asking in vain should not cost a write.
    if not await db.read(lambda tx: any(tokens.find(tx, digest, kind) for kind in (tokens.REFRESH, tokens.ACCESS))):
        return False
    return await db.write(lambda tx: tokens.revoke(tx, digest))


def give(tx: Tx, grant: Grant, *, parent: bytes, offline: bool, now: int, terms: Terms) -> Granted | OAuthError:
    """An access token, and a refresh token where ``offline``; ``parent`` is the hash of what they were given for."""
    refresh_token = None
    if offline:
        refresh_token = issue.refresh(tx, grant, parent=parent, now=now, terms=terms)
        if refresh_token is None:
            return OAuthError.THROTTLED
        parent = secrets.digest(refresh_token)
    access_token = issue.access(tx, grant, parent=parent, now=now, terms=terms)
    if access_token is None:
        return OAuthError.THROTTLED
    return Granted(
        access_token=access_token, refresh_token=refresh_token, scopes=grant.scopes, seconds=terms.access_seconds
    )


def authenticate(tx: Tx, credentials: Credentials) -> Client | OAuthError:
    """The client that shows these credentials, or what is wrong with them (W 4.11).

    A program on somebody's phone or desk keeps no secret (RFC 6749 §2.1), so it may leave its own out; its codes are
    protected by their challenges.
    """
    client = clients.hold(tx, credentials.client_id) if is_client_id(credentials.client_id) else None
    if client is None or not client.active:
        return OAuthError.INVALID_CLIENT
    # RFC 6749 §2.3.1: an empty secret is none; libraries send it by HTTP Basic.
    if not credentials.client_secret and client.type is ClientType.MOBILE:
        return client
    if not secrets.same(client.secret_hash, secrets.digest(credentials.client_secret or "")):
        return OAuthError.INVALID_CLIENT_SECRET
    return client


def is_client_id(text: str) -> bool:
    """Whether a text can be a client's id at all; PostgreSQL could not even look for one with a NUL."""
    return _CLIENT_ID.fullmatch(text) is not None


def is_there(tx: Tx, grant: Grant) -> bool:
    """Whether the user who granted it is still an active one."""
    user = users.find(tx, grant.org_id, grant.user_id)
    return user is not None and user.active


def _verified(code: Token, verifier: str | None) -> bool:
    """Whether the verifier is the source of the code's challenge (RFC 7636 §4.6)."""
    if code.challenge is None:
        # A verifier for a code without a challenge: somebody cut the challenge out of the request (RFC 9700 §2.1.1).
        return verifier is None
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return False
    if code.challenge_method == "S256":
        hashed = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return secrets.same(verifier.encode(), code.challenge.encode())


def _alive(tx: Tx, found: Token, now: int) -> bool:
    """Whether a code or a refresh token has not expired and its user is still there."""
    if found.expires_at is not None and found.expires_at <= now:
        return False
    return is_there(tx, _of(found))


def _own(client: Client, scopes: str, user: User | None) -> Grant:
    """What a client's own user grants it, as the member ``user`` of some organisation; None: of the client's own."""
    if not client.active:
        raise ValueError("the client is switched off")
    org_id, user_id = (client.org_id, client.user_id) if user is None else (user.org_id, user.id)
    return Grant(org_id=org_id, user_id=user_id, client_id=client.id, scopes=scope.parse(scopes).text)


def _of(source: Token) -> Grant:
    return Grant(org_id=source.org_id, user_id=source.user_id, client_id=source.client_id, scopes=source.scopes)
