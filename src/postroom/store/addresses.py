"""Which addresses an organisation knows: those of its records, its users and its senders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from postroom.record import CONTACTS
from postroom.store import aside, terms
from postroom.store.many import GIVEN, run_all
from postroom.store.tables import record, sender, term, user

AT_ONCE: Final = 10_000  # of one statement, which names two places for each: SQLite takes 32,766 values


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
        addresses = list({each.address for each in asked if each.org_id == org_id})
        for start in range(0, len(addresses), AT_ONCE):
            some = addresses[start : start + AT_ONCE]
            of_records = _of_records(tx, org_id, some)
            opted_out |= {each for each, wants_none in of_records if wants_none}
            known |= {each for each, _ in of_records}
            known |= _of_people(tx, org_id, [each for each in some if Asked(org_id, each) not in known])
    return Found(frozenset(known), frozenset(opted_out))


def _of_records(tx: Connection, org_id: int, addresses: Sequence[str]) -> set[tuple[Asked, bool]]:
    """Each that contacts have, with whether one of them wants no mail: those that the index knows, and the newest."""
    keys = [address.encode() for address in addresses]
    places = [terms.place(org_id, number, key) for number in _NUMBERS for key in keys]
    known = tx.execute(_KNOWN, {"places_": places})
    found = {(Asked(org_id, terms.key_at(row.place).decode()), row.opted_out) for row in known}
    newest = aside.newest(tx, org_id, CONTACTS)
    led = [each for number in _NUMBERS for each in newest.leading(number, set(keys))]
    wants_none = {row.id: bool(row.opted_out) for row in run_all(tx, _OPTED_OUT, [number for _, number in led])}
    return found | {(Asked(org_id, key.decode()), wants_none[number]) for key, number in led}


def _of_people(tx: Connection, org_id: int, addresses: Sequence[str]) -> set[Asked]:
    found: set[Asked] = set()
    for place in _OF_PEOPLE:
        missing = [each for each in addresses if Asked(org_id, each) not in found]
        if missing:
            rows = tx.execute(place, {"org_": org_id, "addresses_": missing}).scalars()
            found |= {Asked(org_id, address) for address in rows}
    return found


# Made once: to build a statement costs more than to run it.
_NUMBERS: Final = CONTACTS.numbers["Email"], CONTACTS.numbers["Secondary_Email"]
_ASKED: BindParameter[Any] = bindparam("addresses_", expanding=True)
_KNOWN = (
    select(term.c.place, record.c.opted_out)
    .join(record, record.c.id == term.c.record_id)
    .where(term.c.place.in_(bindparam("places_", expanding=True)))
)
_OPTED_OUT = select(record.c.id, record.c.opted_out).where(record.c.id.in_(GIVEN))
_OF_PEOPLE = tuple(
    select(table.c.email).where(table.c.org_id == bindparam("org_"), table.c.email.in_(_ASKED))
    for table in (user, sender)
)
