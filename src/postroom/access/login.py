"""People who sign in with a password, and the browsers in which they did (W 4.2).

Guesses are counted before they are judged: five wrong ones from
one address and fifty from everywhere, in a quarter of an hour, and then even the right one has to wait.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Final

from postroom.access import secrets
from postroom.access.terms import MINUTE
from postroom.store import accounts, throttles
from postroom.store.accounts import Account, Session
from postroom.store.db import Database, Tx

SESSION_SECONDS: Final = 12 * 3600
WINDOW: Final = 15 * MINUTE
_GUESSES_FROM_ONE: Final = 5
_GUESSES: Final = 50  # wherever they come from; more than one address's, or one stranger could lock anybody out

# Each hash takes 64 MiB and a core for some 50 ms: strangers may ask for two at once and no more.
_HASHING: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


class Refusal(Enum):
    """Why somebody is not signed in."""

    WRONG = "wrong"
    THROTTLED = "throttled"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A new session: what the browser keeps, and for how long."""

    token: str = field(repr=False)
    email: str
    seconds: int


async def sign_in(db: Database, email: str, password: str, *, address: str, now: int) -> SignedIn | Refusal:
    """Open a session for the folded ``email``; ``address`` is where the browser is, ``now`` ms since the epoch.

    Who has no account, and whose account is in another data centre, is refused in the same words and the same time.
    """
    keys = _keys(email, address)

    def count(tx: Tx) -> tuple[bool, Account | None]:
        counted = [throttles.take(tx, key, window=WINDOW, now=now) for key, _ in keys]
        within = all(times <= limit for times, (_, limit) in zip(counted, keys, strict=True))
        return within, accounts.find(tx, email)

    within, account = await db.write(count)
    if not within:
        return Refusal.THROTTLED
    kept = account.password_hash if account is not None and account.data_center is None else None
    right = await asyncio.get_running_loop().run_in_executor(_HASHING, _verify, kept, password)
    if not right or kept is None:
        return Refusal.WRONG
    token = secrets.make_token()

    def open_session(tx: Tx) -> bool:
        # The password may have been changed while it was compared.
        current = accounts.find(tx, email)
        if current is None or current.password_hash != kept:
            return False
        for key, _ in keys:
            throttles.reset(tx, key)
        session = Session(
            hash=secrets.digest(token), email=email, created_at=now, expires_at=now + SESSION_SECONDS * 1000
        )
        accounts.open_session(tx, session)
        return True

    if not await db.write(open_session):
        return Refusal.WRONG
    return SignedIn(token=token, email=email, seconds=SESSION_SECONDS)


async def signed_in(db: Database, token: str, now: int) -> str | None:
    """The folded address of whoever signed in with that cookie, if the session has not ended by ``now``."""
    found = await db.read(lambda tx: accounts.find_session(tx, secrets.digest(token), now))
    return None if found is None else found.email


async def sign_out(db: Database, token: str) -> None:
    """End the session of that cookie."""
    await db.write(lambda tx: accounts.close_session(tx, secrets.digest(token)))


async def home_of(db: Database, email: str) -> str | None:
    """The data centre in which that folded address signs in, if it is known to be another one."""
    found = await db.read(lambda tx: accounts.find(tx, email))
    return None if found is None else found.data_center


def _keys(email: str, address: str) -> list[tuple[bytes, int]]:
    return [
        (secrets.digest(f"password {email} {address}"), _GUESSES_FROM_ONE),
        (secrets.digest(f"password {email}"), _GUESSES),
    ]


def _verify(kept: str | None, password: str) -> bool:
    return secrets.verify_password(kept or _nobodys(), password)


@cache
def _nobodys() -> str:
    """A hash no password fits, so that who is not there is refused as slowly as who is."""
    return secrets.hash_password(secrets.make_token())
