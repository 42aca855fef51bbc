"""How a browser carries a request to its person's own data centre (W 4.12).

Nothing but the browser crosses: the other centre judges what arrives as if it had begun there. The address of the
person goes with it as ``login_hint``, to be typed once only.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from postroom.access import device as access
from postroom.access.centers import Center
from postroom.access.grant import OAuthError
from postroom.store.devices import Device
from postroom.web.accounts.desk import Desk

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")  # SHA-256


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A device's request as it arrives from another centre; ``digest`` is the SHA-256 of its device code."""

    digest: bytes
    client_id: str
    scopes: str
    offline: bool
    expires_at: int


def request(center: Center, query: str, email: str) -> str:
    """Where an authorisation request goes on: its query stays as it is, letter by letter."""
    # RFC 6749 §3.1: no parameter may stand twice, so that a client's own hint stays.
    named = any(name == "login_hint" for name, _ in parse_qsl(query, keep_blank_values=True))
    return f"{center.accounts}/oauth/v2/auth?{query}{'' if named else hint('&', email)}"


def hint(joint: str, email: str) -> str:
    """The person's address as a query or, after ``&``, as the end of one; nothing where it is not known."""
    return f"{joint}{urlencode({'login_hint': email})}" if email else ""


async def device(desk: Desk, center: Center, query: str, email: str, *, guesser: str) -> str | None:
    """Where the request of a device goes on, marked here as gone there; None where none waits."""
    found = await waiting(desk, query, guesser=guesser)
    if not isinstance(found, Device) or not await access.send_on(desk.app.db, found, center.name):
        return None
    return f"{center.accounts}/oauth/v3/device?{urlencode(_told(found))}{hint('&', email)}"


async def waiting(desk: Desk, query: str, *, guesser: str) -> Device | OAuthError | None:
    """The request that the query of ``/oauth/v3/device`` means: by its user code, or as one that arrives.

    THROTTLED where ``guesser`` has tried too many codes.
    """
    db, now = desk.app.db, desk.app.clock()
    code = one(query, "user_code")
    if code:
        return await access.look_up(db, code, guesser=guesser, now=now)
    arrived = arrival(query)
    if arrived is None:
        return None
    return await access.take_over(
        db,
        digest=arrived.digest,
        client_id=arrived.client_id,
        scopes=arrived.scopes,
        offline=arrived.offline,
        expires_at=arrived.expires_at,
        now=now,
    )


def arrival(query: str) -> Arrival | None:
    """What ``device`` of another centre wrote; None where it is something else."""
    if not _DIGEST.fullmatch(one(query, "device")):
        return None
    try:
        return Arrival(
            digest=bytes.fromhex(one(query, "device")),
            client_id=one(query, "client_id"),
            scopes=one(query, "scope"),
            offline=one(query, "access_type") == "offline",
            expires_at=int(one(query, "expires")),
        )
    except ValueError:
        return None


def one(query: str, name: str) -> str:
    """One parameter of a query, empty where it is missing."""
    return parse_qs(query).get(name, [""])[0]


def _told(found: Device) -> dict[str, str]:
    return {
        "device": found.hash.hex(),
        "client_id": found.client_id,
        "scope": found.scopes,
        "access_type": "offline" if found.offline else "online",
        "expires": str(found.expires_at),
    }
