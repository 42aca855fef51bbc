"""From the Authorization header to the caller (RFC 6750 §2.1, W 0, W 5.3)."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from postroom.access import scope, secrets
from postroom.access.principal import Principal
from postroom.errors import Fault, Reason, Unauthenticated
from postroom.store import tokens
from postroom.store.db import Database
from postroom.store.tokens import Bearer

_SCHEMES: Final = frozenset({"zoho-oauthtoken", "bearer"})
_TOKEN_CHARACTERS: Final = 256  # ours have 70

# How long a token that was looked up is believed. A revocation in another process, and a user's new profile or state,
# are noticed that much later; in exchange a busy client costs no reads: one look-up was a third of all work for a mail.
FRESH_SECONDS: Final = 1.0
_KEPT: Final = 4096


class Bearers:
    """Knows the callers of one database by their tokens; use from one event loop."""

    def __init__(self, db: Database, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        """``db`` holds the tokens. ``elapsed`` counts seconds: freshness is real time, whatever the clock says."""
        self._db = db
        self._elapsed = elapsed
        self._kept: dict[bytes, tuple[float, Principal]] = {}

    async def authenticate(self, authorization: str | None, now: int) -> Principal:
        """The caller behind the header's value; ``now`` is ms since the epoch, UTC.

        Raises ``Unauthenticated`` with NO_CREDENTIALS where there is nothing to look up, with TOKEN_INVALID where the
        token is unknown, expired or revoked, or its user is switched off.
        """
        digest = secrets.digest(_token(authorization))
        moment = self._elapsed()
        looked_up_at, caller = self._kept.get(digest, (-FRESH_SECONDS, None))
        if caller is None or moment - looked_up_at >= FRESH_SECONDS:
            caller = _principal(await self._db.read_together(tokens.bearers, digest))
            self._keep(digest, moment, caller)
        if caller.expires_at <= now:
            raise Unauthenticated(Fault(Reason.TOKEN_INVALID))
        return caller

    def forget(self) -> None:
        """Believe nothing of what was looked up before: a token was revoked."""
        self._kept.clear()

    def _keep(self, digest: bytes, moment: float, caller: Principal) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[digest] = moment, caller


def _token(authorization: str | None) -> str:
    word, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    # RFC 9110 §11.1: the scheme is compared without regard to case.
    if word.lower() not in _SCHEMES or not token:
        raise Unauthenticated(Fault(Reason.NO_CREDENTIALS))
    if len(token) > _TOKEN_CHARACTERS:
        raise Unauthenticated(Fault(Reason.TOKEN_INVALID))
    return token


def _principal(found: Bearer | None) -> Principal:
    if found is None:
        raise Unauthenticated(Fault(Reason.TOKEN_INVALID))
    return Principal(
        org_id=found.org_id,
        user_id=found.user_id,
        client_id=found.client_id,
        scopes=_scopes(found.scopes),
        profile=found.profile,
        confirmed=found.confirmed,
        time_zone=found.time_zone,
        expires_at=found.expires_at,
    )


# Pure, and few grants differ.
_scopes = lru_cache(maxsize=1024)(scope.parse)
