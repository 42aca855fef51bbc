"""Codes, refresh tokens and access tokens (wire reference 4), each kept as its SHA-256 only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from postroom.store.tables import org, token, user

CODE, REFRESH, ACCESS = "code", "refresh", "access"


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """One credential. ``scopes`` are comma separated; ``parent`` is the hash of what it came from.

    The last four are a code's: where it was sent, whether it gives a refresh token, and its challenge (RFC 7636).
    """

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
    redirect_uri: str | None = None
    offline: bool = True
    challenge: str | None = None
    challenge_method: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearer:
    """A live access token with what its user may do; ``time_zone`` is the organisation's."""

    org_id: int
    user_id: int
    client_id: str
    scopes: str
    profile: str
    confirmed: bool
    time_zone: str
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
            user.c.confirmed_at,
            org.c.time_zone,
        )
        .join(user, user.c.id == token.c.user_id)
        .join(org, org.c.id == token.c.org_id)
        .where(token.c.hash.in_(set(hashes)), token.c.kind == ACCESS, user.c.active)
    )
    known = {
        row.hash: Bearer(
            org_id=row.org_id,
            user_id=row.user_id,
            client_id=row.client_id,
            scopes=row.scopes,
            profile=row.profile,
            confirmed=row.confirmed_at is not None,
            time_zone=row.time_zone,
            expires_at=row.expires_at,
        )
        for row in tx.execute(found)
    }
    return [known.get(each) for each in hashes]


def use_code(tx: Connection, digest: bytes, now: int) -> bool:
    """Mark a code as exchanged; False where somebody was first, so that it gives one set of tokens only."""
    change = update(token).where(token.c.hash == digest, token.c.kind == CODE, token.c.used_at.is_(None))
    return tx.execute(change.values(used_at=now)).rowcount == 1


def release_code(tx: Connection, digest: bytes) -> None:
    """Take ``use_code`` back, in its transaction."""
    tx.execute(update(token).where(token.c.hash == digest, token.c.kind == CODE).values(used_at=None))


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


def revoke_given(tx: Connection, code: bytes) -> bool:
    """Remove all that a code gave; False where nothing of it is left."""
    given = select(token.c.hash).where(token.c.parent == code)
    below = tx.execute(delete(token).where(token.c.parent.in_(given))).rowcount
    return tx.execute(delete(token).where(token.c.parent == code)).rowcount + below > 0


def revoke_client(tx: Connection, client_id: str, user_id: int | None = None) -> None:
    """Remove every token and code of a client: those of one user, or all."""
    of = [token.c.client_id == client_id]
    if user_id is not None:
        of.append(token.c.user_id == user_id)
    # Twice, as in ``revoke``: the first one may have waited for somebody who was adding to what it found.
    for _ in range(2):
        tx.execute(delete(token).where(*of))


def end_access(tx: Connection, client_id: str) -> None:
    """Remove the access tokens and codes of a client that the caller has locked; its refresh tokens stay."""
    tx.execute(delete(token).where(token.c.client_id == client_id, token.c.kind != REFRESH))


def has_refresh(tx: Connection, user_id: int, client_id: str) -> bool:
    """Whether the user has given the client a refresh token that still lives."""
    found = select(token.c.hash).where(
        token.c.user_id == user_id, token.c.kind == REFRESH, token.c.client_id == client_id
    )
    return tx.execute(found.limit(1)).first() is not None


def make_room_for_access(tx: Connection, parent: bytes, limit: int, now: int) -> None:
    """End the oldest live access tokens that came from ``parent``, so that ``limit`` live with one more."""
    live = (token.c.parent == parent, token.c.kind == ACCESS, token.c.expires_at > now)
    newest = select(token.c.hash).where(*live).order_by(token.c.created_at.desc(), token.c.hash)
    beyond = list(tx.execute(newest.offset(max(limit - 1, 0))).scalars())
    if beyond:
        tx.execute(update(token).where(token.c.hash.in_(beyond)).values(expires_at=now))


def make_room_for_refresh(tx: Connection, user_id: int, limit: int) -> bool:
    """Revoke the user's oldest refresh tokens, so that they have ``limit`` with one more; whether any was."""
    newest = select(token.c.hash).where(token.c.user_id == user_id, token.c.kind == REFRESH)
    ordered = newest.order_by(token.c.created_at.desc(), token.c.hash)
    beyond = list(tx.execute(ordered.offset(max(limit - 1, 0))).scalars())
    for digest in beyond:
        revoke(tx, digest)
    return bool(beyond)


def drop_expired(tx: Connection, before: int) -> int:
    """Remove what expired before that moment."""
    return tx.execute(delete(token).where(token.c.expires_at < before)).rowcount
