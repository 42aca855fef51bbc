"""The device flow: consent for what has no browser, given on another screen (RFC 8628, W 4.9).

1. The device ``begin``s: it shows a user code and keeps a device code.
2. Its user types the user code at this server (``find``), signs in, and ``approve``s or ``deny``s. Who lives in another
   data centre is sent on: here the request is marked (``send_on``), there it is known by the hash of its device code
   (``take_over``).
3. The device ``poll``s, and hears the end of it once.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from postroom.access import authorize, grant, scope, secrets
from postroom.access.grant import Credentials, Granted, OAuthError
from postroom.access.issue import Grant
from postroom.access.terms import TEN_MINUTES, Terms
from postroom.store import clients, devices, throttles
from postroom.store.clients import ClientType
from postroom.store.db import Database, Tx
from postroom.store.devices import Device
from postroom.store.users import User

USER_CODE_SECONDS: Final = 300  # W 4.9
_GUESSES: Final = 20  # of codes with 34 random bits; each page that shows one looks it up too
_TYPED: Final = re.compile(r"[^A-Z]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A request that waits for its user; it lives ``seconds``."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """The user lives in that data centre, and the device asks there from now on (``other_dc``)."""

    data_center: str


async def begin(db: Database, client_id: str, scopes: str, *, offline: bool, now: int) -> Begun | OAuthError:
    """Start a request; no secret is asked for, since it gives nothing yet."""
    try:
        wanted = scope.parse(scopes).text
    except ValueError:
        return OAuthError.INVALID_SCOPE
    device_code, user_code = secrets.make_token(), secrets.make_user_code()
    new = Device(
        hash=secrets.digest(device_code),
        user_code=_hash(user_code),
        client_id=client_id,
        scopes=wanted,
        offline=offline,
        created_at=now,
        expires_at=now + USER_CODE_SECONDS * 1000,
    )

    def add(tx: Tx) -> bool:
        if not _may_ask(tx, client_id):
            return False
        devices.add(tx, new)
        return True

    if not await db.write(add):
        return OAuthError.INVALID_CLIENT
    return Begun(device_code=device_code, user_code=user_code, seconds=USER_CODE_SECONDS)


async def find(db: Database, user_code: str, *, now: int) -> Device | None:
    """The request that waits for what somebody typed, in any case, with or without its hyphen."""
    return await db.read(lambda tx: devices.find_by_user_code(tx, _hash(user_code), now))


async def look_up(db: Database, user_code: str, *, guesser: str, now: int) -> Device | OAuthError | None:
    """``find`` for a person, who may not go on guessing (RFC 8628 §5.1): THROTTLED after 20 in ten minutes.

    ``guesser`` is who is signed in.
    """

    def look(tx: Tx) -> Device | OAuthError | None:
        key = secrets.digest(f"user code {guesser}")
        if throttles.take(tx, key, window=TEN_MINUTES, now=now) > _GUESSES:
            return OAuthError.THROTTLED
        return devices.find_by_user_code(tx, _hash(user_code), now)

    return await db.write(look)


async def approve(db: Database, device: Device, user: User, *, now: int) -> bool:
    """The user consents; False where the request has ended or was answered before."""

    def write(tx: Tx) -> bool:
        current = devices.find(tx, device.hash)
        if current is None or current.expires_at <= now:
            return False
        given = Grant(org_id=user.org_id, user_id=user.id, client_id=current.client_id, scopes=current.scopes)
        authorize.remember(tx, given, now)
        return devices.decide(tx, device.hash, devices.GRANTED, org_id=user.org_id, user_id=user.id)

    return await db.write(write)


async def deny(db: Database, device: Device) -> bool:
    """The user refuses; False where the request was answered before."""
    return await db.write(lambda tx: devices.decide(tx, device.hash, devices.DENIED))


async def send_on(db: Database, device: Device, center_name: str) -> bool:
    """The user lives in another data centre; False where the request was answered before."""
    return await db.write(lambda tx: devices.decide(tx, device.hash, devices.ELSEWHERE, data_center=center_name))


async def take_over(
    db: Database,
    *,
    digest: bytes,
    client_id: str,
    scopes: str,
    offline: bool,
    expires_at: int,
    now: int,
) -> Device | None:
    """A request that was begun in another data centre, known here by the hash of its device code.

    It ends no later than one begun here now. None where it has ended, or the client may not ask here. Who invents such
    a request gains no more than who begins one here: the device code is theirs either way (RFC 8628 §5.4).
    """
    try:
        wanted = scope.parse(scopes).text
    except ValueError:
        return None
    new = Device(
        hash=digest,
        client_id=client_id,
        scopes=wanted,
        offline=offline,
        created_at=now,
        expires_at=min(expires_at, now + USER_CODE_SECONDS * 1000),
    )

    def take(tx: Tx) -> Device | None:
        if new.expires_at <= now or not _may_ask(tx, client_id):
            return None
        known = devices.find(tx, digest)
        if known is None:
            devices.add(tx, new)
            return new
        # The page was loaded again: what was taken over first is what counts.
        return known if known.state == devices.PENDING and known.expires_at > now else None

    return await db.write(take)


async def poll(
    db: Database, credentials: Credentials, device_code: str, *, now: int, terms: Terms
) -> Granted | OAuthError | Elsewhere:
    """What the device hears when it asks for its tokens."""
    digest = secrets.digest(device_code)

    def ask(tx: Tx) -> Granted | OAuthError | Elsewhere:
        client = grant.authenticate(tx, credentials)
        if isinstance(client, OAuthError):
            return client
        found = devices.find(tx, digest)
        if found is None or found.client_id != client.id or found.state == devices.SPENT:
            return OAuthError.INVALID_CODE
        if found.expires_at <= now:
            return OAuthError.EXPIRED
        # RFC 8628 §3.5; W 4.9: at most once in 30 seconds.
        if not devices.poll(tx, digest, now=now, pause=terms.poll_seconds * 1000):
            return OAuthError.SLOW_DOWN
        return _end(tx, found, now, terms)

    return await db.write(ask)


def _end(tx: Tx, found: Device, now: int, terms: Terms) -> Granted | OAuthError | Elsewhere:
    if found.state == devices.PENDING:
        return OAuthError.AUTHORIZATION_PENDING
    if found.state == devices.DENIED:
        return OAuthError.ACCESS_DENIED
    if found.state == devices.ELSEWHERE:
        return Elsewhere(data_center=found.data_center or "")
    assert found.org_id is not None, "who grants is known"
    assert found.user_id is not None, "who grants is known"
    given = Grant(org_id=found.org_id, user_id=found.user_id, client_id=found.client_id, scopes=found.scopes)
    if not grant.is_there(tx, given):
        return OAuthError.ACCESS_DENIED
    if not devices.spend(tx, found.hash):
        return OAuthError.INVALID_CODE
    result = grant.give(tx, given, parent=found.hash, offline=found.offline, now=now, terms=terms)
    if result is OAuthError.THROTTLED:
        devices.release(tx, found.hash)
    return result


def _may_ask(tx: Tx, client_id: str) -> bool:
    client = clients.find(tx, client_id) if grant.is_client_id(client_id) else None
    return client is not None and client.active and client.type is ClientType.DEVICE


def _hash(user_code: str) -> bytes:
    return secrets.digest(_TYPED.sub("", user_code.upper()))
