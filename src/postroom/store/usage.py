"""What organisations have used of the API, in credits (wire reference 10.1), summed up by the hour."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, text

from postroom.store.tables import credit

HOUR: Final = 3_600_000  # ms

# Added where the row is, so that of several processes none forgets what another wrote; both databases understand it.
_ADD: Final = text(
    "INSERT INTO credit (org_id, hour, credits) VALUES (:org_id, :hour, :credits)"
    " ON CONFLICT (org_id, hour) DO UPDATE SET credits = credit.credits + excluded.credits"
)
_USED: Final = select(credit).where(credit.c.org_id.in_(bindparam("ids_", expanding=True)))


def add(tx: Connection, new: Mapping[int, int], *, now: int) -> None:
    """Add to what each organisation has used, by its number, in the hour of ``now``, ms since the epoch."""
    # In order, so that two processes never wait for each other.
    rows = [{"org_id": org_id, "hour": now // HOUR, "credits": count} for org_id, count in sorted(new.items()) if count]
    if rows:
        tx.execute(_ADD, rows)


def of_orgs(tx: Connection, org_ids: Sequence[int]) -> list[dict[int, int]]:
    """What each organisation has used, by the hour, counted since the epoch."""
    found: dict[int, dict[int, int]] = {org_id: {} for org_id in org_ids}
    for row in tx.execute(_USED, {"ids_": list(found)}):
        found[row.org_id][row.hour] = row.credits
    return [found[org_id] for org_id in org_ids]


def drop_old(tx: Connection, before: int) -> int:
    """Remove the hours that ended before that moment, ms since the epoch."""
    return tx.execute(delete(credit).where(credit.c.hour < before // HOUR)).rowcount
