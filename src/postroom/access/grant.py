"""The grants of OAuth 2.0 as the accounts server of the wire knows them (RFC 6749, RFC 7009, W 4).

A code, made for a client, is exchanged once for a refresh token and an access token; the refresh token gives further
access tokens until it is revoked. What a caller got wrong is a value, ``OAuthError``: the wire answers it with 200.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from postroom.access import scope, secrets
from postroom.store import clients, tokens, users
from postroom.store.clients import Client
from postroom.store.db import Database, Tx
from postroom.store.tokens import Token

CODE_MINUTES: Final = (3, 10)  # W 4.4: what may be chosen for a self client; the shorter one is the default
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9.]{1,100}")


class OAuthError(Enum):
    """Why no token is given; the value is the wire's word (W 4.11)."""

    INVALID_CLIENT = "invalid_client"
    INVALID_CLIENT_SECRET = "invalid_client_secret"  # noqa: S105 - a word, not a secret
    INVALID_CODE = "invalid_code"
    GENERAL_ERROR = "general_error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What a client shows of itself."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Granted:
    """New tokens. ``seconds`` is how long the access token lives; a refresh token comes with a code only."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    scopes: str
    seconds: int


async def make_code(db: Database, client: Client, scopes: str, *, now: int, minutes: int = CODE_MINUTES[0]) -> str:
    """A self client's code, good once and for ``minutes`` (W 4.4); it speaks for the user who made the client.

    ``now`` is ms since the epoch. Raises ``ValueError`` for scopes that are none and for minutes out of bounds.
    """
    if not CODE_MINUTES[0] <= minutes <= CODE_MINUTES[1]:
        raise ValueError(f"a code lives {CODE_MINUTES[0]} to {CODE_MINUTES[1]} minutes")
    code = secrets.make_token()
    row = Token(
        hash=secrets.digest(code),
        kind=tokens.CODE,
        org_id=client.org_id,
        user_id=client.user_id,
        client_id=client.id,
        scopes=scope.parse(scopes).text,
        created_at=now,
        expires_at=now + minutes * 60_000,
    )
    await db.write(lambda tx: tokens.add(tx, row))
    return code


async def exchange_code(db: Database, shown: Credentials, code: str, *, now: int, seconds: int) -> Granted | OAuthError:
    """Tokens for a code; ``seconds`` is the access token's life. Of two who exchange one code, one wins."""
    parent = await db.read(lambda tx: _parent(tx, shown, code, tokens.CODE, now))
    if isinstance(parent, OAuthError):
        return parent
    refresh_token, access_token = secrets.make_token(), secrets.make_token()
    refresh = _child(parent, refresh_token, tokens.REFRESH, now)
    access = _child(refresh, access_token, tokens.ACCESS, now, parent=refresh.hash, seconds=seconds)

    def exchange(tx: Tx) -> bool:
        if not tokens.use_code(tx, parent.hash, now):
            return False
        tokens.add(tx, refresh)
        tokens.add(tx, access)
        return True

    if not await db.write(exchange):
        return OAuthError.INVALID_CODE
    return Granted(access_token=access_token, refresh_token=refresh_token, scopes=parent.scopes, seconds=seconds)


async def refresh(
    db: Database, shown: Credentials, refresh_token: str, *, now: int, seconds: int
) -> Granted | OAuthError:
    """A new access token for a refresh token, which stays as it is (W 4.5)."""
    parent = await db.read(lambda tx: _parent(tx, shown, refresh_token, tokens.REFRESH, now))
    if isinstance(parent, OAuthError):
        return parent
    access_token = secrets.make_token()
    access = _child(parent, access_token, tokens.ACCESS, now, parent=parent.hash, seconds=seconds)

    def renew(tx: Tx) -> bool:
        # The refresh token may have been revoked since it was read; a token born after that would outlive it.
        if not tokens.use_refresh(tx, parent.hash, now):
            return False
        tokens.add(tx, access)
        return True

    if not await db.write(renew):
        return OAuthError.INVALID_CODE
    return Granted(access_token=access_token, scopes=parent.scopes, seconds=seconds)


async def revoke(db: Database, token: str) -> bool:
    """Remove a refresh token with all its access tokens, or one access token; False where it is neither (W 4.6)."""
    digest = secrets.digest(token)
    # Anybody may ask, and asking in vain should not cost a write.
    if not await db.read(lambda tx: any(tokens.find(tx, digest, kind) for kind in (tokens.REFRESH, tokens.ACCESS))):
        return False
    return await db.write(lambda tx: tokens.revoke(tx, digest))


def _parent(tx: Tx, shown: Credentials, secret: str, kind: str, now: int) -> Token | OAuthError:
    """The live code or refresh token of the client that shows it, or what is wrong with either (W 4.11)."""
    client = clients.find(tx, shown.client_id) if _CLIENT_ID.fullmatch(shown.client_id) else None
    if client is None:
        return OAuthError.INVALID_CLIENT
    if not secrets.same(client.secret_hash, secrets.digest(shown.client_secret)):
        return OAuthError.INVALID_CLIENT_SECRET
    found = tokens.find(tx, secrets.digest(secret), kind)
    if found is None or found.client_id != client.id:
        return OAuthError.INVALID_CODE
    used = kind == tokens.CODE and found.used_at is not None
    if used or (found.expires_at is not None and found.expires_at <= now):
        return OAuthError.INVALID_CODE
    user = users.find(tx, found.org_id, found.user_id)
    return found if user is not None and user.active else OAuthError.INVALID_CODE


def _child(
    source: Token, secret: str, kind: str, now: int, *, parent: bytes | None = None, seconds: int | None = None
) -> Token:
    """A new token for the same user, client and scopes."""
    return Token(
        hash=secrets.digest(secret),
        kind=kind,
        org_id=source.org_id,
        user_id=source.user_id,
        client_id=source.client_id,
        scopes=source.scopes,
        parent=parent,
        created_at=now,
        expires_at=None if seconds is None else now + seconds * 1000,
    )
