"""From the Authorization header to the caller (RFC 6750 §2.1, W 0, W 5.3)."""

from functools import lru_cache
from typing import Final

from postroom.access import scope, secrets
from postroom.access.principal import Principal
from postroom.errors import Fault, Reason, Unauthenticated
from postroom.store import tokens
from postroom.store.db import Database

_SCHEMES: Final = frozenset({"zoho-oauthtoken", "bearer"})
_TOKEN_CHARACTERS: Final = 256  # ours have 70

# Parsing is pure, and a grant's text is asked for with each of its requests.
_scopes = lru_cache(maxsize=1024)(scope.parse)


async def authenticate(db: Database, authorization: str | None, now: int) -> Principal:
    """The caller behind the header's value; ``now`` is ms since the epoch, UTC.

    Raises ``Unauthenticated`` with NO_CREDENTIALS where there is nothing to look up, with TOKEN_INVALID where the token
    is unknown, expired or revoked, or its user is switched off.
    """
    word, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    # RFC 9110 §11.1: the scheme is compared without regard to case.
    if word.lower() not in _SCHEMES or not token:
        raise Unauthenticated(Fault(Reason.NO_CREDENTIALS))
    if len(token) > _TOKEN_CHARACTERS:
        raise Unauthenticated(Fault(Reason.TOKEN_INVALID))
    found = await db.read_together(tokens.bearers, secrets.digest(token))
    if found is None or found.expires_at <= now:
        raise Unauthenticated(Fault(Reason.TOKEN_INVALID))
    return Principal(
        org_id=found.org_id,
        user_id=found.user_id,
        client_id=found.client_id,
        scopes=_scopes(found.scopes),
        profile=found.profile,
        expires_at=found.expires_at,
    )
