"""Addresses that an organisation writes to no more (wire reference 1.3, 1.5), and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, text

from postroom.store.addresses import AT_ONCE, Asked
from postroom.store.tables import blocked

UNSUBSCRIBED: Final = "unsubscribed"  # the reason of whoever asked for it themselves


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A blocked address, folded; ``reason`` is told to whoever would write to it."""

    org_id: int
    address: str
    reason: str
    created_at: int


def add(tx: Connection, new: Blocked) -> bool:
    """Block an address; where it is blocked already, the reason is the new one. False where it was that before."""
    return tx.execute(_ADD, {name: getattr(new, name) for name in Blocked.__slots__}).rowcount > 0


def remove(tx: Connection, org_id: int, address: str) -> bool:
    """Let a (folded) address be written to again; False where it was not blocked."""
    return tx.execute(delete(blocked).where(blocked.c.org_id == org_id, blocked.c.address == address)).rowcount > 0


def listing(tx: Connection, org_id: int) -> list[Blocked]:
    """The blocked addresses of the organisation, in their order."""
    rows = tx.execute(select(blocked).where(blocked.c.org_id == org_id).order_by(blocked.c.address)).mappings()
    return [Blocked(**row) for row in rows]


def look_up(tx: Connection, asked: Sequence[Asked]) -> dict[Asked, str]:
    """Those of the addresses that their organisation has blocked, with the reasons."""
    found: dict[Asked, str] = {}
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        given = {"orgs_": list({each.org_id for each in some}), "addresses_": list({each.address for each in some})}
        found |= {Asked(row.org_id, row.address): row.reason for row in tx.execute(_OF_ADDRESSES, given)}
    return found


def unsubscribed(tx: Connection, asked: Sequence[Sequence[Asked]]) -> list[frozenset[Asked]]:
    """Those of each group of addresses who asked for no more mail themselves."""
    found = look_up(tx, [each for group in asked for each in group])
    return [frozenset(each for each in group if found.get(each) == UNSUBSCRIBED) for group in asked]


# Made once: to build a statement costs more than to run it.
_OF_ADDRESSES: Final = select(blocked.c.org_id, blocked.c.address, blocked.c.reason).where(
    blocked.c.org_id.in_(bindparam("orgs_", expanding=True)),
    blocked.c.address.in_(bindparam("addresses_", expanding=True)),
)
# Both databases understand it.
_ADD: Final = text(
    "INSERT INTO blocked (org_id, address, reason, created_at) VALUES (:org_id, :address, :reason, :created_at)"
    " ON CONFLICT (org_id, address) DO UPDATE SET reason = excluded.reason WHERE blocked.reason <> excluded.reason"
)
