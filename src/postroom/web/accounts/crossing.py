"""How a browser carries a request to its person's own data centre (W 4.12).

Nothing but the browser crosses: the other centre judges what arrives as if it had begun there. The address of the
person goes with it as ``login_hint``, to be typed once only.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from postroom.access import device as access
from postroom.access.centers import Center
from postroom.store.devices import Device
from postroom.web.accounts.desk import Desk


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
    hint = "" if "login_hint=" in query else f"&{urlencode({'login_hint': email})}"
    return f"{center.accounts}/oauth/v2/auth?{query}{hint}"


async def device(desk: Desk, center: Center, query: str, email: str) -> str | None:
    """Where the request of a device goes on, marked here as gone there; None where the user code is none."""
    code = one(query, "user_code")
    found = await access.find(desk.app.db, code, now=desk.app.clock()) if code else None
    if found is None or not await access.send_on(desk.app.db, found, center.name):
        return None
    return f"{center.accounts}/oauth/v3/device?{urlencode(_told(found) | {'login_hint': email})}"


def arrival(query: str) -> Arrival | None:
    """What ``device`` of another centre wrote; None where it is something else."""
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
