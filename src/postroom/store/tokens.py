"""Codes, refresh tokens and access tokens (wire reference 4), each kept as its SHA-256 only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from postroom.store.tables import token, user

CODE, REFRESH, ACCESS = "code", "refresh", "access"


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """One credential. ``scopes`` are comma separated; ``parent`` is the hash of an access token's refresh token."""

    hash: bytes = field(repr=False)
    kind: str
    org_id: int
    user_id: int
    client_id: str
    scopes: str
    parent: bytes | None = field(default=None, repr=False)
    created_at: int
    expires_at: int | None = None
    used_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """A live access token with what its user may do."""

    org_id: int
    user_id: int
    client_id: str
    scopes: str
    profile: str
    expires_at: int


def add(tx: Connection, new: Token) -> None:
    """Store a new credential."""
    tx.execute(insert(token).values({name: getattr(new, name) for name in Token.__slots__}))


def find(tx: Connection, digest: bytes, kind: str) -> Token | None:
    """The credential with that hash, live or not."""
    found = select(token).where(token.c.hash == digest, token.c.kind == kind)
    row = tx.execute(found).mappings().one_or_none()
    return None if row is None else Token(**row)


def bearers(tx: Connection, hashes: Sequence[bytes]) -> list[Bearer | None]:
    """The access tokens with these hashes whose users are active; expiry is for the caller to judge."""
    found = (
        select(
            token.c.hash,
            token.c.org_id,
            token.c.user_id,
            token.c.client_id,
            token.c.scopes,
            token.c.expires_at,
            user.c.profile,
        )
        .join(user, user.c.id == token.c.user_id)
        .where(token.c.hash.in_(set(hashes)), token.c.kind == ACCESS, user.c.active)
    )
    known = {
        row.hash: Bearer(
            org_id=row.org_id,
            user_id=row.user_id,
            client_id=row.client_id,
            scopes=row.scopes,
            profile=row.profile,
            expires_at=row.expires_at,
        )
        for row in tx.execute(found)
    }
    return [known.get(each) for each in hashes]


def use_code(tx: Connection, digest: bytes, now: int) -> bool:
    """Mark a code as exchanged; False where somebody was first, so that it gives one set of tokens only."""
    change = update(token).where(token.c.hash == digest, token.c.kind == CODE, token.c.used_at.is_(None))
    return tx.execute(change.values(used_at=now)).rowcount == 1


def use_refresh(tx: Connection, digest: bytes, now: int) -> bool:
    """Note that a refresh token is used; False where it is gone. A revocation waits until the transaction ends."""
    change = update(token).where(token.c.hash == digest, token.c.kind == REFRESH)
    return tx.execute(change.values(used_at=now)).rowcount == 1


def revoke(tx: Connection, digest: bytes) -> bool:
    """Remove a refresh token with all its access tokens, or one access token; False where there is none."""
    own = delete(token).where(token.c.hash == digest, token.c.kind.in_((REFRESH, ACCESS)))
    gone = tx.execute(own).rowcount == 1
    # By a statement of its own: PostgreSQL would not show the first one an access token that ``use_refresh`` held it up
    # for.
    tx.execute(delete(token).where(token.c.parent == digest))
    return gone


def drop_expired(tx: Connection, before: int) -> int:
    """Remove what expired before that moment."""
    return tx.execute(delete(token).where(token.c.expires_at < before)).rowcount
