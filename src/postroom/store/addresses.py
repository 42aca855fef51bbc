"""Which addresses an organisation knows: those of its records, its users and its senders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from postroom.record import CONTACTS
from postroom.store.tables import record, sender, term, user


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded address, and the organisation that may know it."""

    org_id: int
    address: str


@dataclass(frozen=True, slots=True)
class Found:
    """Those of the addresses asked for that their organisation knows, and those whose contacts want no mail."""

    known: frozenset[Asked]
    opted_out: frozenset[Asked]


def look_up(tx: Connection, asked: Sequence[Asked]) -> Found:
    """What is known of the addresses, each in its own organisation."""
    known: set[Asked] = set()
    opted_out: set[Asked] = set()
    for org_id in {each.org_id for each in asked}:
        addresses = {each.address for each in asked if each.org_id == org_id}
        keys = [address.encode() for address in addresses]
        for key, wants_none in tx.execute(_OF_RECORDS, {"org_": org_id, "keys_": keys}):
            asked_for = Asked(org_id, key.decode())
            known.add(asked_for)
            if wants_none:
                opted_out.add(asked_for)
        for place in _OF_PEOPLE:
            missing = [address for address in addresses if Asked(org_id, address) not in known]
            if missing:
                rows = tx.execute(place, {"org_": org_id, "addresses_": missing}).scalars()
                known.update(Asked(org_id, address) for address in rows)
    return Found(frozenset(known), frozenset(opted_out))


# Made once: to build a statement costs more than to run it.
_ASKED: BindParameter[Any] = bindparam("addresses_", expanding=True)
_OF_RECORDS = (
    select(term.c.key, record.c.opted_out)
    .join(record, record.c.id == term.c.record_id)
    .where(
        term.c.org_id == bindparam("org_"),
        term.c.number.in_([CONTACTS.numbers["Email"], CONTACTS.numbers["Secondary_Email"]]),
        term.c.key.in_(bindparam("keys_", expanding=True)),
    )
)
_OF_PEOPLE = tuple(
    select(table.c.email).where(table.c.org_id == bindparam("org_"), table.c.email.in_(_ASKED))
    for table in (user, sender)
)
