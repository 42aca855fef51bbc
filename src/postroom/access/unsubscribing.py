"""Who has the link of a mail may unsubscribe its recipient, and nobody else: RFC 8058.

1. ``server`` tells what such links begin with, where they can be made.
2. ``look_up`` tells whom a link is about, for the page; ``unsubscribe`` is its button, or the one in a mail program. It
   may be pressed again, for as long as the mail is kept.
"""

from enum import Enum
from typing import Final

from postroom.access import centers, secrets
from postroom.access.secrets import Vault
from postroom.access.terms import TEN_MINUTES
from postroom.config import Settings
from postroom.errors import Misconfigured
from postroom.mail.token import Token, Use
from postroom.mail.unsubscribe import can_serve
from postroom.store import addressees, throttles
from postroom.store.addressees import Found
from postroom.store.db import Database

_GUESSES: Final = 20  # of 96 random bits, by one machine in ten minutes


class Refusal(Enum):
    """Why a link unsubscribes nobody."""

    UNKNOWN = "unknown"
    THROTTLED = "throttled"


def server(settings: Settings) -> str:
    """What links to unsubscribe by begin with. Raises ``Misconfigured`` where mail programs would not call it."""
    url = centers.mailed(settings)
    if not can_serve(url):
        raise Misconfigured(f"public_url: mail programs unsubscribe at https:// only, and this server is at {url}")
    return url


async def look_up(db: Database, vault: Vault, token: str, *, guesser: str, now: int) -> Found | Refusal:
    """Whom the link is about; THROTTLED after too many that are none of ours. ``guesser`` is who asks."""
    read = Token.read(token)
    found = None if read is None else await db.read(lambda tx: addressees.find(tx, read.addressee))
    if read is not None and found is not None and _is_of(read, found, vault):
        return found
    key = secrets.digest(f"unsubscribing {guesser}")
    # Who has a link that was mailed is never counted: one provider's machines press the buttons of many.
    guesses = await db.write(lambda tx: throttles.take(tx, key, window=TEN_MINUTES, now=now))
    return Refusal.THROTTLED if guesses > _GUESSES else Refusal.UNKNOWN


async def unsubscribe(db: Database, vault: Vault, token: str, *, guesser: str, now: int) -> Found | Refusal:
    """Block the address for the organisation whose mail it is; the rest is as for ``look_up``."""
    found = await look_up(db, vault, token, guesser=guesser, now=now)
    if isinstance(found, Found):
        await db.write(lambda tx: addressees.unsubscribe(tx, found, now))
    return found


def _is_of(token: Token, found: Found, vault: Vault) -> bool:
    return found.secret is not None and token.is_genuine(Use.UNSUBSCRIBE, vault.open_signing_secret(found.secret))
