"""Whom a record leads to: the addresses that mails about it may go to (wire reference 1.2)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

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
    rows = run_all(tx, _BY_ID, list({key.id for key in keys}))
    found = {(row.org_id, row.module, row.id): row for row in rows}
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
_BY_ID = select(*_REACH).where(record.c.id.in_(GIVEN))
_BY_PLACE = select(*_REACH).join(term, term.c.record_id == record.c.id).where(term.c.place.in_(GIVEN))


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
    number = CONTACTS.numbers[_COMPANY]
    keys: dict[int, set[bytes]] = {}
    for org_id, company in companies:
        keys.setdefault(org_id, set()).add(whole(company))
    places = [terms.place(org_id, number, key) for org_id, own in keys.items() for key in own]
    newest = [
        each for org_id, own in keys.items() for _, each in aside.newest(tx, org_id, CONTACTS).leading(number, own)
    ]
    return run_all(tx, _BY_PLACE, places) + run_all(tx, _BY_ID, newest)


def _named(tx: Connection, contacts: Collection[tuple[int, int | None]]) -> dict[tuple[int, int | None], Any]:
    rows = run_all(tx, _BY_ID, list({number for _, number in contacts if number is not None}))
    return {(row.org_id, row.id): row for row in rows if row.module == "Contacts"}


def _reach(key: Key, row: Any, contacts: Sequence[Any]) -> Reach:
    addresses = (each for one in contacts for each in (one.email, one.secondary_email) if each)
    return Reach(key=key, addresses=frozenset(addresses), locked=row.lock_id is not None)
