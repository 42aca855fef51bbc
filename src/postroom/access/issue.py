"""New codes and tokens, written in the caller's transaction, within the limits of W 4.10.

What a limit forbids is ``None``: the caller knows what that means where it stands. Each limit is counted before it is
judged, so that of many who come at once no more than it allows get through; a refused one counts too.
"""

from dataclasses import dataclass
from typing import Final

from postroom.access import secrets
from postroom.access.terms import MINUTE, TEN_MINUTES, Terms
from postroom.store import throttles, tokens
from postroom.store.db import Tx
from postroom.store.tokens import Token

CHALLENGE_METHODS: Final = ("plain", "S256")  # RFC 7636 §4.3; W 4.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """What is granted: by which user, of which organisation, to which client; ``scopes`` are comma separated."""

    org_id: int
    user_id: int
    client_id: str
    scopes: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """What the one who exchanges a code must know the source of (RFC 7636 §4.2)."""

    value: str
    method: str


def code(
    tx: Tx,
    grant: Grant,
    *,
    now: int,
    seconds: int,
    terms: Terms,
    offline: bool = True,
    redirect_uri: str | None = None,
    challenge: Challenge | None = None,
) -> str | None:
    """A code that lives ``seconds``; ``offline``: it gives a refresh token. None where the client had too many."""
    if not _within(tx, terms.codes_per_client, "codes", grant.client_id, window=TEN_MINUTES, now=now):
        return None
    return _add(
        tx,
        grant,
        tokens.CODE,
        now=now,
        seconds=seconds,
        offline=offline,
        redirect_uri=redirect_uri,
        challenge=challenge,
    )


def refresh(tx: Tx, grant: Grant, *, parent: bytes | None, now: int, terms: Terms) -> str | None:
    """A refresh token; the user's oldest one ends where they have too many. None where they were made too fast."""
    if not _within(tx, terms.refresh_per_minute, "refresh", str(grant.user_id), window=MINUTE, now=now):
        return None
    tokens.make_room_for_refresh(tx, grant.user_id, terms.refresh_per_user)
    return _add(tx, grant, tokens.REFRESH, parent=parent, now=now)


def access(tx: Tx, grant: Grant, *, parent: bytes | None, now: int, terms: Terms) -> str | None:
    """An access token that came from ``parent``; the oldest one of the same parent ends where there are too many.

    None where they were made too fast. Without a parent (W 4.7) nothing is counted.
    """
    if parent is not None:
        if not _within(tx, terms.access_per_refresh, "access", parent.hex(), window=TEN_MINUTES, now=now):
            return None
        tokens.make_room_for_access(tx, parent, terms.live_access, now)
    return _add(tx, grant, tokens.ACCESS, parent=parent, now=now, seconds=terms.access_seconds)


def _within(tx: Tx, limit: int, what: str, who: str, *, window: int, now: int) -> bool:
    # Counted where there is no limit too: the row is what lets two who come at once wait for each other.
    counted = throttles.take(tx, secrets.digest(f"{what} {who}"), window=window, now=now)
    return limit <= 0 or counted <= limit


def _add(
    tx: Tx,
    grant: Grant,
    kind: str,
    *,
    now: int,
    seconds: int | None = None,
    parent: bytes | None = None,
    offline: bool = True,
    redirect_uri: str | None = None,
    challenge: Challenge | None = None,
) -> str:
    secret = secrets.make_token()
    tokens.add(
        tx,
        Token(
            hash=secrets.digest(secret),
            kind=kind,
            org_id=grant.org_id,
            user_id=grant.user_id,
            client_id=grant.client_id,
            scopes=grant.scopes,
            parent=parent,
            created_at=now,
            expires_at=None if seconds is None else now + seconds * 1000,
            offline=offline,
            redirect_uri=redirect_uri,
            challenge=challenge.value if challenge else None,
            challenge_method=challenge.method if challenge else None,
        ),
    )
    return secret
