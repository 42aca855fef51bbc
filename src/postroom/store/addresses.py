"""Which addresses an organisation knows: those of its records, its users and its senders."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from postroom.store.tables import record, sender, user


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded address, and the organisation that may know it."""

    org_id: int
    address: str


# Made once: to build a statement costs more than to run it.
_PLACES = tuple(
    select(column).where(org_id == bindparam("org_"), column.in_(bindparam("addresses_", expanding=True)))
    for org_id, column in (
        (record.c.org_id, record.c.email),
        (record.c.org_id, record.c.secondary_email),
        (user.c.org_id, user.c.email),
        (sender.c.org_id, sender.c.email),
    )
)


def known(tx: Connection, asked: Sequence[Asked]) -> set[Asked]:
    """Those of the addresses that their organisation knows."""
    found: set[Asked] = set()
    for org_id in {each.org_id for each in asked}:
        missing = {each.address for each in asked if each.org_id == org_id}
        for place in _PLACES:
            if not missing:
                break
            hits = set(tx.execute(place, {"org_": org_id, "addresses_": list(missing)}).scalars())
            found.update(Asked(org_id, address) for address in hits)
            missing -= hits
    return found
