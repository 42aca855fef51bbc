"""Whom a record leads to: the addresses that mails about it may go to (wire reference 3.3)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from postroom.record import CONTACTS
from postroom.record.terms import whole
from postroom.store import aside, terms
from postroom.store.many import GIVEN, run_all
from postroom.store.records import Key
from postroom.store.tables import record, term


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whom a record leads to: the addresses (folded) of the contact, of a deal's contact, of a company's contacts.

    ``locked``: nobody writes to them about it.
    """

    key: Key
    addresses: frozenset[str]
    locked: bool = False


def reach(tx: Connection, keys: Sequence[Key]) -> list[Reach | None]:
    """Whom each record leads to, in order; None where there is no such record."""
    found = {
        (row.org_id, row.module, row.id): row for row in tx.execute(_BY_ID, {"ids_": list({key.id for key in keys})})
    }
    present = {key: row for key in keys if (row := found.get((key.org_id, key.module, key.id))) is not None}
    contacts = _contacts(tx, present)
    return [None if key not in present else _reach(key, present[key], contacts.get(key, [])) for key in keys]


_COMPANY = "Account_Name"
_REACH = (
    record.c.id,
    record.c.org_id,
    record.c.module,
    record.c.email,
    record.c.secondary_email,
    record.c.account_id,
    record.c.contact_id,
    record.c.lock_id,
)
_BY_ID = select(*_REACH).where(record.c.id.in_(bindparam("ids_", expanding=True)))
_GIVEN = select(*_REACH).where(record.c.id.in_(GIVEN))
_OF_COMPANIES = (
    select(*_REACH)
    .join(term, term.c.record_id == record.c.id)
    .where(term.c.place.in_(bindparam("places_", expanding=True)))
)


def _contacts(tx: Connection, present: Mapping[Key, Any]) -> dict[Key, list[Any]]:
    """The contact rows behind each record."""
    behind: dict[Key, list[Any]] = {key: [row] for key, row in present.items() if key.module == "Contacts"}
    companies = {(key.org_id, key.id): key for key in present if key.module == "Accounts"}
    for row in _of_companies(tx, companies.keys()):
        company = companies.get((row.org_id, row.account_id))
        if company is not None:
            behind.setdefault(company, []).append(row)
    deals = {key: (key.org_id, row.contact_id) for key, row in present.items() if key.module == "Pipelines"}
    named = _named(tx, deals.values())
    behind.update({key: [named[contact]] for key, contact in deals.items() if contact in named})
    return behind


def _of_companies(tx: Connection, companies: Collection[tuple[int, int]]) -> list[Any]:
    """Their contacts: those that the index knows, and the newest."""
    if not companies:
        return []
    number, keys = CONTACTS.numbers[_COMPANY], {(org_id, whole(company)) for org_id, company in companies}
    known = tx.execute(_OF_COMPANIES, {"places_": [terms.place(org_id, number, key) for org_id, key in keys]}).all()
    every = (
        aside.newest(tx, org_id, CONTACTS).leading(number, {key for of, key in keys if of == org_id})
        for org_id in {org_id for org_id, _ in keys}
    )
    newest = [number for some in every for _, number in some]
    return [*known, *run_all(tx, _GIVEN, newest)]


def _named(tx: Connection, contacts: Collection[tuple[int, int | None]]) -> dict[tuple[int, int | None], Any]:
    numbers = {number for _, number in contacts if number is not None}
    if not numbers:
        return {}
    rows = tx.execute(_BY_ID, {"ids_": list(numbers)})
    return {(row.org_id, row.id): row for row in rows if row.module == "Contacts"}


def _reach(key: Key, row: Any, contacts: Sequence[Any]) -> Reach:
    addresses = (each for one in contacts for each in (one.email, one.secondary_email) if each)
    return Reach(key=key, addresses=frozenset(addresses), locked=row.lock_id is not None)
