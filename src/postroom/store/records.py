"""Records of the modules (wire reference 7): every value in ``fields``, those that are looked up also in columns."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from postroom.store.tables import record


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record. ``fields`` holds the values by API name; lookups in it are ids as numbers.

    ``name`` is what a lookup to it shows; ``email`` and ``secondary_email`` are folded; ``account_id`` and
    ``contact_id`` repeat the lookups Account_Name and Contact_Name.
    """

    id: int
    org_id: int
    module: str
    owner_id: int
    name: str
    fields: Mapping[str, Any]
    email: str | None = None
    secondary_email: str | None = None
    opted_out: bool = False
    account_id: int | None = None
    contact_id: int | None = None
    created_at: int
    created_by: int
    modified_at: int
    modified_by: int


@dataclass(frozen=True, slots=True)
class Key:
    """Names one record."""

    org_id: int
    module: str
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whom a record leads to: the addresses (folded) of the contact, of a deal's contact, of a company's contacts."""

    key: Key
    addresses: frozenset[str]


def add(tx: Connection, new: Sequence[Record]) -> None:
    """Store new records."""
    tx.execute(insert(record), [{name: getattr(each, name) for name in Record.__slots__} for each in new])


def save(tx: Connection, changed: Record) -> None:
    """Replace the stored values of a record; its organisation, module and creation stay."""
    kept = {"id", "org_id", "module", "created_at", "created_by"}
    values = {name: getattr(changed, name) for name in Record.__slots__ if name not in kept}
    tx.execute(update(record).where(record.c.org_id == changed.org_id, record.c.id == changed.id).values(values))


def find(tx: Connection, key: Key) -> Record | None:
    """The record of that key."""
    return find_many(tx, [key])[0]


def find_many(tx: Connection, keys: Sequence[Key]) -> list[Record | None]:
    """The records of these keys, each only within its organisation and module, in order."""
    rows = tx.execute(select(record).where(record.c.id.in_({key.id for key in keys}))).mappings()
    found = {Key(row["org_id"], row["module"], row["id"]): _from_row(row) for row in rows}
    return [found.get(key) for key in keys]


def page(
    tx: Connection, org_id: int, module: str, *, limit: int, offset: int = 0, ascending: bool = False
) -> list[Record]:
    """Records of a module in the order of their ids, newest first unless told."""
    order = record.c.id if ascending else record.c.id.desc()
    query = select(record).where(record.c.org_id == org_id, record.c.module == module).order_by(order)
    return [_from_row(row) for row in tx.execute(query.limit(limit).offset(offset)).mappings()]


def names(tx: Connection, org_id: int, ids: Sequence[int]) -> dict[int, str]:
    """What lookups to these records show."""
    if not ids:
        return {}
    query = select(record.c.id, record.c.name).where(record.c.org_id == org_id, record.c.id.in_(set(ids)))
    return {row.id: row.name for row in tx.execute(query)}


def find_by_email(tx: Connection, org_id: int, module: str, emails: Sequence[str]) -> dict[str, int]:
    """The ids of the module's records with these (folded) addresses, by address."""
    if not emails:
        return {}
    query = select(record.c.email, record.c.id, record.c.module)
    rows = tx.execute(query.where(record.c.org_id == org_id, record.c.email.in_(set(emails))))
    # By module only here: SQLite would else go through all records of the module.
    return {row.email: row.id for row in rows if row.module == module}


def remove(tx: Connection, org_id: int, module: str, ids: Sequence[int]) -> set[int]:
    """Delete these records; returns the ids that were there. Mails stay filed under the ids."""
    gone = delete(record).where(record.c.org_id == org_id, record.c.module == module, record.c.id.in_(set(ids)))
    return set(tx.execute(gone.returning(record.c.id)).scalars())


def reach(tx: Connection, keys: Sequence[Key]) -> list[Reach | None]:
    """Whom each record leads to, in order; None where there is no such record."""
    found = {
        (row.org_id, row.module, row.id): row for row in tx.execute(_BY_ID, {"ids_": list({key.id for key in keys})})
    }
    present = {key: row for key in keys if (row := found.get((key.org_id, key.module, key.id))) is not None}
    contacts = _contacts(tx, present)
    return [None if key not in present else _reach(key, contacts.get(key, [])) for key in keys]


_REACH = (
    record.c.id,
    record.c.org_id,
    record.c.module,
    record.c.email,
    record.c.secondary_email,
    record.c.account_id,
    record.c.contact_id,
)
# Made once: to build a statement costs more than to run it.
_BY_ID = select(*_REACH).where(record.c.id.in_(bindparam("ids_", expanding=True)))
_BY_COMPANY = select(*_REACH).where(
    record.c.org_id.in_(bindparam("orgs_", expanding=True)), record.c.account_id.in_(bindparam("ids_", expanding=True))
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
    if not companies:
        return []
    orgs, numbers = {org_id for org_id, _ in companies}, {number for _, number in companies}
    rows = tx.execute(_BY_COMPANY, {"orgs_": list(orgs), "ids_": list(numbers)})
    # By module only here: SQLite would else go through all contacts of the organisation.
    return [row for row in rows if row.module == "Contacts"]


def _named(tx: Connection, contacts: Collection[tuple[int, int | None]]) -> dict[tuple[int, int | None], Any]:
    numbers = {number for _, number in contacts if number is not None}
    if not numbers:
        return {}
    rows = tx.execute(_BY_ID, {"ids_": list(numbers)})
    return {(row.org_id, row.id): row for row in rows if row.module == "Contacts"}


def _reach(key: Key, contacts: Sequence[Any]) -> Reach:
    addresses = (each for row in contacts for each in (row.email, row.secondary_email) if each)
    return Reach(key=key, addresses=frozenset(addresses))


def _from_row(row: RowMapping) -> Record:
    return Record(**row)
