"""Records of the modules (wire reference 7): all values are in ``fields``; what they are found by is in the index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Connection, Row, bindparam, delete, select, union_all, update

from postroom.errors import Fault, Reason
from postroom.record import CONTACTS, Module, Value
from postroom.record.terms import terms as terms_of
from postroom.record.terms import whole
from postroom.store import aside, json, terms
from postroom.store.many import insert_rows
from postroom.store.tables import record, term, unindexed


# A struct: a hundred are made for one call, and a data class takes five times as long.
class Record(Struct, frozen=True, kw_only=True):
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
    lock_id: int | None = None  # none: nobody has locked it

    @property
    def values(self) -> dict[str, Value]:
        """Everything that records are found by, by the fields' names."""
        stamps = {"Created_Time": self.created_at, "Modified_Time": self.modified_at}
        return {**self.fields, "Owner": self.owner_id, **stamps}

    def without(self, name: str) -> "Record":
        """The record without a value of that field."""
        return structs.replace(self, fields={each: value for each, value in self.fields.items() if each != name})


@dataclass(frozen=True, slots=True)
class Named:
    """What a lookup shows of a record."""

    name: str
    module: str


@dataclass(frozen=True, slots=True)
class Key:
    """Names one record."""

    org_id: int
    module: str
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whom a record leads to: the addresses (folded) of the contact, of a deal's contact, of a company's contacts.

    ``locked``: nobody writes to them about it.
    """

    key: Key
    addresses: frozenset[str]
    locked: bool = False


def locked(record_id: int) -> Fault:
    """What is wrong with whatever would change a locked record, or be sent about it (W 7.5)."""
    return Fault(Reason.RECORD_LOCKED, details={"id": str(record_id)})


def add(tx: Connection, module: Module, new: Sequence[Record]) -> None:
    """Store new records of a module of one organisation."""
    if not new:
        return
    org_id = new[0].org_id
    insert_rows(tx, record, _COLUMN_NAMES, [_row(each) for each in new])
    if not aside.put(tx, org_id, module.name, [each.id for each in new]):
        terms.add(tx, org_id, [(each.id, one) for each in new for one in terms_of(module, each.values)])


_COLUMN_NAMES = Record.__struct_fields__


def _row(one: Record) -> list[Any]:
    return [json.dumps(one.fields) if name == "fields" else getattr(one, name) for name in _COLUMN_NAMES]


def save(tx: Connection, module: Module, changed: Sequence[tuple[Record, Record]]) -> None:
    """Replace stored records by others; their organisation, module, creation and lock stay."""
    if not changed:
        return
    org_id = changed[0][0].org_id
    rows = [{f"{name}_": getattr(now, name) for name in (*_CHANGING, "id", "org_id")} for _, now in changed]
    tx.execute(_SAVE, rows)
    unknown = aside.among(tx, org_id, [now.id for _, now in changed])
    pairs = [
        (now.id, terms_of(module, old.values), terms_of(module, now.values))
        for old, now in changed
        if now.id not in unknown
    ]
    terms.remove(tx, org_id, [(number, one) for number, before, now in pairs for one in before - now])
    terms.add(tx, org_id, [(number, one) for number, before, now in pairs for one in now - before])


_CHANGING = tuple(
    name for name in _COLUMN_NAMES if name not in ("id", "org_id", "module", "created_at", "created_by", "lock_id")
)
# Made once: to build a statement costs more than to run it.
_SAVE = (
    update(record)
    .where(record.c.org_id == bindparam("org_id_"), record.c.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_", type_=record.c[name].type) for name in _CHANGING})
)


def find(tx: Connection, key: Key) -> Record | None:
    """The record of that key."""
    return find_many(tx, [key])[0]


def find_many(tx: Connection, keys: Sequence[Key]) -> list[Record | None]:
    """The records of these keys, each only within its organisation and module, in order."""
    rows = tx.execute(_WHOLE, {"ids_": list({key.id for key in keys})}).all()
    found = {Key(each.org_id, each.module, each.id): each for each in map(_from_row, rows)}
    return [found.get(key) for key in keys]


def by_ids(tx: Connection, org_id: int, module: str, ids: Sequence[int]) -> dict[int, Record]:
    """The records of a module with these ids, by id."""
    if not ids:
        return {}
    found = map(_from_row, tx.execute(_WHOLE, {"ids_": list(ids)}).all())
    return {each.id: each for each in found if each.org_id == org_id and each.module == module}


_COLUMNS = tuple(record.c[name] for name in _COLUMN_NAMES)
_WHOLE = select(*_COLUMNS).where(record.c.id.in_(bindparam("ids_", expanding=True)))


def behind(tx: Connection, org_id: int, module: str, record_id: int, limit: int) -> list[Record]:
    """Records of a module with greater ids than that, in their order."""
    query = select(*_COLUMNS).where(record.c.org_id == org_id, record.c.module == module, record.c.id > record_id)
    return [_from_row(row) for row in tx.execute(query.order_by(record.c.id).limit(limit))]


def names(tx: Connection, org_id: int, ids: Collection[int]) -> dict[int, Named]:
    """What lookups to these records show."""
    if not ids:
        return {}
    rows = tx.execute(_NAMES, {"ids_": list(ids)})
    return {row.id: Named(row.name, row.module) for row in rows if row.org_id == org_id}


_NAMES = select(record.c.id, record.c.org_id, record.c.name, record.c.module).where(
    record.c.id.in_(bindparam("ids_", expanding=True))
)


def remove(tx: Connection, module: Module, gone: Sequence[Record]) -> None:
    """Delete records of a module of one organisation. Mails stay filed under the ids."""
    if not gone:
        return
    org_id = gone[0].org_id
    tx.execute(delete(record).where(record.c.org_id == org_id, record.c.id.in_([each.id for each in gone])))
    unknown = aside.among(tx, org_id, [each.id for each in gone])
    aside.take(tx, org_id, unknown)
    known = [each for each in gone if each.id not in unknown]
    terms.remove(tx, org_id, [(each.id, one) for each in known for one in terms_of(module, each.values)])


def reach(tx: Connection, keys: Sequence[Key]) -> list[Reach | None]:
    """Whom each record leads to, in order; None where there is no such record."""
    found = {
        (row.org_id, row.module, row.id): row for row in tx.execute(_BY_ID, {"ids_": list({key.id for key in keys})})
    }
    present = {key: row for key in keys if (row := found.get((key.org_id, key.module, key.id))) is not None}
    contacts = _contacts(tx, present)
    return [None if key not in present else _reach(key, present[key], contacts.get(key, [])) for key in keys]


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
# Those that the index knows, and the newest.
_BY_COMPANY = union_all(
    select(*_REACH)
    .join(term, term.c.record_id == record.c.id)
    .where(
        term.c.org_id.in_(bindparam("orgs_", expanding=True)),
        term.c.number == CONTACTS.numbers["Account_Name"],
        term.c.key.in_(bindparam("keys_", expanding=True)),
    ),
    select(*_REACH)
    .join(unindexed, unindexed.c.record_id == record.c.id)
    .where(
        unindexed.c.org_id.in_(bindparam("orgs_", expanding=True)),
        unindexed.c.module == CONTACTS.name,
        record.c.account_id.in_(bindparam("companies_", expanding=True)),
    ),
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
    given = {"orgs_": list(orgs), "keys_": [whole(each) for each in numbers], "companies_": list(numbers)}
    return list(tx.execute(_BY_COMPANY, given))


def _named(tx: Connection, contacts: Collection[tuple[int, int | None]]) -> dict[tuple[int, int | None], Any]:
    numbers = {number for _, number in contacts if number is not None}
    if not numbers:
        return {}
    rows = tx.execute(_BY_ID, {"ids_": list(numbers)})
    return {(row.org_id, row.id): row for row in rows if row.module == "Contacts"}


def _reach(key: Key, row: Any, contacts: Sequence[Any]) -> Reach:
    addresses = (each for one in contacts for each in (one.email, one.secondary_email) if each)
    return Reach(key=key, addresses=frozenset(addresses), locked=row.lock_id is not None)


def _from_row(row: Row[Any]) -> Record:
    return Record(**dict(zip(_COLUMN_NAMES, row, strict=True)))
