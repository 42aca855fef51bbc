"""Which addresses an organisation knows: those of its records, its users and its senders."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from postroom.store.tables import record, sender, user


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded address, and the organisation that may know it."""

    org_id: int
    address: str


_PLACES = (
    (record, record.c.email),
    (record, record.c.secondary_email),
    (user, user.c.email),
    (sender, sender.c.email),
)


def known(tx: Connection, asked: Sequence[Asked]) -> set[Asked]:
    """Those of the addresses that their organisation knows."""
    found: set[Asked] = set()
    for org_id in {each.org_id for each in asked}:
        missing = {each.address for each in asked if each.org_id == org_id}
        for table, column in _PLACES:
            if not missing:
                break
            query = select(column).where(table.c.org_id == org_id, column.in_(missing))
            hits = set(tx.execute(query).scalars())
            found.update(Asked(org_id, address) for address in hits)
            missing -= hits
    return found
